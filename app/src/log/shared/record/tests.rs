//! Tests of the form of entries.

use proptest::prelude::*;

use super::*;
use crate::log::{Account, Departure, PresenceChange, Present};
use crate::passwords::Hash;
use crate::{Act, Measure, Subject, Terms, peer_of};

/// The server that writes, the one that reads, and a third one.
const WRITER: u64 = 3;
const READER: u64 = 5;
const THIRD: u64 = 7;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[0-9:]{0,9}", Just(String::new())]
}

fn shared() -> impl Strategy<Value = Arc<str>> {
    text().prop_map(Arc::from)
}

fn hash() -> impl Strategy<Value = Hash> {
    shared().prop_map(Hash)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-1_000_000_000_000_i64..4_000_000_000_000).prop_map(|milliseconds| {
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    })
}

/// A peer of the server that writes.
fn own() -> impl Strategy<Value = Peer> {
    (0..1_u64 << 40).prop_map(Peer::new)
}

/// A peer of any server, as the server that writes names it.
fn anyone() -> impl Strategy<Value = Peer> {
    (own(), prop_oneof![Just(0), Just(READER), Just(THIRD)])
        .prop_map(|(peer, server)| if server == 0 { peer } else { peer_of(server, peer) })
}

fn act() -> impl Strategy<Value = Act> {
    let who = || {
        let ranges = ["10.0.0.7", "10.0.0.0/8", "2001:db8::/48"].map(str::to_owned);
        prop_oneof!["[a-z_]{1,9}", proptest::sample::select(ranges.to_vec())]
            .prop_map(|who| Subject::read(&who).unwrap())
    };
    let measure = || prop_oneof![Just(Measure::Ban), Just(Measure::Mute)];
    let terms = (proptest::option::of(any::<u64>()), proptest::option::of(shared()))
        .prop_map(|(seconds, reason)| Terms { seconds, reason });
    prop_oneof![
        Just(Act::Connections),
        Just(Act::Bans),
        (shared(), proptest::option::of(shared()))
            .prop_map(|(name, reason)| Act::Kick(name, reason)),
        Just(Act::Mutes),
        Just(Act::Audit),
        (measure(), who(), terms)
            .prop_map(|(measure, who, terms)| Act::Impose(measure, who, terms)),
        (measure(), who()).prop_map(|(measure, who)| Act::Lift(measure, who)),
        any::<u64>().prop_map(Act::Remove),
        Just(Act::Shutdown),
        Just(Act::ShutdownAll),
    ]
}

fn present() -> impl Strategy<Value = Present> {
    let rooms = proptest::collection::vec(shared(), 0..3);
    let parts = (own(), shared(), rooms, any::<std::net::SocketAddr>());
    (parts, shared(), timestamp()).prop_map(|(parts, dialect, since)| {
        let (peer, username, rooms, address) = parts;
        let address = plain(address);
        Present { peer, username, rooms, address, dialect, since }
    })
}

/// An address as `Display` writes it: without a flow label.
fn plain(address: std::net::SocketAddr) -> std::net::SocketAddr {
    (address.ip(), address.port()).into()
}

fn presence() -> impl Strategy<Value = PresenceChange> {
    let arrive = (own(), shared(), any::<std::net::SocketAddr>());
    use Departure::{Banned, Broken, Kicked, Orderly};
    let departures = vec![Orderly, Broken, Kicked, Banned];
    prop_oneof![
        (arrive, shared(), timestamp(), any::<bool>()).prop_map(
            |(parts, dialect, since, replaces)| {
                let (peer, username, address) = parts;
                let address = plain(address);
                PresenceChange::Arrive { peer, username, address, dialect, since, replaces }
            }
        ),
        (own(), proptest::sample::select(departures), proptest::option::of(text())).prop_map(
            |(peer, departure, reason)| PresenceChange::Depart { peer, departure, reason }
        ),
        (own(), shared()).prop_map(|(peer, room)| PresenceChange::Enter { peer, room }),
        (own(), shared()).prop_map(|(peer, room)| PresenceChange::Exit { peer, room }),
        (1..1_u64 << 24, proptest::collection::vec(present(), 0..4))
            .prop_map(|(newcomer, people)| PresenceChange::Roll { newcomer, people }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (shared(), shared(), proptest::option::of(shared()), text(), any::<bool>()).prop_map(
            |(username, room, to, text, action)| Change::Say { username, room, to, text, action }
        ),
        (shared(), shared(), text(), any::<bool>())
            .prop_map(|(username, to, text, action)| Change::Keep { username, to, text, action }),
        (shared(), any::<u64>()).prop_map(|(to, until)| Change::Deliver { to, until }),
        (shared(), hash(), any::<bool>()).prop_map(|(username, hash, admin)| {
            Change::Register(Account { username, hash, admin })
        }),
        (shared(), hash(), hash()).prop_map(|(username, old, new)| Change::Password {
            username,
            old,
            new
        }),
        (shared(), proptest::option::of((shared(), hash(), any::<bool>())), text()).prop_map(
            |(username, account, what)| {
                let account =
                    account.map(|(username, hash, admin)| Account { username, hash, admin });
                Change::Own { username, account, what }
            }
        ),
        (shared(), act()).prop_map(|(by, act)| Change::Administer { by, act }),
        presence().prop_map(Change::Presence),
    ]
    // As a value of its own type it would be too large for the stack of a test.
    .boxed()
}

fn content() -> impl Strategy<Value = Content> {
    let sweep = (proptest::option::of(timestamp()), proptest::option::of(any::<usize>()));
    prop_oneof![
        9 => change().prop_map(Content::Change),
        1 => sweep.prop_map(|(since, count)| Content::Sweep(Sweep { since, count })),
    ]
}

fn appended() -> impl Strategy<Value = Appended> {
    let peers = (proptest::option::of(own()), proptest::option::of(anyone()));
    (any::<u64>(), timestamp(), peers, content()).prop_map(
        |(sequence, timestamp, (by, to), content)| Appended {
            epoch: WRITER,
            sequence,
            timestamp,
            by,
            to,
            content,
        },
    )
}

/// Reads the entry that a draft becomes.
fn read(draft: &Appended, own: u64) -> Result<Body, Unreadable> {
    let fields = draft.encode();
    let fields: Vec<(String, String)> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Read { own, fields: &fields }.body()
}

proptest! {
    #[test]
    fn the_server_that_writes_an_entry_reads_the_same(draft in appended()) {
        prop_assert_eq!(read(&draft, WRITER), Ok(Body::Appended(draft)));
    }

    #[test]
    fn another_server_reads_the_same_with_its_own_names_of_peers(draft in appended()) {
        let rename = |peer: Peer| match crate::server_of(peer) {
            0 => peer_of(WRITER, peer),
            READER => crate::elsewhere::local(peer),
            _ => peer,
        };
        let mut want = draft.clone();
        (want.by, want.to) = (want.by.map(rename), want.to.map(rename));
        if let Content::Change(Change::Presence(change)) = want.content {
            want.content = Content::Change(Change::Presence(change.map_peers(rename)));
        }
        prop_assert_eq!(read(&draft, READER), Ok(Body::Appended(want)));
    }

    #[test]
    #[ignore = "slow"]
    fn no_fields_make_the_reader_panic(fields in any::<Vec<(String, String)>>(), kind in "[a-z]{3,8}") {
        let kinds = ["say", "roll", "arrive", "joined", "administer"].map(str::to_owned);
        for kind in kinds.into_iter().chain([kind]) {
            let mut fields = fields.clone();
            fields.extend([("kind".to_owned(), kind), ("epoch".to_owned(), "1".to_owned())]);
            let _ = Read { own: READER, fields: &fields }.body();
        }
    }
}

#[test]
fn a_ban_of_an_older_version_has_no_end() {
    let fields = |act: &str, value: &str| {
        let all = [
            ("kind", "administer"),
            ("epoch", "1"),
            ("seq", "1"),
            ("at", "1970-01-01T00:00:00Z"),
            ("username", "root"),
            ("act", act),
            ("value", value),
        ];
        all.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for who in ["bob", "10.0.0.7", "2001:db8:0:1::"] {
        let read = Read { own: READER, fields: &fields("ban", who) }.body();
        let subject = Subject::read(who).unwrap();
        let act = Act::Impose(Measure::Ban, subject, Terms::default());
        let Ok(Body::Appended(Appended { content, .. })) = read else { panic!("{read:?}") };
        assert_eq!(content, Content::Change(Change::Administer { by: "root".into(), act }));
    }
    // An older version must not read a ban with an end as an endless one.
    let terms = Terms { seconds: Some(60), reason: None };
    let act = Act::Impose(Measure::Ban, Subject::name("bob"), terms);
    let content = Content::Change(Change::Administer { by: "root".into(), act });
    let timestamp = Timestamp::UNIX_EPOCH;
    let draft = Appended { epoch: 1, sequence: 1, timestamp, by: None, to: None, content };
    assert!(draft.encode().contains(&("act", "ban-with".to_owned())));
}

#[test]
fn a_newcomer_learns_who_has_appended_something() {
    let fields = |active: Option<&str>| {
        let all = [
            ("kind", "joined"),
            ("epoch", "12"),
            ("token", "secret"),
            ("name", "b"),
            ("others", "2:103:old1:71:c"),
        ];
        let active = active.map(|active| ("active", active));
        let fields = all.into_iter().chain(active);
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    // An older version does not tell, so that each of the others has to say who is there.
    for (text, want) in [(Some("2:10"), vec![10]), (Some(""), vec![]), (None, vec![10, 7])] {
        match (Read { own: READER, fields: &fields(text) }).body() {
            Ok(Body::Joined { epoch: 12, others, active, .. }) => {
                assert_eq!(others, [(10, "old".into()), (7, "c".into())]);
                assert_eq!(active, want);
            }
            other => panic!("{other:?}"),
        }
    }
    let wrong = Unreadable::Invalid("active", "1:x".to_owned());
    assert_eq!(Read { own: READER, fields: &fields(Some("1:x")) }.body(), Err(wrong));
}

#[test]
fn an_entry_of_a_newer_version_is_an_error_that_names_the_field() {
    let fields = |changed: (&str, &str)| {
        let all = [
            ("kind", "exit"),
            ("epoch", "1"),
            ("seq", "1"),
            ("at", "1970-01-01T00:00:00Z"),
            ("peer", "1.7"),
            ("room", "tea"),
        ];
        let change = |(name, value): (&str, &str)| {
            let value = if name == changed.0 { changed.1 } else { value };
            (name.to_owned(), value.to_owned())
        };
        all.map(change)
    };
    let read = |fields: &[(String, String)]| Read { own: READER, fields }.body();
    assert!(read(&fields(("", ""))).is_ok());
    let unknown = Unreadable::Invalid("kind", "dance".to_owned());
    assert_eq!(read(&fields(("kind", "dance"))), Err(unknown.clone()));
    assert_eq!(unknown.to_string(), "its field \"kind\" has the value \"dance\"");
    for peer in ["", "7", "0.7", "1.1099511627776", "1.x"] {
        let invalid = Unreadable::Invalid("peer", peer.to_owned());
        assert_eq!(read(&fields(("peer", peer))), Err(invalid), "{peer}");
    }
    assert_eq!(read(&fields(("kind", "roll"))), Err(Unreadable::Missing("newcomer")));
}
