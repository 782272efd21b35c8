//! `--trace`: the hops of each frame, on each engine and with each log.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use harness::{DEADLINE, Peer, Server, Value, json};
use tempfile::TempDir;

use crate::engines::on_each_engine;

/// A folder for a socket, and the arguments that name it.
fn socket() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace").to_str().unwrap().to_owned();
    (folder, path)
}

/// A reader of the trace.
struct Reader(BufReader<UnixStream>);

impl Reader {
    fn of(socket: impl AsRef<Path>) -> Reader {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut reader = Reader(BufReader::new(stream));
        reader.until(&json!({"hop": "server"}));
        reader
    }

    /// Reads until a line has these values. Returns all lines, that one last.
    fn until(&mut self, wanted: &Value) -> Vec<Value> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "the trace ends without {wanted}: {lines:#?}");
            let line: Value = line.parse().unwrap();
            let mut keys = wanted.as_object().unwrap().iter();
            let found = keys.all(|(key, value)| line[key] == *value);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }
}

/// The address of the client in a line.
fn address(peer: &Peer) -> String {
    peer.stream().local_addr().unwrap().to_string()
}

/// The lines of a frame, with their hops. Checks that the times do not go back.
fn hops<'a>(lines: &'a [Value], conn: &Value, frame: u64) -> Vec<(&'a str, &'a Value)> {
    let of_frame = |line: &&Value| line["conn"] == *conn && line["frame"] == frame;
    let found: Vec<_> = lines.iter().filter(of_frame).collect();
    let times = ["read", "framed", "began", "log", "at"];
    let moments = found.iter().flat_map(|line| times.iter().filter_map(|key| line[key].as_f64()));
    assert!(moments.collect::<Vec<f64>>().is_sorted(), "{found:#?}");
    found.into_iter().map(|line| (line["hop"].as_str().unwrap(), line)).collect()
}

/// Alice and bob log in, alice sends two messages in one write, and bob leaves.
fn hops_of_a_story(server: &Server, socket: &str) {
    let mode = std::fs::metadata(socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may read what people do");
    let mut alice = server.connect();
    alice.asks(json!({"request": "register", "username": "alice", "password": "open sesame"}));
    alice.hears(json!({"response": "register"}));
    // A reader that comes later hears of the connections that are open.
    let mut reader = Reader::of(socket);
    alice.asks(json!({"request": "login", "username": "alice", "password": "open sesame"}));
    alice.hears(json!({"response": "login"}));
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join"}));
    alice.sends(
        b"{\"request\":\"message\",\"message\":\"first text\"}\n\
          {\"request\":\"message\",\"message\":\"second text\",\"tag\":2}\nnonsense\n",
    );
    alice.hears(json!({"message": "first text"}));
    alice.hears(json!({"message": "second text", "tag": 2}));
    assert!(alice.line().contains("not-an-object"));
    bob.hears(json!({"message": "first text"}));
    bob.hears(json!({"message": "second text"}));
    let bobs = address(&bob);
    drop(bob);
    alice.hears(json!({"response": "leave"}));

    let gone = json!({"hop": "effect", "people": 1, "here": ["alice"], "answered": false});
    let mut lines = reader.until(&gone);
    let conn_of = |address: &str| {
        let opened = lines.iter().find(|line| line["address"] == address);
        opened.unwrap_or_else(|| panic!("no {address} in {lines:#?}"))["conn"].clone()
    };
    let opened = lines.iter().find(|line| line["address"] == address(&alice).as_str()).unwrap();
    let (alice, bob) = (conn_of(&address(&alice)), conn_of(&bobs));
    assert_eq!(opened["frames"], 1, "the request to register");

    let login = hops(&lines, &alice, 2);
    let names: Vec<&str> = login.iter().map(|(hop, _)| *hop).collect();
    assert_eq!(names, ["decoded", "command", "effect", "effect", "encoded"]);
    assert_eq!(
        (&login[2].1["change"], &login[2].1["answered"]),
        (&"password".into(), &false.into())
    );
    assert_eq!(
        (&login[3].1["change"], &login[3].1["answered"]),
        (&"presence".into(), &true.into())
    );
    assert_eq!(login[3].1["here"], json!(["alice"]));
    let login = hops(&lines, &bob, 1);
    assert_eq!(login[2].1["here"], json!(["alice", "bob"]));

    // The first message goes to both. The sender of the second one has a copy with its tag.
    let first = hops(&lines, &alice, 3);
    let names: Vec<&str> = first.iter().map(|(hop, _)| *hop).collect();
    assert_eq!(names, ["decoded", "command", "effect", "encoded"]);
    assert_eq!(first[0].1["bytes"], 44);
    assert_eq!((&first[1].1["name"], &first[1].1["outcome"]), (&"message".into(), &"later".into()));
    assert_eq!((&first[2].1["change"], &first[2].1["answered"]), (&"message".into(), &true.into()));
    let to = first[3].1["to"].as_array().unwrap();
    assert_eq!(to.iter().map(|to| &to[0]).collect::<Vec<_>>(), [&alice, &bob]);
    let second = hops(&lines, &alice, 4);
    let read = |frame: &[(&str, &Value)]| frame[0].1["read"].clone();
    assert_eq!(read(&first), read(&second), "one read brought both");
    let encoded: Vec<_> = second.iter().filter(|(hop, _)| *hop == "encoded").collect();
    assert_eq!(encoded.len(), 2);
    let wrong = hops(&lines, &alice, 5);
    assert_eq!(
        (&wrong[0].1["meaning"], &wrong[1].1["outcome"]),
        (&"unreadable".into(), &"refused".into())
    );

    // The offsets of a connection have no gap, and all of its bytes are written.
    let to_bob = lines.iter().filter_map(|line| line["to"].as_array()).flatten();
    let to_bob = to_bob.filter(|to| to[0] == bob).map(|to| (to[1].clone(), to[2].clone()));
    let mut end = Value::from(0);
    for (from, to) in to_bob {
        assert_eq!(from, end);
        end = to;
    }
    let is_last = |line: &Value| {
        line["hop"] == "written" && line["conn"] == bob && line["to"] == end && line["waiting"] == 0
    };
    // A thread that has written may say so after bob has read it and left.
    if !lines.iter().any(is_last) {
        let last = json!({"hop": "written", "conn": bob, "to": end, "waiting": 0});
        lines.extend(reader.until(&last));
    }
    let text = lines.iter().map(Value::to_string).collect::<String>();
    for secret in ["sesame", "first text", "second text", "nonsense", "argon2"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn each_frame_has_its_hops_on_each_engine() {
    on_each_engine(|engine| {
        let (_folder, path) = socket();
        let mut server = Server::start(engine, &["--trace", &path]);
        hops_of_a_story(&server, &path);
        server.signal("TERM");
        assert_eq!(server.exit_code(), 0);
        assert!(!Path::new(&path).exists(), "the socket is removed at the end");
    });
}

#[test]
fn each_frame_has_its_hops_with_a_data_file() {
    on_each_engine(|engine| {
        let (_folder, path) = socket();
        hops_of_a_story(&Server::start_on_disk_with(engine, &["--trace", &path]), &path);
    });
}

#[test]
fn each_frame_has_its_hops_with_a_shared_log() {
    let (_folder, path) = socket();
    let Some(server) = Server::start_on_redis(&["--trace", &path]) else { return };
    hops_of_a_story(&server, &path);
}

#[test]
fn the_bytes_that_wait_for_a_peer_are_told() {
    on_each_engine(|engine| {
        let (_folder, path) = socket();
        let arguments = ["--trace", &path, "--flood", "off", "--stall-limit", "60"];
        let server = Server::start(engine, &arguments);
        let mut reader = Reader::of(&path);
        let mut alice = server.login("alice");
        let mut sleeper = server.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        alice.hears(json!({"response": "join", "username": "sleeper"}));
        reader.until(&json!({"hop": "encoded", "frame": 1}));
        let text = "x".repeat(4096);
        let to = loop {
            alice.says(&text);
            alice.hears(json!({"message": text}));
            let lines = reader.until(&json!({"hop": "command", "name": "message"}));
            let frame = &lines.last().unwrap()["frame"];
            let lines = reader.until(&json!({"hop": "encoded", "frame": frame}));
            let to = lines.last().unwrap()["to"].as_array().unwrap().clone();
            if to[1][3].as_u64().unwrap() > 50_000 {
                break to;
            }
        };
        let of_message = |to: &Value| to[2].as_u64().unwrap() - to[1].as_u64().unwrap();
        // The thread that wrote the message before may not have told so yet.
        let alices = to[0][3].as_u64().unwrap();
        assert!(alices <= 2 * of_message(&to[0]), "alice reads: {to:?}");
    });
}

#[test]
#[ignore = "slow"]
fn a_reader_that_does_not_read_delays_nobody() {
    on_each_engine(|engine| {
        let (_folder, path) = socket();
        let server = Server::start(engine, &["--trace", &path, "--flood", "off"]);
        let mut reader = Reader::of(&path);
        let mut alice = server.login("alice");
        for _ in 0..100 {
            alice.says_often("hello", 100);
        }
        alice.asks(json!({"request": "version"}));
        alice.hears(json!({"response": "version"}));
        // It has lost lines, or its connection after some seconds.
        let mut text = String::new();
        reader.0.get_ref().set_nonblocking(false).unwrap();
        loop {
            let mut line = String::new();
            if reader.0.read_line(&mut line).unwrap() == 0 || line.contains("\"hop\":\"lost\"") {
                break;
            }
            text = line;
        }
        assert!(text.ends_with("}\n"), "{text}");
        // Another reader hears everything.
        let mut reader = Reader::of(&path);
        alice.asks(json!({"request": "version"}));
        reader.until(&json!({"hop": "command", "name": "version"}));
    });
}

#[test]
fn a_path_with_another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    std::fs::write(&path, "text").unwrap();
    let mut server = harness::server();
    let server = server.args(["--data", ":memory:", "--listen", "127.0.0.1:0", "--trace"]);
    let mut child = server.arg(&path).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let wanted = "for --trace: there is another file, which is not a socket";
    assert!(errors.contains(wanted), "{errors}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "text");
}
