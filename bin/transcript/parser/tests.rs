//! Tests of the parser.

use super::*;

fn parsed(text: &str) -> Transcript {
    parse("t.chat", text.as_bytes(), &Dialect::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The first line of the error, without the name of the file.
fn error(text: &[u8]) -> String {
    let error = parse("t.chat", text, &Dialect::default()).unwrap_err().to_string();
    let first = error.lines().next().unwrap();
    first.strip_prefix("t.chat:").unwrap().to_owned()
}

#[test]
fn a_transcript_has_a_dialect_people_and_steps() {
    let transcript = parsed(
        "# two people\ndialect ktn15:history=objects\ncarol speaks json\nignore {\"response\":\"info\",…}\n\n\
         alice > (connects)\nalice > {\"requ\n      | est\":\"names\"}\n      + {}\nalice < {\"a\":1}\n      & {\"b\":2}\n\
         carol > {\"request\":\"x\"}\nalice < (nothing)\nalice < (ends)\ncarol > (stops sending)\n\
         carol < (hangs up)\nalice >> \\x00\nalice << {}\\n\nalice > (breaks off)\n",
    );
    assert_eq!(transcript.people().collect::<Vec<_>>(), ["alice", "carol"]);
    assert_eq!(transcript.dialect_of("alice").to_string(), "ktn15:history=objects");
    assert_eq!(transcript.dialect_of("carol").to_string(), "json");
    assert!(transcript.names_dialect && transcript.has_silence());
    assert_eq!(transcript.steps.len(), 11);
    let Action::Sends(sent) = &transcript.steps[1].action else { panic!("a send") };
    let writes = sent.writes(&Dialect::default(), &crate::Bindings::default());
    assert_eq!(writes, [b"{\"requ".to_vec(), b"est\":\"names\"}\n{}\n".to_vec()]);
    let Action::Receives(frames) = &transcript.steps[2].action else { panic!("frames") };
    assert_eq!((frames.len(), frames[1].place), (2, Place { line: 11, column: 9 }));
}

#[test]
fn a_text_dialect_has_texts_and_no_json() {
    let transcript = parsed("dialect text\nalice > LOGIN {a\nalice < < {…\nalice >\nalice < …\n");
    assert_eq!(transcript.steps.len(), 4);
    let Action::Sends(sent) = &transcript.steps[2].action else { panic!("a send") };
    assert_eq!(sent.writes(&transcript.dialect, &crate::Bindings::default()), [b"".to_vec()]);
}

#[test]
fn an_error_names_its_place() {
    for (text, want) in [
        ("alice", "1:1: expected a name, an arrow (> or <) and a frame"),
        ("\n  alice x {}", "2:9: expected an arrow (> or <) after the name"),
        ("alice >{}", "1:8: expected a space after the arrow"),
        ("al!ce > {}", "1:1: a name has letters, digits, _ and -, and begins with a letter"),
        ("alice < {\"a\":}", "1:14: expected a JSON value"),
        ("alice < hello", "1:9: expected a JSON value"),
        (
            "alice > {\"a\":1",
            "1:15: expected a comma or } after the value (to send anything but JSON, write >> and \\n at the end)",
        ),
        ("alice > {\"a\":$x}", "1:9: $x has no value here: no frame before this one gives it one"),
        (
            "alice > (shouts)",
            "1:9: no action is called (shouts); after > there is: (connects), (hangs up), (breaks off), (stops sending)",
        ),
        (
            "alice < (shouts)",
            "1:9: no action is called (shouts); after < there is: (hangs up), (breaks off), (ends), (nothing)",
        ),
        ("| x", "1:1: there is no step before this that it could continue"),
        (
            "a < {}\n| x",
            "2:1: this continues a sent frame; a further frame that arrives in any order begins with &",
        ),
        (
            "a > {}\n& {}",
            "2:1: & continues a received frame; the next of several frames sent together begins with +",
        ),
        ("a > (connects)\n+ {}", "2:1: the step before this cannot be continued"),
        ("a << x\n+ {}", "2:1: bytes that are received stand in one line"),
        ("a > {}\n|x", "2:2: expected a space before this"),
        ("a > {}\na > (connects)", "2:5: a is connected already"),
        ("a > (hangs up)", "1:5: a is not connected"),
        ("a > {}\na > (stops sending)\na > {}", "3:5: a has stopped sending in line 2"),
        (
            "a >> \\q",
            "1:6: this is no escape; the escapes are \\n, \\r, \\t, \\\\, \\x0a and \\u{1f600}",
        ),
        (
            "a << \\q",
            "1:6: this is no escape; the escapes are \\n, \\r, \\t, \\\\, \\x0a and \\u{1f600}",
        ),
        (
            "dialect morse",
            "1:9: no dialect is called \"morse\"; there is: json, ktn14, ktn15, text, menu, plain, header",
        ),
        ("dialect json x", "1:14: the line ends before this"),
        ("dialect json\ndialect json", "2:1: the dialect stands once, before the first step"),
        ("a > {}\ndialect json", "2:1: the dialect stands once, before the first step"),
        ("a > {}\nb > {}\na speaks json", "3:1: this stands before the first step of a"),
        ("a speaks json\na speaks json", "2:1: expected the name of a person, once"),
        ("a > {}\nignore {}", "2:1: an ignored frame stands before the first step"),
        ("ignore {\"a\":$x}", "1:8: a frame that is ignored gives no name a value"),
        ("ignore {\"a\" 1}", "1:13: expected a colon after the key"),
    ] {
        assert_eq!(error(text.as_bytes()), want, "{text}");
    }
}

#[test]
fn a_hostile_file_gets_an_error_and_no_panic() {
    for (bytes, want) in [
        (
            b"alice > \xff".to_vec(),
            "1:9: this is no UTF-8: the byte 0xff; raw bytes stand after >> as \\xff",
        ),
        (
            b"a > {}\nal\xc3".to_vec(),
            "2:3: this is no UTF-8: the byte 0xc3; raw bytes stand after >> as \\xc3",
        ),
        (
            b"a > {}\0".to_vec(),
            "1:7: the control character U+0000; write it as an escape after >>, as in \\x00",
        ),
        (
            b"a > \x1b[2J".to_vec(),
            "1:5: the control character U+001B; write it as an escape after >>, as in \\x1b",
        ),
        (
            b"\x7fELF\x02\x01".to_vec(),
            "1:1: the control character U+007F; write it as an escape after >>, as in \\x7f",
        ),
        (
            [b"a > ".to_vec(), vec![b'x'; 1 << 21]].concat(),
            "1:1: a line has at most 1048576 bytes, and this one has 2097156",
        ),
        (b"\n".repeat(200_000), "100001:1: a transcript has at most 100000 lines"),
        (
            [b"a < ".to_vec(), b"[".repeat(500_000)].concat(),
            "1:69: more than 64 lists and objects in each other",
        ),
    ] {
        assert_eq!(error(&bytes), want);
    }
}

#[test]
fn ten_thousand_lines_and_a_megabyte_in_a_line_are_parsed() {
    let text = "alice > {\"request\":\"names\"}\nalice < {\"response\":\"names\",…}\n".repeat(5000);
    assert_eq!(parsed(&text).steps.len(), 10_000);
    let long = format!("alice > {{\"message\":\"{}\"}}", "é".repeat(500_000));
    assert_eq!(parsed(&long).steps.len(), 1);
}

#[test]
fn line_ends_of_windows_and_a_mark_at_the_beginning_change_nothing() {
    let text = "# a\nalice > {}\nalice < {}\n";
    let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(parsed(text), parsed(&other));
}

#[test]
fn a_block_has_the_line_numbers_of_its_page() {
    let wrong = parse_block("page.md", b"a > {}\nb ? {}", 40, &Dialect::default()).unwrap_err();
    assert_eq!(wrong.place, Place { line: 41, column: 3 });
    assert!(wrong.to_string().contains("41 | b ? {}"), "{wrong}");
}

#[test]
fn a_file_that_is_cut_anywhere_parses_or_has_an_error() {
    let text = "dialect ktn14\nbob speaks json\nalice > {\"a\":\"é\\n${x\"}\n      | \n      + {}\nalice < {\"b\":[$y,…]}\n\
                bob << \\x00${y}\nbob < (nothing)\n";
    for at in 0..text.len() {
        let _ = parse("t.chat", &text.as_bytes()[..at], &Dialect::default());
    }
}
