//! A real server and a real client with the proxy between, and a client with the usual mistake.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use harness::clients::{empty_home, script};
use harness::{DEADLINE, Server, Value, json};

use crate::bench::Inspect;

/// A proxy in front of a Strata server.
fn before(server: &Server) -> Inspect {
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.address().to_string();
    Inspect::run(nothing, &["--listen", "127.0.0.1:0", "--to", &to])
}

/// A client that takes the bytes of one read for one message. Returns whether it understood the answer.
fn takes_a_read_for_a_message(address: SocketAddr, name: &str) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = json!({"request": "login", "username": name});
    stream.write_all(format!("{request}\n").as_bytes()).unwrap();
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap();
    let answer = String::from_utf8_lossy(&buffer[..length]).parse::<Value>();
    answer.is_ok_and(|answer| answer["response"] == "login")
}

#[test]
fn a_right_client_passes_one_byte_at_a_time_and_a_wrong_one_fails() {
    let server = Server::start("events", &[]);
    let inspect = before(&server);
    assert!(takes_a_read_for_a_message(inspect.address(), "ann"), "nothing is touched yet");
    for (name, rules) in [("bob", json!({"cut": 7})), ("carol", json!({"bytewise": true}))] {
        inspect.does(&json!({"do": "rules", "rules": rules}));
        assert!(!takes_a_read_for_a_message(inspect.address(), name), "{rules}");
        let home = empty_home();
        let name = format!("{name}2");
        let arguments = [&inspect.address().to_string(), "--name", &name];
        let (output, code) = script(home.path(), &arguments, "hello\n");
        assert_eq!(code, 0, "{output}");
        assert!(output.contains(&format!("{name}: hello")), "{output}");
    }
}
