//! What a typed line means.

use std::collections::BTreeSet;

use parse::{Dict, Request, Value};

use crate::catalogue::{Catalogue, Entry, WHISPER};
use crate::invisible::is_invisible;
use crate::mistyped::is_suspicious;
use crate::protocol::{JOIN, LOBBY, MESSAGE, ROOM, TO};
use crate::rooms::Rooms;

/// What a typed line means.
#[derive(Debug, PartialEq)]
pub(crate) enum Input {
    /// Nothing was typed.
    Nothing,
    /// Ask the server for this.
    Ask(Request),
    /// Ask the server for this if the person confirms it: it may be a whisper that was mistyped.
    Suspicious(Request),
    /// Go on in this room, which was joined before.
    SwitchRoom(String),
    /// Show the commands.
    Help,
    /// Leave.
    Quit,
    /// It cannot be done; this is why.
    Mistake(String),
    /// It has in it what must not be seen. It is not done, and not kept; this is why.
    Exposed(String),
}

/// Plain text speaks; a slash makes a command of it; two slashes speak with one.
pub(crate) fn parse(
    line: &str,
    catalogue: &Catalogue,
    rooms: &Rooms,
    here: &BTreeSet<String>,
) -> Input {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() {
        return Input::Nothing;
    }
    // Also with white space and invisible characters before it: what is meant for one must not be
    // said to all.
    let command = line.trim_start_matches(is_invisible);
    let text = match command.strip_prefix('/') {
        Some(text) if text.starts_with('/') => text,
        Some(command) => return obey(command, catalogue, rooms),
        None => line,
    };
    let request = say(text, rooms);
    if is_suspicious(text, catalogue, here) {
        Input::Suspicious(request)
    } else {
        Input::Ask(request)
    }
}

/// What a command means, without its slash.
fn obey(command: &str, catalogue: &Catalogue, rooms: &Rooms) -> Input {
    let (word, rest) = split_word(command);
    match (word, catalogue.find(word)) {
        ("quit", _) => Input::Quit,
        // The server's answer to `help` is where the catalogue came from.
        ("help", _) => Input::Help,
        (WHISPER, _) => whisper(rest),
        (_, Some(entry)) => ask(entry, rest, rooms),
        ("say", None) if rest.is_empty() => Input::Mistake("usage: /say TEXT".to_owned()),
        ("say", None) => Input::Ask(say(rest, rooms)),
        ("", None) => {
            Input::Mistake("a slash starts a command; /help lists the commands".to_owned())
        }
        (_, None) => Input::Mistake(format!("unknown command /{word}; /help lists the commands")),
    }
}

fn say(text: &str, rooms: &Rooms) -> Request {
    let mut arguments = Dict::new().with("message", text);
    // Not in the lobby, so that a server that never heard of rooms is asked for nothing new.
    if let Some(room) = rooms.outside_lobby() {
        arguments.insert(ROOM, room);
    }
    Request::new(MESSAGE, arguments)
}

fn whisper(rest: &str) -> Input {
    match split_word(rest) {
        (_, "") => Input::Mistake("usage: /msg NAME TEXT".to_owned()),
        (to, text) => {
            let arguments = Dict::new().with("message", text).with(TO, to);
            Input::Ask(Request::new(MESSAGE, arguments))
        }
    }
}

/// One word for each argument, in order; the last one, if it is a text, takes all the rest.
fn ask(entry: &Entry, mut rest: &str, rooms: &Rooms) -> Input {
    if let Some(why) = exposed(entry, rest) {
        return Input::Exposed(why);
    }
    let usage = || Input::Mistake(format!("usage: {}", entry.usage()));
    let mut arguments = Dict::new();
    for argument in &entry.arguments {
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
            (word, false) => arguments.insert(&argument.name, word),
            (word, true) => match word.parse::<u64>() {
                Ok(number) => arguments.insert(&argument.name, Value::from(number)),
                Err(_) => return usage(),
            },
        }
    }
    if !rest.is_empty() {
        return usage();
    }
    let joined = arguments.get(ROOM).and_then(Value::as_str).and_then(|room| rooms.joined(room));
    match joined {
        Some(room) if entry.request == JOIN => Input::SwitchRoom(room.to_owned()),
        _ => Input::Ask(Request::new(entry.request.as_str(), arguments)),
    }
}

/// Says so when there are more words than there are arguments to be typed: then they are likely
/// to be what a person would have been asked for.
fn exposed(entry: &Entry, rest: &str) -> Option<String> {
    let secret = entry.secrets.first()?;
    let takes_all = entry.arguments.iter().any(|argument| argument.rest);
    let words = rest.split_whitespace().count();
    (words > entry.arguments.len() && !takes_all).then(|| {
        let (name, usage) = (&secret.name, entry.usage());
        format!("usage: {usage}; the client then asks for the {name} and hides it")
    })
}

/// The first word, and what comes after it, without white space around either.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Secrets;

    fn parsed_in(line: &str, rooms: &Rooms, secrets: Secrets) -> Input {
        parse(line, &Catalogue::built_in(secrets), rooms, &BTreeSet::new())
    }

    fn parsed(line: &str) -> Input {
        parsed_in(line, &Rooms::default(), Secrets::Asked)
    }

    fn shown(input: Input) -> String {
        match input {
            Input::Ask(request) => Value::from(request.into_dict()).to_string(),
            other => format!("{other:?}"),
        }
    }

    fn asked(line: &str) -> String {
        shown(parsed(line))
    }

    #[test]
    fn plain_text_speaks_as_it_stands() {
        assert_eq!(asked("hello  you "), r#"{"request":"message","message":"hello  you "}"#);
        assert_eq!(asked("//etc"), r#"{"request":"message","message":"/etc"}"#);
        assert_eq!(asked(" hm"), r#"{"request":"message","message":" hm"}"#);
    }

    #[test]
    fn nothing_invisible_makes_a_text_of_a_command() {
        let want = r#"{"request":"message","message":"psst","to":"bob"}"#;
        for before in [
            "\u{feff}",
            "\u{200b}",
            "\u{200d}\u{2060}",
            "\u{a0}",
            "\u{3000}",
            "\u{ad}",
            "\u{202e}",
            "\u{1b}",
            "\0",
            "\u{fe0f}",
            "\u{e0001}",
            "\u{3164}",
            " \u{feff}\t\u{200e} ",
        ] {
            assert_eq!(asked(&format!("{before}/msg bob psst")), want, "{before:?}");
        }
        // What is no command is said as it stands.
        assert_eq!(asked("\u{200b}hm"), "{\"request\":\"message\",\"message\":\"\u{200b}hm\"}");
    }

    #[test]
    fn what_may_be_a_whisper_is_doubtful_and_can_be_said_all_the_same() {
        for line in
            ["msg bob psst", "//msg bob psst", "\u{feff}\\msg bob psst", " /\u{2215}msg a b"]
        {
            let read = parsed(line);
            let refused = matches!(read, Input::Suspicious(_) | Input::Mistake(_));
            assert!(refused, "{line:?}: {read:?}");
        }
        let want = r#"{"request":"message","message":"msg bob  psst"}"#;
        assert_eq!(asked("/say msg bob  psst"), want);
        assert_eq!(parsed("/say"), Input::Mistake("usage: /say TEXT".to_owned()));
    }

    #[test]
    fn a_command_takes_its_arguments_in_order() {
        assert_eq!(asked("/login alice"), r#"{"request":"login","username":"alice"}"#);
        assert_eq!(asked("/names"), r#"{"request":"names"}"#);
        assert_eq!(asked("/history"), r#"{"request":"history"}"#);
        assert_eq!(asked("/history 20  7"), r#"{"request":"history","limit":20,"before":7}"#);
        // What cannot be a name is for the server to refuse.
        assert_eq!(asked("/kick a b"), r#"{"request":"kick","username":"a b"}"#);
    }

    #[test]
    fn a_secret_stands_in_the_line_only_where_nobody_can_be_asked() {
        let hint = "usage: /login USERNAME; the client then asks for the password and hides it";
        assert_eq!(parsed("/login alice hunter22"), Input::Exposed(hint.to_owned()));
        assert!(matches!(parsed(" /register alice  two words"), Input::Exposed(_)));
        let plain = |line| shown(parsed_in(line, &Rooms::default(), Secrets::InLine));
        let want = r#"{"request":"login","username":"alice","password":"two words"}"#;
        assert_eq!(plain("/login alice two words"), want);
        assert_eq!(plain("/login alice"), r#"{"request":"login","username":"alice"}"#);
        assert_eq!(plain("/register alice"), r#"Mistake("usage: /register USERNAME PASSWORD")"#);
    }

    #[test]
    fn what_is_typed_is_about_the_current_room() {
        let mut rooms = Rooms::default();
        rooms.log_in();
        let asked = |rooms: &Rooms, line| shown(parsed_in(line, rooms, Secrets::Asked));
        assert_eq!(asked(&rooms, "/leave"), r#"{"request":"leave","room":"lobby"}"#);
        assert_eq!(asked(&rooms, "/join Tea"), r#"{"request":"join","room":"Tea"}"#);
        assert_eq!(asked(&rooms, "/join"), r#"Mistake("usage: /join ROOM")"#);
        rooms.enter("tea");
        assert_eq!(asked(&rooms, "hi"), r#"{"request":"message","message":"hi","room":"tea"}"#);
        assert_eq!(asked(&rooms, "/names"), r#"{"request":"names","room":"tea"}"#);
        assert_eq!(asked(&rooms, "/names cake"), r#"{"request":"names","room":"cake"}"#);
        assert_eq!(asked(&rooms, "/history 5"), r#"{"request":"history","limit":5,"room":"tea"}"#);
        assert_eq!(asked(&rooms, "/leave"), r#"{"request":"leave","room":"tea"}"#);
        let whisper = r#"{"request":"message","message":"psst","to":"bob"}"#;
        assert_eq!(asked(&rooms, "/msg bob psst"), whisper);
        assert_eq!(asked(&rooms, "/join LOBBY"), r#"SwitchRoom("lobby")"#);
        assert_eq!(asked(&rooms, "/join tea"), r#"SwitchRoom("tea")"#);
        assert_eq!(asked(&rooms, "/join"), r#"Mistake("usage: /join ROOM")"#);
    }

    #[test]
    fn msg_whispers() {
        let want = r#"{"request":"message","message":"how  are you","to":"bob"}"#;
        assert_eq!(asked("/msg bob how  are you"), want);
        assert_eq!(asked("  /msg bob how  are you"), want);
        for line in ["/msg", "/msg bob", "/msg bob  "] {
            assert_eq!(parsed(line), Input::Mistake("usage: /msg NAME TEXT".to_owned()));
        }
    }

    #[test]
    fn a_mistake_says_what_would_be_right() {
        let mistake = |text: &str| Input::Mistake(text.to_owned());
        assert_eq!(parsed("/login"), mistake("usage: /login USERNAME"));
        assert_eq!(parsed("/bans x"), mistake("usage: /bans"));
        assert_eq!(parsed("/history x"), mistake("usage: /history [LIMIT] [BEFORE] [ROOM]"));
        assert_eq!(parsed("/remove 1 2"), mistake("usage: /remove ID"));
        assert_eq!(parsed("/fly"), mistake("unknown command /fly; /help lists the commands"));
        assert_eq!(parsed("/"), mistake("a slash starts a command; /help lists the commands"));
    }

    #[test]
    fn nothing_asks_for_nothing() {
        for line in ["", "  ", "\n", "\r\n"] {
            assert_eq!(parsed(line), Input::Nothing);
        }
        assert_eq!((parsed("/quit"), parsed("/help")), (Input::Quit, Input::Help));
    }
}
