//! A chat server for two clients that does one thing wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use harness::{DEADLINE, Value};

/// The fault of a server. Most faults concern the fourth message, and only its delivery to l1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    Double,
    Swap,
    Drop,
    Corrupt,
    Impersonate,
    HangUp,
    Refuse,
    Babble,
}

/// The state of the chat.
struct Chat {
    wrong: Wrong,
    people: Vec<(String, TcpStream)>,
    messages: u64,
    held: String,
}

/// Starts a server with this fault. It ends after its two clients.
pub(crate) fn server(wrong: Wrong) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let people = Vec::new();
    let chat = Arc::new(Mutex::new(Chat { wrong, people, messages: 0, held: String::new() }));
    thread::spawn(move || {
        for stream in listener.incoming().take(2).flatten() {
            let chat = Arc::clone(&chat);
            thread::spawn(move || {
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                let mut name = String::new();
                let reader = BufReader::new(stream.try_clone().unwrap());
                for line in reader.lines().map_while(Result::ok) {
                    let request: Value = serde_json::from_str(&line).unwrap();
                    let mut chat = chat.lock().unwrap();
                    if let Some(username) = request["username"].as_str() {
                        name = username.to_owned();
                        chat.login(&name, stream.try_clone().unwrap());
                    } else {
                        chat.message(&name, request["message"].as_str().unwrap());
                    }
                }
            });
        }
    });
    address
}

impl Chat {
    fn login(&mut self, name: &str, mut stream: TcpStream) {
        for (_, other) in &mut self.people {
            let _ = writeln!(other, r#"{{"response":"join","username":"{name}","online":2}}"#);
        }
        let answer = format!(r#"{{"response":"login","username":"{name}","messages":[]}}"#);
        let _ = writeln!(stream, "{answer}");
        self.people.push((name.to_owned(), stream));
    }

    fn message(&mut self, from: &str, text: &str) {
        let number = self.messages;
        self.messages += 1;
        let line = |from: &str, text: &str| {
            format!(
                "{{\"response\":\"message\",\"id\":{number},\"username\":\"{from}\",\
                 \"message\":\"{text}\",\"timestamp\":\"1970-01-01T00:00:00.000Z\"}}\n"
            )
        };
        let right = line(from, text);
        for (name, stream) in &mut self.people {
            let said = match (name.as_str(), number, self.wrong) {
                ("l1", 3, Wrong::Double) => right.repeat(2),
                ("l1", 3, Wrong::Swap) => {
                    self.held = right.clone();
                    String::new()
                }
                ("l1", 4, Wrong::Swap) => format!("{right}{}", self.held),
                ("l1", 3, Wrong::Drop) => String::new(),
                ("l1", 3, Wrong::Corrupt) => line(from, &text.replace("cdef", "cdEf")),
                ("l1", 3, Wrong::Impersonate) => line("l1", text),
                ("l1", 3, Wrong::Babble) => "what?\n".to_owned(),
                ("l0", 3, Wrong::Refuse) => {
                    "{\"response\":\"message\",\"error\":\"Too many requests\"}\n".to_owned()
                }
                (_, 3, Wrong::HangUp) => {
                    let _ = stream.shutdown(Shutdown::Both);
                    String::new()
                }
                _ => right.clone(),
            };
            let _ = stream.write_all(said.as_bytes());
        }
    }
}
