//! The hands: what somebody types to a client, and how.

use std::sync::Arc;
use std::time::Instant;

use super::{ClientScenario, HOST, LOOK, Lines, MOMENT, Profile, USER};
use crate::lag::Stopwatch;
use crate::stop::Stop;
use crate::trace::What;

impl ClientScenario {
    /// Somebody types this.
    pub(crate) fn type_keys(&mut self, keys: &str) -> Result<(), Stop> {
        let words = format!("types {keys:?}");
        self.trace.record(USER, What::Sent { words, bytes: keys.as_bytes().to_vec() });
        self.typed = self.program()?.printed();
        let until = Instant::now() + self.patience;
        let written = self.program()?.write(keys.as_bytes(), until);
        written.map_err(|error| {
            let expected = "the client takes what is typed";
            self.differs_or_ended(USER, expected, &format!("it does not: {error}"))
        })
    }

    /// The keys that somebody presses to type these lines.
    pub(super) fn keys(&self, lines: &Lines, text: &str) -> String {
        let port = self.port.to_string();
        // The text last: there may be anything in it.
        let filled =
            [("{host}", HOST), ("{port}", &port), ("{name}", &self.name), ("{text}", text)];
        lines.typed(self.enter(), &filled)
    }

    /// What ends a line that is typed: at a terminal a key, which most programs see as a newline.
    fn enter(&self) -> &'static str {
        if self.profile.terminal { "\r" } else { "\n" }
    }

    /// Whoever types looks first; and a program that sets its terminal up throws away what was typed
    /// before. Meanwhile the server goes on.
    pub(super) fn wait_briefly(&mut self) -> Result<(), Stop> {
        let began = Stopwatch::start();
        while began.elapsed() < MOMENT && !self.has_ended_by(LOOK) {
            self.serve_side_requests()?;
        }
        Ok(())
    }

    /// Somebody types the lines that do this, if there are such lines.
    pub(crate) fn type_lines(
        &mut self,
        lines: fn(&Profile) -> Option<&Lines>,
        text: &str,
    ) -> Result<(), Stop> {
        let profile = Arc::clone(&self.profile);
        let lines = lines(&profile).ok_or(Stop::Absent)?;
        self.type_keys(&self.keys(lines, text))
    }

    /// Somebody types the lines that say this.
    pub(crate) fn type_message(&mut self, text: &str) -> Result<(), Stop> {
        self.type_lines(|profile| Some(&profile.say), text)
    }

    /// The keys that somebody presses to say this.
    pub(crate) fn keys_to_say(&self, text: &str) -> String {
        self.keys(&self.profile.say, text)
    }

    /// The line that says this, in two halves; the second has its end.
    pub(crate) fn halves(&self, text: &str) -> (String, String) {
        let line = self.keys_to_say(text);
        // What comes before the text may be lines of their own.
        let last = line.trim_end().rfind(self.enter()).map_or(0, |end| end + 1);
        let middle = last + line.get(last..).map_or(0, |line| line.len() / 2);
        let (first, second) = line.split_at_checked(middle).unwrap_or((line.as_str(), ""));
        (first.to_owned(), second.to_owned())
    }

    /// The keyboard is left alone: Ctrl-D, or the end of what is piped in.
    pub(crate) fn end_input(&mut self) -> Result<(), Stop> {
        self.record(USER, "ends the input (Ctrl-D)");
        self.program()?.close_stdin();
        Ok(())
    }
}
