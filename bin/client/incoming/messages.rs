//! The lines for messages: new ones, the backlog and the history. Messages of ignored people have none.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};
use parse::{Dict, DictError, Response, Value};

use crate::conversation::{Conversation, Known};
use crate::day;
use crate::mentions::is_call;
use crate::missed;
use crate::protocol::{JOIN, LIMIT, LOBBY, OFFLINE, PAGE, ROOM, TO, USERNAME};
use crate::rooms;
use crate::sanitize::is_word;
use crate::tags;

impl Known {
    /// Gives colours to the people who spoke in these messages, the latest first, if the client does not know yet who is
    /// present: the people who are present keep theirs.
    fn colour_speakers(&mut self, messages: &[&Dict]) {
        if !self.here.is_empty() {
            return;
        }
        let speakers = messages.iter().rev().filter_map(|message| message.string(USERNAME).ok());
        let speakers = speakers.filter(|speaker| is_word(speaker));
        self.me.as_deref().into_iter().chain(speakers).for_each(|name| self.palette.arrive(name));
    }

    /// The number of rooms that the client or the person enters, and has no answer yet.
    pub(crate) fn joins_asked(&self) -> usize {
        let is_join = |tag: &u64| self.sent.get(tag).is_some_and(|request| request.name == JOIN);
        self.outstanding().filter(is_join).count()
    }

    /// Notes a whisper that the server has kept, if the client enters rooms: their messages would hide it.
    pub(crate) fn note_kept(&mut self, message: &Dict) {
        if message.get(OFFLINE) == Some(&Value::Bool(true))
            && self.joins_asked() > 0
            && let Ok(who) = message.string(USERNAME)
        {
            self.chosen.note_kept(who);
        }
    }

    /// Notes a message, which was sent at this time, if it mentions the person or is a whisper to them.
    pub(crate) fn note_call(&self, message: &Dict, sent: Timestamp) {
        if is_call(message, self.me.as_deref()) == Ok(true)
            && let Ok(who) = message.string(USERNAME)
        {
            self.attention.note_call(who, sent);
        }
    }
}

impl Conversation {
    /// The message with its room, as the client shows it. A message to the lobby names no room; on a
    /// terminal, it gets one while the person is in other rooms too.
    pub(crate) fn placed<'a>(&self, message: &'a Dict) -> Cow<'a, Dict> {
        let names_rooms = self.style().terminal && self.known().rooms.tag().is_some();
        if !names_rooms || message.contains(ROOM) || message.contains(TO) {
            return Cow::Borrowed(message);
        }
        Cow::Owned(message.clone().with(ROOM, LOBBY))
    }

    /// The line for a message that has just arrived.
    pub(super) fn new_message(&self, message: &Dict) -> Result<Vec<String>, DictError> {
        let message = &*self.placed(message);
        let mut known = self.known();
        if let Ok(speaker) = message.string(USERNAME) {
            if known.ignored.contains(speaker) {
                return Ok(vec![]);
            }
            known.joins.note_speaker(speaker, Instant::now());
            if message.contains(TO) && known.me.as_deref() != Some(speaker) {
                known.whisperer = Some(speaker.to_owned());
            }
        }
        Ok(vec![self.style().new_message(message, known.me.as_deref(), &known.palette)?])
    }

    /// The lines of the backlog in an answer to `login` or `join`, without the messages that stand above
    /// already: a person may leave and come back. A script gets none unless it asks for them: it could
    /// not tell old messages from new ones.
    pub(super) fn backlog(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let mut lines = Vec::new();
        let mut known = self.known();
        let whispers = known.lost_whispers(body);
        let (room, page) = (missed::room(body), body.dicts("messages")?);
        let gap = known.seen.gap_before(room, &page).filter(|_| self.style().terminal);
        let count = known.limits.history.unwrap_or(PAGE);
        let mut messages = known.seen.unseen(room, page);
        drop(known);
        if !whispers.is_empty() {
            messages.extend(whispers);
            messages.sort_by_key(|message| message.whole_number("id").ok());
        }
        messages.iter().for_each(|message| self.known().seen.note(message));
        if !self.style().backlog {
            return Ok(lines);
        }
        let heeded = self.heeded(&messages);
        self.known().colour_speakers(&heeded);
        for message in &heeded {
            let message = &*self.placed(message);
            let mut known = self.known();
            let said = message.optional_string("timestamp").ok().flatten().and_then(day::local);
            let age =
                said.and_then(|said| Duration::try_from(Zoned::now().duration_since(&said)).ok());
            if let Some(when) = age.and_then(|age| Instant::now().checked_sub(age)) {
                known.joins.note_speaker(message.string(USERNAME)?, when);
            }
            lines.push(self.style().message(message, known.me.as_deref(), &known.palette)?);
        }
        if !lines.is_empty() {
            let how = |first| match room {
                LOBBY => format!(" (/history {count} {first} shows more before these)"),
                room => format!(" (/history {count} {first} {room} shows more before these)"),
            };
            let more = gap.map_or(String::new(), how);
            lines.insert(0, self.style().event(&format!("earlier messages{more}:")));
        }
        lines.extend(self.left_out(messages.len() - heeded.len()));
        Ok(lines)
    }

    /// The line about the messages of ignored people, if there are any.
    pub(crate) fn left_out(&self, count: usize) -> Option<String> {
        let text = match count {
            0 => return None,
            1 => "1 message of a person whom you ignore is not shown".to_owned(),
            _ => format!("{count} messages of people whom you ignore are not shown"),
        };
        Some(self.style().event(&text))
    }

    /// The lines for an answer to `history`. A server may send fewer messages than the person asked for.
    pub(super) fn history(
        &self,
        response: &Response,
        body: &Dict,
    ) -> Result<Vec<String>, DictError> {
        let (style, messages) = (self.style(), body.dicts("messages")?);
        let Some(first) = messages.first() else {
            return Ok(vec![style.event("no earlier messages")]);
        };
        let message = |message: &&Dict| {
            let message = self.placed(message);
            let known = self.known();
            style.numbered(&message, known.me.as_deref(), &known.palette)
        };
        let heeded = self.heeded(&messages);
        let mut lines: Vec<String> = heeded.iter().map(message).collect::<Result<_, _>>()?;
        lines.extend(self.left_out(messages.len() - heeded.len()));
        if body.get("more") == Some(&Value::Bool(true)) {
            let id = first.whole_number("id")?;
            let room = missed::room(first);
            let here = self.known().rooms.current() == room;
            let room = if here { String::new() } else { format!(" {}", rooms::shown(room)) };
            let count = messages.len() as u64;
            let asked = self.limit_of(response).filter(|limit| *limit > count);
            let why = if asked.is_some() {
                format!("the server sent {count} messages, its most in one answer; ")
            } else {
                String::new()
            };
            // A room may have fewer messages than the person asked for, so the rest of the limit is no number to tell.
            let next = asked.map_or(count, |limit| count.min(limit - count));
            let how = format!("{why}there is more: /history {next} {id}{room}");
            lines.push(style.event(&how));
        }
        Ok(lines)
    }

    /// The number of messages that the person asked for, of the request that this answers.
    fn limit_of(&self, response: &Response) -> Option<u64> {
        let known = self.known();
        let request = known.sent.get(&tags::number(response)?)?;
        request.arguments.optional_whole_number(LIMIT).ok().flatten()
    }

    /// The messages of people whom the person does not ignore.
    pub(crate) fn heeded<'a>(&self, messages: &'a [Dict]) -> Vec<&'a Dict> {
        let known = self.known();
        let is_ignored =
            |message: &Dict| message.string(USERNAME).is_ok_and(|it| known.ignored.contains(it));
        messages.iter().filter(|message| !is_ignored(message)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use parse::{Dict, Request, Response, Value};

    use crate::absence::Progress;
    use crate::conversation::testing::connected;
    use crate::ignored::Ignoring;

    fn message(text: &str) -> Dict {
        Dict::new().with("username", "alice").with("message", text)
    }

    #[test]
    fn a_whisper_to_oneself_is_mentioned() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.known().me = Some("alice".to_owned());
        let lines = |to: &str| {
            let whisper = message("psst").with("to", to);
            conversation.receive(&Response::ok("message", whisper).tagged(Some(1.into())))
        };
        assert_eq!(lines("Alice"), ["* you whispered to yourself; only you can read it"]);
        assert_eq!(lines("bob"), [""; 0]);
    }

    #[test]
    fn calls_are_told_after_an_absence_also_those_that_were_missed() {
        let (_server, conversation, _receiver) = connected(true);
        let mut known = conversation.known();
        known.me = Some("bob".to_owned());
        known.attention.mark_after(Duration::from_secs(60));
        known.attention.note_key("2026-01-02T03:00:00Z".parse().unwrap());
        drop(known);
        let missed = message("bob?").with("timestamp", "2026-01-02T03:10:00Z");
        conversation.lines_of_return(Progress { missed: vec![missed], ..Progress::default() });
        conversation.receive(&Response::ok("message", message("psst").with("to", "bob")));
        conversation.receive(&Response::ok("message", message("bobby is no call")));
        let attention = &conversation.known().attention;
        assert_eq!(attention.take_news(), None, "the person is away still");
        attention.note_key(Timestamp::now());
        let told = attention.take_news().unwrap();
        let begin = "while you were away: alice mentioned you or whispered, 2 times, first at ";
        assert!(told.starts_with(&(begin.to_owned() + "2026-01-02")), "{told}");
    }

    #[test]
    fn the_messages_of_ignored_people_are_counted_at_the_login() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.ignore(&Ignoring::Add("carl".to_owned()));
        let shown = |speakers: &[&str]| {
            let said = |(id, speaker): (usize, &&str)| {
                message("a").with("username", *speaker).with("id", id as u64 + 1)
            };
            let messages: Vec<Value> =
                speakers.iter().enumerate().map(|it| said(it).into()).collect();
            let answer = Dict::new().with("username", "alice").with("messages", messages);
            conversation.known().seen = Default::default();
            let lines = conversation.receive(&Response::ok("login", answer).tagged(Some(1.into())));
            lines.into_iter().filter(|line| line.contains("ignore") || line.contains(": a")).count()
        };
        assert_eq!(shown(&["bob"]), 1);
        assert_eq!(shown(&["bob", "carl", "Carl"]), 2);
        assert_eq!(shown(&["carl"]), 1);
        assert_eq!(shown(&[]), 0);
    }

    #[test]
    fn a_whisper_to_an_ignored_person_is_mentioned() {
        for terminal in [true, false] {
            let (_server, conversation, _receiver) = connected(terminal);
            conversation.known().me = Some("alice".to_owned());
            conversation.ignore(&Ignoring::Add("carl".to_owned()));
            let last = |to: &str| {
                let whisper = Response::ok("message", message("psst").with("to", to));
                conversation.receive(&whisper.tagged(Some(1.into()))).pop()
            };
            let want = "* you ignore Carl: an answer will not be shown (/unignore Carl)";
            assert_eq!(last("Carl").as_deref(), Some(want));
            assert!(last("bob").is_none_or(|line| line == "you -> bob: psst"));
        }
    }

    #[test]
    fn a_second_login_shows_only_messages_that_are_new() {
        let (_server, conversation, _receiver) = connected(true);
        let said = |id: u64, text: &str| Value::from(message(text).with("id", id));
        let login = |messages: Vec<Value>| {
            let body = Dict::new().with("username", "bob").with("messages", messages);
            conversation.receive(&Response::ok("login", body))
        };
        let first = login(vec![said(1, "one"), said(2, "two")]);
        assert_eq!(first, ["* earlier messages:", "alice: one", "alice: two", "* you are bob"]);
        let second = login(vec![said(2, "two"), said(3, "three")]);
        assert_eq!(second, ["* earlier messages:", "alice: three", "* you are bob"]);
        assert_eq!(login(vec![said(3, "three")]), ["* you are bob"]);
    }

    #[test]
    fn a_history_that_is_shorter_than_asked_says_so_and_how_to_get_the_rest() {
        let (_server, conversation, _receiver) = connected(true);
        let page: Vec<Value> =
            (7..9).map(|id: u64| Value::from(message("hi").with("id", id))).collect();
        let last = |limit: Option<u64>, more: bool| {
            let mut arguments = Dict::new();
            limit.into_iter().for_each(|limit| arguments.insert("limit", limit));
            conversation.ask(Request::new("history", arguments)).unwrap();
            let tag = conversation.known().outstanding().last().unwrap();
            let body = Dict::new().with("messages", page.clone()).with("more", more);
            let answer = Response::ok("history", body).tagged(Some(tag.into()));
            conversation.receive(&answer).pop().unwrap()
        };
        let sent = "* the server sent 2 messages, its most in one answer; there is more: /history";
        for limit in [100_000, 5, 4] {
            assert_eq!(last(Some(limit), true), format!("{sent} 2 7"));
        }
        assert_eq!(last(Some(3), true), format!("{sent} 1 7"));
        for limit in [Some(2), None] {
            assert_eq!(last(limit, true), "* there is more: /history 2 7");
        }
        assert_eq!(last(Some(5), false), "#8 alice: hi", "there are no others");
    }

    #[test]
    fn the_lobby_is_named_while_the_person_is_in_other_rooms() {
        for terminal in [true, false] {
            let (_server, conversation, _receiver) = connected(terminal);
            let lines = |message: Dict| conversation.receive(&Response::ok("message", message));
            conversation.known().rooms.log_in();
            assert_eq!(lines(message("one")), ["alice: one"]);
            conversation.known().rooms.enter("tea");
            let want = if terminal { "#lobby alice: two" } else { "alice: two" };
            assert_eq!(lines(message("two")), [want]);
            assert_eq!(lines(message("three").with("room", "tea")), ["#tea alice: three"]);
            assert_eq!(lines(message("psst").with("to", "bob")), ["alice -> bob: psst"]);
            conversation.known().rooms.leave("tea");
            assert_eq!(lines(message("four")), ["alice: four"]);
        }
    }
}
