//! The thread `watch`, which carries out tasks at their time.

use std::io;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use parse::Request;

use crate::conversation::Conversation;
use crate::liveness::{Due, LOST, SLOW};
use crate::protocol::MESSAGE;

/// The interval between two looks.
const INTERVAL: Duration = Duration::from_millis(500);
/// If the wall clock is ahead by more than this, the computer has slept.
const SLEPT: Duration = Duration::from_secs(5);

/// What the person hears about the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    Bad(String),
    Good(String),
    /// Nothing to read: the prompt at a terminal shows another number.
    Countdown,
}

impl News {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            News::Bad(text) | News::Good(text) => Some(text),
            News::Countdown => None,
        }
    }
}

/// Starts the thread, which runs until the process ends. `say` shows news.
///
/// # Errors
/// When the system refuses the thread.
pub(crate) fn start(
    conversation: &Conversation,
    mut say: impl FnMut(&News) + Send + 'static,
) -> io::Result<()> {
    let conversation = conversation.clone();
    let run = move || {
        loop {
            let (now, clock) = (Instant::now(), SystemTime::now());
            thread::park_timeout(INTERVAL);
            let slept = clock.elapsed().is_ok_and(|passed| passed > now.elapsed() + SLEPT);
            // The client was stopped for this time, and did not read.
            let stopped = now.elapsed().saturating_sub(INTERVAL);
            conversation.known().liveness.skip(stopped);
            conversation.look(Instant::now(), slept).iter().for_each(&mut say);
        }
    };
    thread::Builder::new().name("watch".to_owned()).spawn(run).map(drop)
}

impl Conversation {
    /// Runs `show`, which may wait for a slow reader of the output. The client reads nothing meanwhile, so
    /// the server is not judged.
    pub(crate) fn while_showing<T>(&self, show: impl FnOnce() -> T) -> T {
        self.known().liveness.pause(Instant::now());
        let shown = show();
        self.known().liveness.resume(Instant::now());
        shown
    }

    /// Carries out the task that is due now; returns news to show. After the computer has `slept`,
    /// the client asks the server for a sign of life without a wait.
    fn look(&self, now: Instant, slept: bool) -> Option<News> {
        if self.retry_login(now) && self.style().terminal {
            return Some(News::Countdown);
        }
        self.ask_who_is_back(now);
        let mut known = self.known();
        if let Some(moves) = known.joins.end_old_run(now) {
            return Some(News::Good(moves));
        }
        let ended = known.end_mute(Timestamp::now()).filter(|_| self.style().terminal);
        if let Some(text) = ended.or_else(|| known.attention.take_news()) {
            return Some(News::Good(text));
        }
        if known.closed || known.given_up.is_some() {
            return None;
        }
        // A server that leaves the client's own requests unanswered is not judged by them.
        let answers = known.manners.answers;
        let oldest = known.outstanding().next();
        let own = if answers { known.own.len() } else { 0 };
        let due = known.liveness.due(now, oldest, own);
        match due.or_else(|| (slept && own == 0).then_some(Due::Probe))? {
            Due::Probe | Due::GiveUp if !answers => None,
            Due::Probe => {
                drop(known);
                self.ask_own("version");
                None
            }
            Due::AllClear => Some(News::Good("the server has answered".to_owned())),
            Due::Report(tag) => {
                known.liveness.tell();
                let what = known.sent.get(&tag).map(describe).unwrap_or_default();
                let count = known.outstanding().count();
                let all = if count > 1 {
                    format!("; {count} lines have no answer")
                } else {
                    String::new()
                };
                let slow = SLOW.as_secs();
                Some(News::Bad(format!("the server has not answered {what}for {slow} s{all}")))
            }
            Due::GiveUp => {
                let why = format!("nothing came from the server for {} s", LOST.as_secs());
                // A person decides whether to wait. A script has to learn that the connection is lost.
                if !known.reconnects && self.style().terminal {
                    known.liveness.tell();
                    return Some(News::Bad(why));
                }
                known.given_up = Some(why);
                drop(known);
                self.link().abort();
                None
            }
        }
    }
}

/// The words for a request: `/names `, or `the message "hello" `.
fn describe(request: &Request) -> String {
    match request.arguments.string("message") {
        Ok(text) if request.name == MESSAGE => format!("the message {text:?} "),
        _ => format!("/{} ", request.name),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use parse::{Dict, LinkEvent};

    use super::*;
    use crate::conversation::testing::{DEADLINE, connected};

    #[test]
    fn a_silent_server_is_reported_and_given_up() {
        let (server, conversation, mut receiver) = connected(true);
        conversation.known().reconnects = true;
        conversation.known().manners.answers = true;
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        conversation.ask(Request::new("rooms", Dict::new())).unwrap();
        let start = Instant::now();
        let look = |seconds| conversation.look(start + Duration::from_secs(seconds), false);
        assert_eq!(look(0), None);
        let slow = "the server has not answered /names for 10 s; 2 lines have no answer";
        assert_eq!(look(10), Some(News::Bad(slow.to_owned())));
        assert_eq!(look(30), None);
        assert!(matches!(receiver.recv(Some(DEADLINE)), LinkEvent::Closed(_)));
        let why = conversation.known().given_up.take();
        assert_eq!(why.as_deref(), Some("nothing came from the server for 30 s"));
        drop(server);
    }

    #[test]
    fn the_late_answers_of_a_server_are_an_all_clear() {
        let (_server, conversation, _receiver) = connected(true);
        let answer = |name: &'static str, tag: parse::Value| {
            let response = parse::Response::ok(name, Dict::new()).tagged(Some(tag));
            conversation.receive(&response);
            conversation.answered(&response);
        };
        answer("help", "own".into());
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        conversation.ask(Request::new("rooms", Dict::new())).unwrap();
        let start = Instant::now();
        let look = |seconds| conversation.look(start + Duration::from_secs(seconds), false);
        assert_eq!(look(0), None);
        assert!(matches!(look(10), Some(News::Bad(_))));
        answer("names", 1.into());
        assert_eq!(look(11), None);
        answer("rooms", 2.into());
        assert_eq!(look(12), Some(News::Good("the server has answered".to_owned())));
        assert_eq!(look(13), None);
    }

    #[test]
    fn a_person_who_does_not_reconnect_keeps_a_silent_server_and_a_script_does_not() {
        for terminal in [true, false] {
            let (server, conversation, mut receiver) = connected(terminal);
            conversation.known().manners.answers = true;
            let start = Instant::now();
            let look = |seconds| conversation.look(start + Duration::from_secs(seconds), false);
            assert_eq!(look(0), None);
            let why = "nothing came from the server for 30 s".to_owned();
            assert_eq!(look(30), terminal.then(|| News::Bad(why.clone())));
            assert_eq!(conversation.known().given_up, (!terminal).then_some(why));
            let quiet = Duration::from_millis(50);
            let waited = receiver.recv(Some(if terminal { quiet } else { DEADLINE }));
            assert_eq!(matches!(waited, LinkEvent::Closed(_)), !terminal, "{waited:?}");
            drop(server);
        }
    }

    #[test]
    fn after_a_sleep_the_client_asks_for_a_sign_of_life() {
        let (server, conversation, _receiver) = connected(true);
        let help = parse::Response::ok("help", Dict::new()).tagged(Some("own".into()));
        conversation.receive(&help);
        conversation.answered(&help);
        assert_eq!(conversation.look(Instant::now(), true), None);
        let lines = BufReader::new(server).lines().map(Result::unwrap);
        let mut asked = lines.filter(|line| line.contains("version"));
        assert_eq!(asked.next().as_deref(), Some(r#"{"request":"version","tag":"own"}"#));
    }
}
