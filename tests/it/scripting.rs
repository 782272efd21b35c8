//! The client for scripts: frames and times in its output, and the exit code of an interruption.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use assert_cmd::Command;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{DEADLINE, Server, json, send_signal};
use serde_json::Value;

#[test]
fn json_prints_the_responses_and_nothing_else() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let input = "/login alice\nhello\n/fly\n/names\n/msg nobody psst\n/help\n";
    let mut client = Command::from_std(harness::client(empty_home().path()));
    client.args([&*address, "--json"]).write_stdin(input).timeout(DEADLINE);
    let output = client.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let frames: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = frames.iter().map(|f| f["response"].as_str().unwrap()).collect();
    assert_eq!(names, ["login", "message", "names", "message"], "{printed}");
    assert_eq!(frames[1]["message"], "hello");
    assert_eq!(frames[2]["names"], serde_json::json!(["alice"]));
    assert_eq!(frames[3]["code"], "no-such-user");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("! unknown command /fly; /help lists the commands\n"), "{errors}");
    assert!(errors.contains("/names [ROOM] "), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_script_gets_earlier_messages_only_when_it_asks() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join"}));
    for room in ["lobby", "tea"] {
        bob.asks(json!({"request": "message", "message": "!stop", "room": room}));
        bob.hears(json!({"response": "message"}));
    }
    let address = server.address().to_string();
    let input = "/join tea\n/history\n/history 1 lobby\n";
    let (said, code) = script(empty_home().path(), &[&address, "--name", "robot"], input);
    let want = "* you are robot\n* you are in #tea (2 there)\n#tea bob: !stop\nbob: !stop\n";
    assert_eq!((&*said, code), (want, 0));
}

#[test]
fn json_needs_a_pipe() {
    let home = empty_home();
    let mut client = terminal(home.path(), &["--json"]);
    until(&mut client, "client: --json needs a pipe");
    assert_eq!(exit_code(&mut client), 2);
}

#[test]
fn timestamps_stand_before_each_message_and_before_nothing_else() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    bob.says("early");
    bob.hears(json!({"response": "message"}));
    let address = server.address().to_string();
    let arguments = [&*address, "--name", "alice", "--timestamps"];
    let (said, code) = script(empty_home().path(), &arguments, "hello\n/history\n");
    // Each time is replaced by one letter.
    let shown: Vec<String> = said
        .lines()
        .map(|line| match line.split_once(' ') {
            Some((time, rest)) if time.len() == 24 && time.ends_with('Z') => format!("T {rest}"),
            _ => line.to_owned(),
        })
        .collect();
    let want = ["* you are alice", "T alice: hello", "T bob: early", "T alice: hello"];
    assert_eq!((&shown[..], code), (&want.map(str::to_owned)[..], 0));
}

#[test]
fn an_interrupted_script_ends_by_the_signal() {
    let server = Server::start("events", &[]);
    let mut client = harness::client(empty_home().path())
        .args([&server.address().to_string(), "--name", "alice"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The input stays open.
    let _input = client.stdin.take();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "* you are alice");
    send_signal(client.id(), "INT");
    // A shell shows this as the exit code 130.
    assert_eq!(client.wait().unwrap().signal(), Some(2));
}
