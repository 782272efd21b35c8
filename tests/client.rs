//! The client, as a script uses it: plain lines in, plain lines out, and exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use assert_cmd::Command;
use common::{DEADLINE, Server, json};
use predicates::str::{contains, starts_with};

/// What a client prints for this input, without a terminal; and its exit code.
fn script(home: &Path, arguments: &[&str], input: &str) -> (String, i32) {
    let mut client = Command::from_std(common::client(home));
    let output = client.args(arguments).write_stdin(input).timeout(DEADLINE).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

fn empty_home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn plain_lines_in_plain_lines_out() {
    let server = Server::start("threads", &[]);
    let mut bob = server.login("bob");
    let address = server.address().to_string();
    let input = "/login alice\nhello\n//slash\n/msg bob psst\n/names\n/history 1\n/logout\n";
    let (said, code) = script(empty_home().path(), &[&address], input);
    assert_eq!(
        said,
        "* you are alice\n\
         alice: hello\n\
         alice: /slash\n\
         you -> bob: psst\n\
         * here: alice, bob\n\
         alice: /slash\n\
         * there is more: /history 1 2\n\
         * you are logged out\n"
    );
    assert_eq!(code, 0);
    bob.hears(json!({"response": "join", "username": "alice"}));
    bob.hears(json!({"response": "message", "message": "hello"}));
    bob.hears(json!({"response": "message", "message": "/slash"}));
    bob.hears(json!({"response": "message", "message": "psst", "to": "bob"}));
    bob.hears(json!({"response": "leave", "username": "alice"}));
    bob.has_heard_everything();
}

#[test]
fn what_goes_wrong_is_said_in_its_place_and_makes_exit_1() {
    let server = Server::start("threads", &[]);
    let address = server.address().to_string();
    let input =
        "too early\n/login a b\n/login alice\n/fly\n/login\n/msg carol hi\nend\n/quit\nnever\n";
    let (said, code) = script(empty_home().path(), &[&address], input);
    assert_eq!(
        said,
        "! You are not logged in!\n\
         ! Invalid username!\n\
         * you are alice\n\
         ! no command is called /fly; /help lists them\n\
         ! usage: /login USERNAME\n\
         ! No such user!\n\
         alice: end\n"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_long_input_arrives_whole_and_in_order() {
    let server = Server::start("threads", &[]);
    let address = server.address().to_string();
    let texts: Vec<String> = (0..1000).map(|number| format!("line {number}")).collect();
    // The last line has no newline.
    let (said, code) =
        script(empty_home().path(), &[&address, "--name", "alice"], &texts.join("\n"));
    let want: String = texts.iter().map(|text| format!("alice: {text}\n")).collect();
    assert_eq!(said, format!("* you are alice\n{want}"));
    assert_eq!(code, 0);
}

#[test]
fn what_others_send_is_shown_and_never_obeyed() {
    // A server that says what ours would refuse to pass on.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut heard = String::new();
        // The client's first words: an empty line, and what it wants to know.
        reader.read_line(&mut heard).unwrap();
        assert_eq!(heard, "\n");
        for line in [
            r#"{"response":"help","error":"not here","tag":"own"}"#,
            r#"{"response":"message","username":"m\u001b[31m","message":"\u001b[2J\u0007\r\n\u202e"}"#,
            r#"{"response":"notice","message":"\u001b]0;title\u0007"}"#,
            r#"{"response":"never","heard":["of",1]}"#,
            r#"no json"#,
            r#"{"response":"message","username":"bob","message":"still here"}"#,
        ] {
            writeln!(&stream, "{line}").unwrap();
        }
        // Until the client has hung up, so that the end is no reset.
        reader.read_to_string(&mut heard).unwrap();
    });
    let mut client = Command::from_std(common::client(empty_home().path()));
    let output = client.arg(&address).timeout(DEADLINE).output().unwrap();
    server.join().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "m^[[31m: ^[[2J^G^M^J<U+202E>\n\
         * ^[]0;title^G\n\
         * never: heard: [\"of\",1]\n\
         ! The server said something unreadable. Not a JSON object: expected ident at line 1 column 2\n\
         bob: still here\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_name_that_cannot_be_had_ends_a_script_with_exit_1() {
    let server = Server::start("threads", &[]);
    let address = server.address().to_string();
    let _alice = server.login("alice");
    let (said, code) = script(empty_home().path(), &[&address, "--name", "ALICE"], "hello\n");
    assert_eq!((said.as_str(), code), ("! Name already taken!\n", 1));
}

#[test]
fn a_server_that_goes_ends_it_with_exit_1() {
    let server = Server::start("threads", &[]);
    let home = empty_home();
    let mut client = common::client(home.path())
        .args([&server.address().to_string(), "--name", "alice"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Kept open: the input has not ended when the server does.
    let _input = client.stdin.take();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "* you are alice");
    server.signal("TERM");
    assert_eq!(lines.next().unwrap().unwrap(), "* The server is shutting down.");
    let output = client.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "client: the server hung up\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn nobody_there_is_exit_3_and_bad_usage_exit_2() {
    let home = empty_home();
    let client = || Command::from_std(common::client(home.path()));
    // A port that was free a moment ago, and that nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let refused = format!("client: cannot connect to {free}: Connection refused");
    client().arg(&free).assert().code(3).stdout("").stderr(starts_with(refused));
    client().arg("nowhere.invalid:1").assert().code(3).stderr(contains("nowhere.invalid:1"));
    client().arg("--fly").assert().code(2);
    client().args(["--color", "sometimes"]).assert().code(2);
    client().args(["--config", "/nowhere"]).assert().code(2).stderr(contains("/nowhere: No such"));
}

#[test]
fn the_configuration_names_servers() {
    let server = Server::start("threads", &[]);
    let home = empty_home();
    let folder = home.path().join("strata");
    fs::create_dir(&folder).unwrap();
    let text = format!("server = 'lan'\nname = 'alice'\n[servers]\nlan = '{}'\n", server.address());
    fs::write(folder.join("client.toml"), text).unwrap();
    assert_eq!(script(home.path(), &[], "").0, "* you are alice\n");
    assert_eq!(script(home.path(), &["lan"], "").0, "* you are alice\n");
    assert_eq!(script(home.path(), &["lan", "--name", "bob"], "").0, "* you are bob\n");
    fs::write(folder.join("client.toml"), "sever = 'lan'\n").unwrap();
    let mut client = Command::from_std(common::client(home.path()));
    client.assert().code(2).stderr(contains("client.toml, line 1: unknown field `sever`"));
}
