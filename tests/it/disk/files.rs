//! The data file and the files beside it: at most one server uses them, under any name, and a deleted
//! file never makes the server lose an acknowledged message.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use super::*;

const NOT_SAVED: &str = "It cannot be kept right now, try again later!";

/// Starts a server in this folder, with a data file of this name.
fn start_in(folder: &Path, data: &str) -> Server {
    let mut command = harness::server();
    command.args(harness::with_usual("events", &["--data", data])).current_dir(folder);
    Server::run(command, 1)
}

#[test]
fn a_data_file_may_have_a_name_that_looks_like_a_uri() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["chat.db", "file:chat.db", "file::memory:", "file:chat.db?mode=memory"];
    let servers = names.map(|name| start_in(folder.path(), name));
    for (server, name) in servers.iter().zip(names) {
        let mut alice = server.login("alice");
        alice.says(name);
        // The only message in its file.
        alice.hears(json!({"response": "message", "id": 1}));
    }
    for (server, name) in servers.into_iter().zip(names) {
        drop(server);
        let server = start_in(folder.path(), name);
        assert_eq!(history(&mut server.login("alice")), [name]);
    }
}

#[test]
fn a_second_server_on_the_same_file_does_not_start_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_in(folder.path(), "chat.db");
    std::os::unix::fs::symlink("chat.db", folder.path().join("link.db")).unwrap();
    let says = format!("chat.db is in use by another server (process {})\n", server.pid());
    for name in ["chat.db", "./chat.db", "link.db", folder.path().join("chat.db").to_str().unwrap()]
    {
        assert_cmd::Command::from_std(harness::server())
            .args(["--listen", "127.0.0.1:0", "--log", "off", "--data", name])
            .current_dir(folder.path())
            .timeout(harness::DEADLINE)
            .assert()
            .code(3)
            .stdout("")
            .stderr(contains(&says));
    }
}

#[test]
fn a_fifo_as_the_data_file_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fs::canonicalize(folder.path()).unwrap().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let says = "is a FIFO; the data file has to be a regular file";
    for arguments in [&["--listen", "127.0.0.1:0", "--log", "off"][..], &["account", "list"]] {
        assert_cmd::Command::from_std(harness::server())
            .args(arguments)
            .arg("--data")
            .arg(&fifo)
            .timeout(harness::DEADLINE)
            .assert()
            .code(3)
            .stdout("")
            .stderr(format!("server: {} {says}\n", fifo.display()));
    }
}

#[test]
fn no_acknowledged_message_is_lost_when_a_file_is_deleted() {
    for suffix in ["-wal", "-shm", "-lock"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.db");
        let server = start(&file);
        let mut alice = server.login("alice");
        alice.says("kept");
        alice.hears(json!({"response": "message", "id": 1}));
        let deleted = folder.path().join(format!("data.db{suffix}"));
        fs::remove_file(&deleted).unwrap();
        alice.says("refused");
        alice.hears(json!({"response": "message", "error": NOT_SAVED}));
        server.logs(&format!("data.db{suffix} is missing"));
        // A drop kills the server.
        drop(server);
        let server = start(&file);
        assert_eq!(history(&mut server.login("alice")), ["kept"], "{suffix}");
    }
}
