//! The eyes: what somebody sees of a client, and has to see.

use std::time::{Duration, Instant};

use super::{ALIVE, CLIENT, ClientScenario, MOMENT, USER, screen};
use crate::lag::patiently;
use crate::program::Program;
use crate::stop::Stop;
use crate::wire::Message;

/// How many characters of what there is to see stand in a difference.
const QUOTED: usize = 300;

impl ClientScenario {
    /// What is there to see until now was looked at.
    pub(crate) fn mark_seen(&mut self) {
        self.seen = self.program.as_ref().map_or(0, Program::printed);
    }

    /// All of this can be seen, since somebody last looked away.
    pub(crate) fn expect_shown(&mut self, expected: &str, wanted: &[&str]) -> Result<(), Stop> {
        if self.shows(expected, self.patience, |printed| screen::shows(printed, wanted))? {
            self.record(USER, &format!("sees {expected}"));
            return Ok(());
        }
        let got = self.describe_missing(wanted);
        Err(self.differs_or_ended(USER, expected, &got))
    }

    /// What somebody said can be seen, sooner or later.
    pub(crate) fn expect_message_shown(&mut self, line: &Message) -> Result<(), Stop> {
        self.expect_shown_eventually(&line.words(), &[&line.sender, &line.text])
    }

    /// All of this can be seen, at the latest when a line was typed: there are clients that do one
    /// thing at a time, which has a check of its own.
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

    /// The client says something, or ends.
    pub(crate) fn expect_output_or_exit(&mut self, expected: &str) -> Result<(), Stop> {
        let patience = self.patience;
        let says =
            self.shows(expected, patience, |printed| !screen::text(printed).trim().is_empty())?;
        if says || self.ended().is_some() {
            return Ok(());
        }
        Err(Stop::differs(CLIENT, expected, "neither"))
    }

    /// Whether what is printed is such, since somebody last looked away, at the latest when no more
    /// can be. Meanwhile the server goes on.
    fn shows(
        &mut self,
        expected: &str,
        patience: Duration,
        fits: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, Stop> {
        let seen = self.seen;
        let mut wrong = None;
        let shows = patiently(patience, expected, |until| {
            let until = until.min(Instant::now() + ALIVE);
            let program = self.program.as_ref()?;
            if program.wait_output(seen, &fits, until) {
                return Some(true);
            }
            // Who has closed its output may still run, and who has ended has said more until then.
            if program.wait_end(until).is_some() || program.trouble().is_some() {
                return Some(program.wait_output(seen, &fits, until));
            }
            wrong = self.serve_side_requests().err();
            wrong.is_some().then_some(false)
        })?;
        wrong.map_or(Ok(shows == Some(true)), Err)
    }

    /// What of this cannot be seen since somebody last looked away, and what can, in words.
    fn describe_missing(&self, wanted: &[&str]) -> String {
        let shown = self.shown_after(self.seen);
        let lacking: Vec<String> = wanted
            .iter()
            .filter(|wanted| !screen::shows(shown.as_bytes(), &[wanted]))
            .map(|lacking| format!("{lacking:?}"))
            .collect();
        match shown.as_str() {
            "" => "nothing is shown".to_owned(),
            shown if lacking.len() == wanted.len() => {
                format!("none of it; what is shown: {shown:?}")
            }
            shown => format!("all but {}; what is shown: {shown:?}", lacking.join(", ")),
        }
    }

    /// What is shown after what was printed before, its end only where that is long.
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

    /// Whether what was printed since somebody last looked away has these bytes in it.
    pub(crate) fn has_printed(&mut self, bytes: &[u8]) -> Result<bool, Stop> {
        let has = |printed: &[u8]| printed.windows(bytes.len().max(1)).any(|it| it == bytes);
        let seen = self.seen;
        Ok(self.program()?.wait_output(seen, has, Instant::now()))
    }
}
