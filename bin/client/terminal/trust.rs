//! The question whether to trust the key of a server.

use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;

use parse::Fingerprint;

use super::prompt::begin_question;
use super::question::{Answer, answer};
use super::{Terminal, say};
use crate::ending::Ending;
use crate::exit::{INTERRUPTED, by_signal};
use crate::keyboard::NoLine;
use crate::style::Style;

const QUESTION: &str = "do you trust this key from now on? [y/N] ";

impl Terminal {
    /// Shows the key of a server, for which no authority vouches, and asks whether to trust it. A line that
    /// is no answer means no. Breaks with the exit code if the person leaves.
    pub(crate) fn ask_trust(
        &mut self,
        target: &str,
        key: Fingerprint,
        why: &str,
        style: Style,
    ) -> ControlFlow<ExitCode, bool> {
        let _printer = self.keyboard.printer();
        say(&style.event(&format!("{target} has a key for which no authority vouches ({why})")));
        say(&style.event(&format!("  {key}")));
        say(&style.event(&format!("  {}", key.words())));
        say(&style.event("compare the words with those that the operator of the server gives you"));
        let read = self.keyboard.line(&begin_question(QUESTION));
        if let Some(Ending::Signal(signal)) = self.endings.take(|_| ()) {
            return Break(by_signal(signal));
        }
        let is_paste = self.keyboard.take_long_paste().is_some();
        match read {
            Ok(line) => Continue(!is_paste && answer(line) == Answer::Yes),
            Err(NoLine::Interrupted { .. }) => Break(ExitCode::from(INTERRUPTED)),
            Err(_) => Continue(false),
        }
    }
}
