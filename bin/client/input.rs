//! Parses a line of input.

use parse::{Dict, Request, Value, is_word};

use crate::catalogue::{Argument, Catalogue, Entry, HELP, REPLY, SEARCH, WHISPER};
use crate::ignored::Ignoring;
use crate::invisible::is_invisible;
use crate::mistyped::{Here, find, is_suspicious};
use crate::nearest::{is_path, unknown_command};
use crate::protocol::{ACTION, JOIN, LOBBY, LOGIN, MESSAGE, REGISTER, ROOM, TO};
use crate::rooms::{Rooms, written};

#[cfg(test)]
mod tests;

/// Parsed input.
#[derive(Debug, PartialEq)]
pub(crate) enum Input {
    /// An empty line.
    Nothing,
    /// A request to send.
    Ask(Request),
    /// A request to send if the person confirms it: it may be a mistyped whisper.
    Suspicious(Request),
    /// Makes this joined room the current one.
    SwitchRoom(String),
    /// Changes or shows whom the person ignores.
    Ignoring(Ignoring),
    /// Connects again at once.
    Reconnect,
    /// Searches the history for this text.
    Search(String),
    /// Answers the last whisper with this text.
    Reply(String),
    /// Shows the commands.
    Help,
    /// Explains the command of this name.
    Explain(String),
    /// Ends the client. The text is the reason for the others; it may be empty.
    Quit(String),
    /// An error, with the text to show.
    Mistake(String),
    /// An unknown command with arguments. The client does not remember it, because it may be a mistyped
    /// command with a password. The text is the error to show.
    Unknown(String),
    /// A line that contains a secret: the client neither executes nor remembers it. The text says
    /// why.
    Exposed(String),
}

/// Parses a line: plain text is a message, a slash starts a command, two slashes send one slash.
pub(crate) fn parse(line: &str, catalogue: &Catalogue, rooms: &Rooms, here: Here<'_>) -> Input {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() {
        return Input::Nothing;
    }
    // White space and invisible characters before the slash do not make the command a message to
    // everyone.
    let command = line.trim_start_matches(is_invisible);
    let unescaped;
    let text = match command.strip_prefix('/') {
        Some(text) if text.starts_with('/') => {
            let (before, _) = line.split_at(line.len() - command.len());
            unescaped = format!("{before}{text}");
            &unescaped
        }
        Some(command) => return obey(command, catalogue, rooms, here),
        None => line,
    };
    let request = say(text, rooms);
    // `blocks.rs` parses the lines after the first.
    let first = text.split_once('\n').map(|(first, _)| first.trim());
    let is_sentence = |line: &&str| line.contains(char::is_whitespace);
    if std::iter::once(text)
        .chain(first.filter(is_sentence))
        .any(|text| is_suspicious(text, catalogue, here))
    {
        Input::Suspicious(request)
    } else {
        Input::Ask(request)
    }
}

/// Whether the line is a text, and no command such as `/say`.
pub(crate) fn is_text(line: &str) -> bool {
    without_slash(line).is_none_or(|command| command.starts_with('/'))
}

/// What follows the slash that begins a line; `None` if another character begins it.
pub(crate) fn without_slash(line: &str) -> Option<&str> {
    line.trim_start_matches(is_invisible).strip_prefix('/')
}

/// Whether a line without its slash begins with something that is no word, such as the star of a comment.
pub(crate) fn begins_no_command(command: &str) -> bool {
    command.starts_with(|first: char| !first.is_alphanumeric() && !"?/".contains(first))
}

/// The input that sends this text as it is: a slash at its beginning is doubled.
pub(crate) fn escaped(text: &str) -> String {
    match without_slash(text) {
        Some(rest) => {
            let (before, _) = text.split_at(text.len() - rest.len());
            format!("{before}/{rest}")
        }
        None => text.to_owned(),
    }
}

/// Parses a command without its slash.
fn obey(command: &str, catalogue: &Catalogue, rooms: &Rooms, here: Here<'_>) -> Input {
    let (typed, rest) = split_word(command);
    let word = &*catalogue.command(typed);
    match (word, catalogue.find(word)) {
        // In other clients `/q` is short for `/query`, and the others must not read a whisper as a goodbye.
        ("quit", _) if typed.eq_ignore_ascii_case("q") && !rest.is_empty() => {
            let (name, _) = split_word(rest);
            if here.is_complete && find(here.names, name).is_none() {
                return Input::Mistake(format!(
                    "{name} is not here: /q NAME TEXT whispers, /q alone leaves, and so does /quit {rest}"
                ));
            }
            whisper(rest)
        }
        ("quit", _) => Input::Quit(rest.to_owned()),
        // The catalogue already has the server's answer to `help`.
        (HELP, _) if rest.is_empty() => Input::Help,
        (HELP, _) => Input::Explain(rest.trim_start_matches('/').to_owned()),
        (WHISPER, _) => whisper(rest),
        (_, Some(entry)) => ask(entry, rest, rooms),
        ("say", None) if rest.is_empty() => Input::Mistake("usage: /say TEXT".to_owned()),
        ("say", None) => Input::Ask(say(rest, rooms)),
        ("me", None) if rest.is_empty() => Input::Mistake("usage: /me TEXT".to_owned()),
        ("me", None) => {
            let mut request = say(rest, rooms);
            request.arguments.insert(ACTION, true);
            Input::Ask(request)
        }
        ("ignore" | "unignore", None) => match split_word(rest) {
            (name, "") if !name.is_empty() => Input::Ignoring(match word {
                "ignore" => Ignoring::Add(name.to_owned()),
                _ => Ignoring::Remove(name.to_owned()),
            }),
            _ => Input::Mistake(format!("usage: /{word} NAME")),
        },
        ("reconnect", None) => Input::Reconnect,
        (REPLY, None) if rest.is_empty() => Input::Mistake("usage: /r TEXT".to_owned()),
        (REPLY, None) => Input::Reply(rest.to_owned()),
        (SEARCH, None) if rest.is_empty() => Input::Mistake("usage: /search TEXT".to_owned()),
        (SEARCH, None) => Input::Search(rest.to_owned()),
        ("ignored", None) => Input::Ignoring(Ignoring::List),
        ("", None) => {
            Input::Mistake("a slash starts a command; /help lists the commands".to_owned())
        }
        (_, None) if is_path(command, catalogue) || begins_no_command(typed) => {
            Input::Mistake(format!(
                "/{typed} is no command; to send a text that begins with a slash, type two: //{typed}"
            ))
        }
        (_, None) if rest.is_empty() => Input::Mistake(unknown_command(typed, catalogue)),
        (_, None) => Input::Unknown(unknown_command(typed, catalogue)),
    }
}

fn say(text: &str, rooms: &Rooms) -> Request {
    let mut arguments = Dict::new().with("message", text);
    // A message to the lobby names no room, so that it also works with a server without rooms.
    if let Some(room) = rooms.outside_lobby() {
        arguments.insert(ROOM, room);
    }
    Request::new(MESSAGE, arguments)
}

fn whisper(rest: &str) -> Input {
    const USAGE: &str = "usage: /msg NAME TEXT";
    let (word, text) = split_word(rest);
    // As in a message that addresses a person.
    let to = word.trim_start_matches('@').trim_end_matches(':');
    match (to, text) {
        ("", "") => Input::Mistake(USAGE.to_owned()),
        ("", _) => Input::Mistake(format!("the whisper names no person; {USAGE}")),
        (to, "") => Input::Mistake(match to.split_once(':') {
            Some((name, text)) => format!("a space follows the name: /msg {name} {text}"),
            None => format!("the whisper to {to} has no text; {USAGE}"),
        }),
        (to, text) => {
            let arguments = Dict::new().with("message", text).with(TO, to);
            Input::Ask(Request::new(MESSAGE, arguments))
        }
    }
}

/// Builds a request: one word for each argument, in order; a text as the last argument takes the
/// rest.
fn ask(entry: &Entry, words: &str, rooms: &Rooms) -> Input {
    if let Some(why) = exposed(entry, words) {
        return Input::Exposed(why);
    }
    let usage = || Input::Mistake(format!("usage: {}", entry.usage()));
    let takes_room = entry.arguments.iter().any(|argument| argument.name == ROOM);
    let ordered;
    let mut rest = if takes_room_after_numbers(entry) {
        let Some(line) = numbers_first(words, entry.arguments.len()) else { return usage() };
        ordered = line;
        &ordered
    } else {
        words
    };
    let mut arguments = Dict::new();
    for argument in &entry.arguments {
        let untouched = rest;
        let word = if argument.rest {
            std::mem::take(&mut rest)
        } else {
            let (word, after) = split_word(rest);
            rest = after;
            word
        };
        match (word, argument.number) {
            ("", _) if entry.is_about_current(argument) => {
                if argument.required || rooms.current() != LOBBY {
                    arguments.insert(&argument.name, rooms.current());
                }
            }
            ("", _) if argument.required => return usage(),
            ("", _) => {}
            (word, _) if argument.flag => {
                if !word.eq_ignore_ascii_case(&argument.name) {
                    return usage();
                }
                arguments.insert(&argument.name, true);
            }
            (word, false) if argument.name == ROOM => arguments.insert(ROOM, written(word)),
            (word, false) => arguments.insert(&argument.name, word),
            (word, true) => match argument.number_in(unmarked(word, takes_room)) {
                Ok(number) => arguments.insert(&argument.name, Value::from(number)),
                // A room may stand where an optional number may: `/history 2 tea`.
                Err(_) if !argument.required && takes_room && !is_like_number(word) => {
                    rest = untouched;
                }
                Err(why) => return Input::Mistake(format!("{why}; usage: {}", entry.usage())),
            },
        }
    }
    if !rest.is_empty() {
        return usage();
    }
    // A script, which types the password, logs in itself.
    if entry.request == REGISTER && !entry.secrets.is_empty() && entry.flags.contains(LOGIN) {
        arguments.insert(LOGIN, true);
    }
    let joined = arguments.get(ROOM).and_then(Value::as_str).and_then(|room| rooms.joined(room));
    match joined {
        Some(room) if entry.request == JOIN => Input::SwitchRoom(room.to_owned()),
        _ => Input::Ask(Request::new(entry.request.as_str(), arguments)),
    }
}

/// A number as the client shows that of a message, `#7`, without its mark. A command that takes a room takes `#7` for
/// one.
fn unmarked(word: &str, takes_room: bool) -> &str {
    let number =
        word.strip_prefix('#').filter(|number| number.starts_with(|it: char| it.is_ascii_digit()));
    number.filter(|_| !takes_room).unwrap_or(word)
}

/// Whether the command takes optional numbers and then a room, as `/history` does.
fn takes_room_after_numbers(entry: &Entry) -> bool {
    entry.arguments.split_last().is_some_and(|(last, before)| {
        let is_optional_number = |argument: &Argument| argument.number && !argument.required;
        last.name == ROOM && !before.is_empty() && before.iter().all(is_optional_number)
    })
}

/// The words with the room behind the numbers: a person may type it anywhere. `None` if there are several
/// rooms or more than `most` words.
fn numbers_first(words: &str, most: usize) -> Option<String> {
    let words = words.split_whitespace();
    let (mut ordered, rooms): (Vec<_>, Vec<_>) = words.partition(|word| is_like_number(word));
    ordered.extend(&rooms);
    (rooms.len() <= 1 && ordered.len() <= most).then(|| ordered.join(" "))
}

/// Whether the word is a number, or looks like a mistyped one and cannot name a room: `-5`, `2.5`.
fn is_like_number(word: &str) -> bool {
    let begins_so = word.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '-' | '+'));
    begins_so && (!is_word(word) || word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns an error if there are more words than arguments: the last words are probably a secret
/// that the client would ask for.
fn exposed(entry: &Entry, rest: &str) -> Option<String> {
    let secret = entry.secrets.first()?;
    let takes_all = entry.arguments.iter().any(|argument| argument.rest);
    let words = rest.split_whitespace().count();
    (words > entry.arguments.len() && !takes_all).then(|| {
        let (name, usage) = (secret.label(), entry.usage());
        format!("usage: {usage}; the client then asks for the {name} and hides it")
    })
}

/// Splits off the first word; trims white space around both parts.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}
