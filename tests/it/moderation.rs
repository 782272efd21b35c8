//! Moderation: bans and mutes with a time and a reason, their lists, and the audit.

use std::net::Ipv4Addr;

use assert_cmd::Command;
use expectrl::Expect;
use harness::clients::until;
use harness::{Peer, ROOTS_PASSWORD, Server, Value, json, write_private};

use crate::engines::on_each_engine;
use crate::terminal::alice_at;

/// Runs a story on each engine with a data file, and with a log on Redis.
fn everywhere(story: impl Fn(&Server) + Sync) {
    on_each_engine(|engine| story(&Server::start_on_disk_with(engine, &[])));
    if let Some(server) = Server::start_on_redis(&[]) {
        story(&server);
    }
}

/// The text of the next response, which has to be an error with this code.
fn refusal(peer: &mut Peer, code: &str) -> String {
    let response: Value = serde_json::from_str(&peer.line()).unwrap();
    assert_eq!(response["code"], code, "{response}");
    response["error"].as_str().unwrap().to_owned()
}

/// Logs an administrator in, whose account may have to reach the server first.
fn root(server: &Server) -> Peer {
    server.add_root();
    let login = json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD});
    let mut root = server.connect();
    server.eventually("root can log in", || {
        root.asks(login.clone());
        !root.line().contains("\"error\"")
    });
    root
}

#[test]
#[ignore = "slow"]
fn a_ban_ends_by_the_clock() {
    everywhere(|server| {
        let mut root = root(server);
        let mut bob = server.login("bob");
        root.hears(json!({"response": "join"}));
        root.asks(json!({"request": "ban", "who": "bob", "time": "2s", "reason": "spam"}));
        let answer = root.hears(json!({"response": "ban", "who": "bob", "reason": "spam"}));
        assert!(answer["until"].as_str().unwrap().ends_with('Z'), "{answer}");
        let notice = bob.hears(json!({"response": "notice", "reason": "banned"}));
        let text = notice["message"].as_str().unwrap();
        assert!(
            text.starts_with("You are banned until ") && text.ends_with(" UTC: spam"),
            "{text}"
        );
        bob.is_hung_up_on();
        root.hears(json!({"response": "leave", "username": "bob"}));
        let mut bob = server.connect();
        server.eventually("the ban of bob has ended", || {
            bob.asks(json!({"request": "login", "username": "bob"}));
            !bob.line().contains("\"banned\"")
        });
        root.hears(json!({"response": "join", "username": "bob"}));
        root.asks(json!({"request": "bans"}));
        root.hears(json!({"response": "bans", "bans": [], "total": 0}));
    });
}

#[test]
#[ignore = "slow"]
fn a_muted_person_reads_on() {
    everywhere(|server| {
        let mut root = root(server);
        let mut bob = server.login("bob");
        root.hears(json!({"response": "join"}));
        root.asks(json!({"request": "mute", "who": "bob", "time": "1h", "reason": "spam"}));
        root.hears(json!({"response": "mute", "who": "bob"}));
        bob.hears(json!({"response": "notice", "reason": "muted"}));
        bob.says("but");
        let text = refusal(&mut bob, "muted");
        assert!(text.starts_with("You are muted until ") && text.ends_with(" UTC: spam"), "{text}");
        root.says("hello");
        bob.hears(json!({"response": "message", "message": "hello"}));
        root.hears(json!({"response": "message", "message": "hello"}));
        root.asks(json!({"request": "mutes"}));
        let list = root.hears(json!({"response": "mutes", "total": 1}));
        assert_eq!(list["mutes"][0]["who"], "bob");
        root.asks(json!({"request": "unmute", "who": "bob"}));
        root.hears(json!({"response": "unmute", "who": "bob"}));
        bob.hears(json!({"response": "notice", "reason": "unmuted"}));
        bob.says("thanks");
        root.hears(json!({"response": "message", "message": "thanks"}));
    });
}

#[test]
#[ignore = "slow"]
fn the_audit_is_a_command() {
    everywhere(|server| {
        let mut root = root(server);
        root.asks(json!({"request": "ban", "who": "10.0.0.0/8", "time": "90m", "reason": "spam"}));
        root.hears(json!({"response": "ban", "who": "10.0.0.0/8"}));
        root.asks(json!({"request": "ban", "who": "10.0.0.0/99"}));
        refusal(&mut root, "bad-address");
        root.asks(json!({"request": "audit", "username": "ROOT"}));
        let audit = root.hears(json!({"response": "audit", "more": false}));
        let acts = audit["audit"].as_array().unwrap();
        assert_eq!(acts.len(), 1, "{audit}");
        assert_eq!(acts[0]["act"], "ban 10.0.0.0/8 90m: spam");
        let mut guest = server.login("guest");
        guest.asks(json!({"request": "audit"}));
        refusal(&mut guest, "not-allowed");
    });
}

/// Every address that begins with 127 is this machine on Linux.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "slow"]
fn a_ban_of_a_range_concerns_its_addresses() {
    everywhere(|server| {
        let mut root = root(server);
        let from = |last| Peer::connect_from(Ipv4Addr::new(127, 9, 0, last), server.address());
        let mut near = from(1);
        assert!(near.is_served());
        root.asks(json!({"request": "ban", "who": "127.9.1.2/16", "time": "1w"}));
        root.hears(json!({"response": "ban", "who": "127.9.0.0/16"}));
        near.hears(json!({"response": "notice", "reason": "banned"}));
        near.is_hung_up_on();
        let mut again = from(2);
        refusal(&mut again, "banned");
        again.is_hung_up_on();
        let address = Ipv4Addr::new(127, 10, 0, 1);
        assert!(Peer::connect_from(address, server.address()).is_served());
        root.asks(json!({"request": "unban", "who": "127.9.0.0/16"}));
        root.hears(json!({"response": "unban", "who": "127.9.0.0/16"}));
        assert!(from(3).is_served());
    });
}

#[test]
fn bans_and_mutes_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let mut server = Server::start("events", &["--data", file.to_str().unwrap()]);
    let password = folder.path().join("password");
    write_private(&password, ROOTS_PASSWORD);
    let mut account = Command::from_std(harness::server());
    account.args(["account", "add", "root", "--admin", "--data"]).arg(&file);
    account.arg("--password-file").arg(password).assert().success();
    for request in [
        json!({"request": "ban", "who": "bob", "time": "1h", "reason": "spam"}),
        json!({"request": "mute", "who": "carol"}),
    ] {
        let mut root = server.connect();
        root.asks(json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD}));
        root.hears(json!({"response": "login", "username": "root"}));
        root.asks(request.clone());
        root.hears(json!({"response": request["request"], "who": request["who"]}));
        server.signal("TERM");
        assert_eq!(server.exit_code(), 0);
        server = Server::start("events", &["--data", file.to_str().unwrap()]);
    }
    let mut bob = server.connect();
    bob.asks(json!({"request": "login", "username": "bob"}));
    assert!(refusal(&mut bob, "banned").ends_with(": spam"));
    let mut carol = server.login("carol");
    carol.says("hello");
    carol.hears(json!({"response": "message", "error": "You are muted!"}));
}

#[test]
fn a_muted_person_does_not_see_their_message_as_if_it_was_sent() {
    let (server, mut bob, _home, mut alice) = alice_at(Server::start_on_disk(&[]));
    let mut root = root(&server);
    for peer in [&mut bob, &mut root] {
        peer.asks(json!({"request": "names"}));
        while !peer.line().contains("\"names\":") {}
    }
    root.asks(json!({"request": "mute", "who": "alice"}));
    until(&mut alice, " * You are muted!");
    until(&mut alice, "alice> ");
    alice.send_line("hello").unwrap();
    let shown = until(&mut alice, "! You are muted! Not sent: hello");
    assert!(!shown.contains("alice: hello"), "{shown}");
    until(&mut alice, "alice> ");
    root.asks(json!({"request": "unmute", "who": "alice"}));
    until(&mut alice, " * You may send messages again.");
    until(&mut alice, "alice> ");
    alice.send_line("thanks").unwrap();
    until(&mut alice, "alice: thanks");
    bob.hears(json!({"response": "message", "message": "thanks"}));
    // A mute that ends by itself says so, and the next message is shown once.
    root.asks(json!({"request": "mute", "who": "alice", "time": "1s"}));
    until(&mut alice, " * You are muted until ");
    until(&mut alice, " * your mute has ended: you may send messages again");
    until(&mut alice, "alice> ");
    alice.send_line("here again").unwrap();
    let shown = until(&mut alice, "alice: here again");
    bob.hears(json!({"response": "message", "message": "here again"}));
    root.asks(json!({"request": "message", "message": "hello to all"}));
    let shown = shown + &until(&mut alice, " root: hello to all");
    assert_eq!(shown.matches("alice: here again").count(), 1, "{shown}");
    // The others learn whose message was removed, and when they read it.
    root.asks(json!({"request": "remove", "id": 1}));
    let removed = until(&mut alice, " was removed");
    let (_, removed) = removed.split_once(" * message #1 of alice (").unwrap();
    assert_eq!(removed.len(), "12:34) was removed".len(), "{removed}");
    root.asks(json!({"request": "kick", "username": "bob", "reason": "a test"}));
    until(&mut alice, " * bob was kicked (a test) (2 online)");
}
