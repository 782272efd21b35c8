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

use crate::absence::{Change, Progress, Returning, Step};
use crate::conversation::{Conversation, Known};
use crate::elsewhere::{elsewhere, replacing};
use crate::foreign::Beginning;
use crate::liveness::Liveness;
use crate::protocol::{
    HISTORY, JOIN, LOBBY, LOGIN, LOGOUT, MESSAGE, PAGE, PASSWORD, REGISTER, ROOM, USERNAME,
    login_as, page_before,
};
use crate::rank::Rank;
use crate::rooms::shown;
use crate::tags;

/// The answer to a person who wants to connect again and is connected.
pub(crate) const CONNECTED: &str = "you are connected";
/// The answers to a person who waits for the next attempt to connect, or to log in.
pub(crate) const CONNECTING: &str = "trying to connect now";
pub(crate) const LOGGING_IN: &str = "trying to log in now";

/// The time between two logins while the name is still taken.
const RETRY: Duration = Duration::from_secs(3);
/// The most logins while the name is still taken. The server notices a lost connection within two
/// minutes.
const RETRIES: u32 = 60;

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

    /// Makes the client connect or log in again now, if it waits for the next attempt. Returns the text about it.
    pub(crate) fn hurry(&self) -> Option<&'static str> {
        let mut known = self.known();
        match known.returning.as_ref()? {
            returning if returning.step == Step::Connect => {
                known.hurries = true;
                drop(known);
                self.wake();
                Some(CONNECTING)
            }
            returning if returning.retry.is_some() => {
                self.log_in_now(known);
                Some(LOGGING_IN)
            }
            _ => None,
        }
    }

    /// Whether the client has to come back after the connection ended, perhaps by a bug. If so, it is
    /// away from now on.
    pub(crate) fn goes_away(&self, is_bug: bool) -> bool {
        let mut known = self.known();
        let wanted = known.reconnects && known.login.is_some() && known.me.is_some();
        // A person who restarts the server comes back as the others do; a script has done its work.
        let ends = known.shut_down && !self.style().terminal;
        let is_final = known.finished || ends || known.expelled || is_bug;
        if !wanted || is_final {
            drop(known);
            self.stays_away();
            return false;
        }
        known.shut_down = false;
        match &mut known.returning {
            // The new connection broke, too.
            Some(returning) => (returning.step, returning.retry) = (Step::Connect, None),
            None => {
                let (rooms, current) =
                    (known.rooms.joined_others(), known.rooms.current().to_owned());
                let me = known.me.clone().unwrap_or_default();
                known.returning = Some(Returning { me, rooms, current, ..Returning::default() });
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
        if let Some(returning) = &mut known.returning {
            returning.unanswered.extend(outstanding);
            returning.step = Step::Login;
            returning.is_overtaken = false;
        }
        drop(known);
        self.ask_own("help");
        self.log_in_now(self.known());
    }

    /// Logs in with the login of the return, without a further wait.
    pub(crate) fn log_in_now(&self, mut known: MutexGuard<'_, Known>) {
        let waited = known.returning.as_mut().is_some_and(|it| it.retry.take().is_some());
        let (left, attempt) = known.countdown.get();
        if waited && left > 0 {
            known.countdown.set(0, attempt + 1);
        }
        let replaces = known.returning.as_mut().is_some_and(|it| std::mem::take(&mut it.replaces));
        let login = known.login.clone();
        drop(known);
        let login = login.map(|login| if replaces { replacing(login) } else { login });
        login.into_iter().for_each(|login| self.ask_own_with(login));
    }

    /// Logs in again if it is time for that, and counts down to it. Returns whether the countdown has changed.
    pub(crate) fn retry_login(&self, now: Instant) -> bool {
        let known = self.known();
        let Some(returning) = &known.returning else { return false };
        let Some(retry) = returning.retry.filter(|_| returning.step == Step::Login) else {
            return false;
        };
        let (before, attempt) = known.countdown.get();
        // A part of a second counts as a second.
        let left = retry.saturating_duration_since(now).as_millis().div_ceil(1000);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        match (left, before) {
            (0, 0) => self.log_in_now(known),
            // First the prompt shows the attempt.
            (0, _) => known.countdown.set(0, attempt + 1),
            _ => known.countdown.set(left, attempt),
        }
        left != before
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
            (Ok(_), Step::Login) if name == LOGIN && is_own && returning.is_overtaken => {
                returning.is_overtaken = false;
                drop(known);
                self.ask_own(LOGOUT);
                self.log_in_now(self.known());
                Some(Progress::default())
            }
            (Ok(body), Step::Login) if name == LOGIN && is_own => {
                let change = returning.change;
                let whispers = known.lost_whispers(body);
                if let Some(returning) = &mut known.returning {
                    whispers.into_iter().for_each(|whisper| returning.missed.add(whisper));
                }
                known.me = body.string(USERNAME).ok().map(str::to_owned).or(known.me.take());
                known.rank = Rank::default();
                known.rooms.log_in();
                known.reunion.come_back(Instant::now());
                let progress = self.next_step(known, LOBBY, body, None);
                Some(match self.me().filter(|_| change == Change::WithoutPassword) {
                    Some(me) => progress.after(self.style().event(&format!(
                        "the name {me} has no account any more, so it needs no password"
                    ))),
                    None => progress,
                })
            }
            (Ok(body), Step::Join(room)) if name == JOIN && is_own && body.contains(ROOM) => {
                known.rooms.enter_behind(room);
                Some(self.next_step(known, room, body, None))
            }
            (Ok(body), Step::Page(room)) if name == HISTORY && is_own => {
                let more = body.get("more").and_then(Value::as_bool);
                Some(self.next_step(known, room, body, more))
            }
            // The server closes the connection, and the client connects again.
            (Err(failure), Step::Login) if failure.code == Refusal::NoLoginInTime(0).code() => {
                Some(Progress::default())
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
            (Err(failure), Step::Page(room)) if name == HISTORY && is_own => {
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
        let style = self.style();
        let Known { returning, login, countdown, catalogue, .. } = &mut *known;
        let (Some(returning), Some(login)) = (returning, login) else { return Vec::new() };
        if std::mem::take(&mut returning.is_overtaken) {
            self.log_in_now(known);
            return Vec::new();
        }
        let name = login.arguments.string(USERNAME).unwrap_or_default().to_owned();
        let in_use = [Refusal::NameTaken, Refusal::LoggedInElsewhere];
        returning.is_elsewhere = style.terminal && catalogue.can_replace(failure);
        let is_in_use = in_use.iter().any(|refusal| refusal.code() == failure.code);
        if is_in_use && returning.refused < RETRIES {
            returning.refused += 1;
            returning.retry = Some(Instant::now() + RETRY);
            let first = returning.refused == 1;
            let (_, attempt) = countdown.get();
            countdown.set(usize::try_from(RETRY.as_secs()).unwrap_or_default(), attempt);
            let other = if style.terminal { ", /login NAME takes another one" } else { "" };
            let whose = match returning.change {
                Change::Name => "",
                _ => " (your old connection, or another person)",
            };
            let why = match returning.is_elsewhere {
                true => elsewhere(&name),
                false => format!("the name {name} is taken{whose}; trying again{other}"),
            };
            return first.then(|| style.event(&why)).into_iter().collect();
        }
        // At a terminal, the client asks for the password (`terminal/relogin.rs`).
        let asks = style.terminal && failure.code == Refusal::WrongPassword.code();
        if asks && login.arguments.contains(PASSWORD) {
            // If the account is gone, the name needs none.
            *login = login_as(&name);
            returning.change = Change::WithoutPassword;
            self.log_in_now(known);
            return Vec::new();
        }
        let has_typed_name = returning.change == Change::Name;
        let lost = self.end_return(known);
        self.known().has_returned = true;
        self.known().refused_login = asks.then(|| name.clone());
        let mut lines = match asks {
            true if has_typed_name => {
                vec![style.event(&format!("connected again; the name {name} needs a password"))]
            }
            true => {
                let why = &failure.text;
                vec![self.mistake(&format!("connected again, but not logged in: {why}"))]
            }
            false => {
                let how =
                    format!("connected again, but not logged in; /login {name} tries it again");
                vec![self.mistake(&failure.text), style.event(&how)]
            }
        };
        lines.extend(lost);
        lines
    }

    /// Ends a return without a login. Returns the lines about the requests that have no answer.
    pub(crate) fn end_return(&self, mut known: MutexGuard<'_, Known>) -> Vec<String> {
        let mut returning = known.returning.take().unwrap_or_default();
        known.log_out();
        drop(known);
        let me = returning.me.clone();
        let unanswered = std::mem::take(&mut returning.unanswered);
        unanswered.iter().filter_map(|it| self.fate(it, &me, &mut returning)).collect()
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
        let reaches = known.seen.reaches(room, &page);
        let since = known.seen.last_before(room, &page);
        let Some(returning) = &mut known.returning else { return Progress::default() };
        if reaches {
            returning.missed.whole.insert(room.to_owned());
        }
        let Some(before) = returning.missed.add_page(room, since, page, more) else {
            return self.next_room(known);
        };
        returning.step = Step::Page(room.to_owned());
        drop(known);
        self.ask_own_with(page_before(room, Some(before), PAGE));
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
        known.has_returned = true;
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
}

#[cfg(test)]
mod tests;
