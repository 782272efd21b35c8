//! The runner: plays a transcript over a wire.

mod player;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::player::Player;
use crate::dialect::Dialect;
use crate::pattern::Expects;
use crate::source::Place;
use crate::transcript::{Step, Transcript};

/// Connects the people of a transcript with the program that is played against.
pub trait Wire {
    /// Tells the wire which step begins.
    fn begin_step(&mut self, _step: &Step) {}

    /// Connects a person, who will speak this dialect.
    ///
    /// # Errors
    /// The connection was not made.
    fn connect(&mut self, who: &str, dialect: &Dialect) -> Result<(), Fault>;

    /// Sends bytes in one write.
    ///
    /// # Errors
    /// The bytes could not be sent.
    fn send(&mut self, who: &str, bytes: &[u8]) -> Result<(), Fault>;

    /// Gives the program time to read a piece of a frame before the next piece is sent.
    ///
    /// # Errors
    /// The machine did not let the wire wait.
    fn between_pieces(&mut self, _who: &str) -> Result<(), Fault> {
        Ok(())
    }

    /// Waits for the next bytes of a person, up to [`patience`](Wire::patience).
    ///
    /// # Errors
    /// The machine did not let the wire wait.
    fn receive(&mut self, who: &str) -> Result<Incoming, Fault>;

    /// The bytes of a person that have arrived, without a wait.
    ///
    /// # Errors
    /// The machine did not let the wire read.
    fn arrived(&mut self, who: &str) -> Result<Incoming, Fault>;

    /// Waits until everything that the program still sends must have arrived.
    ///
    /// # Errors
    /// The machine did not let the wire wait.
    fn settle(&mut self) -> Result<(), Fault>;

    /// Reports a whole frame, before it is compared.
    fn saw_frame(&mut self, _who: &str, _frame: &[u8]) {}

    /// Closes the sending half of a connection.
    fn stop_sending(&mut self, who: &str);

    /// Closes a connection.
    fn hang_up(&mut self, who: &str);

    /// Resets a connection.
    fn break_off(&mut self, who: &str);

    /// Longest wait for a frame.
    fn patience(&self) -> Duration;
}

/// What arrived for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// The result of one read.
    Bytes(Vec<u8>),
    /// The program closed the connection in order.
    Closed,
    /// The connection was reset or broke.
    Broken,
    /// Nothing.
    Nothing,
}

/// Why a wire could not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The program does not take part, in words.
    Program(String),
    /// The machine is to blame, in words.
    Machine(String),
}

/// The demands besides the frames of the transcript.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The keys of an object must have the order of the transcript.
    pub key_order: bool,
    /// In `ktn14` and `ktn15`, one read must return one frame.
    pub one_read: bool,
    /// If set, everyone leaves at the end, and only these frames may arrive that no step has named.
    pub farewell: Option<Vec<Expects>>,
}

/// The result of a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything happened as written.
    Passed,
    /// Something else happened.
    Differs(Difference),
    /// The machine is to blame, for this reason.
    Undecided(String),
}

/// The first difference between a transcript and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The place in the transcript.
    pub place: Place,
    /// The person.
    pub who: String,
    /// What the transcript expects.
    pub expected: String,
    /// What happened.
    pub received: String,
    /// What differs inside the frame.
    pub why: Option<String>,
}

/// Plays a transcript.
pub fn play(transcript: &Transcript, rules: &Rules, wire: &mut dyn Wire) -> Outcome {
    match Player::new(transcript, rules, wire).run() {
        Ok(()) => Outcome::Passed,
        Err(outcome) => outcome,
    }
}
