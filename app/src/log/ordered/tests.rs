//! What a change of presence waits for.

use parse::Peer;

use super::*;
use crate::Timestamp;
use crate::log::contract::say;
use crate::log::{Change, PresenceChange};
use crate::testing::Disk;

/// What a log hands back: the text of a message, or a word.
fn next(log: &mut Ordered<Disk>) -> Option<String> {
    Some(match log.next()?.outcome {
        Ok(Effect::Said(message)) => message.text,
        Ok(Effect::Presence(_)) => "presence".to_owned(),
        Ok(Effect::AccountChanged { .. }) => "account".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
        other => panic!("{other:?}"),
    })
}

fn append(log: &mut Ordered<Disk>, change: Change) -> Result<(), Refusal> {
    log.append(Draft { change, timestamp: Timestamp::UNIX_EPOCH, origin: None })
}

fn presence() -> Change {
    Change::Presence(PresenceChange::Exit { peer: Peer::new(1), room: "tea".into() })
}

#[test]
fn a_change_waits_for_the_drafts_before_it_and_not_for_other_processes() {
    let disk = Disk::default();
    let mut log = Ordered::new(disk.clone());
    disk.hold();
    append(&mut log, presence()).unwrap();
    assert_eq!(next(&mut log).as_deref(), Some("presence"), "nothing is in flight");
    append(&mut log, say("lobby", None, "a")).unwrap();
    append(&mut log, presence()).unwrap();
    append(&mut log, say("lobby", None, "b")).unwrap();
    disk.change_account("alice", Some("correct horse"));
    assert_eq!(next(&mut log), None);
    disk.release();
    for want in ["account", "a", "presence", "b"] {
        assert_eq!(next(&mut log).as_deref(), Some(want));
    }
    assert_eq!(next(&mut log), None);
}

#[test]
fn a_draft_that_is_refused_or_fails_delays_no_change() {
    let disk = Disk::default();
    let mut log = Ordered::new(disk.clone());
    disk.fill();
    assert_eq!(append(&mut log, say("lobby", None, "a")), Err(Refusal::Busy));
    append(&mut log, presence()).unwrap();
    assert_eq!(next(&mut log).as_deref(), Some("presence"));
    disk.fail();
    append(&mut log, say("lobby", None, "a")).unwrap();
    append(&mut log, presence()).unwrap();
    assert_eq!(next(&mut log).as_deref(), Some("not-kept"));
    assert_eq!(next(&mut log).as_deref(), Some("presence"));
}
