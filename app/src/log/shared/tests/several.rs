//! Tests with several servers.

use std::thread;

use super::*;

#[test]
fn all_servers_hand_back_the_same_entries_and_only_one_with_the_tag() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Server::open(redis.sharing("one"));
    one.say("a");
    assert_eq!(one.hear(), (1, "a".to_owned()));
    let mut two = Server::open(redis.sharing("two"));
    let Effect::Presence(PresenceChange::Roll { people, .. }) =
        admit(&mut two, &mut one, &[alice()])
    else {
        panic!("no roll")
    };
    let elsewhere = crate::peer_of(1, Peer::new(1));
    assert_eq!(people, [Present { peer: elsewhere, ..alice() }]);
    two.say("b");
    let (here, there) = (one.next(), two.next());
    assert_eq!(here.outcome, there.outcome);
    let Ok(Effect::Said(message)) = here.outcome else { panic!("no message") };
    assert_eq!((message.id, message.text.as_str()), (2, "b"));
    let (here, there) = (here.origin.unwrap(), there.origin.unwrap());
    assert_eq!((there.peer, &*there.request), (Peer::new(7), "a"));
    assert_eq!((here.peer, here.tag), (crate::peer_of(2, Peer::new(7)), None));
    assert_eq!(one.log.server_name(2).as_deref(), Some("two"));
    assert_eq!(two.log.server_name(1).as_deref(), Some("one"));
    assert_eq!(two.log.server_name(0).as_deref(), Some("two"));
    let size = PageSize { messages: 10, bytes: 1000 };
    assert_eq!(one.log.page("lobby", None, size), two.log.page("lobby", None, size));

    drop(two);
    assert_eq!(one.next().outcome, Ok(Effect::ServerGone(2)), "a server that ends says so");
}

#[test]
fn an_act_of_two_servers_at_a_time_is_granted_to_one() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Server::open(redis.sharing("one"));
    one.say("a");
    one.hear();
    let mut two = Server::open(redis.sharing("two"));
    admit(&mut two, &mut one, &[]);
    two.append(contract::register("alice"));
    one.append(contract::register("Alice"));
    let outcomes = |server: &mut Server| [server.next().outcome, server.next().outcome];
    let here = outcomes(&mut one);
    assert_eq!(here, outcomes(&mut two));
    assert!(matches!(here[0], Ok(Effect::Registered(_))), "{here:?}");
    assert_eq!(here[1], Err(Refusal::NameTaken));
}

#[test]
fn a_server_whose_lease_has_run_out_is_declared_gone_once_and_joins_again() {
    let Some(redis) = Redis::start() else { return };
    let sharing = |name| Sharing { address: redis.address(SHORT), ..redis.sharing(name) };
    let mut one = Server::open(sharing("one"));
    one.say("a");
    one.hear();
    let mut two = Server::open(sharing("two"));
    admit(&mut two, &mut one, &[]);
    two.stand_still();
    assert_eq!(one.next().outcome, Ok(Effect::ServerGone(2)));
    two.say("lost");
    // The draft was refused before the notice, and the server has joined again.
    let entry = two.next();
    assert_eq!((entry.outcome, entry.origin.is_some()), (Err(Refusal::NotKept), true));
    assert_eq!(two.next().outcome, Ok(Effect::Separated));
    admit(&mut two, &mut one, &[]);
    two.say("again");
    assert_eq!((one.hear(), two.hear()), ((2, "again".to_owned()), (2, "again".to_owned())));
}

#[test]
fn two_newcomers_do_not_wait_for_each_other_after_the_server_they_waited_for_has_died() {
    let Some(redis) = Redis::start() else { return };
    let sharing = |name| Sharing { address: redis.address(SHORT), ..redis.sharing(name) };
    let mut one = Server::open(sharing("one"));
    one.say("a");
    one.hear();
    let newcomers = ["two", "three"].map(|name| Server::open(sharing(name)));
    let joined = || redis.ask::<u64>(&["HLEN", "strata:{test}:live"]) == 3;
    wait_until("two newcomers", joined);
    // It never tells them who is here.
    one.stand_still();
    let [mut two, mut three] = newcomers;
    two.say("b");
    let is_heard = |server: &mut Server| {
        std::iter::from_fn(|| server.log.next())
            .any(|entry| matches!(entry.outcome, Ok(Effect::Said(message)) if message.text == "b"))
    };
    let mut heard = [false; 2];
    wait_until("message that both hear", || {
        heard[0] |= is_heard(&mut two);
        heard[1] |= is_heard(&mut three);
        heard == [true; 2]
    });
}

#[test]
fn a_server_that_dies_before_the_clock_of_redis_is_set_back_is_declared_gone_in_time() {
    let Some(redis) = Redis::start() else { return };
    let sharing = |name| Sharing { address: redis.address(SHORT), ..redis.sharing(name) };
    let mut one = Server::open(sharing("one"));
    one.say("a");
    one.hear();
    let mut two = Server::open(sharing("two"));
    admit(&mut two, &mut one, &[]);
    two.stand_still();
    // A renewal of before may still be on its way.
    wait_until("end of the lease", || redis.ask::<u64>(&["EXISTS", "strata:{test}:lease:2"]) == 0);
    // An hour is left, as after the clock was set back by an hour.
    redis.ask::<()>(&["SET", "strata:{test}:lease:2", &SHORT.to_string(), "PX", "3600000"]);
    redis.ask::<()>(&["HSET", "strata:{test}:suspects", "2", "99999999999999"]);
    assert_eq!(one.next().outcome, Ok(Effect::ServerGone(2)));
}

#[test]
fn a_server_that_starts_again_under_its_name_replaces_the_old_one() {
    let Some(redis) = Redis::start() else { return };
    let mut old = Server::open(redis.sharing("one"));
    old.say("a");
    old.hear();
    let mut new = Server::open(redis.sharing("one"));
    new.say("b");
    assert_eq!(new.hear(), (2, "b".to_owned()), "it waits for no lease");
    assert_eq!(old.next().outcome, Ok(Effect::Separated));
    let why = old.failure();
    assert_eq!(why, "another server has joined the chat as one");
}

#[test]
fn a_new_server_starts_from_a_snapshot_and_the_rest_of_a_trimmed_log() {
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    let sharing = |name| {
        let mut sharing = redis.sharing(name);
        sharing.address.snapshots = 50;
        sharing
    };
    let mut one = Server::open(Sharing { view: Some(old.clone()), ..sharing("old") });
    one.append(contract::register("alice"));
    one.next();
    drop(one);
    let mut one = Server::open(sharing("one"));
    let until = Instant::now() + DEADLINE;
    let mut said = 0;
    // The first entries are gone when two snapshots are stored.
    let first = || {
        let entries: Vec<(String, Vec<String>)> =
            redis.ask(&["XRANGE", "strata:{test}:log", "-", "+", "COUNT", "1"]);
        entries.first().map(|(id, _)| id.clone())
    };
    while first().as_deref() == Some("1-0") {
        for _ in 0..20 {
            one.say(&said.to_string());
            one.hear();
            said += 1;
        }
        assert!(Instant::now() < until, "no snapshot after {said} messages");
    }
    let (done, is_done) = sync_channel(1);
    let last = (said - 1).to_string();
    let views = [None, Some(old)].map(|view| Sharing { view, ..sharing("two") });
    let newcomers = thread::spawn(move || {
        for sharing in views {
            let mut two = Server::open(sharing);
            let size = PageSize { messages: 1, bytes: 1000 };
            two.say("new");
            assert!(matches!(two.next().outcome, Ok(Effect::Presence(_))), "a roll");
            let page = two.log.page("lobby", None, size).unwrap();
            assert!([last.as_str(), "new"].contains(&page.messages[0].text.as_str()), "{page:?}");
            assert!(two.log.account("alice").unwrap().is_some());
            two.hear();
        }
        drop(done);
    });
    one.answer_until(&is_done);
    newcomers.join().unwrap();
}

#[test]
fn the_owner_of_a_shared_chat_changes_its_accounts() {
    let Some(redis) = Redis::start() else { return };
    let mut one = Server::open(redis.sharing("one"));
    one.say("a");
    one.hear();
    let address = redis.address(LONG);
    let (done, is_done) = sync_channel(1);
    let owner = thread::spawn(move || {
        let account = Account {
            username: "Alice".into(),
            hash: crate::passwords::Hash("a".into()),
            admin: true,
        };
        let now = Timestamp::UNIX_EPOCH;
        let open = || crate::SharedAccounts::open(address.clone(), "owner".into()).unwrap();
        let mut accounts = open();
        assert!(accounts.find("alice").is_err());
        accounts.set("alice", Some(account.clone()), "account add alice".to_owned(), now).unwrap();
        assert_eq!(accounts.find("alice").unwrap(), account);
        drop(accounts);
        assert_eq!(open().list().unwrap().len(), 1, "with a new view");
        drop(done);
    });
    one.answer_until(&is_done);
    owner.join().unwrap();
    assert!(one.log.account("alice").unwrap().unwrap().admin);
}

#[test]
#[ignore = "slow"]
fn the_write_ahead_log_of_a_view_stays_short_although_the_chat_is_never_idle() {
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let view = folder.path().join("view.db");
    let mut server = Server::open(Sharing { view: Some(view.clone()), ..redis.sharing("a") });
    for _ in 0..2500 {
        server.say("a");
        server.hear();
        // Take the rest, so that each message is a commit.
        assert_eq!(server.log.next(), None);
    }
    let size = std::fs::metadata(view.with_extension("db-wal")).unwrap().len();
    assert!(size < 24 << 20, "{size} bytes");
}
