//! The client and servers that do less than the protocol says, as the servers of students do.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{Value, json};

/// Starts a server for one client. It returns no tags, has no `help`, and takes an empty line for a
/// mistake; if it is `shy`, it does not answer mistakes. Returns its address.
fn simple_server(shy: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(&listener.accept().unwrap().0, shy));
    address
}

fn serve(mut stream: &TcpStream, shy: bool) {
    let mut me = Value::Null;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let answer = match request["request"].as_str() {
            Some("login") => {
                me = request["username"].clone();
                json!({"response": "login", "username": me, "messages": []})
            }
            Some("message") => {
                json!({"response": "message", "username": me, "message": request["message"]})
            }
            Some("names") => json!({"response": "names", "names": [me]}),
            _ if shy => continue,
            _ => json!({"response": "error", "error": format!("what is {line:?}?")}),
        };
        if writeln!(stream, "{answer}").is_err() {
            return;
        }
    }
}

const INPUT: &str = "/login alice\nhello\n/names\nbye\n";
const SAID: &str = "* you are alice\nalice: hello\n* here: alice\nalice: bye\n";
const LACK: &str =
    "* this server returns no tags; the client guesses which request an answer is for\n";

#[test]
fn a_script_works_with_a_server_without_tags() {
    for shy in [false, true] {
        let begin = Instant::now();
        let (said, code) = script(empty_home().path(), &[&simple_server(shy)], INPUT);
        assert_eq!((said, code), (format!("{LACK}{SAID}"), 0), "shy: {shy}");
        // It waits for the list of commands, which a shy server never sends, and for nothing else.
        let most = if shy { 15 } else { 8 };
        assert!(begin.elapsed() < Duration::from_secs(most), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_person_works_with_a_server_without_tags() {
    let home = empty_home();
    let address = simple_server(false);
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    let shown = until(&mut alice, "alice> ");
    assert!(!shown.contains("what is"), "an empty line or `help` is an error here: {shown}");
    assert_eq!(shown.matches(LACK.trim_end()).count(), 1, "{shown}");
    alice.send_line("hello").unwrap();
    until(&mut alice, "alice> ");
    alice.send_line("/names").unwrap();
    until(&mut alice, "* here: alice");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
