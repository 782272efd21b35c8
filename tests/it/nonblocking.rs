//! The client with input and output that another program has made non-blocking: it still waits for
//! them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use harness::clients::empty_home;
use harness::{DEADLINE, Server, json};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Opens a pseudo-terminal. Returns the end of the person and a non-blocking end for programs.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
    let program = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    (File::from(person), File::from(program))
}

/// Reads until the text has arrived.
fn until(from: &mut (impl Read + AsFd), text: &str) {
    let mut read = Vec::new();
    let mut byte = [0];
    let timeout = Timespec { tv_sec: DEADLINE.as_secs().try_into().unwrap(), tv_nsec: 0 };
    while !read.ends_with(text.as_bytes()) {
        let ready = poll(&mut [PollFd::new(&*from, PollFlags::IN)], Some(&timeout)).unwrap();
        assert_eq!(ready, 1, "nothing comes after {:?}", String::from_utf8_lossy(&read));
        let count = from.read(&mut byte).unwrap_or(0);
        assert_eq!(count, 1, "the client ended after {:?}", String::from_utf8_lossy(&read));
        read.extend(byte);
    }
}

#[test]
#[ignore = "slow"]
fn the_client_waits_for_a_non_blocking_terminal() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let (mut person, program) = terminal();
    let stdio = || Stdio::from(program.try_clone().unwrap());
    let home = empty_home();
    let mut client = harness::client(home.path())
        .args([&server.address().to_string(), "--name", "alice", "--color", "never"])
        .stdin(stdio())
        .stdout(stdio())
        .stderr(stdio())
        .spawn()
        .unwrap();
    until(&mut person, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    person.write_all("caf\u{e9}\r".as_bytes()).unwrap();
    bob.hears(json!({"response": "message", "message": "caf\u{e9}"}));
    until(&mut person, "alice> ");
    // Much more than the buffer of a terminal.
    person.write_all("/help\r".repeat(200).as_bytes()).unwrap();
    for _ in 0..200 {
        until(&mut person, "/msg NAME TEXT");
        until(&mut person, "/quit ");
    }
    until(&mut person, "alice> ");
    person.write_all(b"/quit\r").unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
}

#[test]
fn the_client_waits_for_non_blocking_pipes() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let (mut typing, input) = UnixStream::pair().unwrap();
    let (mut showing, output) = UnixStream::pair().unwrap();
    input.set_nonblocking(true).unwrap();
    output.set_nonblocking(true).unwrap();
    showing.set_read_timeout(Some(DEADLINE)).unwrap();
    let home = empty_home();
    let mut command = harness::client(home.path());
    command
        .args([&server.address().to_string(), "--name", "alice"])
        .stdin(OwnedFd::from(input))
        .stdout(OwnedFd::from(output));
    let mut client = command.spawn().unwrap();
    // The command holds copies of the ends. They would keep the pipe open after the client ends.
    drop(command);
    until(&mut showing, "* you are alice\n");
    bob.hears(json!({"response": "join", "username": "alice"}));
    typing.write_all(b"half ").unwrap();
    typing.write_all(b"a line\n").unwrap();
    bob.hears(json!({"response": "message", "message": "half a line"}));
    // Much more than the buffer of a socket.
    typing.write_all("/help\n".repeat(500).as_bytes()).unwrap();
    typing.write_all(b"end\n").unwrap();
    drop(typing);
    let mut shown = String::new();
    showing.read_to_string(&mut shown).unwrap();
    assert_eq!(shown.matches("/msg NAME TEXT").count(), 500);
    assert!(shown.len() > 500_000 && shown.ends_with("\nalice: end\n"), "{} bytes", shown.len());
    assert_eq!(client.wait().unwrap().code(), Some(0));
}
