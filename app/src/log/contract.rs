//! The contract of a log, tested for each implementation.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use parse::Peer;
use tempfile::TempDir;

use super::shared::tests::Redis;
use super::*;

/// Time after which a test fails. It is generous, because Redis may wait long for a busy disk.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// A log under test.
pub(super) struct Tested {
    pub(super) log: Box<dyn Log>,
    /// A signal whenever the log has an entry. A log in memory sends none.
    wakes: Option<Receiver<()>>,
    _folder: Option<TempDir>,
    _redis: Option<Redis>,
}

impl Tested {
    fn memory(retention: Retention) -> Tested {
        let log = Box::new(Memory::new(retention));
        Tested { log, wakes: None, _folder: None, _redis: None }
    }

    fn sqlite(retention: Retention) -> Tested {
        let folder = tempfile::tempdir().unwrap();
        let tested = Tested::in_file(&folder.path().join("a.db"), retention);
        Tested { _folder: Some(folder), ..tested }
    }

    /// A log in this file.
    pub(super) fn in_file(path: &Path, retention: Retention) -> Tested {
        let (wake, wakes) = sync_channel(1000);
        let log = Sqlite::open(path, retention, move || wake.try_send(()).unwrap_or(())).unwrap();
        Tested::over(Box::new(log), wakes)
    }

    /// A log that sends a signal whenever it has an entry.
    pub(super) fn over(log: Box<dyn Log>, wakes: Receiver<()>) -> Tested {
        Tested { log, wakes: Some(wakes), _folder: None, _redis: None }
    }

    /// A log in Redis; `None` if there is no `redis-server`.
    fn redis(retention: Retention) -> Option<Tested> {
        let (tested, redis) = shared::tests::tested(retention)?;
        Some(Tested { _redis: Some(redis), ..tested })
    }

    /// Waits until the log has deleted old messages. It does that after a batch, so after the second
    /// of two batches it is done. (They contain whispers, which no page shows.)
    fn finish_sweep(&mut self) {
        for _ in 0..2 {
            self.write(say("lobby", Some("bob"), "psst")).unwrap();
        }
    }

    /// Waits for the next entry.
    pub(super) fn next(&mut self) -> Entry {
        loop {
            match (self.log.next(), &self.wakes) {
                (Some(entry), _) => return entry,
                (None, Some(wakes)) => wakes.recv_timeout(DEADLINE).expect("an entry"),
                (None, None) => panic!("no entry"),
            }
        }
    }

    pub(super) fn write(&mut self, change: Change) -> Result<Effect, Refusal> {
        self.write_at(change, Timestamp::UNIX_EPOCH)
    }

    fn write_at(&mut self, change: Change, timestamp: Timestamp) -> Result<Effect, Refusal> {
        self.log.append(Draft { change, timestamp, origin: None }).unwrap();
        self.next().outcome
    }

    /// Sends a message to the lobby. Returns its id.
    pub(super) fn say(&mut self, text: &str) -> u64 {
        id(self.write(say("lobby", None, text)))
    }

    pub(super) fn texts(&self, room: &str, before: Option<u64>, most: usize) -> Vec<String> {
        let size = PageSize { messages: most, bytes: 100_000 };
        let page = self.log.page(room, before, size).unwrap();
        page.messages.into_iter().map(|message| message.text).collect()
    }
}

pub(super) fn say(room: &str, to: Option<&str>, text: &str) -> Change {
    let to = to.map(Arc::from);
    let (username, room, text) = ("alice".into(), room.into(), text.to_owned());
    Change::Say { username, room, to, text, action: false }
}

pub(super) fn register(name: &str) -> Change {
    let hash = Hash(format!("hash of {name}").into());
    Change::Register(Account { username: name.into(), hash, admin: false })
}

pub(super) fn act(act: Act) -> Change {
    Change::Administer { by: "root".into(), act }
}

fn id(outcome: Result<Effect, Refusal>) -> u64 {
    match outcome {
        Ok(Effect::Said(message)) => message.id,
        other => panic!("{other:?}"),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Tests each log: `contract!(name, retention, |log| { .. })`.
macro_rules! contract {
    ($name:ident, $retention:expr, |$log:ident| $body:block) => {
        mod $name {
            use super::*;

            fn story(mut $log: Tested) {
                $body
            }

            #[test]
            fn memory() {
                story(Tested::memory($retention));
            }

            #[test]
            fn sqlite() {
                story(Tested::sqlite($retention));
            }

            #[test]
            fn redis() {
                Tested::redis($retention).into_iter().for_each(story);
            }
        }
    };
}

mod expiry;
mod moderation;

const ALL: Retention = Retention { count: None, age: None };

contract!(entries_have_growing_ids_and_their_origin, ALL, |log| {
    let origin = Origin {
        peer: Peer::new(7),
        to: Some(Peer::new(8)),
        request: "message".into(),
        tag: Some(Value::from("t")),
    };
    for text in ["a", "b", "c"] {
        let change = say("lobby", Some("bob"), text);
        let origin = Some(origin.clone());
        log.log.append(Draft { change, timestamp: at(1), origin }).unwrap();
    }
    for (number, text) in (1..).zip(["a", "b", "c"]) {
        let Entry { outcome, origin: back } = log.next();
        assert_eq!(back.as_ref(), Some(&origin));
        let Ok(Effect::Said(message)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((message.id, message.text.as_str()), (number, text));
        assert_eq!((message.to.as_deref(), message.timestamp), (Some("bob"), at(1)));
    }
});

contract!(a_page_contains_only_messages_that_were_handed_back, ALL, |log| {
    assert_eq!(log.say("a"), 1);
    let draft = |text| Draft { change: say("lobby", None, text), timestamp: at(0), origin: None };
    log.log.append(draft("b")).unwrap();
    log.log.append(draft("c")).unwrap();
    log.next();
    // The third may be on the disk by now, but a page must not show it.
    assert_eq!(log.texts("lobby", None, 10), ["a", "b"]);
    log.next();
    assert_eq!(log.texts("lobby", None, 10), ["a", "b", "c"]);
    assert_eq!(log.texts("lobby", Some(3), 10), ["a", "b"]);
    assert_eq!(log.texts("lobby", Some(1), 10), [""; 0]);
    assert_eq!(log.texts("lobby", Some(u64::MAX), 2), ["b", "c"]);
});

contract!(each_room_has_its_own_messages_and_no_whispers, ALL, |log| {
    log.say("a");
    log.write(say("tea", None, "b")).unwrap();
    log.write(say("lobby", Some("bob"), "psst")).unwrap();
    log.say("c");
    assert_eq!(log.texts("lobby", None, 10), ["a", "c"]);
    assert_eq!(log.texts("tea", None, 10), ["b"]);
    assert_eq!(log.texts("cake", None, 10), [""; 0]);
    let size = PageSize { messages: 1, bytes: 1000 };
    assert!(log.log.page("lobby", None, size).unwrap().more);
    assert!(!log.log.page("tea", None, size).unwrap().more);
});

contract!(a_whisper_is_kept_until_its_delivery, ALL, |log| {
    let keep = |to: &str, text: &str| Change::Keep {
        username: "alice".into(),
        to: to.into(),
        text: text.to_owned(),
        action: text == "waves",
    };
    let deliver = |until| Change::Deliver { to: "bob".into(), until };
    let Ok(Effect::Said(one)) = log.write(keep("Bob", "one")) else { panic!("no whisper") };
    assert_eq!((one.id, one.to.as_deref(), one.offline), (1, Some("Bob"), true));
    log.write(keep("carol", "psst")).unwrap();
    log.say("for all");
    let Ok(Effect::Said(waves)) = log.write(keep("Bob", "waves")) else { panic!("no whisper") };
    // A whisper that was not handed back yet is not there.
    log.log.append(Draft { change: keep("Bob", "late"), timestamp: at(0), origin: None }).unwrap();
    assert_eq!(log.log.kept("bOB").unwrap(), [one, waves.clone()]);
    log.next();
    assert_eq!(log.log.kept("bob").unwrap().len(), 3);
    assert_eq!(log.texts("lobby", None, 10), ["for all"]);
    let effect = Effect::Delivered { to: "bob".into(), until: waves.id };
    assert_eq!(log.write(deliver(waves.id)), Ok(effect));
    let left: Vec<String> = log.log.kept("bob").unwrap().into_iter().map(|it| it.text).collect();
    assert_eq!(left, ["late"]);
    for _ in 1..MOST_KEPT {
        log.write(keep("bob", "more")).unwrap();
    }
    assert_eq!(log.write(keep("bob", "too many")), Err(Refusal::MailboxFull));
    log.write(keep("carol", "psst")).unwrap();
    log.write(deliver(u64::MAX >> 1)).unwrap();
    let long = "\u{e9}".repeat(3000);
    log.write(keep("bob", &long)).unwrap();
    log.write(keep("bob", &long)).unwrap();
    assert_eq!(log.write(keep("bob", &long)), Err(Refusal::MailboxFull), "18,000 bytes");
    log.write(keep("bob", "short")).unwrap();
    log.write(deliver(u64::MAX >> 1)).unwrap();
    assert_eq!((log.log.kept("bob").unwrap().len(), log.log.kept("carol").unwrap().len()), (0, 2));
});

contract!(a_message_is_not_changed_by_the_log, ALL, |log| {
    let text = "quotes \" ' and \\ and null and åäö 漢字 🎉\tand \u{0}";
    let messages = [false, true].map(|is_action| {
        let mut change = say("tea", None, text);
        let Change::Say { action, .. } = &mut change else { panic!("another change") };
        *action = is_action;
        let said = log.write_at(change, "2026-02-03T04:05:06.789Z".parse().unwrap());
        let Ok(Effect::Said(message)) = said else { panic!("{said:?}") };
        assert_eq!((message.text.as_str(), message.action), (text, is_action));
        message
    });
    let page = log.log.page("tea", None, PageSize { messages: 10, bytes: 1000 }).unwrap();
    assert_eq!(page, Page { messages: messages.into(), more: false });
});

contract!(a_removed_message_is_deleted_and_its_id_is_not_used_again, ALL, |log| {
    for text in ["a", "b", "c"] {
        log.say(text);
    }
    let Ok(Effect::Removed(removed)) = log.write(act(Act::Remove(3))) else { panic!("no effect") };
    assert_eq!((removed.id, &*removed.room, &*removed.username), (3, "lobby", "alice"));
    assert_eq!((&*removed.text, removed.timestamp), ("c", at(0)));
    assert_eq!(log.texts("lobby", None, 10), ["a", "b"]);
    for id in [0, 3, 4, u64::MAX] {
        assert_eq!(log.write(act(Act::Remove(id))), Err(Refusal::NoSuchMessage), "{id}");
    }
    assert_eq!(log.say("d"), 4);
    log.write(say("lobby", Some("bob"), "psst")).unwrap();
    assert_eq!(log.write(act(Act::Remove(5))), Err(Refusal::NoSuchMessage), "a whisper");
});

contract!(who_is_here_is_handed_back_in_order_with_the_messages, ALL, |log| {
    let peer = Peer::new(1);
    let enter = || PresenceChange::Enter { peer, room: "tea".into() };
    let (departure, reason) = (Departure::Broken, Some("lunch".to_owned()));
    let depart = || PresenceChange::Depart { peer, departure, reason: reason.clone() };
    let origin = Origin { peer, to: None, request: "join".into(), tag: Some(Value::from(1)) };
    for (change, origin) in [
        (say("lobby", None, "a"), None),
        (Change::Presence(enter()), Some(origin.clone())),
        (say("lobby", None, "b"), None),
        (Change::Presence(depart()), None),
    ] {
        log.log.append(Draft { change, timestamp: at(1), origin }).unwrap();
    }
    assert_eq!(id(log.next().outcome), 1);
    let want = Entry { outcome: Ok(Effect::Presence(enter())), origin: Some(origin) };
    assert_eq!(log.next(), want);
    assert_eq!(id(log.next().outcome), 2);
    assert_eq!(log.next().outcome, Ok(Effect::Presence(depart())));
    assert_eq!(log.texts("lobby", None, 10), ["a", "b"]);
});

contract!(a_name_is_registered_once_in_any_case, ALL, |log| {
    let Change::Register(alice) = register("Alice") else { panic!("another change") };
    assert_eq!(log.write(register("Alice")), Ok(Effect::Registered(alice)));
    assert_eq!(log.write(register("aLICE")), Err(Refusal::NameTaken));
    let account = log.log.account("ALICE").unwrap().unwrap();
    assert_eq!(*account.username, *"Alice");
    assert_eq!(account.hash, Hash("hash of Alice".into()));
    assert!(!account.admin);
    assert_eq!(log.log.account("bob"), Ok(None));
});

contract!(a_password_changes_only_from_the_old_one, ALL, |log| {
    log.write(register("Alice")).unwrap();
    let hash = |text: &str| Hash(text.into());
    let change = |old: &str, new: &str| Change::Password {
        username: "aLICE".into(),
        old: hash(old),
        new: hash(new),
    };
    let account = Account { username: "Alice".into(), hash: hash("new"), admin: false };
    let (username, changed) = (account.username.clone(), Some(account.clone()));
    let effect = Effect::AccountChanged { username, account: changed };
    assert_eq!(log.write(change("hash of Alice", "new")), Ok(effect));
    assert_eq!(log.write(change("hash of Alice", "newer")), Err(Refusal::WrongPassword));
    assert_eq!(log.log.account("alice"), Ok(Some(account)));
    let nobody = Change::Password { username: "bob".into(), old: hash("a"), new: hash("b") };
    assert_eq!(log.write(nobody), Err(Refusal::WrongPassword));
});

contract!(the_owner_makes_changes_and_removes_accounts, ALL, |log| {
    let hash = |text: &str| Hash(text.into());
    let own = |username: &str, account: Option<&Account>| Change::Own {
        username: username.into(),
        account: account.cloned(),
        what: "account add alice".to_owned(),
    };
    let keep = |to: &str| Change::Keep {
        username: "bob".into(),
        to: to.into(),
        text: "psst".to_owned(),
        action: false,
    };
    let first = Account { username: "Alice".into(), hash: hash("a"), admin: false };
    let changed = Effect::AccountChanged { username: "alice".into(), account: Some(first.clone()) };
    assert_eq!(log.write(own("alice", Some(&first))), Ok(changed));
    log.write(keep("Alice")).unwrap();
    let second = Account { admin: true, hash: hash("b"), ..first };
    log.write(own("ALICE", Some(&second))).unwrap();
    assert_eq!(log.log.account("alice"), Ok(Some(second)));
    assert_eq!(log.log.kept("alice").unwrap().len(), 1);
    log.write(own("alice", None)).unwrap();
    assert_eq!(log.log.account("alice"), Ok(None));
    assert_eq!(log.log.kept("alice").unwrap(), [], "a later account may be another person's");
});
