//! Tests of a log in a file, beyond the contract of a log.

mod files;
mod writer;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::Timestamp;
use crate::log::Change;
use crate::log::contract::{Tested, act, register};
use crate::passwords::Hash;
use crate::{Act, Measure, Subject, Terms};

const ALL: Retention = Retention { count: None, age: None };

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("a").join("strata.db")
    }

    fn open(&self) -> Tested {
        Tested::in_file(&self.file(), ALL)
    }

    /// The error of an open that fails, without the path.
    fn refused(&self) -> String {
        let error = Sqlite::open(&self.file(), ALL, || {}).expect_err("it is opened");
        error
            .to_string()
            .replace(&fs::canonicalize(self.file()).unwrap().display().to_string(), "FILE")
            .replace(&self.file().display().to_string(), "FILE")
    }

    fn sql(&self, sql: &str) {
        Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }
}

#[test]
fn a_reopened_file_has_its_messages_accounts_bans_and_ids() {
    let folder = Folder::new();
    let mut log = folder.open();
    let ids: Vec<u64> = ["a", "b", "c"].map(|text| log.say(text)).into();
    log.write(register("Alice")).unwrap();
    for (measure, who) in [(Measure::Ban, "bob"), (Measure::Mute, "10.0.0.0/8")] {
        let terms = Terms { seconds: Some(60), reason: Some("spam".into()) };
        log.write(act(Act::Impose(measure, Subject::read(who).unwrap(), terms))).unwrap();
    }
    let sanctions = log.log.sanctions();
    log.write(act(Act::Remove(3))).unwrap();
    drop(log);
    let mut log = folder.open();
    assert_eq!(log.texts("lobby", None, 10), ["a", "b"]);
    assert!(log.log.account("alice").unwrap().is_some());
    assert_eq!(log.log.sanctions(), sanctions);
    assert_eq!(sanctions.all(Measure::Mute, Timestamp::UNIX_EPOCH).count(), 1);
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(log.say("d"), 4, "the id of a removed message is not used again");
}

#[test]
fn kept_whispers_survive_a_restart_but_not_the_end_of_the_account() {
    let folder = Folder::new();
    let mut log = folder.open();
    log.write(register("Bob")).unwrap();
    let (username, to, text) = ("alice".into(), "Bob".into(), "psst".to_owned());
    log.write(Change::Keep { username, to, text, action: false }).unwrap();
    drop(log);
    let log = folder.open();
    let kept = log.log.kept("bob").unwrap();
    assert!(kept.len() == 1 && kept[0].text == "psst" && kept[0].offline, "{kept:?}");
    // The next account with the name may be another person's.
    let now = Timestamp::UNIX_EPOCH;
    let mut accounts = Accounts::open(&folder.file()).unwrap();
    accounts.set_password("bob", &Hash("another".into()), now).unwrap();
    assert_eq!(log.log.kept("bob").unwrap().len(), 1);
    accounts.remove("bob", now).unwrap();
    accounts.add("bob", &Hash("a hash".into()), false, now).unwrap();
    assert_eq!(log.log.kept("bob").unwrap(), []);
}

#[test]
fn drafts_that_were_not_handed_back_are_written_on_drop() {
    let folder = Folder::new();
    let mut log = folder.open();
    for number in 0..1000 {
        let change = crate::log::contract::say("lobby", None, &number.to_string());
        let timestamp = Timestamp::UNIX_EPOCH;
        log.log.append(Draft { change, timestamp, origin: None }).unwrap();
    }
    drop(log);
    let log = folder.open();
    assert_eq!(log.texts("lobby", None, 2), ["998", "999"]);
    assert_eq!(log.texts("lobby", Some(3), 1000), ["0", "1"]);
}

#[test]
fn the_audit_names_administrators_and_acts_that_took_effect() {
    let folder = Folder::new();
    let mut log = folder.open();
    log.say("a");
    log.write(act(Act::Remove(1))).unwrap();
    log.write(act(Act::Remove(1))).unwrap_err();
    log.write(act(Act::Kick("bob".into(), None))).unwrap();
    drop(log);
    let connection = Connection::open(folder.file()).unwrap();
    let mut all = connection.prepare("SELECT at || ' ' || who || ': ' || what FROM audit").unwrap();
    let lines: Vec<String> =
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let at = "1970-01-01T00:00:00.000Z";
    assert_eq!(lines, [format!("{at} root: remove 1"), format!("{at} root: kick bob")]);
}

#[test]
fn a_file_of_another_program_is_not_changed() {
    let folder = Folder::new();
    fs::create_dir(folder.file().parent().unwrap()).unwrap();
    let junk = "certainly no database, but long enough to be taken for one ".repeat(20);
    fs::write(folder.file(), &junk).unwrap();
    assert_eq!(folder.refused(), "FILE is no database; nothing was changed in it");
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), junk);

    fs::remove_file(folder.file()).unwrap();
    folder.sql("CREATE TABLE theirs (a)");
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(
        folder.refused(),
        "FILE is a database of another program; nothing was changed in it"
    );
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn a_file_of_a_newer_version_is_not_changed() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("PRAGMA user_version = 99");
    let known = super::schema::VERSION;
    let want = format!(
        "FILE was written by a newer version of Strata (its schema is 99, this one knows {known}); \
         nothing was changed in it"
    );
    assert_eq!(folder.refused(), want);
}

#[test]
fn one_server_uses_a_file_while_another_process_changes_accounts() {
    let folder = Folder::new();
    let log = folder.open();
    let process = std::process::id();
    assert_eq!(folder.refused(), format!("FILE is in use by another server (process {process})"));

    let now = Timestamp::UNIX_EPOCH;
    let hash = Hash("a hash".into());
    let mut accounts = Accounts::open(&folder.file()).unwrap();
    accounts.add("Alice", &hash, false, now).unwrap();
    assert!(!log.log.account("alice").unwrap().unwrap().admin);
    accounts.set_admin("ALICE", true, now).unwrap();
    accounts.set_password("alice", &Hash("another".into()), now).unwrap();
    let alice = log.log.account("alice").unwrap().unwrap();
    assert!(alice.admin && alice.hash == Hash("another".into()));
    assert!(matches!(accounts.add("aLICE", &hash, false, now), Err(AccountError::Exists(_))));
    assert!(matches!(accounts.add("a b", &hash, false, now), Err(AccountError::Invalid(_))));
    accounts.remove("Alice", now).unwrap();
    assert!(matches!(accounts.remove("Alice", now), Err(AccountError::Unknown(_))));
    assert_eq!(log.log.account("alice"), Ok(None));
    assert!(accounts.list().unwrap().is_empty());

    drop(log);
    drop(folder.open());
}

#[test]
fn a_file_with_two_names_is_refused_under_both() {
    let folder = Folder::new();
    drop(folder.open());
    fs::hard_link(folder.file(), folder.file().with_file_name("other.db")).unwrap();
    let want = "FILE has several names (hard links); it can be used under one only";
    assert_eq!(folder.refused(), want);
}

#[test]
fn a_message_is_refused_while_the_data_file_is_moved_away() {
    let folder = Folder::new();
    let mut log = folder.open();
    log.say("a");
    let aside = folder.file().with_file_name("aside.db");
    fs::rename(folder.file(), &aside).unwrap();
    let say = || crate::log::contract::say("lobby", None, "b");
    assert_eq!(log.write(say()), Err(Refusal::NotKept));
    fs::rename(&aside, folder.file()).unwrap();
    assert!(log.write(say()).is_ok());
    fs::hard_link(folder.file(), &aside).unwrap();
    assert!(log.write(say()).is_ok(), "a backup may add a second name");
}

#[test]
fn many_threads_can_create_the_file_together() {
    let folder = Folder::new();
    let hash = Hash("a hash".into());
    let add = |number: u32| {
        let mut accounts = Accounts::open_or_make(&folder.file())?;
        accounts.add(&format!("user{number}"), &hash, false, Timestamp::UNIX_EPOCH)
    };
    std::thread::scope(|scope| {
        let adding: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn({
                    let add = &add;
                    move || add(number)
                })
            })
            .collect();
        adding.into_iter().for_each(|it| it.join().unwrap().unwrap());
    });
    assert_eq!(Accounts::open(&folder.file()).unwrap().list().unwrap().len(), 8);
}

#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut log = folder.open();
    log.say("a");
    for name in ["strata.db", "strata.db-wal"] {
        let mode = fs::metadata(folder.file().with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_migration_adds_tables_and_keeps_rows() {
    let connection = Connection::open_in_memory().unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, u32>(0))
    };
    let one = "CREATE TABLE one (a); INSERT INTO one VALUES (1);";
    let steps = [one, "CREATE TABLE two (a);", "INSERT INTO two SELECT a FROM one;"];
    schema::migrate(&connection, &steps[..1], 0).unwrap();
    schema::migrate(&connection, &steps, 1).unwrap();
    assert_eq!((count("one"), count("two")), (Ok(1), Ok(1)));
    let version: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 3);
}

#[test]
fn a_file_of_each_older_version_opens_with_its_messages() {
    for version in 1..schema::VERSION {
        let folder = Folder::new();
        fs::create_dir(folder.file().parent().unwrap()).unwrap();
        let connection = Connection::open(folder.file()).unwrap();
        let steps = &schema::STEPS[..usize::try_from(version).unwrap()];
        schema::migrate(&connection, steps, 0).unwrap();
        drop(connection);
        folder.sql(
            "INSERT INTO messages (id, at, room, username, text)
             VALUES (1, '2026-02-03T04:05:06.789Z', 'lobby', 'alice', 'old')",
        );
        let mut log = folder.open();
        assert_eq!(log.texts("lobby", None, 10), ["old"], "version {version}");
        assert_eq!(log.say("new"), 2, "version {version}");
        let page = log.log.page("lobby", None, PageSize { messages: 10, bytes: 1000 }).unwrap();
        assert!(page.messages.iter().all(|message| !message.action), "version {version}");
    }
}

#[test]
fn bans_of_an_older_version_have_no_end_and_networks_become_ranges() {
    let folder = Folder::new();
    fs::create_dir(folder.file().parent().unwrap()).unwrap();
    let connection = Connection::open(folder.file()).unwrap();
    schema::migrate(&connection, &schema::STEPS[..6], 0).unwrap();
    drop(connection);
    folder.sql(
        "INSERT INTO bans (who, by, since) VALUES ('bob', 'root', '2026-02-03T04:05:06.789Z'),
         ('10.0.0.7', 'root', '2026-02-03T04:05:06.789Z'),
         ('2001:db8:0:1::', 'root', '2026-02-03T04:05:06.789Z')",
    );
    let log = folder.open();
    let sanctions = log.log.sanctions();
    let all = sanctions.all(Measure::Ban, Timestamp::MAX);
    let all: Vec<String> = all.map(|(who, sanction)| format!("{who} by {}", sanction.by)).collect();
    assert_eq!(all, ["bob by root", "10.0.0.7 by root", "2001:db8:0:1::/64 by root"]);
}

#[test]
fn no_message_is_deleted_in_the_first_hour() {
    let folder = Folder::new();
    let age = Some(Duration::from_secs(60));
    let mut log = Tested::in_file(&folder.file(), Retention { age, count: None });
    log.say("of 1970");
    let year = |monotonic| Now {
        wall: "2026-02-03T04:05:06Z".parse().unwrap(),
        monotonic: Moment::new(Duration::from_secs(monotonic)),
    };
    let mut left = |monotonic| {
        log.log.expire(year(monotonic));
        for _ in 0..2 {
            log.write(crate::log::contract::say("tea", Some("bob"), "psst")).unwrap();
        }
        log.texts("lobby", None, 10)
    };
    assert_eq!(left(0), ["of 1970"]);
    assert_eq!(left(3599), ["of 1970"]);
    assert_eq!(left(3600), [""; 0]);
}
