//! `grade play`: transcripts against servers and clients, and their one form.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{clients, mutant_clients, mutants, strata};

/// A test that every right server passes.
const RIGHT: &str = "\
# A message reaches everyone who is logged in, and nobody else.
alice > {\"request\":\"login\",\"username\":\"alice\"}
alice < {\"response\":\"login\",…}
stranger > (connects)
alice > {\"request\":\"mess
      | age\",\"message\":\"hello\"}
      + {\"request\":\"names\"}
alice < {\"response\":\"message\",\"username\":\"alice\",\"message\":\"hello\",…}
      & {\"response\":\"names\",\"names\":[\"alice\"],…}
stranger < (nothing)
alice > (hangs up)
";

/// A folder with transcripts.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs `grade play` in the folder. Returns the exit code, standard output and standard error.
    fn play(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(assert_cmd::cargo::cargo_bin!("grade"))
            .arg("play")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

/// Plays a transcript against a server.
fn plays(transcript: &str, server: &str) -> (i32, String) {
    let folder = Folder::new();
    folder.write("t.chat", transcript);
    let (code, said, errors) = folder.play(&["t.chat", "--server", server]);
    assert!(!said.contains("panicked"), "{said}{errors}");
    (code, said + &errors)
}

#[test]
fn a_right_server_passes_a_right_transcript() {
    for server in [mutants::line(None), strata("events"), strata("threads")] {
        let (code, said) = plays(RIGHT, &server);
        assert_eq!((code, said.as_str()), (0, "passed     t.chat\n1 of 1 transcript passed\n"));
    }
}

/// Every kind of step. Strata names people who leave.
const EVERYTHING: &str = "\
alice > (connects)
alice >> {\"request\":\"login\",\"username\":\"alice\"}\\r\\n
alice << {\"response\":\"login\",\"username\":\"alice\",\"messages\":[]}\\n
bob > {\"request\":\"login\",\"username\":\"bob\"}
bob < {\"response\":\"login\",…}
alice < {\"response\":\"join\",\"username\":$who,…}
bob > (breaks off)
alice < {\"response\":\"leave\",\"username\":\"${who}\",…}
bob > {\"request\":\"login\",\"username\":$who}
      + {\"request\":\"logout\"}
bob < {\"response\":\"login\",…}
bob > (stops sending)
bob < {\"response\":\"logout\",…}
bob < (hangs up)
alice < {\"response\":\"join\",…}
alice < {\"response\":\"leave\",…}
carol > what
carol < {\"response\":\"error\",…}
carol > (stops sending)
carol < (ends)
alice < (nothing)
";

#[test]
fn every_kind_of_step_is_played() {
    let (code, said) = plays(EVERYTHING, &strata("events"));
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_wrong_server_fails_where_it_differs() {
    for (bug, line, want) in [
        ("tells-strangers", "t.chat:10:12", "expected: nothing"),
        ("no-echo", "t.chat:8:9", "stranger: connects"),
    ] {
        let (code, said) = plays(RIGHT, &mutants::line(Some(bug)));
        assert_eq!(code, 1, "{bug}: {said}");
        assert!(said.contains(line) && said.contains(want), "{bug}: {said}");
        assert!(said.contains("Who sent what to whom") && said.contains("Again: "), "{said}");
    }
}

/// A server that takes its time to accept a connection, and tells everyone everything.
const SLOW_TO_ACCEPT: &str = r#"
import json, socket, sys, threading

clients = []


def serve(client):
    for line in client.makefile():
        request = json.loads(line)
        is_message = request["request"] == "message"
        key = "message" if is_message else "username"
        answer = {"response": request["request"], "username": "alice", key: request[key]}
        for other in clients if is_message else [client]:
            other.sendall(json.dumps(answer).encode() + b"\n")


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Event().wait(0.3)
    clients.append(listener.accept()[0])
    threading.Thread(target=serve, args=clients[-1:], daemon=True).start()
"#;

#[test]
fn a_person_who_only_connects_is_there_before_the_next_step() {
    let folder = Folder::new();
    folder.write("server.py", SLOW_TO_ACCEPT);
    folder.write(
        "t.chat",
        "alice > {\"request\":\"login\",\"username\":\"alice\"}\n\
         alice < {\"response\":\"login\",…}\n\
         stranger > (connects)\n\
         alice > {\"request\":\"message\",\"message\":\"hello\"}\n\
         alice < {\"response\":\"message\",…}\n\
         stranger < (nothing)\n",
    );
    let (code, said, errors) = folder.play(&["t.chat", "--server", "python3 server.py {port}"]);
    assert_eq!(code, 1, "{said}{errors}");
    assert!(said.contains("t.chat:6:12") && said.contains("expected: nothing"), "{said}{errors}");
}

#[test]
fn the_difference_has_its_place_in_the_frame() {
    let text = "alice > {\"request\":\"login\",\"username\":\"al!ce\"}\n\
                alice < {\"response\":\"login\",\"error\":\"Invalid name!\",…}\n";
    let (code, said) = plays(text, &mutants::line(None));
    assert_eq!(code, 1);
    let shown = "2 | alice < {\"response\":\"login\",\"error\":\"Invalid name!\",…}\n  \
                 |                                     ^\n  \"error\": received \"Invalid username!\"";
    assert!(said.contains("t.chat:2:37") && said.contains(shown), "{said}");
}

#[test]
fn a_server_that_ends_is_reported_with_its_output() {
    let (code, said) = plays(RIGHT, "echo a traceback; exit 3 # {port}");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("exit code 3") && said.contains("a traceback"), "{said}");
}

#[test]
fn each_transcript_has_its_dialect_and_its_server() {
    let folder = Folder::new();
    folder.write("a.chat", RIGHT);
    folder.write(
        "b.chat",
        "dialect ktn15\nann > {\"request\":\"login\",\"content\":\"ann\"}\nann < {\"response\":\"info\",…}\n",
    );
    folder.write("c.chat", "dialect text\nann > LOGIN ann\nann < ann LOGIN SUCCESSFUL\nann << \n");
    let server = strata("events");
    let (code, said, _) = folder.play(&["c.chat", "a.chat", "b.chat", "--server", &server]);
    let want =
        "passed     c.chat\npassed     a.chat\npassed     b.chat\n3 of 3 transcripts passed\n";
    assert_eq!((code, said.as_str()), (0, want));
    let (code, _, errors) = folder.play(&["b.chat", "--dialect", "json", "--server", &server]);
    assert_eq!(code, 2);
    assert_eq!(errors, "b.chat is in the dialect ktn15, and --dialect asks for json\n");
}

#[test]
fn a_wrong_transcript_starts_no_server() {
    let folder = Folder::new();
    folder.write("a.chat", "alice > {\"request\":\"login}\n");
    folder.write("b.chat", "alice : hello\n");
    let (code, said, errors) =
        folder.play(&["a.chat", "b.chat", "c.chat", "--server", "touch started {port}"]);
    assert_eq!((code, said.as_str()), (2, ""));
    for want in ["a.chat:1:20: the string has no end", "b.chat:1:7: expected an arrow", "c.chat: "]
    {
        assert!(errors.contains(want), "{errors}");
    }
    assert!(errors.contains("1 | alice : hello\n  |       ^\n"), "{errors}");
}

#[test]
fn files_are_written_in_their_one_form() {
    let folder = Folder::new();
    let path = folder.write("a.chat", "alice   <  { \"a\" : … }\r\n\r\n\r\n#words\r\n");
    folder.write("b.chat", "alice < {}\n");
    let (code, said, _) = folder.play(&["--fmt", "--check", "a.chat", "b.chat"]);
    assert_eq!((code, said.as_str()), (1, "a.chat\n"));
    let (code, said, _) = folder.play(&["--fmt", "a.chat", "b.chat"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(path).unwrap(), "alice < {\"a\":…}\n\n# words\n");
    assert_eq!(folder.play(&["--fmt", "--check", "a.chat", "b.chat"]).0, 0);
    folder.write("c.chat", "x\n");
    assert_eq!(folder.play(&["--fmt", "c.chat"]).0, 2);
}

/// A conversation that the user of a client has.
const CONVERSATION: &str = "\
alice > {\"request\":\"login\",\"username\":\"alice\"}
alice < {\"response\":\"login\",\"username\":\"alice\",\"messages\":[]}
bob > {\"request\":\"login\",\"username\":\"bob\"}
alice > {\"request\":\"message\",\"message\":\"who is \\\"here\\\"?\"}
alice < {\"response\":\"message\",\"id\":$a,\"username\":\"alice\",\"message\":\"who is \\\"here\\\"?\",\"timestamp\":\"…\"}
alice < {\"response\":\"message\",\"id\":$b,\"username\":\"bob\",\"message\":\"I am here\",\"timestamp\":\"…\"}
alice > (hangs up)
";

#[test]
fn a_right_client_plays_its_part() {
    let folder = Folder::new();
    folder.write("t.chat", CONVERSATION);
    folder.write("own.toml", clients::PIPED);
    folder.write("plain.toml", mutant_clients::PROFILE);
    for (client, profile) in
        [(clients::strata(), "own.toml"), (mutant_clients::line(None), "plain.toml")]
    {
        let (code, said, errors) =
            folder.play(&["t.chat", "--client", &client, "--profile", profile]);
        assert_eq!(code, 0, "{said}{errors}");
    }
}

#[test]
fn a_wrong_client_fails_where_it_differs() {
    let folder = Folder::new();
    folder.write("t.chat", CONVERSATION);
    folder.write("plain.toml", mutant_clients::PROFILE);
    let client = mutant_clients::line(Some("first-word-only"));
    let (code, said, errors) =
        folder.play(&["t.chat", "--client", &client, "--profile", "plain.toml"]);
    assert_eq!(code, 1, "{said}{errors}");
    assert!(said.contains("t.chat:4:9"), "{said}");
}

#[test]
fn what_no_user_of_a_client_can_type_is_refused() {
    let folder = Folder::new();
    folder.write("t.chat", "ann > {\"request\":\"fly\"}\n");
    folder.write("u.chat", "dialect text\nann > LOGIN ann\n");
    folder.write("own.toml", clients::PIPED);
    let arguments = ["t.chat", "u.chat", "--client", "x {port}", "--profile", "own.toml"];
    let (code, _, errors) = folder.play(&arguments);
    assert_eq!(code, 2);
    assert!(errors.contains("t.chat:1:7: a user of a client cannot type this"), "{errors}");
    assert!(errors.contains("u.chat:2:7: grade plays the server"), "{errors}");
}
