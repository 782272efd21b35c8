//! Tests of the data file and the files beside it: lock, delete, replace.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::mpsc::sync_channel;

use super::*;

/// The suffixes of the files beside a data file that is in use.
const BESIDE: [&str; 3] = ["-lock", "-wal", "-shm"];

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn say(text: &str) -> Change {
    crate::log::contract::say("lobby", None, text)
}

#[test]
fn a_file_with_the_name_of_the_lock_file_is_not_changed() {
    let folder = Folder::new();
    drop(folder.open());
    let lock = beside(&folder.file(), "-lock");
    let precious = folder.file().with_file_name("precious");
    let refused = "FILE-lock is no lock file of a server; nothing was changed in it";
    for make in [|from, to| symlink(from, to), |from, to| fs::hard_link(from, to)] {
        fs::remove_file(&lock).unwrap();
        fs::write(&precious, "12345\n").unwrap();
        make(&precious, &lock).unwrap();
        assert_eq!(folder.refused(), refused);
        assert_eq!(fs::read_to_string(&precious).unwrap(), "12345\n");
    }
    fs::remove_file(&lock).unwrap();
    fs::write(&lock, "notes of mine").unwrap();
    assert_eq!(folder.refused(), refused);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "notes of mine");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    assert!(folder.refused().starts_with("cannot lock the data file with FILE-lock: "));
}

#[test]
fn a_lock_file_is_private_and_names_its_process() {
    let folder = Folder::new();
    drop(folder.open());
    let lock = beside(&folder.file(), "-lock");
    // A power cut turns the first content into the last one.
    for (before, content) in [(0o644, "123456789012345678\n"), (0o666, ""), (0o600, "\0\0\0\0\0\0")]
    {
        fs::set_permissions(&lock, fs::Permissions::from_mode(before)).unwrap();
        fs::write(&lock, content).unwrap();
        let _log = folder.open();
        assert_eq!(fs::metadata(&lock).unwrap().permissions().mode() & 0o777, 0o600);
        let process = std::process::id();
        assert_eq!(fs::read_to_string(&lock).unwrap(), format!("{process}\n"));
    }
}

#[test]
fn two_names_of_a_file_have_one_lock() {
    let folder = Folder::new();
    let _log = folder.open();
    let link = folder.file().with_file_name("link.db");
    symlink("strata.db", &link).unwrap();
    let around = folder.file().parent().unwrap().join("../a/./strata.db");
    let process = std::process::id();
    let real = fs::canonicalize(folder.file()).unwrap();
    for name in [link, around] {
        let error = Sqlite::open(&name, ALL, || {}).expect_err("it is opened");
        let want = format!("{} is in use by another server (process {process})", real.display());
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn a_fifo_a_socket_a_folder_and_a_device_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, kind) in [
        (fifo.as_path(), "a FIFO"),
        (&socket, "a socket"),
        (folder.path(), "a folder"),
        (Path::new("/dev/null"), "a device"),
    ] {
        let path = fs::canonicalize(path).unwrap();
        let want = format!("{} is {kind}; the data file has to be a regular file", path.display());
        let error = Sqlite::open(&path, ALL, || {}).expect_err("it is opened");
        assert_eq!(error.to_string(), want);
        let error = Accounts::open_or_make(&path).expect_err("it is opened");
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn messages_are_refused_while_a_file_is_deleted_and_earlier_ones_are_kept() {
    for suffix in BESIDE {
        let folder = Folder::new();
        let mut log = folder.open();
        log.say("before");
        fs::remove_file(beside(&folder.file(), suffix)).unwrap();
        assert_eq!(log.write(say("after")), Err(Refusal::NotKept), "{suffix}");
        if suffix == "-wal" {
            // That is true even if the process is killed.
            let copy = folder.file().with_file_name("copy.db");
            fs::copy(folder.file(), &copy).unwrap();
            assert_eq!(Tested::in_file(&copy, ALL).texts("lobby", None, 10), ["before"]);
        }
        drop(log);
        let mut log = folder.open();
        assert_eq!(log.texts("lobby", None, 10), ["before"], "{suffix}");
        assert!(log.write(say("after")).is_ok(), "{suffix}");
    }
}

#[test]
fn messages_are_refused_while_a_file_is_replaced_and_the_new_file_is_not_touched() {
    for suffix in BESIDE {
        let folder = Folder::new();
        let mut log = folder.open();
        log.say("before");
        let file = beside(&folder.file(), suffix);
        let aside = beside(&file, "-aside");
        fs::rename(&file, &aside).unwrap();
        fs::write(&file, "").unwrap();
        assert_eq!(log.write(say("after")), Err(Refusal::NotKept), "{suffix}");
        fs::rename(&aside, &file).unwrap();
        assert!(log.write(say("again")).is_ok(), "{suffix}");
        drop(log);
        assert_eq!(folder.open().texts("lobby", None, 10), ["before", "again"], "{suffix}");
    }
}

#[test]
fn a_server_whose_files_were_moved_does_not_touch_the_files_of_the_next_server() {
    let folder = Folder::new();
    let mut first = folder.open();
    first.say("first");
    for suffix in BESIDE.into_iter().chain([""]) {
        let file = beside(&folder.file(), suffix);
        fs::rename(&file, file.with_file_name(format!("moved.db{suffix}"))).unwrap();
    }
    let mut second = folder.open();
    second.say("second");
    assert_eq!(first.write(say("lost")), Err(Refusal::NotKept));
    drop(first);
    assert!(second.write(say("third")).is_ok(), "its files are in place");
    drop(second);
    assert_eq!(folder.open().texts("lobby", None, 10), ["second", "third"]);
    let moved = folder.file().with_file_name("moved.db");
    assert_eq!(Tested::in_file(&moved, ALL).texts("lobby", None, 10), ["first"]);
}

/// The size of the write-ahead log, in bytes.
fn log_size(folder: &Folder) -> u64 {
    fs::metadata(beside(&folder.file(), "-wal")).unwrap().len()
}

#[test]
fn the_write_ahead_log_of_a_killed_server_is_copied_at_the_start() {
    let killed = Folder::new();
    let mut log = killed.open();
    log.say(&"x".repeat(100_000));
    let folder = Folder::new();
    fs::create_dir(folder.file().parent().unwrap()).unwrap();
    for suffix in ["", "-wal"] {
        fs::copy(beside(&killed.file(), suffix), beside(&folder.file(), suffix)).unwrap();
    }
    assert!(log_size(&folder) > 100_000);
    let log = folder.open();
    assert_eq!(log_size(&folder), 0);
    assert!(fs::metadata(folder.file()).unwrap().len() > 100_000);
    assert_eq!(log.texts("lobby", None, 10), ["x".repeat(100_000)]);
}

#[test]
fn the_write_ahead_log_shrinks_after_a_long_read() {
    const LIMIT: u64 = 16 * 1024 * 1024;
    let folder = Folder::new();
    let mut log = folder.open();
    log.say("before");
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM messages;").unwrap();
    let text = "x".repeat(1_000_000);
    for _ in 0..20 {
        log.say(&text);
    }
    assert!(log_size(&folder) > LIMIT, "the read prevents a copy");
    other.execute_batch("COMMIT").unwrap();
    // The idle writer copies the log after a message, and the next message starts it over.
    let (_sender, quiet) = sync_channel::<()>(1);
    let is_cut = (0..60).any(|_| {
        log.say("after");
        let _ = quiet.recv_timeout(Duration::from_millis(300));
        log_size(&folder) <= LIMIT
    });
    assert!(is_cut, "{} bytes stay", log_size(&folder));
    assert_eq!(log.texts("lobby", Some(2), 10), ["before"]);
}

#[test]
fn only_the_last_missing_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let outer = folder.path().join("outer");
    let file = outer.join("inner/strata.db");
    let error = Sqlite::open(&file, ALL, || {}).expect_err("it is opened");
    let why = format!("the folder {} does not exist", outer.display());
    assert_eq!(error.to_string(), format!("cannot open the data file {}: {why}", file.display()));
    assert!(!outer.exists());
    fs::create_dir(&outer).unwrap();
    drop(Sqlite::open(&file, ALL, || {}).unwrap());
    let mode = fs::metadata(file.parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
