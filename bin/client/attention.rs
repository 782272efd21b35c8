//! The marker that shows where reading stopped: a line before the first message that arrives when the person
//! has pressed no key for a while. The next key ends this absence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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
}

impl Default for Attention {
    /// Without a marker.
    fn default() -> Attention {
        let state =
            State { after: Duration::ZERO, key: Timestamp::now(), count: 0, is_marked: false };
        Attention(Arc::new(Mutex::new(state)))
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
        state.key = now;
        state.count = 0;
        state.is_marked = false;
    }

    /// Another line marks the beginning of the unread messages.
    pub(crate) fn note_marker(&self) {
        self.lock().is_marked = true;
    }

    /// A message arrives. Returns the text of the marker before it, if it is the first of an absence.
    pub(crate) fn marker(&self, now: Timestamp) -> Option<String> {
        let mut state = self.lock();
        let is_away = !state.after.is_zero()
            && SignedDuration::try_from(state.after)
                .is_ok_and(|after| now.duration_since(state.key) >= after);
        if !is_away || state.is_marked {
            state.count += 1;
            return None;
        }
        state.is_marked = true;
        let [key, now] = [state.key, now].map(|time| time.to_zoned(TimeZone::system()));
        let format = if key.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        let since = key.strftime(format);
        let above = match state.count {
            0 => String::new(),
            1 => ", and perhaps the message above".to_owned(),
            count => format!(", and perhaps the {count} messages above"),
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
        let beginning = "--- unread from here, and perhaps the message above (no key since ";
        assert!(marker.starts_with(beginning), "{marker}");
        assert_eq!(attention.marker(at(301)), None, "once in an absence");
        attention.note_key(at(400));
        assert_eq!(attention.marker(at(699)), None);
        assert_eq!(attention.marker(at(699)), None);
        assert!(attention.marker(at(700)).unwrap().contains("the 2 messages above"));
        attention.note_key(at(1000));
        assert!(attention.marker(at(1300)).unwrap().contains("from here (no key since "));
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
