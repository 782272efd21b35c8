//! A parsed transcript.

use crate::bindings::Bindings;
use crate::dialect::Dialect;
use crate::pattern::Expects;
use crate::source::{Error, Place, excerpt};
use crate::text::Text;

/// A parsed transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The name of its file.
    pub file: String,
    /// The dialect of everyone who has no own one.
    pub dialect: Dialect,
    /// Whether the transcript itself names the dialect.
    pub names_dialect: bool,
    /// The people who speak another dialect.
    pub(crate) speakers: Vec<(String, Dialect)>,
    /// Frames that may come at any time.
    pub(crate) ignored: Vec<Expects>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The number of the first line, and the lines.
    pub(crate) source: (usize, Vec<String>),
}

/// A step of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The place after the arrow.
    pub place: Place,
    /// The person.
    pub who: String,
    /// What the person does or receives.
    pub action: Action,
}

/// What a person does or receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `> (connects)`
    Connects,
    /// `> (hangs up)`: the person closes the connection.
    HangsUp,
    /// `> (breaks off)`: the person resets the connection.
    BreaksOff,
    /// `> (stops sending)`: the person closes the sending half of the connection.
    StopsSending,
    /// `> frame` or `>> bytes`
    Sends(Sent),
    /// `< frame`: these frames, in any order.
    Receives(Vec<Expected>),
    /// `<< bytes`
    ReceivesBytes(Bytes),
    /// `< (hangs up)`: the server closes the connection in order.
    IsHungUpOn,
    /// `< (breaks off)`: the server resets the connection.
    IsBrokenOff,
    /// `< (ends)`: the connection ends in either way.
    Ends,
    /// `< (nothing)`: nothing arrives for a while.
    HearsNothing,
}

/// What a person sends: writes, each with bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Frames that are sent together, each in pieces. With `>>`, one frame without a delimiter.
    pub(crate) frames: Vec<Vec<Text>>,
    /// The bytes are sent as they are.
    pub(crate) is_raw: bool,
    /// The lines of the transcript, as written.
    pub written: Vec<String>,
}

/// A frame that a person receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The place of the frame.
    pub place: Place,
    /// The frame as written.
    pub written: String,
    /// The pattern of the frame.
    pub expects: Expects,
}

/// Bytes that a person receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    pub(crate) text: Text,
    /// The bytes as written.
    pub written: String,
}

impl Transcript {
    /// The people, in the order in which they appear.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        let is_first = |(number, step): &(usize, &Step)| {
            self.steps.iter().take(*number).all(|earlier| earlier.who != step.who)
        };
        self.steps.iter().enumerate().filter(is_first).map(|(_, step)| step.who.as_str())
    }

    /// The dialect that a person speaks.
    pub fn dialect_of(&self, who: &str) -> &Dialect {
        let own = self.speakers.iter().find(|(speaker, _)| speaker == who);
        own.map_or(&self.dialect, |(_, dialect)| dialect)
    }

    /// Whether anyone hears nothing.
    pub fn has_silence(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::HearsNothing)
    }

    /// Whether anyone ends a connection.
    pub fn has_departure(&self) -> bool {
        let ends = [Action::StopsSending, Action::HangsUp, Action::BreaksOff];
        self.steps.iter().any(|step| ends.contains(&step.action))
    }

    /// The line of a place, with a caret below the column.
    pub fn excerpt(&self, place: Place) -> String {
        excerpt(self.line(place.line), place)
    }

    /// An error at a place, for a program that cannot play the transcript.
    pub fn error(&self, place: Place, message: &str) -> Error {
        let (file, source) = (self.file.clone(), self.line(place.line).to_owned());
        Error { file, place, message: message.to_owned(), source }
    }

    pub(crate) fn line(&self, line: usize) -> &str {
        let (first, lines) = &self.source;
        let line = line.checked_sub(*first).and_then(|index| lines.get(index));
        line.map_or("", String::as_str)
    }
}

impl Bytes {
    /// The bytes.
    pub fn fill(&self, bindings: &Bindings) -> Vec<u8> {
        self.text.fill(bindings)
    }
}

impl Sent {
    /// The bytes of each write.
    pub fn writes(&self, dialect: &Dialect, bindings: &Bindings) -> Vec<Vec<u8>> {
        let mut writes = vec![Vec::new()];
        for pieces in &self.frames {
            let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.fill(bindings)).collect();
            let length = pieces.iter().map(Vec::len).sum();
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    writes.push(Vec::new());
                }
                let Some(write) = writes.last_mut() else { continue };
                if number == 0 && !self.is_raw {
                    write.extend(dialect.begin(length));
                }
                write.extend_from_slice(piece);
                if number + 1 == pieces.len() && !self.is_raw {
                    write.extend_from_slice(dialect.end());
                }
            }
        }
        writes
    }

    /// The whole frames without delimiters; `None` if the bytes are sent as they are.
    pub fn whole_frames(&self, bindings: &Bindings) -> Option<Vec<Vec<u8>>> {
        let whole = |pieces: &Vec<Text>| pieces.iter().flat_map(|it| it.fill(bindings)).collect();
        (!self.is_raw).then(|| self.frames.iter().map(whole).collect())
    }

    /// The names of the placeholders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.frames.iter().flatten().flat_map(Text::names)
    }
}
