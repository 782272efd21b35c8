//! Bans, mutes and the audit.

use super::*;
use crate::Terms;

fn for_seconds(seconds: Option<u64>) -> Terms {
    Terms { seconds, reason: Some("spam".into()) }
}

fn impose(measure: Measure, who: &str, terms: Terms) -> Change {
    act(Act::Impose(measure, Subject::read(who).unwrap(), terms))
}

fn all(log: &Tested, measure: Measure, seconds: i64) -> Vec<String> {
    let sanctions = log.log.sanctions();
    let all = sanctions.all(measure, at(seconds));
    all.map(|(who, _)| who.to_string()).collect()
}

contract!(bans_are_stored_once_and_listed_names_first, ALL, |log| {
    for who in ["bob", "10.0.0.7", "2001:db8::", "10.0.0.0/8", "al"] {
        let ban = || impose(Measure::Ban, who, Terms::default());
        let done = log.write(ban());
        assert!(matches!(done, Ok(Effect::Sanctioned { .. })), "{done:?}");
        assert_eq!(log.write(ban()), Err(Refusal::BannedAlready));
    }
    let want = ["al", "bob", "10.0.0.0/8", "10.0.0.7", "2001:db8::/64"];
    assert_eq!(all(&log, Measure::Ban, 0), want);
    assert_eq!(all(&log, Measure::Mute, 0), [""; 0]);
    let unban = || act(Act::Lift(Measure::Ban, Subject::name("Bob")));
    assert!(matches!(log.write(unban()), Ok(Effect::Lifted { .. })));
    assert_eq!(log.write(unban()), Err(Refusal::NotBanned));
    let unmute = act(Act::Lift(Measure::Mute, Subject::name("al")));
    assert_eq!(log.write(unmute), Err(Refusal::NotMuted));
    assert_eq!(all(&log, Measure::Ban, 0).len(), 4);
});

contract!(a_sanction_ends_at_the_time_of_its_entry_and_its_length, ALL, |log| {
    let mute = |seconds| impose(Measure::Mute, "bob", for_seconds(seconds));
    let who = Subject::name("bob");
    let done = log.write_at(mute(Some(60)), at(100)).unwrap();
    let Effect::Sanctioned { sanction, .. } = &done else { panic!("{done:?}") };
    assert_eq!((sanction.since, sanction.until), (at(100), Some(at(160))));
    assert_eq!((&*sanction.by, sanction.reason.as_deref()), ("root", Some("spam")));
    let found =
        |log: &Tested, seconds| log.log.sanctions().get(Measure::Mute, &who, at(seconds)).cloned();
    assert_eq!(found(&log, 159).as_ref(), Some(sanction));
    assert_eq!(found(&log, 160), None);
    // Other terms replace these; no terms do not.
    let plain = || impose(Measure::Mute, "bob", Terms::default());
    assert_eq!(log.write_at(plain(), at(159)), Err(Refusal::MutedAlready));
    log.write_at(mute(Some(3600)), at(110)).unwrap();
    assert!(found(&log, 3709).is_some());
    let unmute = || act(Act::Lift(Measure::Mute, who.clone()));
    assert_eq!(log.write_at(unmute(), at(3710)), Err(Refusal::NotMuted));
    log.write_at(plain(), at(3710)).unwrap();
    assert_eq!(found(&log, i64::from(i32::MAX)).unwrap().reason, None);
});

contract!(the_audit_has_what_was_done, ALL, |log| {
    log.say("a");
    log.write_at(act(Act::Remove(1)), at(7)).unwrap();
    log.write(act(Act::Remove(1))).unwrap_err();
    let by_carol = |act| Change::Administer { by: "Carol".into(), act };
    log.write(by_carol(Act::Impose(Measure::Ban, Subject::name("bob"), for_seconds(Some(90)))))
        .unwrap();
    log.write(act(Act::Connections)).unwrap();
    let acts = log.log.audit(None, None, 10).unwrap();
    let texts: Vec<String> =
        acts.iter().map(|act| format!("{} {}: {}", act.id, act.who, act.what)).collect();
    assert_eq!(texts, ["1 root: remove 1", "2 Carol: ban bob 90s: spam", "3 root: connections"]);
    assert_eq!(acts[0].at, at(7));
    assert_eq!(log.log.audit(None, None, 2).unwrap(), acts[1..]);
    assert_eq!(log.log.audit(None, Some(3), 1).unwrap(), acts[1..2]);
    assert_eq!(log.log.audit(Some("cAROL"), Some(u64::MAX), 10).unwrap(), acts[1..2]);
    assert_eq!(log.log.audit(Some("root"), Some(3), 10).unwrap(), acts[..1]);
    assert_eq!(log.log.audit(Some("dave"), None, 10).unwrap(), []);
});
