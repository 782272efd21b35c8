//! Drafts as fields of an entry.

use parse::Peer;

use super::{Appended, Content, Fields};
use crate::elsewhere::local;
use crate::log::retention::Sweep;
use crate::log::{Account, Change, Departure, PresenceChange};
use crate::{Act, Measure, is_elsewhere, server_of};

/// Names a peer in an entry: the number of its server, and its number there. `own` is the server that
/// writes the entry.
fn global(peer: Peer, own: u64) -> String {
    let server = if is_elsewhere(peer) { server_of(peer) } else { own };
    format!("{server}.{}", local(peer).number())
}

impl Appended {
    /// Returns the fields of the entry. The append script adds none.
    pub(in crate::log::shared) fn encode(&self) -> Fields {
        let own = self.epoch;
        let mut fields: Fields = vec![
            ("kind", self.kind().to_owned()),
            ("epoch", own.to_string()),
            ("seq", self.sequence.to_string()),
            ("at", self.timestamp.to_string()),
        ];
        let mut add = |name, value: String| fields.push((name, value));
        if let Some(by) = self.by {
            add("by", global(by, own));
        }
        if let Some(to) = self.to {
            add("for", global(to, own));
        }
        match &self.content {
            Content::Sweep(Sweep { since, count }) => {
                since.iter().for_each(|since| add("since", since.to_string()));
                count.iter().for_each(|count| add("count", count.to_string()));
            }
            Content::Change(change) => encode_change(change, own, &mut fields),
        }
        fields
    }

    fn kind(&self) -> &'static str {
        match &self.content {
            Content::Sweep(_) => "sweep",
            Content::Change(change) => match change {
                Change::Say { .. } => "say",
                Change::Keep { .. } => "keep",
                Change::Deliver { .. } => "deliver",
                Change::Register(_) => "register",
                Change::Password { .. } => "password",
                Change::Own { .. } => "own",
                Change::Administer { .. } => "administer",
                Change::Presence(PresenceChange::Arrive { .. }) => "arrive",
                Change::Presence(PresenceChange::Depart { .. }) => "depart",
                Change::Presence(PresenceChange::Enter { .. }) => "enter",
                Change::Presence(PresenceChange::Exit { .. }) => "exit",
                Change::Presence(PresenceChange::Roll { .. }) => "roll",
            },
        }
    }
}

fn encode_change(change: &Change, own: u64, fields: &mut Fields) {
    let mut add = |name, value: &str| fields.push((name, value.to_owned()));
    match change {
        Change::Say { username, room, to, text, action } => {
            add("username", username);
            add("room", room);
            to.iter().for_each(|to| add("to", to));
            add("text", text);
            add("action", flag(*action));
        }
        Change::Keep { username, to, text, action } => {
            add("username", username);
            add("to", to);
            add("text", text);
            add("action", flag(*action));
        }
        Change::Deliver { to, until } => {
            add("to", to);
            add("until", &until.to_string());
        }
        Change::Register(Account { username, hash, admin }) => {
            add("username", username);
            add("hash", &hash.0);
            add("admin", flag(*admin));
        }
        Change::Password { username, old, new } => {
            add("username", username);
            add("old", &old.0);
            add("hash", &new.0);
        }
        Change::Own { username, account, what } => {
            add("username", username);
            account.iter().for_each(|account| {
                add("as", &account.username);
                add("hash", &account.hash.0);
                add("admin", flag(account.admin));
            });
            add("what", what);
        }
        Change::Administer { by, act } => {
            add("username", by);
            encode_act(act, add);
        }
        Change::Presence(change) => encode_presence(change, own, add),
    }
}

fn encode_act(act: &Act, mut add: impl FnMut(&'static str, &str)) {
    let (word, value) = match act {
        Act::Impose(measure, who, terms) => {
            // A version that knows no terms would read an endless ban, so the word is another one.
            let word = match measure {
                Measure::Ban if terms.is_empty() => "ban",
                Measure::Ban => "ban-with",
                Measure::Mute => "mute",
            };
            terms.seconds.iter().for_each(|seconds| add("seconds", &seconds.to_string()));
            terms.reason.iter().for_each(|reason| add("reason", reason));
            (word, Some(who.to_string()))
        }
        Act::Lift(Measure::Ban, who) => ("unban", Some(who.to_string())),
        Act::Lift(Measure::Mute, who) => ("unmute", Some(who.to_string())),
        Act::Connections => ("connections", None),
        Act::Bans => ("bans", None),
        Act::Mutes => ("mutes", None),
        Act::Audit => ("audit", None),
        Act::Kick(name, reason) => {
            reason.iter().for_each(|reason| add("reason", reason));
            ("kick", Some(name.to_string()))
        }
        Act::Remove(id) => ("remove", Some(id.to_string())),
        Act::Shutdown => ("shutdown", None),
        Act::ShutdownAll => ("shutdown-all", None),
    };
    add("act", word);
    value.iter().for_each(|value| add("value", value));
}

fn encode_presence(change: &PresenceChange, own: u64, mut add: impl FnMut(&'static str, &str)) {
    match change {
        PresenceChange::Arrive { peer, username, address, dialect, since, replaces } => {
            add("peer", &global(*peer, own));
            add("username", username);
            add("address", &address.to_string());
            add("dialect", dialect);
            add("since", &since.to_string());
            add("replaces", flag(*replaces));
        }
        PresenceChange::Depart { peer, departure, reason } => {
            add("peer", &global(*peer, own));
            add("broken", flag(*departure == Departure::Broken));
            departure.act().iter().for_each(|act| add("departure", act));
            reason.iter().for_each(|reason| add("reason", reason));
        }
        PresenceChange::Enter { peer, room } | PresenceChange::Exit { peer, room } => {
            add("peer", &global(*peer, own));
            add("room", room);
        }
        PresenceChange::Roll { newcomer, people } => {
            add("newcomer", &newcomer.to_string());
            let mut list = String::new();
            for person in people {
                let rooms = person.rooms.iter().map(|room| string(room)).collect::<String>();
                for part in [
                    &global(person.peer, own),
                    &*person.username,
                    &rooms,
                    &person.address.to_string(),
                    &person.dialect,
                    &person.since.to_string(),
                ] {
                    list.push_str(&string(part));
                }
            }
            add("people", &list);
        }
    }
}

fn flag(flag: bool) -> &'static str {
    if flag { "1" } else { "0" }
}

/// A string in a list: its length in bytes, a colon, and the string.
fn string(text: &str) -> String {
    format!("{}:{text}", text.len())
}
