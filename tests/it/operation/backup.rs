//! `server backup`, and the way back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command;
use harness::{Redis, Server, json};
use predicates::str::contains;
use rusqlite::Connection;

fn backup(data: &Path, copy: &Path) -> assert_cmd::assert::Assert {
    let mut server = Command::from_std(harness::server());
    server.arg("backup").arg(copy).arg("--data").arg(data).assert()
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// The names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_during_a_storm_has_everything_that_was_confirmed_before_it() {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let mut alice = server.login("alice");
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    // Bob sends one message after the other until the backup is complete.
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let storm = std::thread::spawn(move || {
        let mut sent = 0;
        while !over.load(Ordering::Acquire) {
            sent += 1;
            bob.says(&format!("storm {sent}"));
            let want = format!("storm {sent}\"");
            while !bob.line().contains(&want) {}
        }
        sent
    });
    for number in 1..=20 {
        alice.asks(
            json!({"request": "message", "message": format!("kept {number}"), "tag": number}),
        );
        while !alice.line().contains(&format!("\"tag\":{number}")) {}
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    backup(&server.file(), &copy).success().stdout(contains("1 accounts"));
    is_over.store(true, Ordering::Release);
    let sent = storm.join().unwrap();

    assert_eq!(mode(&copy), 0o600);
    assert_eq!(files(folder.path()), ["copy.db"], "it is one file");
    // The way back: a server that uses the copy.
    let restored = Server::start("events", &["--data", copy.to_str().unwrap()]);
    let mut carol = restored.login("carol");
    carol.says("after");
    carol.hears(json!({"response": "message", "message": "after"}));
    drop(restored);
    assert_eq!(mode(&copy), 0o600);
    let copy = Connection::open(&copy).unwrap();
    let kept = "SELECT count(*) FROM messages WHERE text LIKE 'kept %'";
    assert_eq!(copy.query_row(kept, [], |row| row.get::<_, i64>(0)), Ok(20));
    let storm = "SELECT count(*) FROM messages WHERE text LIKE 'storm %'";
    let storm: i64 = copy.query_row(storm, [], |row| row.get(0)).unwrap();
    assert!(0 < storm && storm <= sent, "{storm} of {sent}");
    let root = "SELECT count(*) FROM accounts WHERE username = 'root' AND admin = 1";
    assert_eq!(copy.query_row(root, [], |row| row.get::<_, i64>(0)), Ok(1));
}

#[test]
fn a_backup_replaces_no_file_and_leaves_none_behind_after_a_failure() {
    let server = Server::start_on_disk(&[]);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    fs::write(&copy, "mine").unwrap();
    backup(&server.file(), &copy).code(1).stderr(contains("copy.db exists already"));
    assert_eq!(fs::read_to_string(&copy).unwrap(), "mine");
    let missing = folder.path().join("missing");
    backup(&missing, &folder.path().join("a.db")).code(3).stderr(contains("missing: No such file"));
    assert!(!missing.exists(), "a backup makes no data file");
    backup(&server.file(), &folder.path().join("no/a.db")).code(3).stderr(contains("No such file"));
    backup(&copy, &folder.path().join("b.db")).code(3).stderr(contains("copy.db is no database"));
    assert_eq!(files(folder.path()), ["copy.db"]);
}

#[test]
fn a_damaged_file_gives_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let mut server = Server::start("events", &["--data", file.to_str().unwrap()]);
    let mut alice = server.login("alice");
    for _ in 0..100 {
        alice.says(&"x".repeat(1000));
        alice.hears(json!({"response": "message"}));
    }
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xff);
    fs::write(&file, bytes).unwrap();
    backup(&file, &folder.path().join("copy.db")).code(3).stderr(contains("data.db"));
    assert_eq!(files(folder.path()).iter().filter(|name| name.starts_with("copy")).count(), 0);
}

#[test]
fn an_older_file_is_copied_as_it_is_and_a_newer_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    drop(Server::start("events", &["--data", file.to_str().unwrap()]));
    let version = |file: &Path| {
        let file = Connection::open(file).unwrap();
        file.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap()
    };
    let known = version(&file);
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 1).unwrap();
    let old = folder.path().join("old.db");
    backup(&file, &old).success();
    assert_eq!((version(&file), version(&old)), (1, 1), "before an update, nothing is migrated");
    // A newer file, after a downgrade of the program.
    Connection::open(&file).unwrap().pragma_update(None, "user_version", known + 1).unwrap();
    let newer = "was written by a newer version of Strata";
    backup(&file, &folder.path().join("new.db")).code(3).stderr(contains(newer));
    let mut server = Command::from_std(harness::server());
    let arguments = ["--listen", "127.0.0.1:0", "--data", file.to_str().unwrap()];
    server.args(arguments).assert().code(3).stderr(contains(newer));
}

#[test]
fn a_shared_chat_is_backed_up_in_redis() {
    let Some(redis) = Redis::start() else { return };
    let server = redis.server(&[]);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    backup(&server.file(), &copy).code(3).stderr(contains("back up Redis"));
    assert!(!copy.exists());
}
