//! The commands on a lane: hold, step, drop, double, reorder, delay, edit, cut, join.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::{Held, Lane};
use crate::event::Rules;

/// The reason why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// The frame is not in a queue.
    #[error("frame {0} is not held: pause its direction before it passes")]
    NotHeld(u64),
    /// A part of the frame is already written.
    #[error("frame {frame} cannot move: {sent} of its bytes are already sent")]
    Begun {
        /// The frame.
        frame: u64,
        /// The number of bytes.
        sent: usize,
    },
    /// The cut is not inside the frame.
    #[error("frame {frame} cannot be cut at {at}: its bytes go from {from} to {to}")]
    Outside {
        /// The frame.
        frame: u64,
        /// The wanted place.
        at: usize,
        /// The first byte that is left.
        from: usize,
        /// The end of the frame.
        to: usize,
    },
    /// There is no frame on that side.
    #[error("frame {0} is the last one in that direction of the queue")]
    NoNeighbour(u64),
    /// Nothing waits.
    #[error("no frame is held")]
    Nothing,
    /// No connection has this number.
    #[error("no client has the number {0}, or it has left")]
    NoClient(u64),
    /// A number is outside its bounds.
    #[error("{name} is a number from {least} to {most}, not {value}")]
    Number {
        /// The name of the argument.
        name: &'static str,
        /// The value.
        value: u64,
        /// The least possible value.
        least: u64,
        /// The greatest possible value.
        most: u64,
    },
    /// The new bytes cannot be a frame.
    #[error("the text cannot be read: {0}")]
    Text(String),
    /// The page shows a file.
    #[error("this is a recording: no program is connected")]
    Recording,
}

impl Lane {
    /// Pauses or resumes the lane.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.settle();
    }

    /// Sets the rules for the next frames.
    pub(crate) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
        self.settle();
    }

    /// Joins the next frames into one write.
    pub(crate) fn join(&mut self, count: usize) {
        self.join = count;
        self.settle();
    }

    /// Releases the first piece in the queue. Returns its frame.
    pub(crate) fn step(&mut self) -> Result<u64, Refusal> {
        let held = self.queue.front_mut().ok_or(Refusal::Nothing)?;
        let frame = held.frame;
        let piece = held.pieces.pop_front().ok_or(Refusal::Nothing)?;
        let first =
            Held { frame, arrived: held.arrived, from: held.from, pieces: VecDeque::from([piece]) };
        held.from += first.length();
        if held.pieces.is_empty() {
            self.queue.pop_front();
        }
        self.release(first, None);
        Ok(frame)
    }

    /// Releases a frame after a delay, before all frames that wait.
    pub(crate) fn send(
        &mut self,
        frame: u64,
        delay: Duration,
        now: Instant,
    ) -> Result<(), Refusal> {
        let held = self.remove(frame)?;
        self.release(held, Some(now + delay).filter(|_| !delay.is_zero()));
        Ok(())
    }

    /// Drops the bytes of a frame that are left.
    pub(crate) fn drop_frame(&mut self, frame: u64) -> Result<(), Refusal> {
        let held = self.remove(frame)?;
        self.queued -= held.length();
        Ok(())
    }

    /// Adds a copy of a frame behind it.
    pub(crate) fn double(&mut self, frame: u64) -> Result<(), Refusal> {
        let place = self.place(frame)?;
        let held = self.whole(place)?.clone();
        self.queued += held.length();
        self.queue.insert(place + 1, held);
        Ok(())
    }

    /// Moves a frame one place in the queue.
    pub(crate) fn shift(&mut self, frame: u64, later: bool) -> Result<(), Refusal> {
        let place = self.place(frame)?;
        self.whole(place)?;
        let other = if later { Some(place + 1) } else { place.checked_sub(1) };
        let other = other.filter(|other| *other < self.queue.len());
        let other = other.ok_or(Refusal::NoNeighbour(frame))?;
        self.whole(other)?;
        self.queue.swap(place, other);
        Ok(())
    }

    /// Replaces the bytes of a frame.
    pub(crate) fn edit(&mut self, frame: u64, wire: Vec<u8>) -> Result<(), Refusal> {
        let place = self.place(frame)?;
        let before = self.whole(place)?.length();
        let held = self.queue.get_mut(place).ok_or(Refusal::NotHeld(frame))?;
        self.queued = self.queued - before + wire.len();
        held.pieces = VecDeque::from([wire]);
        Ok(())
    }

    /// Cuts a frame in two pieces at this byte. A second cut at the same byte joins them again.
    pub(crate) fn cut(&mut self, frame: u64, at: usize) -> Result<(), Refusal> {
        let place = self.place(frame)?;
        let held = self.queue.get_mut(place).ok_or(Refusal::NotHeld(frame))?;
        let (from, to) = (held.from, held.from + held.length());
        if !(from + 1..to).contains(&at) {
            return Err(Refusal::Outside { frame, at, from, to });
        }
        let mut begin = from;
        for index in 0..held.pieces.len() {
            let Some(piece) = held.pieces.get_mut(index) else { break };
            let end = begin + piece.len();
            if at < end {
                let rest = piece.split_off(at - begin);
                held.pieces.insert(index + 1, rest);
                break;
            }
            if at == end {
                let next = held.pieces.remove(index + 1).unwrap_or_default();
                held.pieces.iter_mut().skip(index).take(1).for_each(|piece| piece.extend(&next));
                break;
            }
            begin = end;
        }
        Ok(())
    }

    /// Closes the receiver's half: drops all bytes that wait and all that come.
    pub(crate) fn close(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.out.clear();
        self.closed = true;
    }

    /// Encodes a text as a frame of the lane's dialect.
    pub(crate) fn encode(&self, text: &str) -> Vec<u8> {
        let mut wire = Vec::new();
        self.dialect().framing().encode(text.as_bytes(), &mut wire);
        wire
    }

    fn place(&self, frame: u64) -> Result<usize, Refusal> {
        let place = self.queue.iter().position(|held| held.frame == frame);
        place.ok_or(Refusal::NotHeld(frame))
    }

    /// The frame at this place, of which no byte is sent yet.
    fn whole(&self, place: usize) -> Result<&Held, Refusal> {
        let held = self.queue.get(place).ok_or(Refusal::Nothing)?;
        match held.from {
            0 => Ok(held),
            sent => Err(Refusal::Begun { frame: held.frame, sent }),
        }
    }

    fn remove(&mut self, frame: u64) -> Result<Held, Refusal> {
        let place = self.place(frame)?;
        self.queue.remove(place).ok_or(Refusal::NotHeld(frame))
    }
}
