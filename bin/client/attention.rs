//! The marker that shows where reading stopped: a line before the first message that arrives when the person
//! has pressed no key for a while. The next key ends this absence. A line then says who called the person during it:
//! the messages may have left the window.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::bounded::shorten;
use crate::day;

/// The most people whom the line about calls names.
const NAMED: usize = 5;
/// The most characters of a name in it.
const NAME: usize = 32;

/// Notes the keys of the person. Clones share the notes.
#[derive(Debug, Clone)]
pub(crate) struct Attention(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The time without a key after which messages count as unread; zero if they never do.
    after: Duration,
    /// When the person last pressed a key.
    key: Timestamp,
    /// The messages since then.
    count: usize,
    /// Whether the current absence has its marker.
    is_marked: bool,
    /// The calls since then.
    calls: Calls,
    /// The text about the calls of an absence that has ended.
    news: Option<String>,
}

/// Messages that mention the person, or are whispers to them.
#[derive(Debug, Default)]
struct Calls {
    /// The first people who called, each once.
    people: Vec<String>,
    /// Whether more people called.
    has_more: bool,
    count: usize,
    /// The time of the first call.
    first: Option<Timestamp>,
}

impl Calls {
    fn add(&mut self, who: &str, sent: Timestamp) {
        self.count += 1;
        self.first.get_or_insert(sent);
        if !self.people.iter().any(|other| other == who) {
            if self.people.len() < NAMED {
                self.people.push(who.to_owned());
            } else {
                self.has_more = true;
            }
        }
    }

    /// The text about them at this time; `None` if there are none.
    fn describe(&self, now: Timestamp) -> Option<String> {
        let first = day::short_at(self.first?, now);
        let more = if self.has_more { " and others" } else { "" };
        let people = self.people.join(", ");
        let count = match self.count {
            1 => format!("at {first}"),
            count => format!("{count} times, first at {first}"),
        };
        Some(format!("while you were away: {people}{more} mentioned you or whispered, {count}"))
    }
}

impl State {
    /// Whether the person has pressed no key for a while.
    fn is_away(&self, now: Timestamp) -> bool {
        let after = SignedDuration::try_from(self.after).ok().filter(|after| !after.is_zero());
        after.is_some_and(|after| now.duration_since(self.key) >= after)
    }
}

impl Default for Attention {
    /// Without a marker.
    fn default() -> Attention {
        Attention(Arc::new(Mutex::new(State {
            after: Duration::ZERO,
            key: Timestamp::now(),
            count: 0,
            is_marked: false,
            calls: Calls::default(),
            news: None,
        })))
    }
}

impl Attention {
    /// Sets the time without a key after which messages count as unread; zero is never.
    pub(crate) fn mark_after(&self, after: Duration) {
        self.lock().after = after;
    }

    /// The person presses a key.
    pub(crate) fn note_key(&self, now: Timestamp) {
        let mut state = self.lock();
        let calls = std::mem::take(&mut state.calls);
        if state.is_away(now) {
            state.news = calls.describe(now);
        }
        state.key = now;
        state.count = 0;
        state.is_marked = false;
    }

    /// A message of `who` mentions the person, or is a whisper to them. It was sent at this time.
    pub(crate) fn note_call(&self, who: &str, sent: Timestamp) {
        self.lock().calls.add(&shorten(who, NAME), sent);
    }

    /// Takes the text about the calls of an absence that has ended, if there were any.
    pub(crate) fn take_news(&self) -> Option<String> {
        self.lock().news.take()
    }

    /// Another line marks the beginning of the unread messages.
    pub(crate) fn note_marker(&self) {
        self.lock().is_marked = true;
    }

    /// A message arrives. Returns the text of the marker before it, if it is the first of an absence.
    pub(crate) fn marker(&self, now: Timestamp) -> Option<String> {
        let mut state = self.lock();
        if !state.is_away(now) || state.is_marked {
            state.count += 1;
            return None;
        }
        state.is_marked = true;
        let since = day::short_at(state.key, now);
        let above = match state.count {
            0 => String::new(),
            1 => ", maybe also the one above".to_owned(),
            count => format!(", maybe also the {count} above"),
        };
        Some(format!("--- unread from here{above} (no key since {since}) ---"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn started(after: Duration) -> Attention {
        let attention = Attention::default();
        attention.mark_after(after);
        attention.note_key(at(0));
        attention
    }

    #[test]
    fn the_first_message_of_an_absence_has_a_marker() {
        let attention = started(FIVE);
        assert_eq!(attention.marker(at(299)), None);
        let marker = attention.marker(at(300)).unwrap();
        let beginning = "--- unread from here, maybe also the one above (no key since ";
        assert!(marker.starts_with(beginning), "{marker}");
        assert_eq!(attention.marker(at(301)), None, "once in an absence");
        attention.note_key(at(400));
        assert_eq!(attention.marker(at(699)), None);
        assert_eq!(attention.marker(at(699)), None);
        assert!(attention.marker(at(700)).unwrap().contains("the 2 above"));
        attention.note_key(at(1000));
        assert!(attention.marker(at(1300)).unwrap().contains("from here (no key since "));
    }

    #[test]
    fn the_end_of_an_absence_tells_who_called() {
        let attention = started(FIVE);
        attention.note_call("bob", at(10));
        attention.note_key(at(20));
        assert_eq!(attention.take_news(), None, "nobody was away");
        attention.note_call("bob", at(30));
        attention.note_key(at(400));
        let time = day::short_at(at(30), at(400));
        let one = format!("while you were away: bob mentioned you or whispered, at {time}");
        assert_eq!((attention.take_news(), attention.take_news()), (Some(one), None));
        ["bob", "carl", "bob"].iter().for_each(|who| attention.note_call(who, at(500)));
        attention.note_key(at(800));
        let three = attention.take_news().unwrap();
        let begin = "while you were away: bob, carl mentioned you or whispered, 3 times, first at ";
        assert!(three.starts_with(begin), "{three}");
        (0..9).for_each(|number| attention.note_call(&format!("p{number}"), at(900)));
        attention.note_key(at(1200));
        assert!(attention.take_news().unwrap().contains("p4 and others mentioned"));
    }

    #[test]
    fn the_marker_of_another_day_has_a_date() {
        let length = |seconds| started(FIVE).marker(at(seconds)).unwrap().len();
        assert_eq!(length(3 * 24 * 3600) - length(300), "2023-11-14 ".len());
    }

    #[test]
    fn without_a_time_and_behind_another_marker_there_is_none() {
        assert_eq!(started(Duration::ZERO).marker(at(900)), None);
        assert_eq!(started(Duration::MAX).marker(at(900)), None);
        let attention = started(FIVE);
        attention.note_marker();
        assert_eq!(attention.marker(at(900)), None);
        // A clock that was set back is no absence.
        assert_eq!(started(FIVE).marker(at(-900)), None);
    }
}
