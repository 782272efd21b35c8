//! Tests of the way in which a snapshot replaces the one before.

use snapshot::Keeper;

use super::*;
use crate::log::sqlite::Copier;

const CHUNKS: &str = "strata:{test}:snapshot:2";

/// The thread of a server that keeps snapshots, but not running.
fn keeper(redis: &Redis, server: &Server) -> Keeper {
    let address = redis.address(LONG);
    let view = server.log.view.path().to_owned();
    Keeper {
        redis: address.redis,
        keys: scripts::Keys::of(&address.chat),
        token: "mine".to_owned(),
        copier: Copier::open(&view).unwrap(),
        view,
        every: 1,
        orders: sync_channel(1).1,
        stop: Arc::default(),
    }
}

#[test]
fn a_server_that_stood_still_while_it_stored_a_snapshot_replaces_nothing() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    let keeper = keeper(&redis, &server);
    let mut link = link::connect(&redis.address(LONG).redis, DEADLINE).unwrap();
    let lock = "strata:{test}:snapshot-lock";
    let file = server.log.view.path().to_owned();
    let count = keeper.push(CHUNKS, &file, &mut link).unwrap().unwrap();
    let mut finish = || keeper.finish(2, count, "mine", &mut link).unwrap();
    assert!(!finish(), "the lock has expired");
    redis.ask::<()>(&["SET", lock, "theirs"]);
    assert!(!finish(), "another server stores a snapshot");
    redis.ask::<()>(&["SET", lock, "mine"]);
    redis.ask::<()>(&["LPOP", CHUNKS]);
    assert!(!finish(), "a chunk is missing");
    let snapshot: Option<u64> = redis.ask(&["HGET", "strata:{test}:meta", "snapshot"]);
    assert_eq!(snapshot, None);
    redis.ask::<()>(&["DEL", CHUNKS]);
    keeper.push(CHUNKS, &file, &mut link).unwrap();
    assert!(keeper.finish(2, count, "mine", &mut link).unwrap());
    let snapshot: Option<u64> = redis.ask(&["HGET", "strata:{test}:meta", "snapshot"]);
    assert_eq!((snapshot, redis.ask::<i64>(&["PTTL", CHUNKS])), (Some(2), -1), "it stays");
}
