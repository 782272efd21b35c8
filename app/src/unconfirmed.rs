//! Whispers that a client may not have got before it lost its connection.
//!
//! A server cannot know which of the last frames a broken connection has delivered. A client finds missed messages
//! of rooms in their histories, but whispers are in none. So a client may give a secret of its choice with each
//! login. The chat keeps the latest whispers to it in memory. After the loss of the connection, the next login with
//! the same secret gets them. The client knows their ids, so it shows none twice. Such a login also ends the session
//! over the connection that the client has lost: the server may not have noticed that.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::{Message, Timestamp};

/// The length in bytes of a secret. Others could guess a shorter one.
pub(crate) const SECRET: RangeInclusive<usize> = 16..=64;

/// The most whispers that are kept for a session.
const MOST: usize = 20;
/// The most bytes of their texts.
const BYTES: usize = 16 * 1024;
/// The longest age of a whisper that a login gets: the server notices a lost connection earlier.
const AGE: SignedDuration = SignedDuration::from_mins(5);
/// The most sessions that are remembered after their end.
const SESSIONS: usize = 1000;

/// The latest whispers to a session.
#[derive(Debug, Default)]
pub(crate) struct Unconfirmed {
    /// The secret of the client. Without one, no whispers are kept.
    secret: Option<Arc<str>>,
    whispers: VecDeque<Message>,
}

impl Unconfirmed {
    /// Keeps whispers from now on for a client with this secret, if it has one.
    pub(crate) fn begin(&mut self, secret: Option<&str>) {
        if self.secret.as_deref() != secret {
            *self = Unconfirmed { secret: secret.map(Arc::from), whispers: VecDeque::new() };
        }
    }

    /// Whether this is a session of the same client.
    pub(crate) fn is_of_same_client(&self, other: &Unconfirmed) -> bool {
        self.secret.is_some() && self.secret == other.secret
    }

    /// Keeps a whisper that is sent to the client. The oldest ones make room for it.
    pub(crate) fn note(&mut self, whisper: &Message) {
        if self.secret.is_none() {
            return;
        }
        self.whispers.push_back(whisper.clone());
        let bytes = |whispers: &VecDeque<Message>| {
            whispers.iter().map(|whisper| whisper.text.len()).sum::<usize>()
        };
        while self.whispers.len() > MOST || bytes(&self.whispers) > BYTES {
            self.whispers.pop_front();
        }
    }
}

/// The latest whispers to sessions that have ended, the oldest session first.
#[derive(Debug, Default)]
pub(crate) struct Ended(VecDeque<Unconfirmed>);

impl Ended {
    /// Keeps the whispers of a session that ends.
    pub(crate) fn keep(&mut self, session: Unconfirmed) {
        if session.whispers.is_empty() {
            return;
        }
        self.0.push_back(session);
        if self.0.len() > SESSIONS {
            self.0.pop_front();
        }
    }

    /// Moves the whispers of earlier sessions with the same secret to this session, as far as they are new enough.
    /// Returns them, oldest first.
    pub(crate) fn resume(&mut self, session: &mut Unconfirmed, now: Timestamp) -> Vec<Message> {
        if session.secret.is_none() {
            return Vec::new();
        }
        let ended = std::mem::take(&mut self.0).into_iter();
        let (earlier, others): (VecDeque<_>, _) = ended.partition(|it| it.secret == session.secret);
        self.0 = others;
        let whispers = earlier.into_iter().flat_map(|ended| ended.whispers);
        let mut whispers: Vec<Message> =
            whispers.filter(|it| now.duration_since(it.timestamp) <= AGE).collect();
        whispers.sort_by_key(|whisper| whisper.id);
        whispers.dedup_by_key(|whisper| whisper.id);
        // The new connection may be lost, too.
        whispers.iter().for_each(|whisper| session.note(whisper));
        whispers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whisper(id: u64, length: usize) -> Message {
        Message {
            id,
            username: "alice".into(),
            room: "lobby".into(),
            to: Some("bob".into()),
            text: "x".repeat(length),
            action: false,
            offline: false,
            timestamp: at(0),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn session(secret: &str) -> Unconfirmed {
        let mut session = Unconfirmed::default();
        session.begin(Some(secret));
        session
    }

    /// The ids of the whispers that a login with this secret gets at this time.
    fn resumed(ended: &mut Ended, secret: &str, seconds: i64) -> Vec<u64> {
        let whispers = ended.resume(&mut session(secret), at(seconds));
        whispers.iter().map(|whisper| whisper.id).collect()
    }

    #[test]
    fn a_login_with_the_same_secret_gets_the_whispers_once() {
        let mut ended = Ended::default();
        for (secret, id) in [("one", 3), ("two", 2), ("one", 1)] {
            let mut session = session(secret);
            session.note(&whisper(id, 1));
            ended.keep(session);
        }
        assert_eq!(resumed(&mut ended, "three", 0), [0; 0]);
        assert_eq!(resumed(&mut ended, "one", 0), [1, 3]);
        assert_eq!(resumed(&mut ended, "one", 0), [0; 0]);
        assert_eq!(resumed(&mut ended, "two", 301), [0; 0], "they are too old");
    }

    #[test]
    fn a_session_that_is_lost_again_passes_its_whispers_on() {
        let mut ended = Ended::default();
        let mut first = session("one");
        first.note(&whisper(1, 1));
        ended.keep(first);
        let mut second = session("one");
        ended.resume(&mut second, at(0));
        second.note(&whisper(2, 1));
        ended.keep(second);
        assert_eq!(resumed(&mut ended, "one", 300), [1, 2]);
    }

    #[test]
    fn the_whispers_and_the_sessions_are_bounded() {
        let mut many = session("one");
        (1..=MOST as u64 + 5).for_each(|id| many.note(&whisper(id, 1)));
        assert_eq!((many.whispers.len(), many.whispers[0].id), (MOST, 6));
        let mut long = session("one");
        (1..=6).for_each(|id| long.note(&whisper(id, 4096)));
        assert_eq!((long.whispers.len(), long.whispers[0].id), (4, 3));
        let mut ended = Ended::default();
        for number in 0..SESSIONS + 5 {
            let mut session = session(&number.to_string());
            session.note(&whisper(1, 1));
            ended.keep(session);
        }
        assert_eq!(ended.0.len(), SESSIONS);
        assert_eq!(resumed(&mut ended, "4", 0), [0; 0]);
        assert_eq!(resumed(&mut ended, "5", 0), [1]);
    }

    #[test]
    fn without_a_secret_nothing_is_kept() {
        let mut session = Unconfirmed::default();
        session.note(&whisper(1, 1));
        let mut ended = Ended::default();
        ended.keep(session);
        assert!(ended.0.is_empty());
        assert!(ended.resume(&mut Unconfirmed::default(), at(0)).is_empty());
    }
}
