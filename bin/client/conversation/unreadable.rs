//! Frames of the server that are no responses.

use std::time::Instant;

use parse::ParseError;

use super::{Conversation, Known};
use crate::foreign::Beginning;
use crate::sanitize::clean;
use crate::wrapping::cut;

/// The most columns of a frame that are shown.
const SHOWN: usize = 60;

impl Known {
    /// Records that the server has sent a response.
    pub(crate) fn hear(&mut self) {
        self.liveness.hear(Instant::now());
        self.beginning = Beginning::Usual;
    }
}

impl Conversation {
    /// The lines to show when a frame of the server is not a response. Before the first response only one
    /// such frame is shown. If it belongs to another protocol, the connection ends instead.
    pub(crate) fn unreadable(&self, error: &ParseError, frame: &[u8]) -> Vec<String> {
        let mut known = self.known();
        let is_first = !known.liveness.has_heard();
        known.liveness.hear(Instant::now());
        let is_json = matches!(error, ParseError::Shape(_));
        if is_first && !is_json {
            known.beginning = Beginning::of(frame);
        }
        let beginning = known.beginning;
        drop(known);
        match beginning {
            Beginning::Usual | Beginning::Silent => vec![self.misread(error)],
            Beginning::Unreadable if is_first => {
                let text = clean(String::from_utf8_lossy(frame).trim_end());
                let text = cut(&text, SHOWN);
                let why = format!("the server does not answer in JSON; it says: {text}");
                vec![self.mistake(&why)]
            }
            Beginning::Unreadable => vec![],
            Beginning::Foreign(_) => {
                self.link().abort();
                vec![]
            }
        }
    }
}

#[cfg(test)]
mod tests;
