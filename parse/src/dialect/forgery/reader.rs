//! Readers of all dialects that show messages. They follow `handout/protocol.md` and share no code with
//! the dialects.

use crate::{Value, address};

/// The meaning of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A message of a person. The place is `None` in dialects without places.
    Said { by: String, place: Option<Place>, text: String },
    /// A line of the server.
    Server,
}

/// The recipients of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Lobby,
    Room(String),
    /// One person: `None` in the copy for that person, the name in the copy for the sender.
    Person(Option<String>),
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Splits a text into its place and the rest.
fn place(words: &str) -> (Place, &str) {
    let marked = words.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    match marked.and_then(|(mark, text)| Some((mark.split_once(' ')?, text))) {
        Some((("to", "you"), text)) => (Place::Person(None), text),
        Some((("to", name), text)) if is_word(name) => (Place::Person(Some(name.into())), text),
        Some((("in", "lobby"), text)) => (Place::Lobby, text),
        Some((("in", room), text)) if is_word(room) => (Place::Room(room.into()), text),
        _ => (Place::Lobby, words),
    }
}

fn said(by: &str, words: &str) -> Line {
    let (place, text) = place(words);
    Line::Said { by: by.into(), place: Some(place), text: text.into() }
}

/// Returns whether a client may end a line at a character.
pub(super) fn ends_a_line(character: char) -> bool {
    let ends = "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}";
    ends.contains(character)
}

/// The dialects that have a reader.
pub(super) const READ: [&str; 7] = ["auto", "json", "ktn14", "ktn15", "text", "plain", "header"];

/// Reads the frames of a dialect.
pub(super) fn read(dialect: &str, frames: &[Vec<u8>]) -> Vec<Line> {
    let frames: Vec<&str> =
        frames.iter().map(|frame| std::str::from_utf8(frame).unwrap()).collect();
    if dialect == "header" {
        let pairs = frames.chunks(2).map(|pair| match pair {
            ["server", _] => Line::Server,
            [name, words] => said(name, words),
            odd => panic!("no pair: {odd:?}"),
        });
        return pairs.collect();
    }
    let lines = frames.iter().map(|frame| {
        // Without the newline at the end, and without colours.
        let line = frame.strip_suffix("\u{1b}[0m").unwrap_or(frame);
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.split_once("\u{1b}[1m\r").map_or(line, |(_, line)| line);
        assert!(!line.contains(ends_a_line), "{dialect}: {frame:?} is more than a line");
        read_line(dialect, line)
    });
    lines.flatten().collect()
}

fn read_line(dialect: &str, line: &str) -> Vec<Line> {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    match dialect {
        "auto" | "json" => match json(line) {
            login if login["response"] == "login" => {
                let messages = login["messages"].as_array().cloned().unwrap_or_default();
                messages.iter().map(read_json).collect()
            }
            line => vec![read_json(&line)],
        },
        "ktn14" => match json(line) {
            login if login["response"] == "login" => {
                let messages = login["messages"].as_array().cloned().unwrap_or_default();
                messages.iter().flat_map(|one| read_line(dialect, one.as_str().unwrap())).collect()
            }
            line => vec![read_ktn14(&line)],
        },
        "ktn15" => match json(line) {
            history if history["response"] == "history" => {
                let list = history["content"].as_array().unwrap().iter();
                // A list of objects, or of strings that contain objects.
                let one = |it: &Value| {
                    it.as_str().map_or_else(|| read_ktn15(it), |it| read_ktn15(&json(it)))
                };
                list.map(one).collect()
            }
            line => vec![read_ktn15(&line)],
        },
        "text" => match line.split_once(" say: ") {
            Some((name, text)) if is_word(name) && name != "server" => {
                vec![Line::Said { by: name.into(), place: None, text: text.into() }]
            }
            _ => vec![Line::Server],
        },
        "plain" => match line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            Some((name, words)) if is_word(name) => vec![said(name, words)],
            // An address, which may contain brackets.
            _ => match line.strip_prefix('[').and_then(of_address) {
                Some((name, words)) => vec![said(&name, words)],
                None => vec![Line::Server],
            },
        },
        // This dialect has no reader.
        _ => vec![],
    }
}

/// Reads `ADDRESS]: TEXT`. Returns the name of the address, and the text.
fn of_address(rest: &str) -> Option<(String, &str)> {
    let places = rest.match_indices("]: ");
    let mut read = places.filter_map(|(at, _)| Some((rest[..at].parse().ok()?, &rest[at + 3..])));
    read.next().map(|(address, words)| (address::name(address), words))
}

fn read_json(line: &Value) -> Line {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    match (text("username"), text("message"), line.get("id")) {
        (Some(by), Some(text_said), Some(_)) => {
            let place = match (text("to"), text("room")) {
                (Some(to), _) => Place::Person(Some(to)),
                (_, Some(room)) => Place::Room(room),
                _ => Place::Lobby,
            };
            Line::Said { by, place: Some(place), text: text_said }
        }
        _ => Line::Server,
    }
}

fn read_ktn14(line: &Value) -> Line {
    let text = line["message"].as_str().unwrap_or_default();
    // `NAME said @ HH:MM:SS: TEXT`
    match text.split_once(" said @ ") {
        Some((name, rest)) if is_word(name) => said(name, rest.get("13:15:29: ".len()..).unwrap()),
        _ => Line::Server,
    }
}

fn read_ktn15(line: &Value) -> Line {
    match (line["sender"].as_str().unwrap(), line["response"].as_str().unwrap()) {
        ("server", _) => Line::Server,
        (sender, "message") => said(sender, line["content"].as_str().unwrap()),
        other => panic!("{other:?}"),
    }
}
