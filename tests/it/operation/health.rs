//! `/healthz`: 200 only if a message could be committed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{DEADLINE, Redis, Server, json, send_signal, wait_until};
use rusqlite::Connection;

use super::scrape::{WITH_METRICS, get, metrics_of};
use crate::engines::on_each_engine;

/// The longest time that an answer may take: the deadlines of the chat and of the log.
const LONGEST: Duration = Duration::from_secs(6);

/// Waits until `/healthz` gives a reason that contains this text.
fn falls_ill(metrics: SocketAddr, reason: &str) {
    let mut last = (0, String::new());
    let began = Instant::now();
    while !(last.0 == 503 && last.1.contains(reason)) {
        assert!(began.elapsed() < DEADLINE, "no 503 for {reason:?} but {last:?}");
        let asked = Instant::now();
        last = get(metrics, "/healthz");
        assert!(asked.elapsed() < LONGEST, "an answer took {:?}", asked.elapsed());
    }
}

fn recovers(metrics: SocketAddr) {
    wait_until("the server is healthy", DEADLINE, || get(metrics, "/healthz").0 == 200);
}

#[test]
fn a_server_in_memory_is_healthy() {
    on_each_engine(|engine| {
        let server = Server::start(engine, &WITH_METRICS);
        assert_eq!(get(metrics_of(&server), "/healthz"), (200, "ok\n".to_owned()));
    });
}

#[test]
fn a_check_of_a_data_file_leaves_nothing_in_it() {
    let server = Server::start_on_disk(&WITH_METRICS);
    let metrics = metrics_of(&server);
    for _ in 0..20 {
        assert_eq!(get(metrics, "/healthz").0, 200);
    }
    let mut alice = server.login("alice");
    alice.says("first");
    alice.hears(json!({"response": "message", "id": 1}));
    assert_eq!(get(metrics, "/healthz").0, 200);
    alice.says("second");
    alice.hears(json!({"response": "message", "id": 2}));
    let file = Connection::open(server.file()).unwrap();
    let ids = "SELECT group_concat(id) FROM messages";
    let ids: String = file.query_row(ids, [], |row| row.get(0)).unwrap();
    assert_eq!(ids, "1,2");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_unhealthy_until_there_is_room() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let server = Server::start_on_disk(&WITH_METRICS);
    let metrics = metrics_of(&server);
    assert_eq!(get(metrics, "/healthz").0, 200);
    // A limit on the size of files imitates a full disk.
    let bound = |bytes: Option<u64>| {
        let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    };
    bound(Some(4096));
    falls_ill(metrics, "the log cannot be written: ");
    let mut alice = server.login("alice");
    alice.says("lost");
    alice.hears(
        json!({"response": "message", "error": "It cannot be kept right now, try again later!"}),
    );
    falls_ill(metrics, "the log cannot be written: ");
    bound(None);
    // No message was sent since, so the trial alone finds out.
    recovers(metrics);
    alice.says("after");
    alice.hears(json!({"response": "message", "message": "after"}));
}

#[test]
fn a_locked_or_deleted_file_is_unhealthy() {
    let server = Server::start_on_disk(&WITH_METRICS);
    let metrics = metrics_of(&server);
    let other = Connection::open(server.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    falls_ill(metrics, "another program has locked");
    other.execute_batch("ROLLBACK").unwrap();
    recovers(metrics);
    drop(other);
    std::fs::remove_file(server.file()).unwrap();
    falls_ill(metrics, "data.db");
}

#[test]
fn a_redis_that_stands_still_or_is_dead_is_unhealthy_until_it_is_back() {
    let Some(mut redis) = Redis::start() else { return };
    let server = redis.server(&WITH_METRICS);
    let metrics = metrics_of(&server);
    recovers(metrics);
    send_signal(redis.pid(), "STOP");
    falls_ill(metrics, "");
    send_signal(redis.pid(), "CONT");
    recovers(metrics);
    redis.dies();
    falls_ill(metrics, "the log cannot be written: ");
    redis.starts_again();
    recovers(metrics);
    let mut alice = server.login("alice");
    alice.says("after");
    alice.hears(json!({"response": "message", "message": "after"}));
}
