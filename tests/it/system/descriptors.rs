//! Few descriptors: the server reserves enough of them for connected clients before it accepts new
//! ones.

use harness::{Peer, Server, json};

use crate::engines::on_each_engine;

const FEW: u32 = 50;

fn serves_connected_clients(engine: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let arguments = ["--connection-limit", "1000", "--data", file.to_str().unwrap()];
    let server = Server::start_with_descriptors(engine, FEW, &arguments);
    server.logs("allows fewer connections than --connection-limit");
    let mut alice = server.login("alice");
    let mut crowd: Vec<Peer> = (0..100).map(|_| server.connect()).collect();
    let served = crowd.iter_mut().filter_map(|peer| peer.is_served().then_some(())).count();
    // The listener takes two descriptors, the reserve is 32 more, and alice has one.
    assert_eq!(served, FEW as usize - 34 - 1);
    alice.asks(json!({"request": "register", "username": "alice", "password": "correct horse"}));
    alice.hears(json!({"response": "register", "username": "alice"}));
    for _ in 0..100 {
        alice.says(&"x".repeat(4096));
        alice.hears(json!({"response": "message"}));
    }
    alice.asks(json!({"request": "history"}));
    alice.hears(json!({"response": "history"}));
    drop(crowd);
    server.eventually_lets_in();
    server.signal("TERM");
    let log = server.log_until("draining");
    assert!(log.iter().all(|line| !line.contains("cannot accept")), "{log:#?}");
}

#[test]
fn with_few_descriptors_connected_clients_keep_full_service() {
    on_each_engine(serves_connected_clients);
}

#[test]
fn too_few_descriptors_for_one_connection_are_an_error_of_one_line() {
    on_each_engine(|engine| {
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", "ulimit -n 30 && exec \"$0\" \"$@\""])
            .arg(harness::server().get_program());
        command.args(harness::with_usual(engine, &["--log", "off"]));
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{error}");
        let says = "the limit on open files is 30, and the server needs 34 for itself";
        assert!(error.contains(says) && error.lines().count() == 1, "{error}");
    });
}
