//! The output of the client, which its user reads.

use std::time::{Duration, Instant};

use super::{ALIVE, CLIENT, ClientScenario, MOMENT, USER, screen};
use crate::patience::patiently;
use crate::program::Program;
use crate::stop::Stop;
use crate::wire::Message;

/// Maximum number of shown characters in a difference.
const QUOTED: usize = 300;

impl ClientScenario {
    /// Marks the output so far as seen.
    pub(crate) fn mark_seen(&mut self) {
        self.seen = self.program.as_ref().map_or(0, Program::printed);
    }

    /// Expects the output since the last mark to show all of these texts.
    pub(crate) fn expect_shown(&mut self, expected: &str, wanted: &[&str]) -> Result<(), Stop> {
        if self.shows(expected, self.patience, |printed| screen::shows(printed, wanted))? {
            self.record(USER, &format!("is shown {expected}"));
            return Ok(());
        }
        let got = self.describe_missing(wanted);
        Err(self.differs_or_ended(USER, expected, &got))
    }

    /// Expects the output to show a message, now or after the user types a line.
    pub(crate) fn expect_message_shown(&mut self, line: &Message) -> Result<(), Stop> {
        self.expect_shown_eventually(&line.words(), &[&line.sender, &line.text])
    }

    /// Expects the output to show these texts, at the latest after the user types a line. Some
    /// clients show messages only then, which another check tests.
    pub(crate) fn expect_shown_eventually(
        &mut self,
        expected: &str,
        wanted: &[&str],
    ) -> Result<(), Stop> {
        if !self.shows(expected, MOMENT, |printed| screen::shows(printed, wanted))? {
            self.exchange_message()?;
        }
        self.expect_shown(expected, wanted)
    }

    /// Expects the client to print something or to exit.
    pub(crate) fn expect_output_or_exit(&mut self, expected: &str) -> Result<(), Stop> {
        let patience = self.patience;
        let says =
            self.shows(expected, patience, |printed| !screen::text(printed).trim().is_empty())?;
        if says || self.ended().is_some() {
            return Ok(());
        }
        Err(Stop::differs(CLIENT, expected, "the client prints nothing and is still running"))
    }

    /// Waits until the output since the last mark fits, or can change no more. Side requests are
    /// answered during the wait.
    fn shows(
        &mut self,
        expected: &str,
        patience: Duration,
        fits: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, Stop> {
        let seen = self.seen;
        let mut wrong = None;
        let gauge = self.program()?.gauge();
        let shows = patiently(&gauge, patience, expected, |until| {
            let until = until.min(Instant::now() + ALIVE);
            let program = self.program.as_ref()?;
            if program.wait_output(seen, &fits, until) {
                return Some(true);
            }
            // A client that has closed its output may still run. A client that has exited has
            // printed everything.
            if program.wait_end(until).is_some() || program.trouble().is_some() {
                return Some(program.wait_output(seen, &fits, until));
            }
            wrong = self.serve_side_requests().err();
            wrong.is_some().then_some(false)
        })?;
        wrong.map_or(Ok(shows == Some(true)), Err)
    }

    /// Describes which of these texts are missing in the output since the last mark, and quotes the
    /// output.
    fn describe_missing(&self, wanted: &[&str]) -> String {
        let shown = self.shown_after(self.seen);
        let lacking: Vec<String> = wanted
            .iter()
            .filter(|wanted| !screen::shows(shown.as_bytes(), &[wanted]))
            .map(|lacking| format!("{lacking:?}"))
            .collect();
        match shown.as_str() {
            "" => "the client shows nothing".to_owned(),
            shown if lacking.len() == wanted.len() => {
                format!("none of it; the client shows: {shown:?}")
            }
            shown => format!("all but {}; the client shows: {shown:?}", lacking.join(", ")),
        }
    }

    /// The text shown after this position; only the end of a long one.
    pub(super) fn shown_after(&self, before: u64) -> String {
        let mut text = String::new();
        if let Some(program) = &self.program {
            let look = |printed: &[u8]| {
                text = screen::text(printed);
                true
            };
            program.wait_output(before, look, Instant::now());
        }
        let skip = text.trim().chars().count().saturating_sub(QUOTED);
        text.trim().chars().skip(skip).collect()
    }

    /// Whether the output since the last mark contains these bytes.
    pub(crate) fn has_printed(&mut self, bytes: &[u8]) -> Result<bool, Stop> {
        let has = |printed: &[u8]| printed.windows(bytes.len().max(1)).any(|it| it == bytes);
        let seen = self.seen;
        Ok(self.program()?.wait_output(seen, has, Instant::now()))
    }
}
