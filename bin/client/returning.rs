//! The return to a conversation after the connection was lost.
//!
//! The client repeats its login, enters its rooms again, and asks for the history of each room until it
//! meets a message that it has seen. New messages wait during that time. Then the client shows all
//! missed messages, in order.
//!
//! The steps follow each other: each answer of the server starts the next one.

use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use app::Refusal;
use parse::{Dict, Failure, LinkSender, Request, Response, Value};

use crate::absence::{Progress, Returning, Step};
use crate::conversation::{Conversation, Known};
use crate::foreign::Beginning;
use crate::liveness::Liveness;
use crate::missed::room;
use crate::protocol::{
    JOIN, LOBBY, LOGIN, MESSAGE, PASSWORD, REGISTER, ROOM, TO, USERNAME, text_of,
};
use crate::rooms::shown;
use crate::tags;

/// The answer to a person who wants to connect again and is connected.
pub(crate) const CONNECTED: &str = "you are connected";
/// The answer to a person who waits for the next attempt.
pub(crate) const HURRYING: &str = "trying to connect now";

/// The time between two logins while the name is still taken.
const RETRY: Duration = Duration::from_secs(3);
/// The most logins while the name is still taken. The server notices a lost connection within two
/// minutes.
const RETRIES: u32 = 60;
/// The number of messages that a page may have.
const PAGE: u64 = 100;

/// The login that a login or a registration stands for.
fn as_login(request: &Request) -> Option<Request> {
    if !matches!(&*request.name, LOGIN | REGISTER) {
        return None;
    }
    let mut arguments = Dict::new();
    for name in [USERNAME, PASSWORD] {
        if let Some(value) = request.arguments.get(name) {
            arguments.insert(name, value.clone());
        }
    }
    Some(Request::new(LOGIN, arguments))
}

impl Known {
    /// Begins with a new connection.
    pub(crate) fn connect(&mut self) {
        self.closed = false;
        self.liveness = Liveness::new(Instant::now());
        self.beginning = Beginning::default();
    }
}

impl Conversation {
    /// Remembers the login that the server has accepted, to repeat it. A registration may have logged in.
    pub(crate) fn remember_login(&self, answer: &Response) {
        let mut known = self.known();
        known.login = match tags::number(answer) {
            Some(tag) => known.sent.get(&tag).and_then(as_login),
            // A server without tags: the last login.
            None => known.sent.values().rev().find_map(as_login),
        };
    }

    /// Remembers the new password of the person, from an answer to `register` or `passwd`.
    pub(crate) fn remember_password(&self, answer: &Response) {
        let mut known = self.known();
        let Some(tag) = tags::number(answer) else { return };
        let Some(arguments) = known.sent.get(&tag).map(|request| request.arguments.clone()) else {
            return;
        };
        let Some(login) = &mut known.login else { return };
        let own = login.arguments.string(USERNAME).unwrap_or_default();
        // `passwd` names nobody: it changes one's own password.
        let is_own = arguments.string(USERNAME).map_or(true, |name| name.eq_ignore_ascii_case(own));
        if let (true, Ok(password)) = (is_own, arguments.string(PASSWORD)) {
            login.arguments.insert(PASSWORD, password);
        }
    }

    /// Whether the connection is lost and the client is on its way back. Nothing can be sent.
    pub(crate) fn is_away(&self) -> bool {
        self.known().returning.is_some()
    }

    /// Makes the client connect again at once, if it waits for the next attempt. Returns whether it does.
    pub(crate) fn hurry(&self) -> bool {
        let mut known = self.known();
        let waits =
            known.returning.as_ref().is_some_and(|returning| returning.step == Step::Connect);
        known.hurries |= waits;
        drop(known);
        self.wake();
        waits
    }

    /// Whether the client has to come back after the connection ended, perhaps by a bug. If so, it is
    /// away from now on.
    pub(crate) fn goes_away(&self, is_bug: bool) -> bool {
        let mut known = self.known();
        let wanted = known.reconnects && known.login.is_some() && known.me.is_some();
        let is_final = known.finished || known.shut_down || known.expelled || is_bug;
        if !wanted || is_final {
            drop(known);
            self.stays_away();
            return false;
        }
        match &mut known.returning {
            // The new connection broke, too.
            Some(returning) => returning.step = Step::Connect,
            None => {
                let (rooms, current) =
                    (known.rooms.joined_others(), known.rooms.current().to_owned());
                known.returning = Some(Returning { rooms, current, ..Returning::default() });
                let Known { reunion, here, .. } = &mut *known;
                reunion.lose(here, Instant::now());
            }
        }
        true
    }

    /// The client does not come back after all.
    pub(crate) fn stays_away(&self) {
        let mut known = self.known();
        known.returning = None;
        known.over = true;
        drop(known);
        self.wake();
    }

    /// Continues over a new connection: logs in.
    pub(crate) fn comes_back(&self, link: LinkSender) {
        self.use_link(link);
        let mut known = self.known();
        let outstanding = known.take_outstanding();
        known.connect();
        known.hurries = false;
        let login = known.login.clone();
        if let Some(returning) = &mut known.returning {
            returning.unanswered.extend(outstanding);
            returning.step = Step::Login;
            returning.retry = None;
        }
        drop(known);
        self.ask_own("help");
        login.into_iter().for_each(|login| self.ask_own_with(login));
    }

    /// Logs in again if it is time for that.
    pub(crate) fn retry_login(&self, now: Instant) {
        let mut known = self.known();
        let login = known.login.clone();
        let Some(returning) = &mut known.returning else { return };
        if returning.step != Step::Login || returning.retry.is_none_or(|retry| retry > now) {
            return;
        }
        returning.retry = None;
        drop(known);
        login.into_iter().for_each(|login| self.ask_own_with(login));
    }

    /// Handles a response during the return; `None` if the response has nothing to do with it.
    pub(crate) fn on_the_way_back(&self, response: &Response) -> Option<Progress> {
        let mut known = self.known();
        let returning = known.returning.as_mut()?;
        let is_own = response.tag.is_none() || tags::is_own(response);
        let (step, name) = (returning.step.clone(), response.name.as_ref());
        match (&response.outcome, &step) {
            (Ok(body), _) if name == MESSAGE => {
                returning.missed.add(body.clone());
                Some(Progress::default())
            }
            (Err(failure), Step::Login) if name == LOGIN && is_own => {
                drop(known);
                Some(Progress::say(self.login_refused(failure)))
            }
            (Ok(body), Step::Login) if name == LOGIN && is_own => {
                known.me = body.string(USERNAME).ok().map(str::to_owned).or(known.me.take());
                known.rooms.log_in();
                known.reunion.come_back(Instant::now());
                Some(self.next_step(known, LOBBY, body, None))
            }
            (Ok(body), Step::Join(room)) if name == JOIN && is_own && body.contains(ROOM) => {
                known.rooms.enter(room);
                Some(self.next_step(known, room, body, None))
            }
            (Ok(body), Step::Page(room)) if name == "history" && is_own => {
                let more = body.get("more").and_then(Value::as_bool);
                Some(self.next_step(known, room, body, more))
            }
            // The person can enter the room or read its history later.
            (Err(failure), Step::Join(room)) if name == JOIN && is_own => {
                let lost = self.style().error(&format!(
                    "cannot return to {}: {}",
                    shown(room),
                    failure.text
                ));
                Some(self.next_room(known).after(lost))
            }
            (Err(failure), Step::Page(room)) if name == "history" && is_own => {
                let lost =
                    format!("cannot read the missed messages of {}: {}", shown(room), failure.text);
                let lost = self.style().error(&lost);
                Some(self.next_room(known).after(lost))
            }
            _ => None,
        }
    }

    fn login_refused(&self, failure: &Failure) -> Vec<String> {
        let mut known = self.known();
        let (style, name) = (self.style(), known.me.clone().unwrap_or_default());
        let Some(returning) = &mut known.returning else { return Vec::new() };
        let in_use = [Refusal::NameTaken, Refusal::LoggedInElsewhere];
        let is_in_use = in_use.iter().any(|refusal| refusal.code() == failure.code);
        if is_in_use && returning.refused < RETRIES {
            returning.refused += 1;
            returning.retry = Some(Instant::now() + RETRY);
            let first = returning.refused == 1;
            let why = format!(
                "the name {name} is taken (your old connection, or somebody else); trying again"
            );
            return first.then(|| style.event(&why)).into_iter().collect();
        }
        let mut returning = known.returning.take().unwrap_or_default();
        known.log_out();
        // At a terminal, the client asks for the password (`terminal/relogin.rs`).
        let asks = style.terminal && failure.code == Refusal::WrongPassword.code();
        known.refused_login = asks.then(|| name.clone());
        drop(known);
        let mut lines = if asks {
            vec![self.mistake(&format!("connected again, but not logged in: {}", failure.text))]
        } else {
            let how = format!("connected again, but not logged in; /login {name} tries it again");
            vec![self.mistake(&failure.text), style.event(&how)]
        };
        let unanswered = std::mem::take(&mut returning.unanswered);
        lines.extend(unanswered.iter().filter_map(|it| self.fate(it, &name, &mut returning)));
        lines
    }

    /// Adds a page of a room, and asks for the next page or enters the next room.
    fn next_step(
        &self,
        mut known: MutexGuard<'_, Known>,
        room: &str,
        body: &Dict,
        more: Option<bool>,
    ) -> Progress {
        let page = body.dicts("messages").unwrap_or_default();
        let since = known.seen.last_before(room, &page);
        let Some(returning) = &mut known.returning else { return Progress::default() };
        let Some(before) = returning.missed.add_page(room, since, page, more) else {
            return self.next_room(known);
        };
        returning.step = Step::Page(room.to_owned());
        drop(known);
        let mut arguments = Dict::new().with("limit", PAGE).with("before", before);
        if room != LOBBY {
            arguments.insert(ROOM, room);
        }
        self.ask_own_with(Request::new("history", arguments));
        Progress::default()
    }

    fn next_room(&self, mut known: MutexGuard<'_, Known>) -> Progress {
        let Some(returning) = &mut known.returning else { return Progress::default() };
        if let Some(room) = returning.rooms.pop() {
            returning.step = Step::Join(room.clone());
            drop(known);
            self.ask_own_with(Request::new(JOIN, Dict::new().with(ROOM, room)));
            return Progress::default();
        }
        let Some(returning) = known.returning.take() else { return Progress::default() };
        if known.rooms.joined(&returning.current).is_some() {
            known.rooms.switch_to(&returning.current);
        } else {
            known.rooms.switch_to(LOBBY);
        }
        drop(known);
        if self.style().terminal {
            self.ask_own("names");
        }
        self.summary(returning)
    }

    /// The end of a return: the missed messages, and the requests that were perhaps lost.
    fn summary(&self, mut returning: Returning) -> Progress {
        let (style, me) = (self.style(), self.me().unwrap_or_default());
        let all = |returning: &Returning| returning.missed.all().cloned().collect::<Vec<Dict>>();
        let with_own = all(&returning);
        let unanswered = std::mem::take(&mut returning.unanswered);
        let lost = unanswered.iter().filter_map(|request| self.fate(request, &me, &mut returning));
        let lost = lost.collect();
        // A person still sees what they typed. A script gets its own messages like those of others.
        let missed = if style.terminal { all(&returning) } else { with_own };
        missed.iter().for_each(|message| self.known().seen.note(message));
        let left_out = returning.missed.left_out.iter().map(|(room, first)| {
            let room = if room == LOBBY { String::new() } else { format!(" {}", shown(room)) };
            style.event(&format!("not all: /history {PAGE} {first}{room} has more"))
        });
        let said = vec![style.event(&format!("connected again; you are {me}"))];
        Progress { said, missed, left_out: left_out.collect(), lost }
    }

    /// The lines for a step of a return.
    pub(crate) fn lines_of_return(&self, progress: Progress) -> Vec<String> {
        let Progress { said: mut lines, missed, left_out, lost } = progress;
        let style = self.style();
        let line = |message: &Dict| {
            let message = self.placed(message);
            let known = self.known();
            style.message(&message, known.me.as_deref(), &known.palette)
        };
        // A message that cannot be shown is none.
        let missed: Vec<String> = self.heeded(&missed).into_iter().flat_map(line).collect();
        if !missed.is_empty() {
            lines.push(style.event("missed while away:"));
            self.known().attention.note_marker();
            lines.extend(left_out);
            lines.extend(missed);
            lines.push(style.event("end of what was missed"));
        }
        lines.extend(lost);
        lines
    }

    /// The line that says what became of a request without an answer. A message that others have is in the
    /// history; a script gets it from there.
    fn fate(&self, request: &Request, me: &str, returning: &mut Returning) -> Option<String> {
        let text = text_of(request);
        let typed = self.known().catalogue.retyped(request);
        if request.name != MESSAGE {
            return Some(
                self.mistake(&format!("no answer came to {typed}: perhaps it was not done")),
            );
        }
        if let Ok(Some(to)) = request.arguments.optional_string(TO) {
            return Some(self.mistake(&format!("perhaps not delivered to {to}: {text}")));
        }
        let room = room(&request.arguments);
        if returning.missed.take_own(me, room, text) {
            let text = self.known().catalogue.recognizable(request);
            let style = self.style();
            return style.terminal.then(|| style.event(&format!("your message arrived: {text}")));
        }
        Some(self.mistake(&format!("perhaps not sent: {typed}")))
    }
}

#[cfg(test)]
mod tests;
