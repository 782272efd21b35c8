//! Tests of all dialects: a session is the same, however TCP splits it into pieces, and no input makes
//! a dialect panic.

use proptest::prelude::*;

use super::{DIALECTS, Decoded, find};
use crate::{Limits, ParseError, Request, Response};

/// Decodes a session in a dialect from these pieces. Returns a line for each request, and for each
/// other frame.
fn asked(dialect: &str, pieces: &[&[u8]]) -> Vec<String> {
    let dialect = find(dialect, &Limits::default()).unwrap();
    let (mut decoder, mut interpreter) = (dialect.framing().decoder(), dialect.interpreter());
    let mut frames = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        decoder.decode(piece, &mut frames).unwrap();
    }
    decoder.finish(&mut frames).unwrap();
    let lines = frames.iter().filter_map(|frame| match interpreter.decode(frame) {
        Ok(Decoded::Asked(request)) => Some(format!("{} {}", request.name, request.arguments)),
        Ok(Decoded::Answered(response)) => Some(response.name.into_owned()),
        Ok(Decoded::Nothing) => None,
        Ok(Decoded::Speaks(_)) => panic!("the session has one dialect"),
        Err(unreadable) => Some(unreadable.error.to_string()),
    });
    lines.collect()
}

const LOGIN: &str = r#"login {"username":"ann"}"#;
const HELLO: &str = r#"message {"message":"hé \"{\" llo"}"#;

/// Sessions in dialects that mark the end of a message.
const DELIMITED: [(&str, &str, [&str; 3]); 4] = [
    (
        "json",
        "\n{\"request\":\"login\",\"username\":\"ann\"}\r\n{\"request\":\"message\",\"message\":\"hé \\\"{\\\" llo\"}\n{\"request\":\"logout\"}\n",
        [LOGIN, HELLO, "logout {}"],
    ),
    (
        "ktn14",
        "{\"request\":\"login\",\"username\":\"ann\"}{\"request\":\"message\",\"message\":\"hé \\\"{\\\" llo\"} {\"request\":\"listUsers\"}\n",
        [LOGIN, HELLO, "names {}"],
    ),
    (
        "ktn15",
        "{\"request\":\"login\",\"content\":\"ann\"}\n{\"request\":\"msg\",\"content\":\"hé \\\"{\\\" llo\"}{\"content\":null,\"request\":\"names\"}",
        [LOGIN, HELLO, "names {}"],
    ),
    (
        "header",
        "3         ann11        hé \"{\" llo2         ok",
        [LOGIN, HELLO, "message {\"message\":\"ok\"}"],
    ),
];

/// Sessions in dialects where a read or a line is a message.
const READS: [(&str, [&str; 3], [&str; 3]); 3] = [
    (
        "text",
        ["LOGIN ann", "MSG all hé", "GETLIST"],
        [LOGIN, "message {\"message\":\"hé\"}", "names {}"],
    ),
    ("menu", ["secret", "names", "close"], ["password", "names {}", "goodbye"]),
    (
        "plain",
        ["hé", "llo", "x "],
        [
            "message {\"message\":\"hé\"}",
            "message {\"message\":\"llo\"}",
            "message {\"message\":\"x\"}",
        ],
    ),
];

#[test]
fn delimited_messages_are_the_same_for_every_split() {
    for (dialect, stream, want) in DELIMITED {
        let bytes = stream.as_bytes();
        assert_eq!(asked(dialect, &[bytes]), want, "{dialect}, one read");
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(asked(dialect, &pieces), want, "{dialect}, {first} and {second}");
            }
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(asked(dialect, &each), want, "{dialect}, one byte a read");
    }
}

#[test]
fn a_read_is_a_message_with_and_without_a_newline_and_a_line_is_one() {
    for (dialect, messages, want) in READS {
        let pieces = messages.map(str::as_bytes);
        assert_eq!(asked(dialect, &pieces), want, "{dialect}, without newlines");
        for end in ["\n", "\r\n"] {
            let lines = messages.map(|message| format!("{message}{end}"));
            let pieces: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            assert_eq!(asked(dialect, &pieces), want, "{dialect}, with {end:?}");
            assert_eq!(
                asked(dialect, &[lines.concat().as_bytes()]),
                want,
                "{dialect}, in one read"
            );
            // A late newline ends the line before it. It is not an empty line.
            let late = messages.iter().flat_map(|message| [message.as_bytes(), end.as_bytes()]);
            assert_eq!(asked(dialect, &late.collect::<Vec<_>>()), want, "{dialect}, late {end:?}");
        }
    }
}

#[test]
fn after_the_first_newline_a_line_is_a_message_for_every_split() {
    let more = "MSG all hé, we\nMSG all quit the rest\r\nGETLIST\nquit\n";
    for (dialect, first, want) in [
        (
            "text",
            "LOGIN ann\n",
            &[
                LOGIN,
                r#"message {"message":"hé, we"}"#,
                r#"message {"message":"quit the rest"}"#,
                "names {}",
                "goodbye",
            ][..],
        ),
        (
            "plain",
            "hello\n",
            &[
                r#"message {"message":"hello"}"#,
                r#"message {"message":"MSG all hé, we"}"#,
                r#"message {"message":"MSG all quit the rest"}"#,
                r#"message {"message":"GETLIST"}"#,
                r#"message {"message":"quit"}"#,
            ],
        ),
    ] {
        let stream = [first, more].concat();
        let bytes = stream.as_bytes();
        for begin in first.len()..=bytes.len() {
            for end in begin..=bytes.len() {
                let pieces = [&bytes[..begin], &bytes[begin..end], &bytes[end..]];
                assert_eq!(asked(dialect, &pieces), want, "{dialect}, {begin} and {end}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_input_makes_a_dialect_panic(
        words in prop::collection::vec(
            prop_oneof![
                prop::sample::select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..20),
            ],
            0..20,
        ),
        size in 1..40_usize,
    ) {
        let input = words.concat();
        for entry in DIALECTS {
            let mut dialect = find(entry.name, &Limits::default()).unwrap();
            let mut decoder = dialect.framing().decoder();
            let mut interpreter = dialect.interpreter();
            let mut frames = Vec::new();
            let mut reads = input.chunks(size);
            let cut = reads.try_for_each(|read| decoder.decode(read, &mut frames));
            let cut = cut.and_then(|()| decoder.finish(&mut frames));
            for frame in frames {
                let response = match interpreter.decode(&frame) {
                    Ok(Decoded::Asked(Request { name, tag, .. })) => {
                        Response::error(name, ParseError::UnknownWord).tagged(tag)
                    }
                    Ok(Decoded::Answered(response)) => response,
                    Ok(Decoded::Nothing) => continue,
                    Ok(Decoded::Speaks(candidate)) => {
                        dialect = dialect.candidates().swap_remove(candidate);
                        interpreter = dialect.interpreter();
                        continue;
                    }
                    Err(unreadable) => {
                        Response::error("error", unreadable.error).tagged(unreadable.tag)
                    }
                };
                interpreter.answered(&response);
                dialect.encode(&response);
            }
            if let Err(error) = cut {
                dialect.encode(&Response::error("error", dialect.unframed(error)));
            }
        }
    }
}

/// Parts of the input of clients in all dialects.
const WORDS: [&str; 18] = [
    "{",
    "}",
    "\n",
    "\r\n",
    " ",
    "{\"request\":\"login\",\"username\":\"ann\"}",
    "{\"request\":\"msg\",\"content\":\"hi\"}",
    "{\"request\":\"fly\",\"tag\":1}",
    "LOGIN ann",
    "MSG ann ben hi",
    "quit",
    "names",
    "gv",
    "close",
    "3         ann",
    "9999999999",
    "\"",
    "5",
];
