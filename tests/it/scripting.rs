//! The client for scripts: frames and times in its output, and the exit code of an interruption.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;

use assert_cmd::Command;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{DEADLINE, Server, json, send_signal, wait_until};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
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
    let want = "* you are robot\n* you are in #tea (2 there)\n#2 #tea bob: !stop\n#1 bob: !stop\n";
    assert_eq!((&*said, code), (want, 0));
    let arguments = [&*address, "--name", "reader", "--backlog"];
    let (said, code) = script(empty_home().path(), &arguments, "/join tea\n");
    let lobby = "* earlier messages:\nbob: !stop\n* you are reader\n";
    let tea = "* earlier messages:\n#tea bob: !stop\n* you are in #tea (2 there)\n";
    assert_eq!((said, code), (format!("{lobby}{tea}"), 0));
}

#[test]
fn a_flag_for_scripts_needs_a_pipe() {
    for flag in ["--json", "--timestamps", "--backlog"] {
        let home = empty_home();
        let mut client = terminal(home.path(), &[flag]);
        until(&mut client, &format!("client: {flag} needs a pipe"));
        assert_eq!(exit_code(&mut client), 2);
    }
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
    let want = ["* you are alice", "T alice: hello", "T #1 bob: early", "T #2 alice: hello"];
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
    // A client that a script starts in the background, as a job that ignores the signal, goes on.
    let mut status = None;
    wait_until("the client ends", DEADLINE, || {
        status = client.try_wait().unwrap();
        status.is_some()
    });
    // A shell shows this as the exit code 130.
    assert_eq!(status.unwrap().signal(), Some(2));
}

/// Runs a script against a server that sends each answer when it has read a line, and then hangs up.
/// Returns the output, the errors and the exit code.
fn hung_up_on(answers: &[&str], arguments: &[&str]) -> (String, String, i32) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut client = Command::from_std(harness::client(empty_home().path()));
    client.args([&*address, "--name", "alice"]).args(arguments);
    client.write_stdin("one\ntwo\nthree\n").timeout(DEADLINE);
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(&stream).lines();
            for answer in answers {
                lines.next().unwrap().unwrap();
                writeln!(&stream, "{answer}").unwrap();
            }
            // The server has read everything, so the connection does not end with a reset.
            lines.next().unwrap().unwrap();
        });
        client.output().unwrap()
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn a_server_that_hangs_up_in_the_middle_is_exit_code_1() {
    let help = r#"{"response":"help","help":[],"tag":"own"}"#;
    let login = r#"{"response":"login","username":"alice","messages":[],"tag":1}"#;
    let one = r#"{"response":"message","username":"alice","message":"one","tag":2}"#;
    let why = "client: the server closed the connection\n".to_owned();
    let (lines, frames) = ("* you are alice\nalice: one\n", format!("{login}\n{one}\n"));
    let answers = [help, login, one];
    assert_eq!(hung_up_on(&answers, &[]), (lines.to_owned(), why.clone(), 1));
    assert_eq!(hung_up_on(&answers, &["--json"]), (frames, why.clone(), 1));
    assert_eq!(hung_up_on(&answers[..1], &[]), (String::new(), why, 1));
    // A server with TLS hangs up without a word.
    let (said, why, code) = hung_up_on(&[], &[]);
    assert_eq!((said.as_str(), code), ("", 1));
    assert!(why.starts_with("client: the server closed the connection; does 127.0.0.1:"), "{why}");
}

/// Runs a script whose output is closed after its first line. Then the client gets the lines, and the input
/// stays open if `is_open`. Returns the errors and the exit code.
fn closed_after_a_line(arguments: &[&str], input: &str, is_open: bool) -> (String, i32) {
    let (reads, prints) = io::pipe().unwrap();
    let mut client = harness::client(empty_home().path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(prints.try_clone().unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(reads).lines();
    assert!(lines.next().unwrap().unwrap().contains("alice"));
    drop(lines);
    // A process that another test starts right now has the pipe open, too, until it runs its program.
    wait_until("the output is closed", DEADLINE, || {
        let mut prints = [PollFd::new(&prints, PollFlags::OUT)];
        poll(&mut prints, Some(&Timespec::default())).unwrap();
        prints[0].revents().contains(PollFlags::ERR)
    });
    drop(prints);
    let mut stdin = client.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    let _open = is_open.then_some(stdin);
    let code = client.wait().unwrap().code().unwrap();
    let mut said = String::new();
    client.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (said, code)
}

#[test]
fn a_script_whose_output_is_closed_ends_and_says_what_was_not_sent() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let not_sent = |line: u32| {
        let left = format!("the input from line {line} on was not sent");
        (format!("client: the reader of the output has closed it; {left}\n"), 1)
    };
    for kind in ["--timestamps", "--json"] {
        let arguments = [&*address, "--name", "alice", kind];
        for is_open in [true, false] {
            let lines = "hello\n".repeat(1000);
            assert_eq!(closed_after_a_line(&arguments, &lines, is_open), not_sent(2), "{kind}");
            // All lines were sent. Blank lines are no messages, and after `/quit` none follows.
            for sent in ["hello\n", "hello\n\n\n", "hello\n/quit\nhi\n"] {
                let end = closed_after_a_line(&arguments, sent, is_open);
                assert_eq!(end, (String::new(), 0), "{kind} {sent:?}");
            }
        }
    }
    // The client's own lines find the output closed, too.
    let arguments = [&*address, "--name", "alice"];
    assert_eq!(closed_after_a_line(&arguments, "/help\n\nhello\n", false), not_sent(3));
    assert_eq!(closed_after_a_line(&arguments, "/help\n", true), (String::new(), 0));
}

#[test]
fn a_line_that_is_longer_than_a_frame_is_named_and_the_next_one_is_sent() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let address = server.address().to_string();
    let input = format!("{}\nnext\n", "x".repeat(10_000));
    let (said, code) = script(empty_home().path(), &[&address, "--name", "alice"], &input);
    let told =
        "! the message is too long: it has 10000 bytes, and here 4096 are the most; not sent: xxx";
    assert!(said.contains(told), "{said}");
    assert_eq!(code, 1);
    bob.hears(json!({"response": "join"}));
    bob.hears(json!({"response": "message", "message": "next"}));
}

#[test]
fn a_line_that_is_not_utf8_is_not_sent() {
    let server = Server::start("events", &[]);
    let mut client = Command::from_std(harness::client(empty_home().path()));
    client.args([&*server.address().to_string(), "--name", "alice"]).timeout(DEADLINE);
    let output = client.write_stdin(&b"one\n\xff\nthree\n"[..]).output().unwrap();
    let want = "* you are alice\nalice: one\n! line 2 of the input is not UTF-8 and was not sent\nalice: three\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), want);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_is_exit_code_1() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let arguments = [vec!["--print-config"], vec![&address, "--name", "alice"]];
    for arguments in arguments {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let client = harness::client(empty_home().path())
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = client.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("client: cannot write the output: No space left"), "{said}");
        assert_eq!(output.status.code(), Some(1));
    }
}
