//! Sends requests, and asks the person for the passwords that they need.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;
use std::time::Instant;

use app::Refusal;
use parse::{Request, Unsent};

use super::{LOOK, PROMPT, Person, say, secrets};
use crate::advice::{advice, for_person};
use crate::catalogue::Argument;
use crate::liveness::LOST;
use crate::protocol::{JOIN, LEAVE, LOGIN, LOGOUT, MESSAGE, OLD, PASSWD, PASSWORD, REGISTER};

/// The commands that change the prompt.
const PROMPTING: [&str; 4] = [LOGIN, LOGOUT, JOIN, LEAVE];
/// The most tries of a password, of a new password, and of a name at the start.
pub(super) const TRIES: usize = 3;

/// The line that explains a long wait for an answer that decides about the next prompt.
const WAITING: &str = "waiting for the answer of the server; Ctrl-C stops that";
/// The lines after a wait that the person has stopped, without a login and with one.
const STOPPED: &str = "not waiting any more; you are not logged in yet (Ctrl-D leaves)";
const STOPPED_IN_CHAT: &str = "not waiting any more";
/// The lines for a newcomer to a server that lets no guests in: before the first question, and after a cancelled one.
const MEMBERS_ONLY: &str =
    "here every name needs an account; Enter and then /register NAME makes one";
const REGISTRATION: &str = "without an account: /register NAME makes one";
/// Advice for a person who does not know the password of a name.
const NO_ACCOUNT: &str = "without a password: /login another name, or /register a new one";

impl Person {
    /// Sends a request. If it needs a password, the person is asked first; if it may need one, the
    /// person is asked after a refusal, and again after a wrong password. Returns `false` if the person
    /// cancels that, or if a login cannot be sent.
    pub(super) fn ask(&mut self, mut request: Request) -> ControlFlow<ExitCode, bool> {
        let secrets = self.secrets(&request);
        let second = self.conversation.known().second_account(&request);
        second.iter().for_each(|text| say(&self.conversation.style().event(text)));
        let mut tries = 0;
        for secret in secrets.iter().filter(|secret| secret.required) {
            let Some(value) = self.ask_required(&request, secret, &mut tries)? else {
                return Continue(false);
            };
            request.arguments.insert(&secret.name, value);
        }
        if let Some(warning) = self.conversation.exposes(&request) {
            say(&self.conversation.style().error(warning));
        }
        // From `--password-file`.
        if request.name == LOGIN && request.arguments.contains(PASSWORD) {
            self.is_password_wrong(request)?;
            return Continue(true);
        }
        if request.name == PASSWD && request.arguments.contains(OLD) {
            return self.change_password(request, &secrets, tries);
        }
        // The server may have closed the connection while the person typed a new password.
        if [LOGIN, REGISTER].contains(&&*request.name)
            && let Err(why) = self.wake_up()
        {
            self.mistake(&why);
            return Continue(false);
        }
        let may_ask = !secrets.is_empty();
        let waits = may_ask || PROMPTING.contains(&request.name.as_str());
        let is_login = request.name == LOGIN;
        let message = (request.name == MESSAGE).then(|| request.clone());
        let sent = if waits {
            self.conversation.ask_and_await(request)
        } else {
            self.conversation.ask(request)
        };
        match sent {
            Ok(()) if waits => {
                self.wait_for_answer();
                self.conversation.stop_waiting();
            }
            // The other thread says why the connection is closed.
            Err(Unsent::Closed) if is_login => return Continue(false),
            Ok(()) => {}
            Err(unsent) => {
                let why = unsent.to_string();
                let named = |message| self.conversation.known().catalogue.not_sent(&why, message);
                let named = message.as_ref().map(named);
                self.mistake(&named.unwrap_or(why));
            }
        }
        let Some(request) = waits.then(|| self.conversation.locked()).flatten() else {
            return Continue(true);
        };
        let needs_account = self.conversation.known().needs_account;
        if needs_account {
            say(&self.conversation.style().event(MEMBERS_ONLY));
        }
        for count in 1..=TRIES {
            let mut request = request.clone();
            for secret in secrets.iter().filter(|secret| !secret.required) {
                let prompt = secrets::describe(&request, secret);
                let prompt = match count {
                    1 => prompt,
                    count => {
                        let prompt = prompt.trim_end_matches(": ");
                        format!("{prompt}, try {count} of {TRIES} (Enter cancels): ")
                    }
                };
                let Some(value) = self.ask_secret(&prompt)? else {
                    let how = if needs_account { REGISTRATION } else { NO_ACCOUNT };
                    say(&self.conversation.style().event(how));
                    return Continue(false);
                };
                request.arguments.insert(&secret.name, value);
            }
            if !self.is_password_wrong(request)? {
                break;
            }
        }
        Continue(true)
    }

    /// Sends a change of the password. If the server refuses the old password, the person is asked for that
    /// one again, and not for the new one. `tries` have been made so far.
    fn change_password(
        &mut self,
        mut request: Request,
        secrets: &[Argument],
        tries: usize,
    ) -> ControlFlow<ExitCode, bool> {
        for count in tries..=TRIES {
            if !self.is_password_wrong(request.clone())? {
                return Continue(true);
            }
            let old = secrets.iter().find(|secret| secret.name == OLD);
            let Some(old) = old.filter(|_| count < TRIES) else { break };
            let prompt = secrets::old_prompt(old, count + 1);
            let Some(value) = self.ask_secret(&prompt)? else { break };
            request.arguments.insert(OLD, value);
        }
        Continue(false)
    }

    /// Sends a request with a password that the person has typed, and shows a refusal. Returns whether
    /// the password was wrong. The server may have closed the connection while the person typed it.
    pub(super) fn is_password_wrong(&mut self, request: Request) -> ControlFlow<ExitCode, bool> {
        if let Err(why) = self.wake_up() {
            self.mistake(&why);
            return Continue(false);
        }
        if let Err(unsent) = self.conversation.ask_silently(request.clone()) {
            self.mistake(&unsent.to_string());
            return Continue(false);
        }
        self.wait_for_answer();
        let Some(failure) = self.conversation.refusal() else { return Continue(false) };
        if self.conversation.can_replace(&failure) {
            self.replace(request)?;
            return Continue(false);
        }
        let named = Some(&request).filter(|request| request.name == PASSWD);
        let limits = self.conversation.known().limits;
        self.mistake(&for_person(&failure, advice(&failure.code, named, limits)));
        Continue(failure.code == Refusal::WrongPassword.code())
    }

    /// Waits for the answer to a request that may need a password, or that decides where the next line goes. The
    /// client asks for a password only if the answer comes during this wait, and a busy server takes long to
    /// check one. A line that is typed after `/join tea` is meant for that room. So the wait lasts until
    /// the connection counts as lost, and Ctrl-C or a signal ends it. A server that speaks and has never answered the
    /// client's own requests may not answer this one, so the client soon shows the next prompt.
    fn wait_for_answer(&self) {
        self.keyboard.take_interrupt();
        let begun = Instant::now();
        let mut is_told = false;
        while !self.conversation.wait(LOOK) {
            if self.keyboard.take_interrupt() {
                let is_in_chat = self.conversation.me().is_some();
                let told = if is_in_chat { STOPPED_IN_CHAT } else { STOPPED };
                say(&self.conversation.style().event(told));
                return;
            }
            let longest = if self.conversation.known().may_answer() { LOST } else { PROMPT };
            if begun.elapsed() >= longest {
                return;
            }
            if begun.elapsed() >= PROMPT && !is_told {
                is_told = true;
                say(&self.conversation.style().event(WAITING));
            }
        }
    }
}
