//! All messages that the clients have received, and the comparison with a restarted server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use harness::{Peer, Server, Value, json};

/// The second room, besides the lobby, to which some clients send.
pub(crate) const ROOM: &str = "workshop";

/// Every message that any client has received.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    messages: BTreeMap<u64, Value>,
    /// The highest id before the last restart. New messages must have higher ids.
    floor: u64,
}

impl Memory {
    /// Records a message that a client has received. Removes the key that a history does not have.
    pub(crate) fn see(&self, mut message: Value) {
        message.as_object_mut().unwrap().shift_remove("response");
        let id = message["id"].as_u64().unwrap_or_else(|| panic!("no id: {message}"));
        let Seen { messages, floor } = &mut *self.0.lock().unwrap();
        match messages.get(&id) {
            Some(known) => assert_eq!(*known, message, "two messages with one id"),
            None if id <= *floor => panic!("id {floor} was in use before the kill: {message}"),
            None => drop(messages.insert(id, message)),
        }
    }

    /// The number of messages.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().messages.len()
    }

    /// Checks that the server has every message once and unchanged. It may have more messages: those
    /// that it saved, but did not deliver before the kill. They must be there from now on, too.
    pub(crate) fn compare(&self, server: &Server) {
        let mut reader = server.login("reader");
        reader.asks(json!({"request": "join", "room": ROOM}));
        reader.hears(json!({"response": "join", "room": ROOM}));
        let mut kept = BTreeMap::new();
        let mut texts = BTreeSet::new();
        for room in ["lobby", ROOM] {
            for message in history(&mut reader, room) {
                let text = message["message"].as_str().unwrap().to_owned();
                assert!(texts.insert(text), "the message is there twice: {message}");
                let doubled = kept.insert(message["id"].as_u64().unwrap(), message);
                assert_eq!(doubled, None, "the message is in two rooms");
            }
        }
        let Seen { messages, floor } = &mut *self.0.lock().unwrap();
        for (id, message) in &*messages {
            // A whisper has an id, but it is in no history.
            let expected = message.get("to").is_none().then_some(message);
            assert_eq!(kept.get(id), expected, "received, but not in the history: {message}");
        }
        for (id, message) in kept {
            let is_new = messages.insert(id, message).is_none();
            assert!(!is_new || id > *floor, "the new message {id} has an id up to {floor}");
        }
        // A whisper shows the highest id, also if the last message was a whisper.
        reader.asks(json!({"request": "message", "message": "psst", "to": "reader"}));
        let whisper = reader.hears(json!({"response": "message"}));
        *floor = whisper["id"].as_u64().unwrap();
        assert!(messages.keys().all(|id| id < floor), "id {floor} is used twice");
    }
}

/// Reads the history of a room page by page, and checks that ids grow.
fn history(reader: &mut Peer, room: &str) -> Vec<Value> {
    let mut newest_first: Vec<Value> = Vec::new();
    loop {
        let mut request = json!({"request": "history", "limit": 100, "room": room});
        let before = newest_first.last().map(|message| message["id"].as_u64().unwrap());
        if let Some(before) = before {
            request["before"] = before.into();
        }
        reader.asks(request);
        let mut page = reader.hears(json!({"response": "history"}));
        let messages = page["messages"].as_array_mut().unwrap();
        for message in messages.drain(..).rev() {
            let id = message["id"].as_u64().unwrap();
            let last = newest_first.last().map_or(u64::MAX, |last| last["id"].as_u64().unwrap());
            assert!(id < last, "id {id} is not below {last}");
            newest_first.push(message);
        }
        if page["more"] == false {
            return newest_first;
        }
    }
}
