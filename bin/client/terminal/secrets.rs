//! Asks the person for secret arguments, such as passwords.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use parse::Request;

use super::asking::TRIES;
use super::prompt::begin_question;
use super::{Person, say};
use crate::catalogue::Argument;
use crate::input::Input;
use crate::keyboard::NoLine;
use crate::limits::PASSWORD_RULE;
use crate::protocol::{OLD, PASSWORD};
use crate::sanitize::clean;

/// The error after an old password that is not the one of the login.
const NOT_OF_LOGIN: &str =
    "that is not the password of your login; if it was changed elsewhere, type it again";
/// The line after the same one again.
const JUDGED_LATER: &str = "the server will check that one, together with the new password";
/// The error after the answer to a question of a session that has ended.
const SESSION_ENDED: &str = "you are not logged in any more, so that was not used";

impl Person {
    /// Notes whether the next text may be a password: it may be if this line has one where it does not belong, or is a
    /// command with a password that has a mistake or breaks a rule. A person may type on without a look at the screen.
    pub(super) fn expect_secret(&self, parsed: &Input, line: &str) {
        let conversation = &self.conversation;
        let is_expected = match parsed {
            Input::Nothing | Input::Suspicious(_) => return,
            Input::Exposed(_) => true,
            Input::Mistake(_) | Input::Unknown(_) => conversation.may_log_in(line),
            Input::Ask(request) => {
                conversation.may_log_in(line) && conversation.broken_rule(request).is_some()
            }
            _ => false,
        };
        let expected = &mut conversation.known().expects_secret;
        expected.end();
        if is_expected {
            expected.begin();
        }
    }

    /// The secret arguments of the command that are missing in the request.
    pub(super) fn secrets(&self, request: &Request) -> Vec<Argument> {
        let known = self.conversation.known();
        let secrets = known.catalogue.find(&request.name).map(|entry| entry.secrets.as_slice());
        let missing = |secret: &&Argument| !request.arguments.contains(&secret.name);
        secrets.unwrap_or_default().iter().filter(missing).cloned().collect()
    }

    /// Asks for a secret that the request needs: a new one twice. Counts the tries of an old one.
    pub(super) fn ask_required(
        &mut self,
        request: &Request,
        secret: &Argument,
        tries: &mut usize,
    ) -> ControlFlow<ExitCode, Option<String>> {
        if secret.name == OLD {
            self.ask_old(secret, tries)
        } else {
            self.ask_twice(request, secret)
        }
    }

    /// Asks for the password of now, and counts the tries. The client knows the one of the login, so a mistake
    /// is told before the person types a new password. The password may have been changed elsewhere, so
    /// the server judges another one that is typed twice in a row.
    fn ask_old(
        &mut self,
        secret: &Argument,
        tries: &mut usize,
    ) -> ControlFlow<ExitCode, Option<String>> {
        let mut before = None;
        loop {
            *tries += 1;
            let Some(old) = self.ask_secret(&old_prompt(secret, *tries))? else {
                return Continue(None);
            };
            let known = self.conversation.known();
            let of_login = known.login.as_ref().and_then(|it| it.arguments.string(PASSWORD).ok());
            let is_other = of_login.is_some_and(|password| password != old);
            drop(known);
            if !is_other {
                return Continue(Some(old));
            }
            if before.as_ref() == Some(&old) {
                say(&self.conversation.style().event(JUDGED_LATER));
                return Continue(Some(old));
            }
            if *tries >= TRIES {
                self.mistake("that is not the password of your login; nothing was sent");
                self.conversation.known().expects_secret.begin();
                return Continue(None);
            }
            self.mistake(NOT_OF_LOGIN);
            before = Some(old);
        }
    }

    /// Asks for a new secret twice, because the person cannot see the input. After a mistake it begins
    /// again.
    fn ask_twice(
        &mut self,
        request: &Request,
        secret: &Argument,
    ) -> ControlFlow<ExitCode, Option<String>> {
        let prompt = describe(request, secret);
        // The limits of the protocol are for passwords.
        let is_password =
            secret.name == PASSWORD && self.conversation.known().catalogue.is_servers();
        if is_password {
            say(&self.conversation.style().event(PASSWORD_RULE));
        }
        for count in 1..=TRIES {
            let Some(first) = self.ask_secret(&prompt)? else { return Continue(None) };
            let why = if is_password && app::passwords::check(&first).is_err() {
                format!("that one has {} characters", first.chars().count())
            } else {
                let again = self.ask_secret(&format!("{} again: ", secret.name))?;
                let Some(second) = again else { return Continue(None) };
                if first == second {
                    return Continue(Some(first));
                }
                "the two entries differ".to_owned()
            };
            let next =
                if count < TRIES { "once more, or Enter cancels" } else { "nothing was sent" };
            self.mistake(&format!("{why}; {next}"));
        }
        self.conversation.known().expects_secret.begin();
        Continue(None)
    }

    /// Asks for a secret; returns `None` if the person cancels, or if their session has ended meanwhile. The
    /// secret that they typed then may be one for another question.
    pub(super) fn ask_secret(&mut self, prompt: &str) -> ControlFlow<ExitCode, Option<String>> {
        if let Some(warning) = self.conversation.exposes_password() {
            say(&self.conversation.style().error(warning));
        }
        let was_in = self.conversation.me().is_some();
        let mut is_spoilt = false;
        // Until the person cancels, or the command succeeds.
        self.conversation.known().expects_secret.begin();
        let prompt = &begin_question(prompt);
        loop {
            let read = self.keyboard.secret(prompt);
            let is_interrupted = matches!(read, Err(NoLine::Interrupted { .. }));
            let is_prompt_new = self.check_ending(is_interrupted.then_some(&**prompt))?;
            if is_interrupted && is_prompt_new {
                // The loss of the connection must not make the rest of the secret a message.
                continue;
            }
            self.keyboard.forget_interrupted();
            match read {
                // The rest of the secret may still arrive and must stay hidden, too.
                Err(NoLine::NotUtf8) => {
                    is_spoilt = true;
                    self.mistake("the input is not UTF-8; press Enter, then repeat the command");
                    continue;
                }
                Ok(secret) if was_in && self.conversation.me().is_none() => {
                    self.conversation.known().expects_secret.note(&secret);
                    self.mistake(SESSION_ENDED);
                }
                Ok(secret) if !secret.is_empty() && !is_spoilt => {
                    self.conversation.known().expects_secret.note(&secret);
                    return Continue(Some(secret));
                }
                Ok(_) => {
                    if !is_spoilt {
                        self.conversation.known().expects_secret.end();
                    }
                    say(&self.conversation.style().event("cancelled"));
                }
                Err(NoLine::Interrupted { .. } | NoLine::End) => {
                    say(&self.conversation.style().event("cancelled"));
                }
                Err(NoLine::Failed(error)) => {
                    self.mistake(&format!("cannot read the terminal: {error}"));
                }
            }
            return Continue(None);
        }
    }
}

/// The prompt for the old password, at this try.
pub(super) fn old_prompt(secret: &Argument, count: usize) -> String {
    match count {
        1 => format!("{}: ", secret.label()),
        count => format!("{}, try {count} of {TRIES} (Enter cancels): ", secret.label()),
    }
}

/// The prompt for a secret: `password for alice: `, or `new password: ` after an old one.
pub(super) fn describe(request: &Request, secret: &Argument) -> String {
    if request.arguments.contains(OLD) {
        return format!("new {}: ", secret.label());
    }
    let whose = request.arguments.iter().find_map(|(_, value)| value.as_str());
    let whose = whose.map_or(String::new(), |whose| format!(" for {}", clean(whose)));
    format!("{}{whose}: ", secret.label())
}
