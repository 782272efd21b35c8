//! Handles the responses of the server: updates the state and returns the lines to show.

mod messages;
mod moves;

use std::time::Instant;

use app::Refusal;
use jiff::Timestamp;
use parse::{Dict, DictError, Failure, ParseError, Request, Response, Value};

use crate::advice::{advice, for_person, for_script};
use crate::bounded::first_lines;
use crate::catalogue::{Catalogue, PROBE, Secrets};
use crate::conversation::Conversation;
use crate::day;
use crate::joins::Shown;
use crate::protocol::{JOIN, LOBBY, MESSAGE, OFFLINE, ROOM, TO, USERNAME};
use crate::rank::Rank;
use crate::rooms::shown;
use crate::sanitize::is_word;
use crate::server_limits::ServerLimits;
use crate::tags;
use crate::terms::{in_local_time, terms};

impl Conversation {
    /// Handles a response; returns the lines to show. Call
    /// [`answered`](Conversation::answered) after showing them.
    pub(crate) fn receive(&self, response: &Response) -> Vec<String> {
        self.known().hear();
        let (tagged, lack) = self.with_tag(response);
        self.decide(&tagged);
        let lines = lack.into_iter().chain(self.all_lines(&tagged)).collect();
        self.answered_without_tag(response, &tagged);
        let mut lines = first_lines(lines);
        if !lines.is_empty() && self.style().terminal {
            lines.splice(0..0, self.new_day(&tagged));
            lines.splice(0..0, self.unread(&tagged));
        }
        // The people who came and went before another line. On one of them the run goes on.
        let is_move = tagged.tag.is_none()
            && matches!(&*tagged.name, "join" | "leave" | "entered" | "exited");
        if !lines.is_empty() && !is_move {
            let moves = self.known().joins.end_run();
            lines.splice(0..0, moves.map(|moves| self.style().news(&moves)));
        }
        lines
    }

    /// The line with the date, if this response is the first to be shown on a new day. There is no timer:
    /// the line comes with the next line of the conversation.
    fn new_day(&self, response: &Response) -> Option<String> {
        let body = response.outcome.as_ref().ok();
        let said = body.and_then(|body| body.optional_string("timestamp").ok().flatten());
        let day = said.and_then(day::local).map_or_else(day::today, |said| said.date());
        let line = self.known().day.advance(day);
        line.map(|line| self.style().event(&line))
    }

    /// The line that shows where reading stopped, if this response is the first unread message. Notes also whether the
    /// message calls the person.
    fn unread(&self, response: &Response) -> Option<String> {
        let body = response.outcome.as_ref().ok();
        let message = body.filter(|_| response.name == MESSAGE && response.tag.is_none())?;
        let (mut known, now) = (self.known(), Timestamp::now());
        known.note_call(message, now);
        known.note_kept(message);
        known.attention.marker(now).map(|marker| self.style().event(&marker))
    }

    fn all_lines(&self, response: &Response) -> Vec<String> {
        match self.on_the_way_back(response) {
            Some(progress) => self.lines_of_return(progress),
            None => self.usual_lines(response),
        }
    }

    /// The lines for a response outside a return.
    pub(crate) fn usual_lines(&self, response: &Response) -> Vec<String> {
        let body = match &response.outcome {
            Ok(body) if tags::is_own(response) => {
                self.known().take_page(response);
                self.learn(&response.name, body);
                return match &*response.name {
                    "names" if body.contains(ROOM) => self.members(body).into_iter().collect(),
                    "names" => {
                        let missing = self.missing_people(Instant::now());
                        self.company().into_iter().chain(missing).collect()
                    }
                    _ => Vec::new(),
                };
            }
            Ok(body) => {
                let mut known = self.known();
                if response.tag.is_some() && known.catalogue.asks_for_secret(&response.name) {
                    known.expects_secret.end();
                }
                body
            }
            // The person did not make this request, so a refusal is not shown.
            Err(failure) if tags::is_own(response) => {
                self.known().take_page(response);
                match &*response.name {
                    PROBE => self.known().rank = Rank::from_refusal(failure),
                    "names" => self.known().reunion.forget(),
                    _ => {}
                }
                return Vec::new();
            }
            Err(_) if self.keep_refusal(response) => return Vec::new(),
            Err(failure) => {
                if let Some(lines) = self.lock(response) {
                    return lines;
                }
                if failure.code == Refusal::Muted(String::new()).code() {
                    self.known().note_mute(&failure.text);
                }
                self.note_wrong_password(response);
                self.note_refused_join(response);
                return vec![self.mistake(&self.refusal_of(response, failure))];
            }
        };
        self.lines_of(response, body).unwrap_or_else(|error| vec![self.misread(&error.into())])
    }

    /// The text of a refusal, with the advice.
    fn refusal_of(&self, response: &Response, failure: &Failure) -> String {
        let known = self.known();
        let request = tags::number(response).and_then(|tag| known.sent.get(&tag));
        let is_terminal = self.style().terminal;
        let is_for_others = known.catalogue.is_for_administrators(&response.name);
        if is_terminal && failure.code == Refusal::NotAllowed.code() && is_for_others {
            let advice = format!("/{} is for administrators", response.name);
            return for_person(failure, Some(advice));
        }
        // A terminal without a line editor asks for nothing, as a script does.
        let text = if is_terminal && known.catalogue.secrets == Secrets::Asked {
            in_local_time(&for_person(failure, advice(&failure.code, request, known.limits)))
        } else {
            for_script(failure, request, known.limits)
        };
        match request {
            Some(message) if message.name == MESSAGE => known.catalogue.not_sent(&text, message),
            // The client may have sent it itself: after the login, it joins several rooms.
            Some(join) if is_terminal && join.name == JOIN => match join.arguments.string(ROOM) {
                Ok(room) => format!("cannot enter {}: {text}", shown(room)),
                Err(_) => text,
            },
            _ => text,
        }
    }

    /// The line to show when the client cannot read what the server says.
    pub(crate) fn misread(&self, error: &ParseError) -> String {
        self.mistake(&format!("cannot read a response of the server: {error}"))
    }

    /// Updates the state from an answer to a request that the client made for itself. It ignores
    /// malformed answers: then only completion knows less.
    fn learn(&self, name: &str, body: &Dict) {
        match name {
            "help" => {
                let mut known = self.known();
                known.limits = ServerLimits::from_help(body);
                if let Ok(catalogue) = Catalogue::from_help(body, known.catalogue.secrets) {
                    known.catalogue = catalogue;
                }
            }
            "names" if !body.contains(ROOM) => {
                if let Ok(names) = body.list("names") {
                    self.known().replace_names(names.iter().filter_map(Value::as_str));
                }
            }
            "rooms" => {
                if let Ok(rooms) = body.dicts("rooms") {
                    let names = rooms.iter().filter_map(|room| room.string(ROOM).ok());
                    self.known().rooms.learn_all(names);
                }
            }
            _ => {}
        }
    }

    fn lines_of(&self, response: &Response, body: &Dict) -> Result<Vec<String>, DictError> {
        let style = self.style();
        let event = |text: String| vec![style.event(&text)];
        Ok(match response.name.as_ref() {
            "message" => self.message(response, body)?,
            // With a room it is the answer to a request; without one, a person came or left.
            "join" if body.contains(ROOM) => self.joined_room(body)?,
            "leave" if body.contains(ROOM) => self.left_room(body)?,
            "join" | "leave" => self.joined_or_left(&response.name, body)?,
            "entered" | "exited" => self.entered_or_exited(&response.name, body)?,
            "notice" => {
                let text = body.string("message")?;
                self.known().note_reason(body.optional_string("reason")?, text);
                vec![style.news(&if style.terminal { in_local_time(text) } else { text.into() })]
            }
            "login" => {
                self.remember_login(response);
                self.logged_in(body)?
            }
            "logout" => {
                let mut known = self.known();
                known.log_out();
                let next = match (style.terminal, known.reconnects) {
                    (true, true) => format!("; {} logs in again", known.last_login()),
                    (true, false) => {
                        "; without a login the server soon closes the connection".to_owned()
                    }
                    _ => String::new(),
                };
                drop(known);
                event(format!("you are logged out{next}"))
            }
            "register" => {
                self.remember_password(response);
                let name = body.string(USERNAME)?;
                let mut text = format!("{name} has a password now");
                // An account for another person.
                let other = self.me().filter(|me| !me.eq_ignore_ascii_case(name));
                if let Some(me) = other.filter(|_| !body.contains("messages")) {
                    text += &format!("; you are still {me}");
                }
                let mut lines = event(text);
                // The registration has logged in.
                if body.contains("messages") {
                    self.remember_login(response);
                    lines.extend(self.logged_in(body)?);
                }
                lines
            }
            "passwd" => {
                self.remember_password(response);
                event("your password is changed".to_owned())
            }
            "names" => {
                let names = body.list("names")?.iter().filter_map(Value::as_str);
                let names = names.collect::<Vec<_>>().join(", ");
                let names_lobby = style.terminal && self.known().rooms.tag().is_some();
                match body.optional_string(ROOM)?.or(names_lobby.then_some(LOBBY)) {
                    Some(room) => event(format!("in {}: {names}", shown(room))),
                    None => event(format!("here: {names}")),
                }
            }
            "rooms" => {
                self.learn("rooms", body);
                style.unknown(response, &with_shown_rooms(body))
            }
            "history" => self.history(response, body)?,
            "version" => event(format!("version {}", body.string("version")?)),
            "remove" | "removed" => self.removed(&response.name, body)?,
            // At a terminal, the line about their departure says it.
            "kick" if style.terminal && self.known().joins.shown != Shown::Off => vec![],
            "kick" => event(format!("{} was kicked", body.string(USERNAME)?)),
            "ban" => event(format!("{} is banned{}", body.string("who")?, terms(body)?)),
            "unban" => event(format!("{} is not banned any more", body.string("who")?)),
            "mute" => {
                let who = body.string("who")?;
                let lacks = style.terminal && is_word(who) && self.known().lacks_person(who);
                let absent =
                    if lacks { format!(" ({who} is not here now)") } else { String::new() };
                event(format!("{who} is muted{}{absent}", terms(body)?))
            }
            "unmute" => event(format!("{} is not muted any more", body.string("who")?)),
            "shutdown" => {
                self.known().shut_down = true;
                event("the server is shutting down".to_owned())
            }
            _ => style.unknown(response, body),
        })
    }

    fn message(&self, response: &Response, body: &Dict) -> Result<Vec<String>, DictError> {
        let (style, is_own) = (self.style(), response.tag.is_some());
        let mut lines = Vec::new();
        let mut known = self.known();
        known.seen.note_new(body);
        known.mute.take_if(|_| is_own);
        drop(known);
        let is_unshown =
            tags::number(response).is_some_and(|tag| self.known().unshown.remove(&tag));
        // On a terminal the message stands where the person typed it.
        if !(style.terminal && is_own) || is_unshown {
            lines.extend(self.new_message(body)?);
        }
        let me = self.me();
        let is_me = |name: &str| me.is_some_and(|me| me.eq_ignore_ascii_case(name));
        if style.terminal && is_own && body.optional_string(TO)?.is_some_and(is_me) {
            lines.push(style.event("you whispered to yourself; only you can read it"));
        }
        if is_own
            && let Some(to) =
                body.optional_string(TO)?.filter(|to| self.known().ignored.contains(to))
        {
            let how = format!("an answer will not be shown (/unignore {to})");
            lines.push(style.event(&format!("you ignore {to}: {how}")));
        }
        if is_own && body.get(OFFLINE) == Some(&Value::Bool(true)) {
            let to = body.string(TO)?;
            lines.push(style.event(&format!("{to} is not here, and gets it at the next login")));
        }
        Ok(lines)
    }

    /// Joins the rooms of the configuration, once.
    fn join_chosen_rooms(&self) {
        let rooms = self.known().chosen.take();
        for room in rooms {
            // If the connection is closed, the person will read that.
            let _ = self.ask(Request::new(JOIN, Dict::new().with(ROOM, room)));
        }
    }

    fn joined_room(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let (room, online) = (body.string(ROOM)?, body.whole_number("online")?);
        let mut lines = self.backlog(body)?;
        let mut known = self.known();
        let is_back = known.left.takes_back(room);
        if known.chosen.takes_behind(room) || is_back {
            known.rooms.enter_behind(room);
        } else {
            known.rooms.enter(room);
        }
        let back = if is_back { "back " } else { "" };
        let there = format!("you are {back}in {} ({online} there)", shown(room));
        let kept = (known.joins_asked() <= 1).then(|| known.chosen.take_kept()).flatten();
        drop(known);
        lines.extend([there].iter().chain(&kept).map(|text| self.style().event(text)));
        if self.style().terminal && online > 1 {
            self.ask_for_members(room);
        }
        Ok(lines)
    }

    fn left_room(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let room = body.string(ROOM)?;
        let mut known = self.known();
        known.rooms.leave(room);
        let current = known.rooms.current();
        Ok(vec![self.style().event(&format!(
            "you left {}, and are in {}",
            shown(room),
            shown(current)
        ))])
    }

    fn logged_in(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let name = body.string(USERNAME)?;
        let mut known = self.known();
        known.me = Some(name.to_owned());
        known.rank = Rank::default();
        known.rooms.log_in();
        drop(known);
        // For completion and for the rooms of a person, so only on a terminal.
        if self.style().terminal {
            self.ask_for_company();
            self.join_chosen_rooms();
        }
        let again = self.enter_again(name);
        let mut lines = self.backlog(body)?;
        lines.push(self.style().event(&format!("you are {name}")));
        lines.extend(again);
        Ok(lines)
    }
}

/// The answer to `rooms`, with the rooms as the client shows them.
fn with_shown_rooms(body: &Dict) -> Dict {
    let Ok(rooms) = body.dicts("rooms") else { return body.clone() };
    let rooms = rooms.into_iter().map(|mut row| {
        if let Ok(room) = row.string(ROOM) {
            let room = shown(room);
            row.insert(ROOM, room);
        }
        Value::from(row)
    });
    let rooms: Value = rooms.collect();
    let mut body = body.clone();
    body.insert("rooms", rooms);
    body
}

#[cfg(test)]
mod tests;
