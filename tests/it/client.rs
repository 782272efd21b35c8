//! The client in a script: lines of text in, lines of text out, and exit codes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use assert_cmd::Command;
use harness::clients::{empty_home, script};
use harness::{DEADLINE, Server, json};
use predicates::str::{contains, starts_with};

#[test]
fn a_script_writes_lines_and_reads_lines() {
    let server = Server::start("events", &[]);
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
         #2 alice: /slash\n\
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
fn a_mistyped_whisper_is_not_sent_to_all() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let input = "\u{feff}hello\n\u{feff}/msg bob one\n\u{200b}\u{a0}/msg bob two\nmsg bob secret\n\
                 \\msg bob secret\n//msg bob secret\n\u{ff0f}msg bob secret\n\
                 /say msg bob is what I typed\n";
    let arguments = [&*server.address().to_string(), "--name", "alice"];
    let (said, code) = script(empty_home().path(), &arguments, input);
    let doubt = "! this looks like a mistyped command and was not sent; /say TEXT sends it\n";
    assert_eq!(
        said,
        format!(
            "* you are alice\nalice: hello\nyou -> bob: one\nyou -> bob: two\n{}\
             alice: msg bob is what I typed\n",
            doubt.repeat(4)
        )
    );
    assert_eq!(code, 1);
    bob.hears(json!({"response": "join", "username": "alice"}));
    bob.hears(json!({"response": "message", "message": "hello"}));
    bob.hears(json!({"response": "message", "message": "one", "to": "bob"}));
    bob.hears(json!({"response": "message", "message": "two", "to": "bob"}));
    bob.hears(json!({"response": "message", "message": "msg bob is what I typed"}));
    bob.hears(json!({"response": "leave", "username": "alice"}));
    bob.has_heard_everything();
}

#[test]
fn an_error_is_printed_in_order_and_the_exit_code_is_1() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let input =
        "too early\n/login a-b\n/login alice\n/fly\n/login\n/msg carol hi\nend\n/quit\nnever\n";
    let (said, code) = script(empty_home().path(), &[&address], input);
    assert_eq!(
        said,
        "! You are not logged in! Use --name NAME, or the line /login NAME. Not sent: too early\n\
         ! Invalid username (a name has letters A to Z or a to z, digits and underscores, on most servers at \
         most 32)\n\
         * you are alice\n\
         ! unknown command /fly; /help lists the commands\n\
         ! usage: /login USERNAME [PASSWORD]\n\
         ! No such user (carol is not here; /names lists the people who are); not sent: /msg carol hi\n\
         alice: end\n"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_long_input_arrives_whole_and_in_order() {
    let server = Server::start("events", &[]);
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
fn control_characters_from_the_server_are_shown_and_not_executed() {
    // A server that sends characters which ours would refuse.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut heard = String::new();
        // The client first sends a request for the commands. An empty line might be an error.
        reader.read_line(&mut heard).unwrap();
        assert_eq!(heard, "{\"request\":\"help\",\"tag\":\"own\"}\n");
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
        // The server waits for the client to close, so that the connection does not end with a reset.
        reader.read_to_string(&mut heard).unwrap();
    });
    let mut client = Command::from_std(harness::client(empty_home().path()));
    let output = client.arg(&address).timeout(DEADLINE).output().unwrap();
    server.join().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "m^[[31m: ^[[2J^G\n         <U+202E>\n\
         * ^[]0;title^G\n\
         * never: heard: of, 1\n\
         ! cannot read a response of the server: Not a JSON object: expected ident at line 1 column 2\n\
         bob: still here\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_taken_name_ends_a_script_with_exit_code_1() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let _alice = server.login("alice");
    let (said, code) = script(empty_home().path(), &[&address, "--name", "ALICE"], "hello\n");
    assert_eq!((said.as_str(), code), ("! Name already taken!\n", 1));
}

#[test]
fn a_script_joins_uses_and_leaves_rooms() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    bob.asks(json!({"request": "message", "message": "first", "room": "tea"}));
    bob.hears(json!({"response": "message", "room": "tea"}));
    let input = "/login alice\n/join\n/join Tea\nhello\n/names\n/history 1\n/join lobby\nto all\n\
                 /rooms\n/join tea\n/msg bob psst\n/leave\n/leave\n/names\n/join tea\n/logout\n/join tea\n";
    let (said, _) = script(empty_home().path(), &[&server.address().to_string()], input);
    assert_eq!(
        said,
        "* you are alice\n\
         ! usage: /join ROOM\n\
         * you are in #tea (2 there)\n\
         #tea alice: hello\n\
         * in #tea: alice, bob\n\
         #2 #tea alice: hello\n\
         * there is more: /history 1 2\n\
         * you are in #lobby\n\
         alice: to all\n\
         * room    online  joined\n\
         * #lobby       2  yes\n\
         * #tea         2  yes\n\
         * you are in #tea\n\
         you -> bob: psst\n\
         * you left #tea, and are in #lobby\n\
         ! Nobody leaves the lobby!\n\
         * here: alice, bob\n\
         * you are in #tea (2 there)\n\
         * you are logged out\n\
         ! You are not logged in! Use --name NAME, or the line /login NAME.\n"
    );
    bob.hears(json!({"response": "join", "username": "alice"}));
    bob.hears(json!({"response": "entered", "room": "tea", "username": "alice"}));
    bob.hears(json!({"response": "message", "message": "hello", "room": "tea"}));
    bob.hears(json!({"response": "message", "message": "to all"}));
}

#[test]
fn an_administrator_has_the_commands_of_administrators() {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let mut bob = server.login("bob");
    bob.says("rude");
    bob.hears(json!({"response": "message"}));
    let file = server.file().with_file_name("password-of-root");
    let address = server.address().to_string();
    let arguments = [&*address, "--name", "root", "--password-file", file.to_str().unwrap()];
    let input = "/remove 1\n/ban 10.0.0.7 forever spam and more\n/unban 10.0.0.7\n/bans\n/mute eve forever\n\
                 /connections\n/kick BOB\n/audit root\n/shutdown\n";
    let (said, code) = script(empty_home().path(), &arguments, input);
    assert_eq!(code, 0);
    let lines: Vec<&str> = said.lines().collect();
    let want = [
        "* you are root",
        "* message #1 of bob was removed",
        "* 10.0.0.7 is banned: spam and more",
        "* 10.0.0.7 is not banned any more",
        "* bans: none, total: 0",
        "* eve is muted",
        "* connections: total: 2",
    ];
    assert_eq!(lines[..want.len()], want);
    let [headings, first, second, rest @ ..] = &lines[want.len()..] else { panic!("{said}") };
    let words: Vec<&str> = headings.split_whitespace().collect();
    assert_eq!(words, ["*", "address", "username", "dialect", "seconds"]);
    assert!(first.contains("  bob ") && second.contains("  root "), "{said}");
    assert_eq!(rest[0], "* bob was kicked");
    let acts: Vec<&str> = rest.iter().filter(|line| line.contains(" root ")).copied().collect();
    assert!(acts[0].ends_with("  remove 1"), "{said}");
    assert!(acts[1].ends_with("  ban 10.0.0.7: spam and more"), "{said}");
    // The leave of bob may be printed before or after this line.
    assert!(rest.contains(&"* the server is shutting down"), "{said}");
    bob.hears(json!({"response": "join", "username": "root"}));
    bob.hears(json!({"response": "removed", "id": 1}));
    bob.hears(json!({"response": "notice", "message": "You were kicked."}));
}

#[test]
fn help_hides_the_commands_of_administrators_from_others_and_explains_one_command() {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let file = server.file().with_file_name("password-of-root");
    let address = server.address().to_string();
    let heading = "\nFor administrators:\n/connections ";
    let root = [&*address, "--name", "root", "--password-file", file.to_str().unwrap()];
    let (said, code) = script(empty_home().path(), &root, "/help\n");
    assert!(said.contains(heading) && code == 0, "{said}");
    // The question about the rank is no act of an administrator.
    let data = rusqlite::Connection::open(server.file()).unwrap();
    let mut acts = data.prepare("SELECT what FROM audit").unwrap();
    let acts: Vec<String> =
        acts.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(acts, ["account add root admin"]);
    for input in ["/help\n", "/login alice\n/help\n"] {
        let (said, code) = script(empty_home().path(), &[&address], input);
        assert!(said.contains("\n/names [ROOM] ") && code == 0, "{said}");
        assert!(!said.contains("administrators"), "{said}");
    }
    let input = "/help msg\n/help /login\n/help fly\n";
    let (said, code) = script(empty_home().path(), &[&address], input);
    assert_eq!(
        said,
        "/msg NAME TEXT  Send a message to one person only.\n\
         Whispers are not in the history: no command shows one again.\n\
         Other words for it: /w, /whisper, /tell, /m, /message, /query, /pm, /dm, /priv, /privmsg.\n\
         /login USERNAME [PASSWORD]  Log in with a name, and get the latest messages.\n  \
           USERNAME                  a text\n  \
           PASSWORD                  a text; may be left out\n\
         ! unknown command /fly; /help lists the commands\n"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_server_that_ends_ends_the_client_with_exit_code_1() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let mut client = harness::client(home.path())
        .args([&server.address().to_string(), "--name", "alice"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The input stays open while the server ends.
    let _input = client.stdin.take();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "* you are alice");
    server.signal("TERM");
    assert_eq!(lines.next().unwrap().unwrap(), "* The server is shutting down.");
    let output = client.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "client: the server closed the connection\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_refused_connection_is_exit_code_3_and_bad_usage_2() {
    let home = empty_home();
    let client = || Command::from_std(harness::client(home.path()));
    // A port on which no program listens.
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
    let server = Server::start("events", &[]);
    let home = empty_home();
    let folder = home.path().join("strata");
    fs::create_dir(&folder).unwrap();
    let text = format!("server = 'lan'\nname = 'alice'\n[servers]\nlan = '{}'\n", server.address());
    fs::write(folder.join("client.toml"), text).unwrap();
    assert_eq!(script(home.path(), &[], "").0, "* you are alice\n");
    assert_eq!(script(home.path(), &["lan"], "").0, "* you are alice\n");
    assert_eq!(script(home.path(), &["lan", "--name", "bob"], "").0, "* you are bob\n");
    fs::write(folder.join("client.toml"), "sever = 'lan'\n").unwrap();
    let mut client = Command::from_std(harness::client(home.path()));
    client.assert().code(2).stderr(contains("client.toml, line 1: unknown field `sever`"));
}

#[test]
fn the_printed_configuration_is_a_configuration_with_the_defaults() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let (printed, code) = script(home.path(), &["--print-config"], "");
    assert_eq!(code, 0);
    let path = home.path().join("strata/client.toml");
    assert!(printed.lines().next().unwrap().ends_with(path.to_str().unwrap()), "{printed}");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, printed).unwrap();
    let arguments = [&*server.address().to_string(), "--name", "alice"];
    assert_eq!(script(home.path(), &arguments, "").0, "* you are alice\n");
    fs::write(&path, "joins = 'most'\n").unwrap();
    let mut client = Command::from_std(harness::client(home.path()));
    let allowed =
        "line 1: `most` is no possible value; possible are `all`, `smart`, `off` in `joins`";
    client.assert().code(2).stderr(contains(allowed));
    fs::write(&path, "rooms = ['tea', 'bad room']\n").unwrap();
    let mut client = Command::from_std(harness::client(home.path()));
    let why = "client.toml, line 1: \"bad room\" cannot be the name of a room (a name has letters ";
    client.assert().code(2).stderr(contains(why));
}

#[test]
fn every_address_of_a_host_is_tried() {
    // `localhost` may have the address ::1 too, on which this server does not listen.
    let server = Server::start("events", &[]);
    let target = format!("localhost:{}", server.address().port());
    assert_eq!(
        script(empty_home().path(), &[&target, "--name", "alice"], "").0,
        "* you are alice\n"
    );
}

#[test]
fn an_ipv6_address_is_a_server() {
    if TcpListener::bind("[::1]:0").is_err() {
        return harness::skipped("this machine has no IPv6");
    }
    let listen = ["--listen", "json=[::1]:0", "--data", ":memory:"];
    let server = Server::start_with(&listen, 1);
    let target = server.address().to_string();
    assert!(target.starts_with("[::1]:"), "{target}");
    assert_eq!(
        script(empty_home().path(), &[&target, "--name", "alice"], "").0,
        "* you are alice\n"
    );
}
