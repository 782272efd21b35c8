//! A data file that another program has locked for writing.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::*;

const NOT_SAVED: &str = "It cannot be kept right now, try again later!";

#[test]
fn a_locked_file_is_an_error_for_each_sender_and_one_line_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let server = start(&file);
    let mut alice = server.login("alice");
    alice.says("before");
    alice.hears(json!({"response": "message", "id": 1}));
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        alice.says("lost");
        alice.hears(json!({"response": "message", "error": NOT_SAVED}));
    }
    let took = start.elapsed();
    // The server waits once, briefly, because the other program may finish soon.
    assert!(took < Duration::from_secs(5), "twenty refusals took {took:?}");
    assert_eq!(history(&mut alice), ["before"], "the server still reads");
    other.execute_batch("ROLLBACK").unwrap();
    alice.says("after");
    alice.hears(json!({"response": "message", "message": "after"}));
    let log = server.log_until("the data can be written again");
    let locked = "data.db for writing";
    let said = log.iter().filter(|line| line.contains(locked)).count();
    assert_eq!(said, 1, "{log:#?}");
    assert!(log.last().unwrap().contains("data.db"), "{log:#?}");
    assert_eq!(history(&mut alice), ["before", "after"]);
}

#[test]
fn a_server_starts_and_reads_a_file_that_another_program_has_locked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let server = start(&file);
    let mut alice = server.login("alice");
    alice.says("before");
    alice.hears(json!({"response": "message", "id": 1}));
    drop(server);
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let server = start(&file);
    let mut alice = server.login("alice");
    assert_eq!(history(&mut alice), ["before"]);
    alice.says("lost");
    alice.hears(json!({"response": "message", "error": NOT_SAVED}));
}

#[test]
fn many_short_killed_runs_do_not_grow_the_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let mut sizes = Vec::new();
    for run in 0..4 {
        let server = start(&file);
        let mut alice = server.login("alice");
        for number in 1..=10 {
            alice.says(&"x".repeat(4096));
            alice.hears(json!({"response": "message", "id": 10 * run + number}));
        }
        drop(server);
        sizes.push(std::fs::metadata(folder.path().join("data.db-wal")).unwrap().len());
    }
    assert!(sizes[3] < sizes[0] * 2, "{sizes:?}");
}
