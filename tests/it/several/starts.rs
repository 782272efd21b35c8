//! A server starts only with a Redis that it can use, and says why it does not.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;

use harness::{DEADLINE, Redis, Server, json, lines, server, with_usual};

use super::{Chat, login};

/// Starts a server that cannot start. Returns what it prints to standard error.
fn refusal(url: &str) -> String {
    let mut command = server();
    command.args(with_usual("events", &["--shared", url, "--server-name", "one"]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (log, mut said) = (lines(child.stderr.take().unwrap()), String::new());
    loop {
        match log.recv_timeout(DEADLINE) {
            Ok(line) => said += &line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                panic!("the server does not end: {said}");
            }
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    said
}

/// The address of a chat on this Redis, with these options.
fn url(redis: &Redis, options: &str) -> String {
    format!("redis+unix://{}?chat=chat&{options}", redis.socket().display())
}

#[test]
fn a_redis_that_syncs_now_and_then_is_taken_only_with_lossy_log() {
    let Some(chat) = Chat::start() else { return };
    assert_eq!(chat.redis.asks("CONFIG SET appendfsync everysec"), "+OK");
    let said = refusal(&chat.redis.url("chat"));
    for part in ["may lose messages that people have seen", "its appendfsync is everysec"] {
        assert!(said.contains(part), "{said}");
    }
    let url = chat.redis.url("chat");
    let server = Server::start("events", &["--shared", &url, "--lossy-log"]);
    let mut alice = login(&server, "alice");
    alice.says("hello");
    alice.hears(json!({"response": "message", "message": "hello"}));
}

#[test]
fn a_server_needs_the_password_of_redis() {
    let Some(chat) = Chat::start() else { return };
    assert_eq!(chat.redis.asks("CONFIG SET requirepass sesame"), "+OK");
    for options in ["db=0", "db=0&pass=barley"] {
        let said = refusal(&url(&chat.redis, options));
        assert!(said.contains("cannot use Redis at"), "{said}");
        assert!(!said.contains("barley"), "{said}");
    }
    let server = chat.run("one", &url(&chat.redis, "db=0&pass=sesame"));
    let mut alice = login(&server, "alice");
    alice.says("hello");
    alice.hears(json!({"response": "message", "message": "hello"}));
}

#[test]
fn a_database_that_redis_does_not_have_is_named() {
    let Some(chat) = Chat::start() else { return };
    let said = refusal(&url(&chat.redis, "db=99"));
    assert!(said.contains("cannot use Redis at") && said.contains("database"), "{said}");
}

#[test]
fn a_redis_that_is_not_there_is_named() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let said = refusal(&format!("redis://{closed}/0?chat=chat"));
    assert!(said.contains(&format!("cannot use Redis at {closed}, chat chat")), "{said}");
}

#[test]
fn a_program_that_is_no_redis_is_refused() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // This thread ends with the test program.
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 1000]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let said = refusal(&format!("redis://{address}/0?chat=chat"));
    assert!(said.contains("cannot use Redis at"), "{said}");
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let Some(chat) = Chat::start() else { return };
    assert_eq!(chat.redis.asks("SET strata:{chat}:meta text"), "+OK");
    let said = refusal(&chat.redis.url("chat"));
    assert!(said.contains("WRONGTYPE"), "{said}");
}

#[test]
fn the_second_of_two_servers_with_a_name_replaces_the_first() {
    let Some(chat) = Chat::start() else { return };
    let mut first = chat.server("one");
    let mut alice = login(&first, "alice");
    // It cannot have the view of the first.
    let named = ["--shared", &chat.redis.url("chat"), "--server-name", "one"];
    let second = Server::start("events", &named);
    let notice = alice.hears(json!({"response": "notice"}));
    assert_eq!(notice["message"], "This server was cut off from the chat. Log in again.");
    alice.is_hung_up_on();
    first.logs("another server has joined the chat as one");
    assert_eq!(first.exit_code(), 4);
    let mut alice = login(&second, "alice");
    alice.asks(json!({"request": "names"}));
    alice.hears(json!({"response": "names", "names": ["alice"]}));
}
