//! `/search`: finds earlier messages of the current room with a text.
//!
//! A server does not search, so the client asks for the history, page by page, the latest page first.

use std::time::{Duration, Instant};

use parse::{Dict, Response, Value};

use super::{Conversation, Known};
use crate::protocol::{HISTORY, MESSAGE, PAGE, page_before};
use crate::rooms::shown;

/// The most pages that one search reads.
const PAGES: usize = 50;
/// A search that has found so many messages asks for no further page.
const ENOUGH: usize = 50;
/// After so much time, a search says that it goes on.
const SLOW: Duration = Duration::from_secs(1);

/// The page of the history for which a search waits.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The number of answers that belong to earlier requests, which the client no longer waits for.
    late: usize,
    /// The page, or the text of the server's refusal.
    answer: Option<Result<Dict, String>>,
}

/// What a search has found so far, the latest message first.
#[derive(Debug, Default)]
struct Found {
    /// The number of messages that it has read.
    read: usize,
    messages: Vec<Dict>,
    /// The id of the earliest message that it has read, if messages have ids.
    first: Option<u64>,
    /// Whether it has read all messages of the room.
    is_whole: bool,
}

impl Known {
    /// Takes an answer to a request of the client itself, if a search waits for it: a page of the history, or a
    /// refusal. A server that does not know the request may name the refusal `error`.
    pub(crate) fn take_page(&mut self, response: &Response) {
        let is_page = response.name == HISTORY;
        let is_refusal = response.name == "error" && response.outcome.is_err();
        match &mut self.wanted {
            Some(wanted) if is_page || is_refusal => match wanted.late.checked_sub(1) {
                Some(late) => wanted.late = late,
                None => {
                    let answer = response.outcome.clone();
                    wanted.answer = Some(answer.map_err(|failure| failure.text));
                }
            },
            _ => {}
        }
    }

    /// Whether the page for which a search waits is here.
    pub(super) fn has_page(&self) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.answer.is_some())
    }

    /// The current room and the number of messages of a page, if its history can be searched now.
    ///
    /// # Errors
    /// The reason why it cannot.
    fn searchable(&self) -> Result<(String, u64), &'static str> {
        if self.me.is_none() {
            return Err("only people who are logged in can search: /login NAME");
        }
        if self.closed || self.returning.is_some() {
            return Err("without a connection nothing can be searched");
        }
        if self.catalogue.find(HISTORY).is_none() {
            return Err("this server has no history to search");
        }
        Ok((self.rooms.current().to_owned(), self.limits.history.unwrap_or(PAGE)))
    }
}

impl Conversation {
    /// Searches the history of the current room for a text, in any letter case. Returns the lines to show. `waits`
    /// waits for the page, and returns whether the person wants no more. `say` shows a line during a long search.
    pub(crate) fn look_up(
        &self,
        text: &str,
        waits: impl Fn() -> bool,
        say: impl Fn(&str),
    ) -> Vec<String> {
        let searchable = self.known().searchable();
        let (room, limit) = match searchable {
            Ok(searchable) => searchable,
            Err(why) => return vec![self.mistake(why)],
        };
        let mut found = Found::default();
        let mut slow = Some(Instant::now() + SLOW);
        for _ in 0..PAGES {
            let before = found.first;
            let mut known = self.known();
            let late = known.own.count(HISTORY);
            known.wanted = Some(Wanted { late, answer: None });
            drop(known);
            self.ask_own_with(page_before(&room, before, limit));
            let stopped = waits();
            let wanted = self.known().wanted.take();
            let why = match wanted.and_then(|wanted| wanted.answer) {
                Some(Ok(page)) => {
                    let more = found.add(&page, text);
                    if !more || stopped || found.messages.len() >= ENOUGH {
                        break;
                    }
                    if slow.is_some_and(|slow| Instant::now() >= slow) {
                        slow = None;
                        say(&self.style().event("searching; Ctrl-C stops"));
                    }
                    continue;
                }
                Some(Err(why)) => why,
                None if stopped => "stopped".to_owned(),
                None => "no answer came from the server".to_owned(),
            };
            let mut lines = if found.read > 0 { self.found(&found, text, &room) } else { vec![] };
            lines.push(self.mistake(&format!("the search ended early: {why}")));
            return lines;
        }
        self.found(&found, text, &room)
    }

    /// The lines for what a search has found, the latest message last.
    fn found(&self, found: &Found, text: &str, room: &str) -> Vec<String> {
        let style = self.style();
        let heeded = self.heeded(&found.messages);
        let messages = heeded.iter().rev().filter_map(|message| {
            let message = self.placed(message);
            let known = self.known();
            style.numbered(&message, known.me.as_deref(), &known.palette).ok()
        });
        let mut lines: Vec<String> = messages.collect();
        lines.extend(self.left_out(found.messages.len() - heeded.len()));
        let which = if found.is_whole { "all" } else { "the last" };
        let earlier = match found.first.filter(|_| !found.is_whole) {
            Some(first) => format!("; /history {PAGE} {first} shows earlier ones"),
            None => String::new(),
        };
        let (count, read, room) = (found.messages.len(), found.read, shown(room));
        let whispers = if count == 0 { " (the history has no whispers)" } else { "" };
        let told = format!(
            "{count} of {which} {read} messages in {room} have {text:?}{whispers}{earlier}"
        );
        lines.push(style.event(&told));
        lines
    }
}

impl Found {
    /// Adds the messages of a page that have the text. Returns whether to ask for an earlier page: a server may not
    /// say whether there is one, and may send messages without ids, before which no page can end.
    fn add(&mut self, page: &Dict, text: &str) -> bool {
        let messages = page.dicts("messages").unwrap_or_default();
        let Some(first) = messages.first() else {
            self.is_whole = true;
            return false;
        };
        let first = first.whole_number("id").ok();
        if self.first.is_some_and(|last| first.is_none_or(|first| first >= last)) {
            // A server that sends the same page again.
            return false;
        }
        self.first = first;
        self.is_whole = page.get("more") == Some(&Value::Bool(false));
        self.read += messages.len();
        let text = text.to_lowercase();
        let has_text = |message: &Dict| {
            message.string(MESSAGE).is_ok_and(|it| it.to_lowercase().contains(&text))
        };
        self.messages.extend(messages.into_iter().rev().filter(has_text));
        first.is_some() && !self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use parse::Failure;

    use super::*;
    use crate::conversation::testing::connected;
    use crate::ignored::Ignoring;
    use crate::tags::OWN;

    /// A page with messages of bob.
    fn page(ids: std::ops::Range<u64>, more: Option<bool>) -> Dict {
        let message = |id: u64| {
            let text = format!("Tea number {id}");
            Value::from(Dict::new().with("id", id).with("username", "bob").with(MESSAGE, text))
        };
        let mut page = Dict::new().with("messages", ids.map(message).collect::<Vec<_>>());
        more.into_iter().for_each(|more| page.insert("more", more));
        page
    }

    fn answer(page: Dict) -> Response {
        Response::ok("history", page).tagged(Some(OWN.into()))
    }

    /// The lines of a search. `answers` are those of the server.
    fn search(text: &str, answers: Vec<Response>) -> Vec<String> {
        let (_server, conversation, _receiver) = connected(true);
        search_in(&conversation, text, answers)
    }

    fn search_in(conversation: &Conversation, text: &str, answers: Vec<Response>) -> Vec<String> {
        conversation.known().me = Some("alice".to_owned());
        let answers = RefCell::new(answers.into_iter());
        let waits = || match answers.borrow_mut().next() {
            Some(answer) => {
                assert_eq!(conversation.receive(&answer), [""; 0]);
                conversation.answered(&answer);
                false
            }
            None => true,
        };
        let lines = conversation.look_up(text, waits, |_| ());
        assert!(answers.into_inner().next().is_none(), "the search asks for each page");
        lines
    }

    fn told(lines: &[String]) -> &str {
        lines.last().unwrap()
    }

    #[test]
    fn pages_are_read_backwards_and_their_messages_shown_forwards() {
        let pages = vec![answer(page(20..30, Some(true))), answer(page(1..20, Some(false)))];
        let lines = search("tEA NUMBER 2", pages);
        assert_eq!(lines.len(), 12);
        assert_eq!((&*lines[0], &*lines[1]), ("#2 bob: Tea number 2", "#20 bob: Tea number 20"));
        assert_eq!(told(&lines), "* 11 of all 29 messages in #lobby have \"tEA NUMBER 2\"");
    }

    #[test]
    fn a_search_ends_after_enough_messages_and_says_how_to_go_on() {
        let lines = search(
            "tea",
            vec![answer(page(100..149, Some(true))), answer(page(51..100, Some(true)))],
        );
        assert_eq!(lines.len(), 99);
        let end = "* 98 of the last 98 messages in #lobby have \"tea\"; /history 100 51 shows earlier ones";
        assert_eq!(told(&lines), end);
        let pages =
            (0..PAGES as u64).rev().map(|number| answer(page(number + 1..number + 2, Some(true))));
        let lines = search("coffee", pages.collect());
        assert!(told(&lines).starts_with("* 0 of the last 50 messages"), "{lines:?}");
    }

    #[test]
    fn a_server_need_not_say_whether_there_are_earlier_messages() {
        let lines = search("tea", vec![answer(page(5..7, None)), answer(page(0..0, None))]);
        assert_eq!(told(&lines), "* 2 of all 2 messages in #lobby have \"tea\"");
        // One that ignores the id sends the same page again.
        let lines =
            search("tea", vec![answer(page(5..7, Some(true))), answer(page(5..7, Some(true)))]);
        assert!(told(&lines).starts_with("* 2 of the last 2 messages"), "{lines:?}");
        let lines = search("tea", vec![answer(Dict::new().with("messages", 3))]);
        assert_eq!(
            told(&lines),
            "* 0 of all 0 messages in #lobby have \"tea\" (the history has no whispers)"
        );
    }

    #[test]
    fn a_search_that_ends_early_shows_what_it_has_found_and_says_why() {
        for name in ["history", "error"] {
            let refusal = Failure { code: "".into(), text: "Not today!".to_owned() };
            let refused = Response::error(name, refusal).tagged(Some(OWN.into()));
            assert_eq!(
                search("tea", vec![refused.clone()]),
                ["! the search ended early: Not today!"]
            );
            let lines = search("tea", vec![answer(page(5..7, Some(true))), refused]);
            assert_eq!(lines.len(), 4, "{lines:?}");
        }
        let lines = search("tea", vec![answer(page(5..7, Some(true)))]);
        assert_eq!(lines[0], "#5 bob: Tea number 5");
        assert_eq!(told(&lines), "! the search ended early: stopped");
        assert_eq!(search("tea", vec![]), ["! the search ended early: stopped"]);
    }

    #[test]
    fn a_late_page_of_an_earlier_search_does_not_count() {
        let (_server, conversation, _receiver) = connected(true);
        search_in(&conversation, "tea", vec![]);
        let pages = [answer(page(1..9, Some(false))), answer(page(1..3, Some(false)))];
        let (late, rest) = pages.split_first().unwrap();
        let rest = RefCell::new(rest.iter());
        let waits = || {
            conversation.receive(late);
            conversation.answered(late);
            let answer = rest.borrow_mut().next().unwrap();
            conversation.receive(answer);
            false
        };
        let lines = conversation.look_up("tea", waits, |_| ());
        assert_eq!(told(&lines), "* 2 of all 2 messages in #lobby have \"tea\"");
    }

    #[test]
    fn messages_of_ignored_people_are_counted_and_not_shown() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.ignore(&Ignoring::Add("bob".to_owned()));
        let lines = search_in(&conversation, "tea", vec![answer(page(1..3, Some(false)))]);
        assert_eq!(
            lines,
            [
                "* 2 messages of people whom you ignore are not shown",
                "* 2 of all 2 messages in #lobby have \"tea\"",
            ]
        );
    }

    #[test]
    fn without_a_login_a_connection_or_a_history_there_is_no_search() {
        let (_server, conversation, _receiver) = connected(true);
        let why = || conversation.look_up("tea", || panic!("it asks for a page"), |_| ()).remove(0);
        assert_eq!(why(), "! only people who are logged in can search: /login NAME");
        conversation.known().me = Some("alice".to_owned());
        conversation.known().closed = true;
        assert_eq!(why(), "! without a connection nothing can be searched");
    }
}
