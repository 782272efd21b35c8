//! Ends in a scenario: of a connection, of a frame, of the program.

use std::time::Instant;

use serde_json::Value;

use super::silence::SLICE;
use super::{PeerId, Scenario};
use crate::peer::{Incoming, Peer};
use crate::stop::Stop;
use crate::wire::{Frame, Response};

/// What a wait that nothing ends is for.
const END: &str = "the end of the connection";

impl Scenario {
    /// Whether the server has ended the connection of a user. Does not wait.
    pub(crate) fn has_ended(&mut self, who: PeerId) -> bool {
        self.poll_now();
        self.peer(who).is_none_or(|peer| peer.has_ended())
    }

    /// Returns the next response that the user has asked for; `None` if the connection ended before it.
    pub(crate) fn next_or_end(
        &mut self,
        who: PeerId,
        expected: &str,
    ) -> Result<Option<(Response, Option<Value>)>, Stop> {
        loop {
            if self.waits_for_end(who)? {
                let role = self.role(who);
                if !self.is_alive() {
                    let got = "the server closed the connection";
                    return Err(self.differs_or_ended(&role, expected, got));
                }
                self.record(&role, "the server has closed the connection");
                return Ok(None);
            }
            match self.next_with_value(who, expected)? {
                (Response::Notice(_) | Response::History(_), _) => {}
                answer => return Ok(Some(answer)),
            }
        }
    }

    /// Waits for the next frame. Returns `true` if the connection has ended and there is none.
    fn waits_for_end(&mut self, who: PeerId) -> Result<bool, Stop> {
        let mut time = self.free_time();
        while !time.exceeds(self.patience, END)? {
            match self.peer(who) {
                None => return Ok(true),
                Some(peer) if peer.has_queued() || has_rest(peer) => return Ok(false),
                Some(peer) if peer.has_ended() => return Ok(true),
                Some(_) => self.poll_for(SLICE)?,
            }
        }
        Ok(false)
    }

    /// Reads everything that a user has not read. Returns whether the connection ends after it.
    pub(crate) fn ends_after_reading(&mut self, who: PeerId) -> Result<bool, Stop> {
        let mut time = self.free_time();
        let dialect = self.dialect;
        while !time.exceeds(self.patience, END)? {
            let until = Instant::now() + SLICE;
            self.poll(Some(who), until).map_err(|error| {
                Stop::Undecided(format!("the grader cannot poll its sockets: {error}"))
            })?;
            while let Some(peer) = self.peer(who) {
                match peer.next(dialect) {
                    Incoming::Frame(..) => {}
                    Incoming::End(_) => return Ok(true),
                    Incoming::Nothing => break,
                }
            }
        }
        Ok(false)
    }

    /// Whether the program runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.trouble().is_none()
    }

    /// Whether a frame is on one line, and its newline comes soon after it.
    pub(crate) fn ends_with_newline(&mut self, who: PeerId, frame: &Frame) -> Result<bool, Stop> {
        if frame.bytes.contains(&b'\n') {
            return Ok(false);
        }
        self.settle()?;
        Ok(self.peer(who).is_some_and(|peer| peer.follows_newline()))
    }
}

/// Whether bytes that may belong to a frame have arrived. White space between frames does not.
fn has_rest(peer: &Peer) -> bool {
    peer.incomplete().iter().any(|byte| !byte.is_ascii_whitespace())
}
