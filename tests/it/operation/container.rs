//! A server as the first process of a container: in a namespace of processes of its own.

use std::fs;
use std::process::Command;

use harness::{Server, json, send_signal, server, with_usual};

/// Starts a server as the first process of a namespace. Returns it with its number outside. If the
/// system forbids namespaces, says that the running test is skipped and returns `None`.
fn start() -> Option<(Server, u32)> {
    let mut command = harness::namespace()?;
    command.arg(server().get_program()).args(with_usual("events", &[]));
    let server = Server::run(command, 1);
    let children = children(server.pid());
    assert_eq!(children.len(), 1, "{children:?}");
    Some((server, children[0]))
}

/// The children of a process, zombies included.
fn children(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        if fields.split(' ').nth(1) == Some(&parent.to_string()) {
            found.extend(entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        }
    }
    found
}

#[test]
fn the_first_process_of_a_container_drains_at_a_signal() {
    let Some((mut server, inner)) = start() else { return };
    let mut alice = server.login("alice");
    send_signal(inner, "TERM");
    alice.hears(json!({"response": "notice", "message": "The server is shutting down."}));
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn the_first_process_of_a_container_reaps_orphans() {
    let Some((server, inner)) = start() else { return };
    // The shell ends at once, and its child gets the server as its parent.
    let orphan = Command::new("nsenter")
        .args(["--user", "--preserve-credentials", "--pid", "--mount", "--target"])
        .arg(inner.to_string())
        .args(["sh", "-c", "cat /proc/1/comm; true & exec true"])
        .output()
        .unwrap();
    assert!(orphan.status.success(), "{orphan:?}");
    assert_eq!(String::from_utf8(orphan.stdout).unwrap(), "server\n");
    server.eventually("the orphan is reaped", || children(inner).is_empty());
    let mut alice = server.login("alice");
    alice.says("still here");
    alice.hears(json!({"response": "message", "message": "still here"}));
}
