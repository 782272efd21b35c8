//! Sanctions: bans and mutes, and an index of the peers that they concern.
//!
//! A log keeps the index beside its tables. So a check costs a few searches in memory, and nothing
//! while there are no sanctions; the chat does it for each message.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::log::Effect;
use crate::subject::range;
use crate::{Refusal, Subject, Timestamp};

/// What a sanction takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The right to be here.
    Ban,
    /// The right to send messages.
    Mute,
}

impl Measure {
    /// The name of the act in the audit.
    pub const fn act(self) -> &'static str {
        match self {
            Measure::Ban => "ban",
            Measure::Mute => "mute",
        }
    }

    /// The refusal of a sanction that exists.
    pub(crate) const fn already(self) -> Refusal {
        match self {
            Measure::Ban => Refusal::BannedAlready,
            Measure::Mute => Refusal::MutedAlready,
        }
    }

    /// The refusal to lift a sanction that does not exist.
    pub(crate) const fn absent(self) -> Refusal {
        match self {
            Measure::Ban => Refusal::NotBanned,
            Measure::Mute => Refusal::NotMuted,
        }
    }

    /// What a peer gets that this sanction concerns.
    pub(crate) fn refusal(self, sanction: &Sanction) -> Refusal {
        match self {
            Measure::Ban => Refusal::Banned(sanction.terms()),
            Measure::Mute => Refusal::Muted(sanction.terms()),
        }
    }
}

/// The time and the reason that an administrator gives for a sanction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// The length in seconds; `None` if an administrator has to lift the sanction.
    pub seconds: Option<u64>,
    /// The reason, in one line.
    pub reason: Option<Arc<str>>,
}

impl Terms {
    /// Whether neither is given.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Terms::default()
    }

    /// The sanction that begins with an entry of this time. So its end is the same on all servers.
    pub(crate) fn begin(&self, by: &Arc<str>, at: Timestamp) -> Sanction {
        // The tables store milliseconds.
        let since = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let until = self.seconds.map(|seconds| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            let end = since.checked_add(jiff::SignedDuration::from_secs(seconds));
            end.unwrap_or(Timestamp::MAX)
        });
        Sanction { by: Arc::clone(by), since, until, reason: self.reason.clone() }
    }
}

/// A ban or a mute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanction {
    /// The account of the administrator.
    pub by: Arc<str>,
    /// The time of its entry in the log.
    pub since: Timestamp,
    /// Its end; `None` if an administrator has to lift it.
    pub until: Option<Timestamp>,
    /// The reason.
    pub reason: Option<Arc<str>>,
}

impl Sanction {
    /// Whether it has ended.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= at)
    }

    /// Its end and its reason, as the end of a sentence such as `You are banned`.
    fn terms(&self) -> String {
        let until = self.until.map(|until| until.strftime(" until %F %T UTC").to_string());
        let until = until.unwrap_or_default();
        match &self.reason {
            Some(reason) => format!("{until}: {reason}"),
            None => format!("{until}!"),
        }
    }
}

/// All bans and mutes of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sanctions {
    bans: Index,
    mutes: Index,
}

impl Sanctions {
    fn of(&self, measure: Measure) -> &Index {
        match measure {
            Measure::Ban => &self.bans,
            Measure::Mute => &self.mutes,
        }
    }

    fn of_mut(&mut self, measure: Measure) -> &mut Index {
        match measure {
            Measure::Ban => &mut self.bans,
            Measure::Mute => &mut self.mutes,
        }
    }

    /// Adds a sanction, or replaces that of its subject.
    pub(crate) fn insert(&mut self, measure: Measure, who: Subject, sanction: Sanction) {
        self.of_mut(measure).insert(who, sanction);
    }

    /// Follows an effect of the log.
    pub(crate) fn follow(&mut self, effect: &Effect) {
        match effect {
            Effect::Sanctioned { measure, who, sanction } => {
                let index = self.of_mut(*measure);
                index.end(sanction.since);
                index.insert(who.clone(), sanction.clone());
            }
            Effect::Lifted { measure, who } => self.of_mut(*measure).remove(who),
            _ => {}
        }
    }

    /// Returns the sanction of exactly this subject at this time.
    pub(crate) fn get(&self, measure: Measure, who: &Subject, at: Timestamp) -> Option<&Sanction> {
        self.of(measure).rows.get(who).filter(|sanction| !sanction.is_over(at))
    }

    /// Returns the sanction that concerns one of these names, or this address, at this time. Of
    /// several, it is the one that ends last.
    pub(crate) fn find<'a>(
        &self,
        measure: Measure,
        names: impl IntoIterator<Item = &'a str>,
        address: Option<IpAddr>,
        at: Timestamp,
    ) -> Option<&Sanction> {
        let index = self.of(measure);
        if index.rows.is_empty() {
            return None;
        }
        let named = names.into_iter().filter_map(|name| index.rows.get(&Subject::name(name)));
        let near = address.into_iter().flat_map(|address| index.around(address));
        let current = named.chain(near).filter(|sanction| !sanction.is_over(at));
        current.max_by_key(|sanction| sanction.until.unwrap_or(Timestamp::MAX))
    }

    /// All sanctions of this kind at this time, names first.
    pub(crate) fn all(
        &self,
        measure: Measure,
        at: Timestamp,
    ) -> impl Iterator<Item = (&Subject, &Sanction)> {
        self.of(measure).rows.iter().filter(move |(_, sanction)| !sanction.is_over(at))
    }
}

/// The sanctions of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Index {
    rows: BTreeMap<Subject, Sanction>,
    /// The number of ranges of each length, so that a search tries only lengths that exist.
    v4: BTreeMap<u8, usize>,
    v6: BTreeMap<u8, usize>,
}

impl Index {
    fn lengths(&mut self, range: &IpNet) -> &mut BTreeMap<u8, usize> {
        match range {
            IpNet::V4(_) => &mut self.v4,
            IpNet::V6(_) => &mut self.v6,
        }
    }

    fn insert(&mut self, who: Subject, sanction: Sanction) {
        if self.rows.insert(who.clone(), sanction).is_none()
            && let Subject::Range(range) = who
        {
            *self.lengths(&range).entry(range.prefix_len()).or_default() += 1;
        }
    }

    fn remove(&mut self, who: &Subject) {
        if self.rows.remove(who).is_some()
            && let Subject::Range(range) = who
        {
            let lengths = self.lengths(range);
            if let Some(count) = lengths.get_mut(&range.prefix_len()) {
                *count -= 1;
                if *count == 0 {
                    lengths.remove(&range.prefix_len());
                }
            }
        }
    }

    /// Removes ended sanctions.
    fn end(&mut self, at: Timestamp) {
        let over = self.rows.iter().filter(|(_, sanction)| sanction.is_over(at));
        let over: Vec<Subject> = over.map(|(who, _)| who.clone()).collect();
        over.iter().for_each(|who| self.remove(who));
    }

    /// The sanctions whose range contains this address.
    fn around(&self, address: IpAddr) -> impl Iterator<Item = &Sanction> {
        let address = address.to_canonical();
        let lengths = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        lengths
            .keys()
            .filter_map(move |length| self.rows.get(&Subject::Range(range(address, *length))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn impose(sanctions: &mut Sanctions, who: &str, seconds: Option<u64>) {
        let terms = Terms { seconds, reason: Some(who.into()) };
        let (measure, who) = (Measure::Ban, Subject::read(who).unwrap());
        let sanction = terms.begin(&"root".into(), at(0));
        sanctions.follow(&Effect::Sanctioned { measure, who, sanction });
    }

    fn find(sanctions: &Sanctions, name: &str, address: &str, seconds: i64) -> Option<String> {
        let address = Some(address.parse().unwrap());
        let found = sanctions.find(Measure::Ban, [name], address, at(seconds))?;
        Some(found.reason.as_deref().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_range_concerns_its_addresses_until_its_end() {
        let mut sanctions = Sanctions::default();
        for (who, seconds) in [
            ("bob", None),
            ("10.0.0.0/8", Some(10)),
            ("10.1.0.0/16", Some(20)),
            ("2001:db8::/32", None),
        ] {
            impose(&mut sanctions, who, seconds);
        }
        for (name, address, seconds, want) in [
            ("BOB", "192.0.2.1", 99, Some("bob")),
            ("al", "10.9.9.9", 9, Some("10.0.0.0/8")),
            ("al", "10.9.9.9", 10, None),
            ("al", "10.1.9.9", 0, Some("10.1.0.0/16")),
            ("al", "::ffff:10.1.9.9", 19, Some("10.1.0.0/16")),
            ("al", "10.1.9.9", 20, None),
            ("al", "11.0.0.0", 0, None),
            ("al", "2001:db8:ffff::1", 99, Some("2001:db8::/32")),
            ("al", "2001:db9::1", 0, None),
        ] {
            assert_eq!(find(&sanctions, name, address, seconds).as_deref(), want, "{address}");
        }
        assert_eq!(sanctions.find(Measure::Mute, ["bob"], None, at(0)), None);
    }

    #[test]
    fn a_new_sanction_removes_those_that_have_ended() {
        let mut sanctions = Sanctions::default();
        impose(&mut sanctions, "10.0.0.0/8", Some(10));
        let (measure, who) = (Measure::Ban, Subject::name("bob"));
        let sanction = Terms::default().begin(&"root".into(), at(10));
        sanctions.follow(&Effect::Sanctioned { measure, who: who.clone(), sanction });
        assert_eq!(find(&sanctions, "al", "10.0.0.1", 0), None);
        sanctions.follow(&Effect::Lifted { measure, who });
        assert_eq!(sanctions, Sanctions::default());
    }

    #[test]
    fn the_terms_end_a_sentence() {
        for (seconds, reason, want) in [
            (None, None, "You are banned!"),
            (None, Some("spam"), "You are banned: spam"),
            (Some(90), None, "You are banned until 1970-01-01 00:01:30 UTC!"),
            (Some(90), Some("spam"), "You are banned until 1970-01-01 00:01:30 UTC: spam"),
        ] {
            let terms = Terms { seconds, reason: reason.map(Arc::from) };
            let sanction = terms.begin(&"root".into(), at(0));
            assert_eq!(Measure::Ban.refusal(&sanction).to_string(), want);
        }
        let endless = Terms { seconds: Some(u64::MAX), reason: None };
        assert_eq!(endless.begin(&"root".into(), at(0)).until, Some(Timestamp::MAX));
    }
}
