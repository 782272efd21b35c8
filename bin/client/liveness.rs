//! Notices a server that does not answer: it hangs, it is stopped, or the network is gone.
//!
//! TCP alone notices a dead network after minutes, and a stopped server never.

use std::time::{Duration, Instant};

/// A request that is unanswered for this long is reported.
pub(crate) const SLOW: Duration = Duration::from_secs(10);
/// After this long without a response the client asks for one.
const QUIET: Duration = Duration::from_secs(60);
/// While the client waits for an answer and nothing at all comes for this long, the connection
/// counts as lost.
pub(crate) const LOST: Duration = Duration::from_secs(30);

/// A task that is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// To report that the request with this tag has no answer.
    Report(u64),
    /// To ask the server for a sign of life.
    Probe,
    /// To give the connection up.
    GiveUp,
    /// To say that a server, of which the person heard that it does not answer, has answered everything.
    AllClear,
}

/// The times of requests and responses.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// The last response.
    heard: Instant,
    /// Whether anything has come from the server.
    has_heard: bool,
    /// When the client began to wait for an answer.
    waiting: Option<Instant>,
    /// The oldest unanswered request, and when it was found to be the oldest.
    oldest: Option<(u64, Instant)>,
    reported: Option<u64>,
    /// Whether the person has heard that the server does not answer.
    is_told: bool,
    given_up: bool,
    /// Since when the client does not read, because it shows something.
    paused: Option<Instant>,
}

impl Liveness {
    /// The connection has just begun, which counts as a response.
    pub(crate) fn new(now: Instant) -> Liveness {
        Liveness {
            heard: now,
            has_heard: false,
            waiting: None,
            oldest: None,
            reported: None,
            is_told: false,
            given_up: false,
            paused: None,
        }
    }

    /// Whether anything has come from the server.
    pub(crate) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Records a response, or a frame that is none.
    pub(crate) fn hear(&mut self, now: Instant) {
        self.heard = now;
        self.has_heard = true;
        self.given_up = false;
    }

    /// The person hears that the server does not answer.
    pub(crate) fn tell(&mut self) {
        self.is_told = true;
    }

    /// Begins a pause: the client does not read, so the server is not judged.
    pub(crate) fn pause(&mut self, now: Instant) {
        self.paused = Some(now);
    }

    /// Ends a pause. Its time does not count.
    pub(crate) fn resume(&mut self, now: Instant) {
        if let Some(since) = self.paused.take() {
            self.skip(now.saturating_duration_since(since));
        }
    }

    /// Does not count this much time, in which the client did not read.
    pub(crate) fn skip(&mut self, time: Duration) {
        self.heard += time;
        self.waiting = self.waiting.map(|since| since + time);
        self.oldest = self.oldest.map(|(tag, since)| (tag, since + time));
    }

    /// Returns the task that is due now. `oldest` is the tag of the oldest unanswered request of the person,
    /// and `own` is the number of unanswered requests of the client itself.
    pub(crate) fn due(&mut self, now: Instant, oldest: Option<u64>, own: usize) -> Option<Due> {
        if self.paused.is_some() {
            return None;
        }
        let has_passed = |since: Instant, time| now.saturating_duration_since(since) >= time;
        if oldest.is_none() && own == 0 {
            self.waiting = None;
            if std::mem::take(&mut self.is_told) {
                return Some(Due::AllClear);
            }
            return has_passed(self.heard, QUIET).then_some(Due::Probe);
        }
        let waiting = *self.waiting.get_or_insert(now);
        if self.oldest.map(|(tag, _)| tag) != oldest {
            self.oldest = oldest.map(|tag| (tag, now));
        }
        if !self.given_up && has_passed(waiting.max(self.heard), LOST) {
            self.given_up = true;
            return Some(Due::GiveUp);
        }
        let slow = self.oldest.filter(|(_, since)| has_passed(*since, SLOW)).map(|(tag, _)| tag);
        let new = slow.filter(|_| slow != self.reported)?;
        self.reported = Some(new);
        Some(Due::Report(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that was heard at 0 s.
    struct Watched(Instant, Liveness);

    impl Watched {
        fn new() -> Watched {
            let start = Instant::now();
            Watched(start, Liveness::new(start))
        }

        /// The task that is due at this second, with this oldest request and this number of own requests.
        fn at(&mut self, second: u64, oldest: Option<u64>, own: usize) -> Option<Due> {
            self.1.due(self.0 + Duration::from_secs(second), oldest, own)
        }
    }

    #[test]
    fn an_unanswered_request_is_reported_once() {
        let mut server = Watched::new();
        assert_eq!(server.at(1, Some(7), 0), None);
        assert_eq!(server.at(10, Some(7), 0), None);
        assert_eq!(server.at(11, Some(7), 0), Some(Due::Report(7)));
        assert_eq!(server.at(20, Some(7), 0), None);
        // Another request is the oldest one now.
        assert_eq!(server.at(21, Some(8), 0), None);
        assert_eq!(server.at(31, Some(8), 0), Some(Due::GiveUp));
        assert_eq!(server.at(32, Some(8), 0), Some(Due::Report(8)));
    }

    #[test]
    fn a_quiet_server_is_asked_and_a_silent_one_is_given_up_once() {
        let mut server = Watched::new();
        assert_eq!(server.at(59, None, 0), None);
        assert_eq!(server.at(60, None, 0), Some(Due::Probe));
        assert_eq!(server.at(61, None, 1), None);
        assert_eq!(server.at(90, None, 1), None);
        assert_eq!(server.at(91, None, 1), Some(Due::GiveUp));
        assert_eq!(server.at(200, None, 1), None);
    }

    #[test]
    fn a_person_who_heard_of_the_silence_hears_once_when_everything_is_answered() {
        let mut server = Watched::new();
        assert_eq!(server.at(1, Some(7), 0), None);
        assert_eq!(server.at(2, None, 0), None, "nobody heard of a silence");
        server.1.tell();
        assert_eq!(server.at(3, Some(8), 0), None);
        assert_eq!(server.at(4, None, 1), None);
        assert_eq!(server.at(5, None, 0), Some(Due::AllClear));
        assert_eq!(server.at(6, None, 0), None);
    }

    #[test]
    fn a_server_is_not_judged_while_the_client_does_not_read() {
        let mut server = Watched::new();
        assert_eq!(server.at(0, Some(7), 1), None);
        server.1.pause(server.0 + Duration::from_secs(2));
        assert_eq!(server.at(100, Some(7), 1), None);
        server.1.resume(server.0 + Duration::from_secs(102));
        assert_eq!(server.at(109, Some(7), 1), None);
        assert_eq!(server.at(110, Some(7), 1), Some(Due::Report(7)));
        assert_eq!(server.at(129, Some(7), 1), None);
        assert_eq!(server.at(130, Some(7), 1), Some(Due::GiveUp));
    }

    #[test]
    fn any_response_is_a_sign_of_life() {
        let mut server = Watched::new();
        assert_eq!(server.at(0, None, 1), None);
        server.1.hear(server.0 + Duration::from_secs(29));
        assert_eq!(server.at(58, None, 1), None);
        assert_eq!(server.at(59, None, 1), Some(Due::GiveUp));
        server.1.hear(server.0 + Duration::from_secs(60));
        assert_eq!(server.at(119, None, 0), None);
        assert_eq!(server.at(120, None, 0), Some(Due::Probe));
    }
}
