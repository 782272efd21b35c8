//! The parser of transcripts.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::lines::{self, Line, Mark, Way, Word};
use crate::pattern::Expects;
use crate::sends::{self, Piece};
use crate::source::{Error, Place};
use crate::text::{Holes, Text, is_name};
use crate::transcript::{Action, Bytes, Expected, Sent, Step, Transcript};

/// What a person can do.
const DOES: &[(&str, Action)] = &[
    ("(connects)", Action::Connects),
    ("(hangs up)", Action::HangsUp),
    ("(breaks off)", Action::BreaksOff),
    ("(stops sending)", Action::StopsSending),
];

/// What can happen to a person.
const HAPPENS: &[(&str, Action)] = &[
    ("(hangs up)", Action::IsHungUpOn),
    ("(breaks off)", Action::IsBrokenOff),
    ("(ends)", Action::Ends),
    ("(nothing)", Action::HearsNothing),
];

/// Parses a transcript. `dialect` is that of a transcript which names none.
///
/// # Errors
/// The first error, with its place.
pub fn parse(file: &str, bytes: &[u8], dialect: &Dialect) -> Result<Transcript, Error> {
    parse_block(file, bytes, 1, dialect)
}

/// Parses a part of a file that begins at this line, such as a [`Block`](crate::Block).
///
/// # Errors
/// The first error, with its place in the file.
pub fn parse_block(
    file: &str,
    bytes: &[u8],
    first: usize,
    dialect: &Dialect,
) -> Result<Transcript, Error> {
    let lines = lines::split(file, bytes, first)?;
    let mut parser = Parser::new(dialect);
    let mut failed = None;
    for (number, text) in lines.iter().enumerate() {
        let done = lines::read(text)
            .map_err(|(at, error)| (Place::of(first + number, text, at), error))
            .and_then(|line| parser.line(first + number, text, line));
        if let Err(error) = done {
            failed = Some(error);
            break;
        }
    }
    let ended = failed.map_or_else(|| parser.end_step(), Err);
    match ended {
        Ok(()) => Ok(Transcript {
            file: file.to_owned(),
            dialect: parser.dialect,
            names_dialect: parser.names_dialect,
            speakers: parser.speakers,
            ignored: parser.ignored,
            steps: parser.steps,
            source: (first, lines),
        }),
        Err((place, message)) => {
            let line = place.line.checked_sub(first).and_then(|index| lines.get(index));
            let source = line.cloned().unwrap_or_default();
            Err(Error { file: file.to_owned(), place, message, source })
        }
    }
}

/// An error with its place.
type Wrong = (Place, String);

/// A step whose lines are not complete yet.
struct Open<'a> {
    who: &'a str,
    way: Way,
    place: Place,
    /// The lines of the step. A mark says how a line continues the one before.
    pieces: Vec<(Mark, Piece<'a>)>,
}

/// What the parser knows of a person.
#[derive(Default)]
struct Person {
    is_connected: bool,
    /// The line in which the person stopped sending.
    stopped: Option<usize>,
}

struct Parser<'a> {
    dialect: Dialect,
    names_dialect: bool,
    speakers: Vec<(String, Dialect)>,
    ignored: Vec<Expects>,
    steps: Vec<Step>,
    open: Option<Open<'a>>,
    people: BTreeMap<String, Person>,
    /// The names that have a value by now.
    bound: Vec<String>,
}

impl<'a> Parser<'a> {
    fn new(dialect: &Dialect) -> Parser<'a> {
        Parser {
            dialect: dialect.clone(),
            names_dialect: false,
            speakers: Vec::new(),
            ignored: Vec::new(),
            steps: Vec::new(),
            open: None,
            people: BTreeMap::new(),
            bound: Vec::new(),
        }
    }

    fn line(&mut self, number: usize, whole: &'a str, line: Line<'a>) -> Result<(), Wrong> {
        let place = |at: usize| Place::of(number, whole, at);
        let wrong = |at: usize, error: &str| Err((place(at), error.to_owned()));
        match line {
            Line::Blank | Line::Comment(_) => Ok(()),
            Line::More { mark, at, payload } => {
                let piece = Piece { line: number, whole, at: payload.at, text: payload.text };
                self.more(mark, piece).map_err(|error| (place(at), error.to_owned()))
            }
            Line::Step { who, way, payload } => {
                self.end_step()?;
                if !is_name(who.text) {
                    let error = "a name has letters, digits, _ and -, and begins with a letter";
                    return wrong(who.at, error);
                }
                let piece = Piece { line: number, whole, at: payload.at, text: payload.text };
                let pieces = vec![(Mark::Together, piece)];
                self.open = Some(Open { who: who.text, way, place: place(payload.at), pieces });
                Ok(())
            }
            Line::Dialect(name) => {
                self.end_step()?;
                if self.names_dialect || !self.steps.is_empty() {
                    return wrong(0, "the dialect stands once, before the first step");
                }
                self.dialect =
                    Dialect::named(name.text).map_err(|error| (place(name.at), error))?;
                self.names_dialect = true;
                Ok(())
            }
            Line::Speaks(who, name) => self.speaks(who, name, &place),
            Line::Ignore(frame) => {
                self.end_step()?;
                if !self.steps.is_empty() {
                    return wrong(0, "an ignored frame stands before the first step");
                }
                let expects = self.expects(frame.text, &self.dialect.clone());
                let expects = expects.map_err(|(at, error)| (place(frame.at + at), error))?;
                if !expects.names().is_empty() {
                    return wrong(frame.at, "a frame that is ignored gives no name a value");
                }
                self.ignored.push(expects);
                Ok(())
            }
        }
    }

    fn speaks(
        &mut self,
        who: Word<'_>,
        name: Word<'_>,
        place: &impl Fn(usize) -> Place,
    ) -> Result<(), Wrong> {
        self.end_step()?;
        if self.people.contains_key(who.text) {
            let error = format!("this stands before the first step of {}", who.text);
            return Err((place(who.at), error));
        }
        if !is_name(who.text) || self.speakers.iter().any(|(other, _)| other == who.text) {
            return Err((place(who.at), "expected the name of a person, once".to_owned()));
        }
        let dialect = Dialect::named(name.text).map_err(|error| (place(name.at), error))?;
        self.speakers.push((who.text.to_owned(), dialect));
        Ok(())
    }

    fn more(&mut self, mark: Mark, piece: Piece<'a>) -> Result<(), &'static str> {
        let Some(open) = &mut self.open else {
            return Err("there is no step before this that it could continue");
        };
        let is_action = open.pieces.iter().any(|(_, piece)| is_action(piece.text));
        match (mark, open.way) {
            _ if is_action => Err("the step before this cannot be continued"),
            (Mark::Piece | Mark::Together, Way::Sends | Way::SendsBytes)
            | (Mark::Unordered, Way::Receives) => {
                open.pieces.push((mark, piece));
                Ok(())
            }
            (Mark::Unordered, Way::Sends | Way::SendsBytes) => Err(
                "& continues a received frame; the next of several frames sent together begins with +",
            ),
            (Mark::Piece | Mark::Together, Way::Receives) => Err(
                "this continues a sent frame; a further frame that arrives in any order begins with &",
            ),
            (_, Way::ReceivesBytes) => Err("bytes that are received stand in one line"),
        }
    }

    /// Completes the step whose lines have been read.
    fn end_step(&mut self) -> Result<(), Wrong> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let Open { who, way, place, pieces } = open;
        let dialect = self.speakers.iter().find(|(speaker, _)| speaker == who);
        let dialect = dialect.map_or(&self.dialect, |(_, dialect)| dialect).clone();
        let first = pieces.first().map(|(_, piece)| piece.text).unwrap_or_default();
        let action = match way {
            Way::Sends | Way::Receives if is_action(first) => {
                action(way, first).map_err(|error| (place, error))?
            }
            Way::Sends | Way::SendsBytes => self.sends(way, &pieces, &dialect, place)?,
            Way::Receives => self.receives(&pieces, &dialect)?,
            Way::ReceivesBytes => {
                let text = Text::with_escapes(first, Holes::Names);
                let text = text.map_err(|(at, error)| {
                    let column = place.column + first.get(..at).unwrap_or_default().chars().count();
                    (Place { column, ..place }, error)
                })?;
                self.names_have_values(text.names(), place)?;
                Action::ReceivesBytes(Bytes { text, written: first.to_owned() })
            }
        };
        self.follow(who, &action, place)?;
        self.steps.push(Step { place, who: who.to_owned(), action });
        Ok(())
    }

    fn sends(
        &self,
        way: Way,
        pieces: &[(Mark, Piece<'a>)],
        dialect: &Dialect,
        place: Place,
    ) -> Result<Action, Wrong> {
        let is_raw = way == Way::SendsBytes;
        let mut frames: Vec<Vec<Piece<'_>>> = Vec::new();
        for (mark, piece) in pieces {
            match frames.last_mut().filter(|_| *mark == Mark::Piece) {
                Some(frame) => frame.push(*piece),
                None => frames.push(vec![*piece]),
            }
        }
        let parse = |frame: &Vec<Piece<'_>>| sends::frame(frame, dialect, is_raw);
        let frames: Result<Vec<Vec<Text>>, Wrong> = frames.iter().map(parse).collect();
        let written = |(number, (mark, piece)): (usize, &(Mark, Piece<'_>))| match number {
            0 => piece.text.to_owned(),
            _ => format!("{} {}", mark.sign(), piece.text),
        };
        let written = pieces.iter().enumerate().map(written).collect();
        let sent = Sent { frames: frames?, is_raw, written };
        self.names_have_values(sent.names(), place)?;
        Ok(Action::Sends(sent))
    }

    fn receives(
        &mut self,
        pieces: &[(Mark, Piece<'a>)],
        dialect: &Dialect,
    ) -> Result<Action, Wrong> {
        let mut frames = Vec::new();
        for (_, piece) in pieces {
            let expects = self.expects(piece.text, dialect).map_err(|(at, error)| {
                (Place::of(piece.line, piece.whole, piece.at + at), error)
            })?;
            let place = Place::of(piece.line, piece.whole, piece.at);
            frames.push(Expected { place, written: piece.text.to_owned(), expects });
        }
        let names = frames.iter().flat_map(|frame| frame.expects.names()).map(str::to_owned);
        self.bound.extend(names);
        Ok(Action::Receives(frames))
    }

    fn expects(&self, frame: &str, dialect: &Dialect) -> Result<Expects, (usize, String)> {
        if dialect.is_json() { Expects::json(frame) } else { Expects::text(frame) }
    }

    fn names_have_values<'b>(
        &self,
        mut names: impl Iterator<Item = &'b str>,
        place: Place,
    ) -> Result<(), Wrong> {
        match names.find(|name| !self.bound.iter().any(|bound| bound == name)) {
            None => Ok(()),
            Some(name) => {
                let error =
                    format!("${name} has no value here: no frame before this one gives it one");
                Err((place, error))
            }
        }
    }

    /// Follows the connection of a person.
    fn follow(&mut self, who: &str, action: &Action, place: Place) -> Result<(), Wrong> {
        let person = self.people.entry(who.to_owned()).or_default();
        let wrong = |error: String| Err((place, error));
        let is_sent = matches!(action, Action::Sends(_) | Action::StopsSending);
        match (action, person.stopped) {
            (Action::Connects, _) if person.is_connected => {
                return wrong(format!("{who} is connected already"));
            }
            (_, Some(line)) if is_sent => {
                return wrong(format!("{who} has stopped sending in line {line}"));
            }
            _ => {}
        }
        match action {
            Action::HangsUp | Action::BreaksOff if !person.is_connected => {
                return wrong(format!("{who} is not connected"));
            }
            Action::HangsUp
            | Action::BreaksOff
            | Action::IsHungUpOn
            | Action::IsBrokenOff
            | Action::Ends => *person = Person::default(),
            Action::StopsSending => person.stopped = Some(place.line),
            _ => person.is_connected = true,
        }
        Ok(())
    }
}

/// Whether a payload is an action in parentheses.
fn is_action(payload: &str) -> bool {
    payload.starts_with('(') && payload.ends_with(')')
}

fn action(way: Way, payload: &str) -> Result<Action, String> {
    let actions = if way == Way::Sends { DOES } else { HAPPENS };
    match actions.iter().find(|(name, _)| *name == payload) {
        Some((_, action)) => Ok(action.clone()),
        None => {
            let names: Vec<&str> = actions.iter().map(|(name, _)| *name).collect();
            let arrow = way.arrow();
            Err(format!(
                "no action is called {payload}; after {arrow} there is: {}",
                names.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests;
