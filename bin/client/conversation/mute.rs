//! The mute of the person: while it lasts, the server refuses their messages.

use jiff::{SignedDuration, Timestamp};

use super::Known;
use crate::terms::first_time;

/// The server names the end of a mute in whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// A mute of the person.
#[derive(Debug)]
pub(crate) struct Mute {
    /// Its end; `None` if it lasts until an administrator ends it.
    until: Option<Timestamp>,
}

impl Known {
    /// Notes that the person is muted, as the server says in this text.
    pub(crate) fn note_mute(&mut self, text: &str) {
        self.mute = Some(Mute { until: first_time(text).map(|until| until + ROUNDING) });
    }

    /// Returns the text to show if the time of the mute is over.
    pub(crate) fn end_mute(&mut self, now: Timestamp) -> Option<String> {
        let until = self.mute.as_ref()?.until?;
        (until <= now).then(|| {
            self.mute = None;
            "your mute has ended: you may send messages again".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Secrets;

    #[test]
    fn a_mute_with_a_time_ends_by_itself_once() {
        let mut known = Known::new(Secrets::Asked);
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        assert_eq!(known.end_mute(at("2026-11-30T18:00:00Z")), None);
        known.note_mute("You are muted until 2026-11-30 17:42:05 UTC: links");
        assert_eq!(known.end_mute(at("2026-11-30T17:42:05.999Z")), None);
        assert!(known.mute.is_some());
        assert!(known.end_mute(at("2026-11-30T17:42:06Z")).is_some());
        assert!(known.mute.is_none());
        known.note_mute("You are muted!");
        assert_eq!(known.end_mute(at("2036-11-30T17:42:06Z")), None);
        assert!(known.mute.is_some());
    }
}
