//! The record as a transcript, which plays the same conversation against a server again.
//!
//! A step is a line: `alice > FRAME` sends a frame, `alice >> BYTES` sends exact bytes, `alice < FRAME`
//! receives. So a frame that a person sent whole is one line, and each piece of a cut frame is a line of
//! bytes. Values that differ from run to run, such as ids and times, are written as `…`.

#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value};

use text::{escaped, holes_escaped, pattern};

/// Greatest number of bytes that are written one at a time.
const SINGLE: usize = 512;

/// A transcript in the making.
#[derive(Default)]
struct Writer {
    steps: String,
    names: BTreeMap<u64, String>,
    /// The dialect of each client.
    dialects: BTreeMap<u64, String>,
    /// The frames of clients.
    frames: BTreeMap<u64, Value>,
    /// The frames of which a write is recorded, or which were dropped.
    touched: BTreeSet<u64>,
    /// The new bytes of frames that were edited.
    edited: BTreeMap<u64, String>,
    /// The client and the read of the last step, if it is a frame.
    last: Option<(u64, u64)>,
}

/// Writes the events of a run as a transcript.
///
/// # Errors
/// The reason, if the recording says that it has no transcript: `grade` knows what a right server sends,
/// and writes the transcript of a failed check itself.
pub(crate) fn write<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Result<String, String> {
    let mut writer = Writer::default();
    let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for event in events.clone() {
        if field(&event, "event") == "transcript" {
            return match event.get("text").and_then(Value::as_str) {
                Some(text) => Ok(text.to_owned()),
                None => Err(format!("this check has no transcript: {}", field(&event, "why"))),
            };
        }
        writer.learn(&event);
    }
    for event in events {
        writer.step(&event);
    }
    Ok(writer.finish())
}

fn field<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn parts(event: &Value) -> &[Value] {
    event.get("parts").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Writer {
    /// Collects the things that a step has to know before they happen.
    fn learn(&mut self, event: &Value) {
        let client = number(event, "client");
        match (field(event, "event"), field(event, "way")) {
            ("started", _) => {
                self.dialects.insert(0, field(event, "dialect").to_owned());
            }
            ("named", _) => {
                let name = field(event, "name");
                let mut characters = name.chars();
                let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
                let goes_on = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
                if begins && characters.all(goes_on) {
                    self.names.insert(client, name.to_owned());
                }
            }
            ("dialect", _) => {
                self.dialects.insert(client, field(event, "dialect").to_owned());
            }
            ("wrote", "up") => {
                self.touched.extend(parts(event).iter().map(|part| number(part, "frame")));
            }
            ("did", _) if field(event, "did") == "dropped" => {
                self.touched.insert(number(event, "frame"));
            }
            ("did", _) if field(event, "did") == "edited" => {
                // Bytes that are no text are not in the record. Without them no piece is found below.
                let new = field(event, "detail");
                let new = if new.contains('\u{fffd}') { "" } else { new };
                self.edited.insert(number(event, "frame"), new.to_owned());
            }
            ("frame", "up") => {
                self.frames.insert(number(event, "frame"), event.clone());
            }
            _ => {}
        }
    }

    /// The name of a client, which no other client has.
    fn name(&self, client: u64) -> String {
        match self.names.get(&client) {
            None => format!("client{client}"),
            Some(name) => {
                let earlier =
                    self.names.range(..client).filter(|(_, other)| *other == name).count();
                if earlier == 0 { name.clone() } else { format!("{name}-{}", earlier + 1) }
            }
        }
    }

    fn dialect(&self, client: u64) -> &str {
        let own = self.dialects.get(&client).or_else(|| self.dialects.get(&0));
        own.map(String::as_str).filter(|name| *name != "auto").unwrap_or("json")
    }

    fn line(&mut self, client: u64, rest: &str) {
        let name = self.name(client);
        // Writing into a string does not fail.
        let _ = writeln!(self.steps, "{name} {rest}");
        self.last = None;
    }

    /// Writes the step of an event, if it is one.
    fn step(&mut self, event: &Value) {
        let client = number(event, "client");
        let (kind, way, why) = (field(event, "event"), field(event, "way"), field(event, "why"));
        match (kind, way) {
            ("frame", "up") => self.sent(client, event),
            ("frame", "down") => self.received(client, event),
            ("wrote", "up") => self.wrote(client, event),
            ("did", _) if field(event, "did") == "dropped" => {
                if let Some(frame) = self.frames.get(&number(event, "frame")) {
                    let what = format!(
                        "# {}: a frame was dropped: {}",
                        self.name(client),
                        field(frame, "label")
                    );
                    let _ = writeln!(self.steps, "{what}");
                }
            }
            ("ended", "up") if why == "it sends no more" || why == "closed by hand" => {
                self.line(client, "> (stops sending)");
            }
            ("ended", "up") => self.line(client, "> (breaks off)"),
            ("ended", "down") if why == "it sends no more" => self.line(client, "< (hangs up)"),
            ("ended", "down") if why != "closed by hand" => self.line(client, "< (breaks off)"),
            ("closed", _) if why == "reset: by hand" => self.line(client, "> (breaks off)"),
            _ => {}
        }
    }

    /// Writes a frame of a client that passed as it came.
    fn sent(&mut self, client: u64, frame: &Value) {
        if self.touched.contains(&number(frame, "frame"))
            || frame.get("held") == Some(&Value::Bool(true))
        {
            return;
        }
        let Some(wire) = whole(frame) else { return self.cannot(frame) };
        let reads = frame.get("reads").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let begin = number(frame, "from");
        if reads.len() > 1 && reads.len() as u64 == number(frame, "brought") {
            let ends = reads.iter().map(|read| number(read, "to").saturating_sub(begin));
            let mut from = 0;
            for end in ends.filter_map(|end| usize::try_from(end).ok()) {
                let piece = wire.get(from..end.min(wire.len()));
                let Some(piece) = piece else { return self.cannot(frame) };
                self.line(client, &format!(">> {}", escaped(piece)));
                from = end;
            }
            return;
        }
        let read = reads.first().map_or(0, |read| number(read, "n"));
        let whole = self.whole_frame(client, frame, wire);
        if self.last == Some((client, read)) && whole.starts_with("> ") {
            // It came in the same read as the frame before it.
            let space = " ".repeat(self.name(client).len());
            let _ = writeln!(self.steps, "{space} + {}", whole.trim_start_matches("> "));
        } else {
            self.line(client, &whole);
        }
        self.last = whole.starts_with("> ").then_some((client, read));
    }

    /// A step that sends a whole frame.
    fn whole_frame(&self, client: u64, frame: &Value, wire: &str) -> String {
        let lead = usize::try_from(number(frame, "lead")).unwrap_or(usize::MAX);
        let end = wire.len().saturating_sub(usize::try_from(number(frame, "trail")).unwrap_or(0));
        let payload = wire.get(lead..end).unwrap_or_default();
        let exact = format!(">> {}", escaped(wire));
        match self.dialect(client) {
            "json" | "ktn14" | "ktn15" => match serde_json::from_str::<Map<String, Value>>(payload)
            {
                Ok(_) if payload.starts_with('{') && !payload.contains('\n') => {
                    format!("> {}", holes_escaped(payload))
                }
                _ => exact,
            },
            _ => exact,
        }
    }

    /// Writes bytes that a hand or a rule has sent.
    fn wrote(&mut self, client: u64, event: &Value) {
        let mut bytes = String::new();
        for part in parts(event) {
            let id = number(part, "frame");
            let frame = self.frames.get(&id);
            let edited = self.edited.get(&id).cloned();
            let wire = edited.or_else(|| frame.and_then(whole).map(str::to_owned));
            let place = |key| usize::try_from(number(part, key)).unwrap_or(usize::MAX);
            let piece = wire.as_deref().and_then(|wire| wire.get(place("from")..place("to")));
            match (piece, frame) {
                (Some(piece), _) => bytes.push_str(piece),
                (None, Some(frame)) => {
                    let frame = frame.clone();
                    return self.cannot(&frame);
                }
                (None, None) => return,
            }
        }
        if event.get("chunk").is_some() && bytes.len() <= SINGLE {
            for character in bytes.chars() {
                self.line(client, &format!(">> {}", escaped(character.encode_utf8(&mut [0; 4]))));
            }
        } else {
            self.line(client, &format!(">> {}", escaped(&bytes)));
        }
    }

    /// Writes a frame that a client should receive.
    fn received(&mut self, client: u64, frame: &Value) {
        let Some(wire) = whole(frame) else { return self.cannot(frame) };
        let pattern = match serde_json::from_str::<Map<String, Value>>(wire.trim()) {
            Ok(dict) if self.dialect(client) != "header" => format!("< {}", pattern(dict)),
            _ => format!("<< {}", escaped(wire)),
        };
        self.line(client, &pattern);
    }

    /// Says that a frame is missing.
    fn cannot(&mut self, frame: &Value) {
        let (number, size) = (number(frame, "frame"), number(frame, "size"));
        let _ = writeln!(self.steps, "# frame {number} with {size} bytes is too long, or no text");
        self.last = None;
    }

    fn finish(self) -> String {
        let mut out = String::from("# A conversation that inspect has recorded.\n");
        let common = self.dialect(0);
        if common != "json" {
            let _ = writeln!(out, "dialect {common}");
        }
        for client in self.dialects.keys().filter(|client| **client > 0) {
            if self.dialect(*client) != common {
                let _ = writeln!(out, "{} speaks {}", self.name(*client), self.dialect(*client));
            }
        }
        out + "\n" + &self.steps
    }
}

/// The bytes of a frame, if the record has all of them and they are text.
fn whole(frame: &Value) -> Option<&str> {
    let wire = field(frame, "text");
    let complete = wire.len() as u64 == number(frame, "size");
    (complete && !wire.contains('\u{fffd}')).then_some(wire)
}
