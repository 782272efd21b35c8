//! Entries from their fields.

use std::str::FromStr;
use std::sync::Arc;

use parse::Peer;

use super::{Appended, Body, Content, Unreadable};
use crate::elsewhere::SERVERS;
use crate::log::retention::Sweep;
use crate::log::{Account, Change, Departure, PresenceChange, Present};
use crate::passwords::Hash;
use crate::{Act, Measure, Subject, Terms, is_elsewhere, peer_of};

/// Returns the peer with this name, as the server `own` names it.
fn peer(text: &str, own: u64) -> Option<Peer> {
    let (server, number) = text.split_once('.')?;
    let (server, number) = (server.parse::<u64>().ok()?, Peer::new(number.parse().ok()?));
    if server == 0 || server >= SERVERS || is_elsewhere(number) {
        return None;
    }
    Some(if server == own { number } else { peer_of(server, number) })
}

/// Returns the strings of a list.
fn strings(mut list: &str) -> Option<Vec<&str>> {
    let mut strings = Vec::new();
    while !list.is_empty() {
        let (length, rest) = list.split_once(':')?;
        let (text, rest) = rest.split_at_checked(length.parse().ok()?)?;
        strings.push(text);
        list = rest;
    }
    Some(strings)
}

/// The fields of an entry, as Redis returns them.
pub(in crate::log::shared) struct Read<'a> {
    /// The server that reads the entry.
    pub(in crate::log::shared) own: u64,
    pub(in crate::log::shared) fields: &'a [(String, String)],
}

impl<'a> Read<'a> {
    fn find(&self, name: &str) -> Option<&'a str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &'static str) -> Result<&'a str, Unreadable> {
        self.find(name).ok_or(Unreadable::Missing(name))
    }

    fn shared(&self, name: &'static str) -> Result<Arc<str>, Unreadable> {
        self.text(name).map(Arc::from)
    }

    fn with<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let text = self.text(name)?;
        read(text).ok_or_else(|| Unreadable::Invalid(name, text.to_owned()))
    }

    fn parsed<T: FromStr>(&self, name: &'static str) -> Result<T, Unreadable> {
        self.with(name, |text| text.parse().ok())
    }

    /// Reads a field that may be missing.
    fn optional<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Unreadable> {
        self.find(name).map(|_| self.parsed(name)).transpose()
    }

    fn flag(&self, name: &'static str) -> Result<bool, Unreadable> {
        self.with(name, |text| match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        })
    }

    fn hash(&self, name: &'static str) -> Result<Hash, Unreadable> {
        self.shared(name).map(Hash)
    }

    fn peer(&self, name: &'static str) -> Result<Peer, Unreadable> {
        self.with(name, |text| peer(text, self.own))
    }

    /// Reads the entry.
    ///
    /// # Errors
    /// Returns an error if it does not have the form of an entry that this version knows.
    pub(in crate::log::shared) fn body(&self) -> Result<Body, Unreadable> {
        let epoch = self.parsed("epoch")?;
        Ok(match self.text("kind")? {
            "joined" => {
                let others = self.with("others", others)?;
                let active = match self.find("active") {
                    Some(_) => self.with("active", numbers)?,
                    // An older version does not tell.
                    None => others.iter().map(|(epoch, _)| *epoch).collect(),
                };
                let (token, name) = (self.text("token")?.to_owned(), self.shared("name")?);
                Body::Joined { epoch, token, name, others, active }
            }
            "gone" => Body::Gone { epoch },
            _ => Body::Appended(Appended {
                epoch,
                sequence: self.parsed("seq")?,
                timestamp: self.parsed("at")?,
                by: self.find("by").map(|_| self.peer("by")).transpose()?,
                to: self.find("for").map(|_| self.peer("for")).transpose()?,
                content: self.content()?,
            }),
        })
    }

    fn content(&self) -> Result<Content, Unreadable> {
        let username = || self.shared("username");
        let change = match self.text("kind")? {
            "sweep" => {
                let (since, count) = (self.optional("since")?, self.optional("count")?);
                return Ok(Content::Sweep(Sweep { since, count }));
            }
            "say" => Change::Say {
                username: username()?,
                room: self.shared("room")?,
                to: self.find("to").map(Arc::from),
                text: self.text("text")?.to_owned(),
                action: self.flag("action")?,
            },
            "keep" => Change::Keep {
                username: username()?,
                to: self.shared("to")?,
                text: self.text("text")?.to_owned(),
                action: self.flag("action")?,
            },
            "deliver" => Change::Deliver { to: self.shared("to")?, until: self.parsed("until")? },
            "register" => Change::Register(Account {
                username: username()?,
                hash: self.hash("hash")?,
                admin: self.flag("admin")?,
            }),
            "password" => Change::Password {
                username: username()?,
                old: self.hash("old")?,
                new: self.hash("hash")?,
            },
            "own" => Change::Own {
                username: username()?,
                account: match self.find("as") {
                    Some(username) => Some(Account {
                        username: username.into(),
                        hash: self.hash("hash")?,
                        admin: self.flag("admin")?,
                    }),
                    None => None,
                },
                what: self.text("what")?.to_owned(),
            },
            "administer" => Change::Administer { by: username()?, act: self.act()? },
            _ => Change::Presence(self.presence()?),
        };
        Ok(Content::Change(change))
    }

    fn act(&self) -> Result<Act, Unreadable> {
        let who = || self.with("value", Subject::read);
        let impose = |measure| {
            let terms = Terms {
                seconds: self.optional("seconds")?,
                reason: self.find("reason").map(Arc::from),
            };
            Ok(Act::Impose(measure, who()?, terms))
        };
        Ok(match self.text("act")? {
            "connections" => Act::Connections,
            "bans" => Act::Bans,
            "mutes" => Act::Mutes,
            "audit" => Act::Audit,
            "kick" => Act::Kick(self.shared("value")?, self.find("reason").map(Arc::from)),
            "ban" | "ban-with" => impose(Measure::Ban)?,
            "mute" => impose(Measure::Mute)?,
            "unban" => Act::Lift(Measure::Ban, who()?),
            "unmute" => Act::Lift(Measure::Mute, who()?),
            "remove" => Act::Remove(self.parsed("value")?),
            "shutdown" => Act::Shutdown,
            "shutdown-all" => Act::ShutdownAll,
            other => return Err(Unreadable::Invalid("act", other.to_owned())),
        })
    }

    /// An older version has no acts.
    fn departure(&self) -> Result<Departure, Unreadable> {
        if self.find("departure").is_some() {
            return self.with("departure", Departure::of_act);
        }
        Ok(if self.flag("broken")? { Departure::Broken } else { Departure::Orderly })
    }

    fn presence(&self) -> Result<PresenceChange, Unreadable> {
        let peer = || self.peer("peer");
        Ok(match self.text("kind")? {
            "arrive" => PresenceChange::Arrive {
                peer: peer()?,
                username: self.shared("username")?,
                address: self.parsed("address")?,
                dialect: self.shared("dialect")?,
                since: self.parsed("since")?,
                // An older version does not have the field.
                replaces: self.find("replaces").is_some() && self.flag("replaces")?,
            },
            "depart" => PresenceChange::Depart {
                peer: peer()?,
                departure: self.departure()?,
                reason: self.find("reason").map(str::to_owned),
            },
            "enter" => PresenceChange::Enter { peer: peer()?, room: self.shared("room")? },
            "exit" => PresenceChange::Exit { peer: peer()?, room: self.shared("room")? },
            "roll" => PresenceChange::Roll {
                newcomer: self.parsed("newcomer")?,
                people: self.with("people", |list| people(list, self.own))?,
            },
            other => return Err(Unreadable::Invalid("kind", other.to_owned())),
        })
    }
}

fn numbers(list: &str) -> Option<Vec<u64>> {
    strings(list)?.into_iter().map(|number| number.parse().ok()).collect()
}

/// Reads the servers that were there: a number and a name each.
fn others(list: &str) -> Option<Vec<(u64, Arc<str>)>> {
    let strings = strings(list)?;
    let (pairs, []) = strings.as_chunks() else { return None };
    pairs.iter().map(|[epoch, name]| Some((epoch.parse().ok()?, Arc::from(*name)))).collect()
}

fn people(list: &str, own: u64) -> Option<Vec<Present>> {
    let strings = strings(list)?;
    let (people, []) = strings.as_chunks() else { return None };
    let person = |[id, username, rooms, address, dialect, since]: &[&str; 6]| {
        Some(Present {
            peer: peer(id, own)?,
            username: Arc::from(*username),
            rooms: self::strings(rooms)?.into_iter().map(Arc::from).collect(),
            address: address.parse().ok()?,
            dialect: Arc::from(*dialect),
            since: since.parse().ok()?,
        })
    };
    people.iter().map(person).collect()
}
