//! What a typed line means.

use parse::{Dict, Request, Value};

use crate::catalogue::{Catalogue, Entry};

/// What a typed line means.
#[derive(Debug, PartialEq)]
pub(crate) enum Typed {
    /// Nothing was typed.
    Nothing,
    /// Ask the server for this.
    Ask(Request),
    /// Show the commands.
    Help,
    /// Leave.
    Quit,
    /// It cannot be done; this is why.
    Mistake(String),
}

/// Plain text speaks; a slash makes a command of it; two slashes speak with one.
pub(crate) fn read(line: &str, catalogue: &Catalogue) -> Typed {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() {
        return Typed::Nothing;
    }
    if line.starts_with("//") {
        return say(line.get(1..).unwrap_or_default());
    }
    let Some(command) = line.strip_prefix('/') else { return say(line) };
    let (word, rest) = split_word(command);
    match (word, catalogue.find(word)) {
        ("quit", _) => Typed::Quit,
        // The server's answer to `help` is where the catalogue came from.
        ("help", _) => Typed::Help,
        ("msg", _) => whisper(rest),
        (_, Some(entry)) => ask(entry, rest),
        ("", None) => Typed::Mistake("a slash makes a command; /help lists them".to_owned()),
        (_, None) => Typed::Mistake(format!("no command is called /{word}; /help lists them")),
    }
}

fn say(text: &str) -> Typed {
    Typed::Ask(Request::new("message", Dict::new().with("message", text)))
}

fn whisper(rest: &str) -> Typed {
    match split_word(rest) {
        (_, "") => Typed::Mistake("usage: /msg NAME TEXT".to_owned()),
        (to, text) => {
            let arguments = Dict::new().with("message", text).with("to", to);
            Typed::Ask(Request::new("message", arguments))
        }
    }
}

/// One word for each argument, in order; the last one, if it is a text, takes all the rest.
fn ask(entry: &Entry, mut rest: &str) -> Typed {
    let usage = || Typed::Mistake(format!("usage: {}", entry.usage()));
    let mut arguments = Dict::new();
    for (index, argument) in entry.arguments.iter().enumerate() {
        let last = index + 1 == entry.arguments.len();
        let word = if last && !argument.number {
            std::mem::take(&mut rest)
        } else {
            let (word, after) = split_word(rest);
            rest = after;
            word
        };
        match (word, argument.number) {
            ("", _) if argument.required => return usage(),
            ("", _) => {}
            (word, false) => arguments.insert(&argument.name, word),
            (word, true) => match word.parse::<u64>() {
                Ok(number) => arguments.insert(&argument.name, Value::from(number)),
                Err(_) => return usage(),
            },
        }
    }
    if rest.is_empty() {
        Typed::Ask(Request::new(entry.request.as_str(), arguments))
    } else {
        usage()
    }
}

/// The first word, and what comes after it, without white space around either.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Typed {
        read(line, &Catalogue::built_in())
    }

    fn asked(line: &str) -> String {
        match typed(line) {
            Typed::Ask(request) => Value::from(request.into_dict()).to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn plain_text_speaks_as_it_stands() {
        assert_eq!(asked("hello  you "), r#"{"request":"message","message":"hello  you "}"#);
        assert_eq!(asked("//etc"), r#"{"request":"message","message":"/etc"}"#);
        assert_eq!(asked(" /me"), r#"{"request":"message","message":" /me"}"#);
    }

    #[test]
    fn a_command_takes_its_arguments_in_order() {
        assert_eq!(asked("/login alice"), r#"{"request":"login","username":"alice"}"#);
        assert_eq!(asked("/names"), r#"{"request":"names"}"#);
        assert_eq!(asked("/history"), r#"{"request":"history"}"#);
        assert_eq!(asked("/history 20  7"), r#"{"request":"history","limit":20,"before":7}"#);
        // What cannot be a name is for the server to refuse.
        assert_eq!(asked("/login a b"), r#"{"request":"login","username":"a b"}"#);
    }

    #[test]
    fn msg_whispers() {
        let want = r#"{"request":"message","message":"how  are you","to":"bob"}"#;
        assert_eq!(asked("/msg bob how  are you"), want);
        for line in ["/msg", "/msg bob", "/msg bob  "] {
            assert_eq!(typed(line), Typed::Mistake("usage: /msg NAME TEXT".to_owned()));
        }
    }

    #[test]
    fn a_mistake_says_what_would_be_right() {
        let mistake = |text: &str| Typed::Mistake(text.to_owned());
        assert_eq!(typed("/login"), mistake("usage: /login USERNAME"));
        assert_eq!(typed("/names x"), mistake("usage: /names"));
        assert_eq!(typed("/history x"), mistake("usage: /history [LIMIT] [BEFORE]"));
        assert_eq!(typed("/history 1 2 3"), mistake("usage: /history [LIMIT] [BEFORE]"));
        assert_eq!(typed("/fly"), mistake("no command is called /fly; /help lists them"));
        assert_eq!(typed("/"), mistake("a slash makes a command; /help lists them"));
    }

    #[test]
    fn nothing_asks_for_nothing() {
        for line in ["", "  ", "\n", "\r\n"] {
            assert_eq!(typed(line), Typed::Nothing);
        }
        assert_eq!((typed("/quit"), typed("/help")), (Typed::Quit, Typed::Help));
    }
}
