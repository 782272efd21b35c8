//! What all clients together have seen, and what a server that was started again makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use harness::{Peer, Server, Value, json};

/// The room beside the lobby in which some of them talk.
pub(crate) const ROOM: &str = "workshop";

/// Every message that anybody has seen, as it was seen.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    messages: BTreeMap<u64, Value>,
    /// No message that is new may have an id up to this one.
    floor: u64,
}

impl Memory {
    /// Somebody sees a message. What tells it from the same one in a history does not matter.
    pub(crate) fn see(&self, mut message: Value) {
        message.as_object_mut().unwrap().shift_remove("response");
        let id = message["id"].as_u64().unwrap_or_else(|| panic!("no id: {message}"));
        let Seen { messages, floor } = &mut *self.0.lock().unwrap();
        match messages.get(&id) {
            Some(known) => assert_eq!(*known, message, "two messages with one id"),
            None if id <= *floor => panic!("{floor} had been reached before the kill: {message}"),
            None => drop(messages.insert(id, message)),
        }
    }

    /// How many messages were seen.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().messages.len()
    }

    /// What the server has is what was seen, and nothing twice. It may have more: what was kept, and
    /// not delivered any more when it was killed. From now on that is there too, and stays.
    pub(crate) fn compare(&self, server: &Server) {
        let mut reader = server.login("reader");
        reader.asks(json!({"request": "join", "room": ROOM}));
        reader.hears(json!({"response": "join", "room": ROOM}));
        let mut kept = BTreeMap::new();
        let mut texts = BTreeSet::new();
        for room in ["lobby", ROOM] {
            for message in history(&mut reader, room) {
                let text = message["message"].as_str().unwrap().to_owned();
                assert!(texts.insert(text), "it was said once: {message}");
                let doubled = kept.insert(message["id"].as_u64().unwrap(), message);
                assert_eq!(doubled, None, "in two rooms");
            }
        }
        let Seen { messages, floor } = &mut *self.0.lock().unwrap();
        for (id, message) in &*messages {
            // A whisper is in no history; it has had its id all the same.
            let expected = message.get("to").is_none().then_some(message);
            assert_eq!(kept.get(id), expected, "seen, but not kept: {message}");
        }
        for (id, message) in kept {
            let is_new = messages.insert(id, message).is_none();
            assert!(!is_new || id > *floor, "{id} is new, and {floor} had been reached before");
        }
        // The next message comes after one that is in no history.
        reader.asks(json!({"request": "message", "message": "psst", "to": "reader"}));
        let whisper = reader.hears(json!({"response": "message"}));
        *floor = whisper["id"].as_u64().unwrap();
        assert!(messages.keys().all(|id| id < floor), "{floor} was there before");
    }
}

/// Everything that was said in a room, page by page; the ids grow.
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
            assert!(id < last, "{id} comes before {last}");
            newest_first.push(message);
        }
        if page["more"] == false {
            return newest_first;
        }
    }
}
