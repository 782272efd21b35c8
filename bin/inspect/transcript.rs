//! The record as a transcript, which plays the same conversation against a server again.
//!
//! A step is a line: `alice > FRAME` sends a frame, `alice >> BYTES` sends exact bytes, `alice < FRAME`
//! receives. So a frame that a person sent whole is one line, and each piece of a cut frame is a line of
//! bytes. Values that differ from run to run, such as ids and times, are written as `…`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value};

/// The keys of responses whose values a server chooses anew.
const VOLATILE: [&str; 6] = ["id", "timestamp", "time", "at", "version", "messages"];

/// Stands for a placeholder until the text is escaped. It is a character without a meaning.
const HOLE: char = '\u{e000}';

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
pub(crate) fn write<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut writer = Writer::default();
    let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for event in events.clone() {
        writer.learn(&event);
    }
    for event in events {
        writer.step(&event);
    }
    writer.finish()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
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
        match (text(event, "event"), text(event, "way")) {
            ("started", _) => {
                self.dialects.insert(0, text(event, "dialect").to_owned());
            }
            ("named", _) => {
                let name = text(event, "name");
                let mut characters = name.chars();
                let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
                let goes_on = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
                if begins && characters.all(goes_on) {
                    self.names.insert(client, name.to_owned());
                }
            }
            ("dialect", _) => {
                self.dialects.insert(client, text(event, "dialect").to_owned());
            }
            ("wrote", "up") => {
                self.touched.extend(parts(event).iter().map(|part| number(part, "frame")));
            }
            ("did", _) if text(event, "did") == "dropped" => {
                self.touched.insert(number(event, "frame"));
            }
            ("did", _) if text(event, "did") == "edited" => {
                self.edited.insert(number(event, "frame"), text(event, "detail").to_owned());
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
        let (kind, way, why) = (text(event, "event"), text(event, "way"), text(event, "why"));
        match (kind, way) {
            ("frame", "up") => self.sent(client, event),
            ("frame", "down") => self.received(client, event),
            ("wrote", "up") => self.wrote(client, event),
            ("did", _) if text(event, "did") == "dropped" => {
                if let Some(frame) = self.frames.get(&number(event, "frame")) {
                    let what = format!(
                        "# {}: a frame was dropped: {}",
                        self.name(client),
                        text(frame, "label")
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
            let wire = match self.edited.get(&id) {
                // A new text ends as the old one did.
                Some(new) => Some(format!("{new}\n")),
                None => frame.and_then(whole).map(str::to_owned),
            };
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
    let wire = text(frame, "text");
    let complete = wire.len() as u64 == number(frame, "size");
    (complete && !wire.contains('\u{fffd}')).then_some(wire)
}

/// Writes a text so that only its own characters are sent or expected.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (index, character) in text.char_indices() {
        let last = index + character.len_utf8() == text.len();
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '…' => out.push_str("\\u{2026}"),
            '$' => out.push_str("\\x24"),
            ' ' if last || index == 0 => out.push_str("\\x20"),
            _ if character.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// Escapes the characters that begin a placeholder, in JSON.
fn holes_escaped(json: &str) -> String {
    json.replace('…', "\\u2026").replace('$', "\\u0024")
}

/// A pattern that a response matches if it says the same.
fn pattern(mut dict: Map<String, Value>) -> String {
    let has_code = dict.contains_key("code");
    for (key, value) in &mut dict {
        if VOLATILE.contains(&key.as_str()) || key == "error" && has_code {
            *value = Value::String(HOLE.to_string());
        }
    }
    let json = holes_escaped(&Value::Object(dict).to_string()).replace(HOLE, "…");
    match json.strip_suffix('}') {
        Some("{") | None => "{…}".to_owned(),
        Some(begin) => format!("{begin},…}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn frame(frame: u64, client: u64, way: &str, text: &str, reads: &[(u64, u64, u64)]) -> Value {
        let reads: Vec<Value> =
            reads.iter().map(|(n, from, to)| json!({"n": n, "from": from, "to": to})).collect();
        json!({"event": "frame", "client": client, "frame": frame, "way": way, "text": text,
            "size": text.len(), "from": reads[0]["from"], "lead": 0, "trail": 1, "held": false,
            "label": "x", "brought": reads.len(), "reads": reads})
    }

    fn written(events: &[Value]) -> Vec<String> {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let text = write(lines.iter().map(String::as_str));
        text.lines().skip(2).map(str::to_owned).collect()
    }

    #[test]
    fn a_conversation_becomes_steps_with_placeholders() {
        let named = |client| json!({"event": "named", "client": client, "name": "ann"});
        let steps = written(&[
            named(1),
            frame(1, 1, "up", "{\"request\":\"login\",\"username\":\"ann\"}\n", &[(1, 0, 39)]),
            frame(
                2,
                1,
                "down",
                "{\"response\":\"message\",\"id\":7,\"message\":\"$5…\"}\n",
                &[(1, 0, 9)],
            ),
            frame(
                3,
                1,
                "down",
                "{\"response\":\"x\",\"error\":\"No.\",\"code\":\"no\"}\n",
                &[(2, 9, 20)],
            ),
            named(2),
            frame(4, 2, "up", "no object\n", &[(1, 0, 10)]),
            json!({"event": "ended", "client": 2, "way": "up", "why": "it sends no more"}),
            json!({"event": "ended", "client": 2, "way": "down", "why": "it sends no more"}),
        ]);
        let want = [
            r#"ann > {"request":"login","username":"ann"}"#,
            r#"ann < {"response":"message","id":"…","message":"\u00245\u2026",…}"#,
            r#"ann < {"response":"x","error":"…","code":"no",…}"#,
            r"ann-2 >> no object\n",
            "ann-2 > (stops sending)",
            "ann-2 < (hangs up)",
        ];
        assert_eq!(steps, want);
    }

    #[test]
    fn cut_joined_dropped_and_moved_frames_are_played_as_they_were_sent() {
        let held = |number, text| {
            let mut frame = frame(number, 1, "up", text, &[(number, 0, text.len() as u64)]);
            frame["held"] = json!(true);
            frame
        };
        let wrote = |parts: &[(u64, usize, usize)]| {
            let parts: Vec<Value> = parts
                .iter()
                .map(|(it, from, to)| json!({"frame": it, "from": from, "to": to}))
                .collect();
            json!({"event": "wrote", "client": 1, "way": "up", "parts": parts, "bytes": 1})
        };
        let did = |frame, did| json!({"event": "did", "client": 1, "frame": frame, "did": did, "detail": "new"});
        let steps = written(&[
            frame(9, 1, "up", "{\"a\":1}\n", &[(1, 0, 3), (2, 3, 8)]),
            frame(10, 1, "up", "{\"b\":1}\n", &[(3, 8, 24)]),
            frame(11, 1, "up", "{\"c\":1}\n", &[(3, 8, 24)]),
            held(1, "one\n"),
            held(2, "two\n"),
            held(3, "three\n"),
            held(4, "four\n"),
            did(2, "dropped"),
            wrote(&[(3, 0, 2)]),
            wrote(&[(3, 2, 6), (1, 0, 4)]),
            did(4, "edited"),
            wrote(&[(4, 0, 4)]),
        ]);
        let want = [
            r#"client1 >> {"a"#,
            r#"client1 >> ":1}\n"#,
            r#"client1 > {"b":1}"#,
            r#"        + {"c":1}"#,
            "# client1: a frame was dropped: x",
            "client1 >> th",
            r"client1 >> ree\none\n",
            r"client1 >> new\n",
        ];
        assert_eq!(steps, want);
    }

    #[test]
    fn a_frame_that_the_record_does_not_have_is_named() {
        let mut long = frame(5, 1, "down", "xxxx", &[(1, 0, 9000)]);
        long["size"] = json!(9000);
        assert_eq!(written(&[long]), ["# frame 5 with 9000 bytes is too long, or no text"]);
    }
}
