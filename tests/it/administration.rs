//! Accounts and administrators: `server account` on the data file, and the commands of administrators.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use expectrl::Expect;
use harness::clients::until;
use harness::{Peer, ROOTS_PASSWORD, Server, json, write_private};
use predicates::str::{contains, is_empty, is_match};

use crate::engines::on_each_engine;
use crate::terminal::{alice_at, registers};

/// Runs `server account` on a data file. The password is in another file beside it.
struct Accounts {
    data: PathBuf,
    password: PathBuf,
}

impl Accounts {
    fn of(data: &Path) -> Accounts {
        let password = data.with_file_name("password");
        write_private(&password, &format!("{ROOTS_PASSWORD}\nwhat follows is not part of it\n"));
        Accounts { data: data.to_owned(), password }
    }

    fn run(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::from_std(harness::server());
        command.arg("account").args(arguments).arg("--data").arg(&self.data);
        if matches!(arguments[0], "add" | "passwd") {
            command.arg("--password-file").arg(&self.password);
        }
        command.assert()
    }
}

/// Starts a server with a data file and logs an administrator in.
fn with_root() -> (Server, Peer) {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let mut root = server.connect();
    root.asks(json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD}));
    root.hears(json!({"response": "login", "username": "root"}));
    (server, root)
}

#[test]
fn accounts_are_added_changed_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::of(&folder.path().join("data.db"));
    accounts.run(&["list"]).code(3).stderr(contains("data.db: No such file"));
    assert!(!accounts.data.exists());
    accounts.run(&["add", "Alice"]).success().stdout("created the account Alice\n").stderr("");
    let refused = |arguments: &[&str], says: &str| {
        accounts.run(arguments).code(1).stdout("").stderr(format!("server: {says}\n"));
    };
    refused(&["add", "aLICE"], "there is an account Alice already");
    refused(
        &["add", "a b"],
        "\"a b\" cannot be a name: wanted 1 to 32 of A-Z, a-z, 0-9 and _, and not a reserved one",
    );
    refused(&["passwd", "bob"], "there is no account bob");
    refused(&["admin", "bob"], "there is no account bob");
    refused(&["remove", "bob"], "there is no account bob");
    accounts.run(&["admin", "alice"]).success().stdout("alice may administer the server\n");
    let listed = is_match("^Alice +admin  since 2.*Z\n$").unwrap();
    accounts.run(&["list"]).success().stdout(listed);
    let off = accounts.run(&["admin", "alice", "off"]).success();
    off.stdout("alice may no longer administer the server\n");
    accounts.run(&["passwd", "alice"]).success().stdout("changed the password of Alice\n");
    accounts.run(&["remove", "alice"]).success().stdout("removed the account alice\n");
    accounts.run(&["list"]).success().stdout("");

    fs::write(&accounts.password, "short\n").unwrap();
    refused(&["add", "bob"], "Password must be 8 to 128 characters!");
    fs::remove_file(&accounts.password).unwrap();
    accounts.run(&["add", "bob"]).code(1).stderr(contains("password: No such file"));
}

#[test]
fn a_file_that_is_no_database_is_an_error_and_stays_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    let text = "buy milk\n".repeat(100);
    fs::write(&file, &text).unwrap();
    let says = "notes.txt is no database; nothing was changed in it\n";
    Accounts::of(&file).run(&["list"]).code(3).stderr(contains(says));
    let mut server = Command::from_std(harness::server());
    let served =
        server.args(["--listen", "127.0.0.1:0", "--log", "off", "--data"]).arg(&file).assert();
    served.code(3).stdout(is_empty()).stderr(contains(says));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_data_file_in_use_is_refused_to_a_second_server_but_open_to_account() {
    let server = Server::start_on_disk(&[]);
    let mut second = Command::from_std(harness::server());
    second.args(["--listen", "127.0.0.1:0", "--log", "off", "--data"]).arg(server.file());
    let says = format!("is in use by another server (process {})", server.pid());
    second.assert().code(3).stderr(contains(says));

    let mut alice = server.connect();
    let login = json!({"request": "login", "username": "alice", "password": ROOTS_PASSWORD});
    alice.asks(login.clone());
    alice.hears(json!({"response": "login", "error": "Wrong password!"}));
    let accounts = Accounts::of(&server.file());
    accounts.run(&["add", "Alice"]).success();
    alice.asks(login.clone());
    alice.hears(json!({"response": "login", "username": "Alice"}));
    accounts.run(&["remove", "Alice"]).success();
    alice.hears(json!({"response": "notice", "message": "This account was removed."}));
    alice.is_hung_up_on();
    let mut alice = server.connect();
    alice.asks(login);
    alice.hears(json!({"response": "login", "error": "Wrong password!"}));
}

#[test]
fn only_current_administrators_may_administer() {
    let (server, mut root) = with_root();
    let mut guest = server.login("guest");
    root.hears(json!({"response": "join"}));
    for request in ["connections", "bans", "shutdown"] {
        guest.asks(json!({"request": request}));
        guest.hears(json!({"response": request, "error": "Not allowed!"}));
    }
    root.asks(json!({"request": "connections"}));
    let heard = root.hears(json!({"response": "connections"}));
    assert_eq!(heard["connections"].as_array().unwrap().len(), 2, "{heard}");
    assert!(!heard.to_string().contains(ROOTS_PASSWORD));
    let accounts = Accounts::of(&server.file());
    accounts.run(&["admin", "root", "off"]).success();
    let text = "You are no administrator any more.";
    root.hears(json!({"response": "notice", "message": text, "reason": "demoted"}));
    root.asks(json!({"request": "connections"}));
    root.hears(json!({"response": "connections", "error": "Not allowed!"}));
    for _ in 0..2 {
        accounts.run(&["admin", "root", "on"]).success();
    }
    let text = "You are an administrator now.";
    root.hears(json!({"response": "notice", "message": text, "reason": "promoted"}));
    root.asks(json!({"request": "connections"}));
    root.hears(json!({"response": "connections"}));
}

#[test]
fn the_help_of_the_client_follows_the_rights_of_the_person() {
    let (server, _bob, _home, mut alice) = alice_at(Server::start_on_disk(&[]));
    registers(&mut alice, ROOTS_PASSWORD);
    let accounts = Accounts::of(&server.file());
    let mut helps = |change: &str, told: &str, is_admin: bool| {
        if !change.is_empty() {
            accounts.run(&["admin", "alice", change]).success();
            until(&mut alice, told);
            until(&mut alice, "alice> ");
        }
        alice.send_line("/help").unwrap();
        until(&mut alice, "/ignored");
        let shown = until(&mut alice, "alice> ");
        assert_eq!(shown.contains("/kick"), is_admin, "{change}: {shown}");
    };
    helps("", "", false);
    helps("on", "* You are an administrator now.", true);
    helps("off", "* You are no administrator any more.", false);
}

/// A session that loses the right to its name is told why and ends. The other sessions go on.
fn sessions_end_with_their_right(engine: &str) {
    let server = Server::start_on_disk_with(engine, &[]);
    let accounts = Accounts::of(&server.file());
    let mut bob = server.login("bob");
    let login = json!({"request": "login", "username": "carol", "password": ROOTS_PASSWORD});
    for (change, why) in [
        (&["passwd", "carol"][..], "The password of this account was changed. Log in again."),
        (&["remove", "carol"], "This account was removed."),
    ] {
        // The second time the account exists already.
        let _ = accounts.run(&["add", "carol"]);
        let mut carol = server.connect();
        carol.asks(login.clone());
        carol.hears(json!({"response": "login", "username": "carol"}));
        bob.hears(json!({"response": "join", "username": "carol"}));
        accounts.run(change).success();
        carol.hears(json!({"response": "notice", "message": why}));
        carol.is_hung_up_on();
        bob.hears(json!({"response": "leave", "username": "carol"}));
    }
    // Guests can use the name until it has an account again.
    let mut guest = server.login("carol");
    bob.hears(json!({"response": "join", "username": "carol"}));
    accounts.run(&["add", "carol"]).success();
    let why = "This name has an account now. Log in with its password, or take another name.";
    guest.hears(json!({"response": "notice", "message": why}));
    guest.is_hung_up_on();
    bob.hears(json!({"response": "leave", "username": "carol"}));
    bob.has_heard_everything();
}

#[test]
#[ignore = "slow"]
fn a_session_ends_when_its_account_changes() {
    on_each_engine(sessions_end_with_their_right);
}

#[test]
fn a_kicked_or_banned_user_is_told_so_and_disconnected() {
    let (server, mut root) = with_root();
    let mut bob = server.login("bob");
    root.hears(json!({"response": "join"}));
    root.asks(json!({"request": "kick", "username": "bob"}));
    root.hears(json!({"response": "kick", "username": "bob"}));
    bob.hears(json!({"response": "notice", "message": "You were kicked."}));
    bob.is_hung_up_on();
    root.hears(json!({"response": "leave", "username": "bob"}));

    let mut bob = server.login("bob");
    root.hears(json!({"response": "join"}));
    root.asks(json!({"request": "ban", "who": "bob"}));
    root.hears(json!({"response": "ban", "who": "bob"}));
    bob.hears(json!({"response": "notice", "message": "You are banned!"}));
    bob.is_hung_up_on();
    let mut bob = server.connect();
    bob.asks(json!({"request": "login", "username": "BOB"}));
    bob.hears(json!({"response": "login", "error": "You are banned!"}));
}

#[test]
fn shutdown_notifies_every_client_and_exits_with_0() {
    let (mut server, mut root) = with_root();
    let mut bob = server.login("bob");
    root.hears(json!({"response": "join"}));
    bob.says("one last thing");
    bob.hears(json!({"response": "message"}));
    root.hears(json!({"response": "message"}));
    root.asks(json!({"request": "shutdown"}));
    root.hears(json!({"response": "shutdown"}));
    for mut peer in [root, bob] {
        peer.hears(json!({"response": "notice", "message": "The server is shutting down."}));
        peer.is_hung_up_on();
    }
    assert_eq!(server.exit_code(), 0);
}
