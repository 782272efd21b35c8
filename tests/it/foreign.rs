//! Servers that are no chat servers, and servers that never answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use assert_cmd::Command;
use harness::DEADLINE;
use harness::clients::{empty_home, exit_code, script, terminal, until};

/// A server that reads one line of each connection, answers with these bytes, and reads until the client
/// hangs up. Returns its address.
fn server(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut String::new()).unwrap();
            let _ = stream.write_all(answer);
            // A reset is an end, too.
            let _ = reader.read_to_end(&mut Vec::new());
        }
    });
    address
}

#[test]
fn a_server_of_another_protocol_is_named_once_and_ends_the_client() {
    let page =
        b"<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<title>Error</title>\n</head>\n</html>\n";
    let head = b"HTTP/1.1 400 Bad Request\r\nServer: x\r\nConnection: close\r\n\r\n";
    let ssh = b"SSH-2.0-OpenSSH_9.6\r\nInvalid SSH identification string.\r\n";
    let home = empty_home();
    for (answer, protocol) in [(&page[..], "HTTP"), (head, "HTTP"), (ssh, "SSH")] {
        let address = server(answer).to_string();
        let why = format!("{address} is not a chat server: it answers {protocol}");
        let mut client = Command::from_std(harness::client(home.path()));
        client.args([&*address, "--name", "alice"]).write_stdin("hi\n").timeout(DEADLINE);
        client.assert().code(3).stdout("").stderr(format!("client: {why}\n"));
        let mut alice = terminal(home.path(), &[&*address, "--name", "alice", "--color", "never"]);
        let shown = until(&mut alice, &format!("! {why}"));
        assert!(!shown.contains("JSON") && !shown.contains("another name?"), "{shown}");
        assert_eq!(exit_code(&mut alice), 3);
    }
}

#[test]
fn of_the_lines_before_the_first_response_one_is_shown() {
    let answer = b"Welcome\x07!\r\nThis is my server.\r\n\
        {\"response\":\"message\",\"username\":\"bob\",\"message\":\"hi\"}\nno JSON\n";
    let (said, code) = script(empty_home().path(), &[&server(answer).to_string()], "");
    let want = "! the server does not answer in JSON; it says: Welcome^G!\nbob: hi\n! cannot read";
    assert!(said.starts_with(want) && said.lines().count() == 3, "{said}");
    assert_eq!(code, 1);
}

#[test]
#[ignore = "slow"]
fn a_server_that_never_answers_is_reported_once_with_the_time_that_has_passed() {
    let address = server(b"").to_string();
    let mut client = Command::from_std(harness::client(empty_home().path()));
    client.args([&*address, "--name", "alice"]).write_stdin("hi\n").timeout(DEADLINE);
    let output = client.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let seconds = said.strip_prefix("client: nothing came from the server for ");
    let seconds = seconds.and_then(|rest| rest.strip_suffix(" s\n")).map(str::parse::<u64>);
    assert!(seconds.is_some_and(|seconds| seconds.is_ok_and(|it| it >= 15)), "{said:?}");
    assert_eq!(output.status.code(), Some(3), "it is no chat server, as one that speaks HTTP");
}
