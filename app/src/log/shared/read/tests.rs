//! Tests of how long the thread collects entries before it hands them over.

use std::sync::mpsc::sync_channel;

use super::super::tests::{LONG, Redis};
use super::*;

/// A thread for the server 1, which does not run.
fn reader(redis: &Redis) -> Reader {
    let address = redis.address(LONG);
    let patience = Duration::from_secs(10);
    redis.ask::<()>(&["HSET", "strata:{test}:meta", "chat", "log", "last", "0"]);
    Reader {
        link: Link::new(&address.redis, "to read", patience, patience),
        keys: Keys::of(&address.chat),
        log: "log".to_owned(),
        token: "mine".to_owned(),
        reports: sync_channel(1).0,
        wake: Box::new(|| ()),
        status: Arc::default(),
        stop: Arc::default(),
        last: 0,
        newest: Vec::new(),
        own: 1,
        is_checked: false,
        seen: 0,
        figures: Arc::default(),
    }
}

/// Adds an entry with a draft of this server.
fn add(redis: &Redis, number: u64, sequence: u64) {
    let (id, sequence) = (format!("{number}-0"), sequence.to_string());
    let fields = ["kind", "exit", "epoch", "1", "seq", &sequence, "at", "1970-01-01T00:00:00Z"];
    let log = ["XADD", "strata:{test}:log", &id];
    redis.ask::<String>(&[&log[..], &fields, &["peer", "1.7", "room", "tea"]].concat());
    redis.ask::<()>(&["HSET", "strata:{test}:meta", "last", &number.to_string()]);
}

/// The number of reads that Redis has answered.
fn reads(redis: &Redis) -> u64 {
    let stats: String = redis.ask(&["INFO", "commandstats"]);
    let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_xread:calls="));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[test]
fn a_server_without_drafts_on_their_way_hands_entries_over_at_once() {
    let Some(redis) = Redis::start() else { return };
    let mut reader = reader(&redis);
    add(&redis, 1, 1);
    assert_eq!(reader.gather(Vec::new()), []);
    reader.status.ordered.store(5, Ordering::Release);
    reader.seen = 5;
    assert_eq!(reader.gather(Vec::new()), []);
    assert_eq!(reads(&redis), 0);
}

#[test]
fn entries_are_collected_until_the_drafts_of_this_server_are_there() {
    let Some(redis) = Redis::start() else { return };
    let mut reader = reader(&redis);
    add(&redis, 1, 1);
    add(&redis, 2, 2);
    reader.status.ordered.store(2, Ordering::Release);
    let records = reader.gather(Vec::new());
    assert_eq!(records.iter().map(|record| record.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((reads(&redis), reader.seen), (1, 2));
}

#[test]
fn a_draft_that_does_not_come_is_waited_for_three_times_and_never_again() {
    let Some(redis) = Redis::start() else { return };
    let mut reader = reader(&redis);
    reader.status.ordered.store(3, Ordering::Release);
    assert_eq!(reader.gather(Vec::new()), []);
    assert_eq!((reads(&redis), reader.seen), (TOGETHER as u64, 3));
    assert_eq!(reader.gather(Vec::new()), []);
    assert_eq!(reads(&redis), TOGETHER as u64);
    // The next draft is waited for again.
    reader.status.ordered.store(4, Ordering::Release);
    add(&redis, 1, 4);
    assert_eq!(reader.gather(Vec::new()).len(), 1);
    assert_eq!(reads(&redis), TOGETHER as u64 + 1);
}

#[test]
fn a_full_batch_is_handed_over_although_drafts_are_missing() {
    let Some(redis) = Redis::start() else { return };
    let mut reader = reader(&redis);
    reader.status.ordered.store(1, Ordering::Release);
    let record = Record { number: 1, body: Body::Gone { epoch: 9 } };
    assert_eq!(reader.gather(vec![record; COUNT]).len(), COUNT);
    assert_eq!(reads(&redis), 0);
}

#[test]
fn trouble_ends_the_collection() {
    let Some(redis) = Redis::start() else { return };
    let mut reader = reader(&redis);
    reader.status.ordered.store(1, Ordering::Release);
    redis.ask::<()>(&["DEL", "strata:{test}:meta"]);
    assert_eq!(reader.gather(Vec::new()), []);
    assert_eq!((reads(&redis), reader.is_checked), (0, false));
}
