//! A session in each dialect is the same, in whatever pieces it comes: tests of all of them.

use super::{DIALECTS, Decoded, find};
use crate::Limits;

/// What a session in a dialect asks for when it comes in these pieces: a line for each request, and
/// for each frame that is none.
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
        Ok(Decoded::Speaks(_)) => panic!("only one dialect is spoken here"),
        Err(unreadable) => Some(unreadable.error.to_string()),
    });
    lines.collect()
}

const LOGIN: &str = r#"login {"username":"ann"}"#;
const HELLO: &str = r#"message {"message":"hé \"{\" llo"}"#;

/// Where it is told where a message ends.
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

/// Where a read is a message, or a line is.
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
fn every_dialect_has_a_session_here() {
    let delimited = DELIMITED.iter().map(|(dialect, ..)| *dialect);
    let tested: Vec<&str> = delimited.chain(READS.iter().map(|(dialect, ..)| *dialect)).collect();
    for entry in DIALECTS {
        // The sessions of `auto` are those of its candidates.
        let is_here = tested.contains(&entry.name) || entry.name == "auto";
        assert!(is_here, "{} has no session", entry.name);
    }
}

#[test]
fn what_is_delimited_is_the_same_wherever_it_is_split() {
    for (dialect, stream, want) in DELIMITED {
        let bytes = stream.as_bytes();
        assert_eq!(asked(dialect, &[bytes]), want, "{dialect}, all at once");
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(asked(dialect, &pieces), want, "{dialect}, {first} and {second}");
            }
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(asked(dialect, &each), want, "{dialect}, byte by byte");
    }
}

#[test]
fn a_read_is_a_message_with_a_newline_or_without_and_so_is_a_line() {
    for (dialect, messages, want) in READS {
        let pieces = messages.map(str::as_bytes);
        assert_eq!(asked(dialect, &pieces), want, "{dialect}, without newlines");
        for end in ["\n", "\r\n"] {
            let lines = messages.map(|message| format!("{message}{end}"));
            let pieces: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            assert_eq!(asked(dialect, &pieces), want, "{dialect}, with {end:?}");
            assert_eq!(asked(dialect, &[lines.concat().as_bytes()]), want, "{dialect}, at once");
            // A newline that comes late ends the line before it, and is no empty one.
            let late = messages.iter().flat_map(|message| [message.as_bytes(), end.as_bytes()]);
            assert_eq!(asked(dialect, &late.collect::<Vec<_>>()), want, "{dialect}, late {end:?}");
        }
    }
}

#[test]
fn after_its_first_newline_a_line_is_a_message_wherever_it_is_split() {
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
