//! The clients that send messages or register accounts until the server is killed.

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::SyncSender;

use super::memory::{Memory, ROOM};
use harness::{DEADLINE, Peer, Server, Value, json};

/// Accounts that one client registers in a round. Hashing each password takes a while, on purpose.
const REGISTERED: usize = 3;

/// Sends messages until the connection ends: the next one when the last one has come back. Records
/// every received message in `memory`, and sends on `first` when the first one has come back.
pub(crate) fn talk(
    address: SocketAddr,
    round: u32,
    number: usize,
    memory: &Memory,
    first: &SyncSender<()>,
) {
    let Some(mut peer) = connect(address) else { return };
    let name = format!("s{number}");
    // Every fifth client also joins a room.
    let in_room = number.is_multiple_of(5);
    let mut said = 0;
    peer.tries_to_ask(json!({"request": "login", "username": name}));
    if in_room {
        peer.tries_to_ask(json!({"request": "join", "room": ROOM}));
    }
    while let Some(line) = peer.line_before_the_end() {
        let mut heard: Value = serde_json::from_str(&line).unwrap();
        assert!(heard.get("error").is_none(), "{name}: {heard}");
        // The answers to `login` and `join` contain earlier messages.
        let before = heard.get_mut("messages").and_then(Value::as_array_mut);
        before.into_iter().flat_map(std::mem::take).for_each(|message| memory.see(message));
        let response = heard["response"].as_str().unwrap();
        let own = response == "message" && heard["username"] == *name;
        let ready = response == if in_room { "join" } else { "login" } && is_answer(&heard);
        if response == "message" {
            memory.see(heard);
        }
        if own && said == 1 {
            // The channel has room for one, which is enough.
            let _ = first.try_send(());
        }
        if own || ready {
            said += 1;
            let text = format!("round {round}, {name}, number {said}");
            let mut request = json!({"request": "message", "message": text});
            if said % 7 == 0 {
                request["to"] = (*name).into();
            } else if in_room && said % 2 == 0 {
                request["room"] = ROOM.into();
            }
            peer.tries_to_ask(request);
        }
    }
}

/// Whether a `login` or `join` answers a request. A `join` without messages announces a login.
fn is_answer(heard: &Value) -> bool {
    heard.get("messages").is_some()
}

/// Registers accounts until the connection ends, and sends on `registered` after each. Returns the
/// accounts whose registration was answered.
pub(crate) fn register(
    address: SocketAddr,
    round: u32,
    number: usize,
    registered: &SyncSender<()>,
) -> Vec<Account> {
    let mut accounts = Vec::new();
    let Some(mut peer) = connect(address) else { return accounts };
    for index in 0..REGISTERED {
        let name = format!("r{round}_{number}_{index}");
        let password = format!("the secret of {name}");
        peer.tries_to_ask(json!({"request": "register", "username": name, "password": password}));
        let Some(line) = peer.line_before_the_end() else { break };
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer, json!({"response": "register", "username": name}));
        accounts.push(Account { name, password });
        let _ = registered.try_send(());
    }
    accounts
}

/// Connects to the server. Returns `None` if it has been killed.
fn connect(address: SocketAddr) -> Option<Peer> {
    TcpStream::connect_timeout(&address, DEADLINE).ok().map(Peer::over)
}

/// A registered account.
pub(crate) struct Account {
    name: String,
    password: String,
}

impl Account {
    /// Checks that a login needs the password of the account.
    pub(crate) fn check(&self, server: &Server) {
        let Account { name, password } = self;
        let mut peer = server.connect();
        peer.asks(json!({"request": "login", "username": name}));
        peer.hears(json!({"response": "login", "error": "Wrong password!"}));
        peer.asks(json!({"request": "login", "username": name, "password": password}));
        peer.hears(json!({"response": "login", "username": name}));
    }
}
