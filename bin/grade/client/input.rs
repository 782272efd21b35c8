//! The input of the client: what its user types, and how.

use std::sync::Arc;
use std::time::Instant;

use super::{ALIVE, ClientScenario, HOST, Lines, MOMENT, Profile, USER};
use crate::lag::Stopwatch;
use crate::stop::Stop;
use crate::trace::What;

impl ClientScenario {
    /// Types these keys.
    pub(crate) fn type_keys(&mut self, keys: &str) -> Result<(), Stop> {
        let words = format!("types {keys:?}");
        self.trace.record(USER, What::Sent { words, bytes: keys.as_bytes().to_vec() });
        self.input_mark = self.program()?.printed();
        let until = Instant::now() + self.patience;
        let written = self.program()?.write(keys.as_bytes(), until);
        written.map_err(|error| {
            let expected = "the client reads what the user types";
            self.differs_or_ended(USER, expected, &format!("the write failed: {error}"))
        })
    }

    /// The keys that type these lines of the profile.
    pub(super) fn keys(&self, lines: &Lines, text: &str) -> String {
        let port = self.port.to_string();
        // The text comes last, because it may contain a placeholder.
        let filled =
            [("{host}", HOST), ("{port}", &port), ("{name}", &self.name), ("{text}", text)];
        lines.keys(self.enter(), &filled)
    }

    /// The key that ends a line. Most programs that read from a terminal get it as a newline.
    fn enter(&self) -> &'static str {
        if self.profile.terminal { "\r" } else { "\n" }
    }

    /// Waits briefly, as a user does before typing. A program that sets up its terminal discards
    /// earlier input. Side requests are answered during the wait.
    pub(super) fn wait_briefly(&mut self) -> Result<(), Stop> {
        let began = Stopwatch::start();
        while began.elapsed() < MOMENT && !self.has_ended_by(ALIVE) {
            self.serve_side_requests()?;
        }
        Ok(())
    }

    /// Types the lines of the profile for this action. Ends the check as absent if the profile has
    /// none.
    pub(crate) fn type_lines(
        &mut self,
        lines: fn(&Profile) -> Option<&Lines>,
        text: &str,
    ) -> Result<(), Stop> {
        let profile = Arc::clone(&self.profile);
        let lines = lines(&profile).ok_or(Stop::Absent)?;
        self.type_keys(&self.keys(lines, text))
    }

    /// Types the lines that send this message.
    pub(crate) fn type_message(&mut self, text: &str) -> Result<(), Stop> {
        self.type_lines(|profile| Some(&profile.say), text)
    }

    /// The keys that send this message.
    pub(crate) fn keys_to_say(&self, text: &str) -> String {
        self.keys(&self.profile.say, text)
    }

    /// The line that sends this message, in two halves. The second half includes the end of the
    /// line.
    pub(crate) fn halves(&self, text: &str) -> (String, String) {
        let line = self.keys_to_say(text);
        // The profile may have other lines before the text.
        let last = line.trim_end().rfind(self.enter()).map_or(0, |end| end + 1);
        let middle = last + line.get(last..).map_or(0, |line| line.len() / 2);
        let (first, second) = line.split_at_checked(middle).unwrap_or((line.as_str(), ""));
        (first.to_owned(), second.to_owned())
    }

    /// Ends the input: with Ctrl-D, or by closing the pipe.
    pub(crate) fn end_input(&mut self) -> Result<(), Stop> {
        self.record(USER, "ends the input (Ctrl-D)");
        self.program()?.close_stdin();
        Ok(())
    }
}
