//! Makes the bytes of a program visible and harmless.
//!
//! A program may send or print anything: escape sequences, marks that reverse a line, invalid UTF-8.
//! Every report passes such text through this module first, and then escapes it for its own format.

use std::fmt::Write;

use super::paragraph;

/// One line of text. A newline becomes `␊`, an escape `␛`, an invisible character `<U+200B>`.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut out, character);
    }
    out
}

/// Bytes as one line of text. An invalid byte becomes `<ff>`.
pub(crate) fn frame(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push(&mut out, character);
        }
        for byte in chunk.invalid() {
            // Writing into a string does not fail.
            let _ = write!(out, "<{byte:02x}>");
        }
    }
    out
}

/// Text of several lines, each made visible. A tab becomes four spaces, because the text stands in
/// columns.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|each| line(&each.replace('\t', "    "))).collect()
}

/// The end of the output: its last lines, each of limited length.
pub(crate) fn end(text: &str) -> Vec<String> {
    const LINES: usize = 200;
    const LONGEST: usize = 400;
    let mut last: Vec<&str> = text.lines().rev().take(LINES).collect();
    last.reverse();
    let shown = |each: &&str| paragraph::shorten(&line(&each.replace('\t', "    ")), LONGEST);
    last.iter().map(shown).collect()
}

fn push(out: &mut String, character: char) {
    match character {
        // Unicode has a picture for each of the first 32 characters, in their order, and one for 127.
        '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(character))),
        '\x7f' => out.push('\u{2421}'),
        _ if unseen(character) => {
            let _ = write!(out, "<U+{:04X}>", u32::from(character));
        }
        _ => out.push(character),
    }
}

/// Returns whether a character is invisible, changes how its neighbours are shown, or is not a
/// character.
fn unseen(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The place of the first byte that the text form does not show exactly.
pub(crate) fn strange(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let odd = |character: char| {
            (character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
                || unseen(character)
        };
        if let Some(inside) = chunk.valid().find(odd) {
            return Some(at + inside);
        }
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            return Some(at);
        }
    }
    None
}

/// Returns whether two texts differ only in details that a reader may miss: blanks, letters of another
/// alphabet, the encoding of an accent.
pub(crate) fn look_alike(one: &str, other: &str) -> bool {
    one != other && seen(one) == seen(other)
}

fn seen(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // An accent belongs to the letter before it.
            '\u{300}'..='\u{36f}' => drop(out.pop()),
            _ if character.is_ascii_graphic() => out.push(character),
            _ => {}
        }
    }
    out
}

/// A hex dump with 16 (or 8, or 4) bytes in a row: offset, hexadecimal, text. It begins with the row of
/// the byte `around` and has at most `rows` rows.
pub(crate) fn hex(bytes: &[u8], around: usize, rows: usize, width: usize) -> Vec<String> {
    let each = match width {
        74.. => 16,
        40..74 => 8,
        _ => 4,
    };
    let first = around / each;
    let mut out = Vec::new();
    for (number, row) in bytes.chunks(each).enumerate().skip(first).take(rows) {
        let mut line = format!("{:04x} ", number * each);
        for column in 0..each {
            if column % 8 == 0 {
                line.push(' ');
            }
            let _ = match row.get(column) {
                Some(byte) => write!(line, "{byte:02x} "),
                None => write!(line, "   "),
            };
        }
        line.push(' ');
        line.extend(row.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        out.push(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_invisible_characters_are_shown() {
        assert_eq!(line("a\nb\0\x1b[2J\x7f"), "a␊b␀␛[2J␡");
        assert_eq!(
            line("a\u{202e}b\u{200b}c\u{85}\u{ffff}"),
            "a<U+202E>b<U+200B>c<U+0085><U+FFFF>"
        );
        assert_eq!(line("blåbær <b> \\n 😀"), "blåbær <b> \\n 😀");
        assert_eq!(frame(b"ok\xff\xc3(\r\n"), "ok<ff><c3>(␍␊");
        assert_eq!(lines("a\tb\r\nc\x07"), ["a    b", "c␇"]);
    }

    #[test]
    fn long_output_is_cut_to_its_end() {
        let long: String = (1..=1000).map(|number| format!("{number}\t\x1b\n")).collect();
        let end = end(&long);
        assert_eq!((end.len(), end.last().map(String::as_str)), (200, Some("1000    ␛")));
        assert_eq!(super::end(&"x".repeat(100_000))[0].chars().count(), 400);
        assert!(super::end("").is_empty());
    }

    #[test]
    fn the_first_unprintable_byte_is_found() {
        assert_eq!(strange("{\"a\":\"blå\"}\r\n".as_bytes()), None);
        assert_eq!(strange(b"abc\xff"), Some(3));
        assert_eq!(strange(b"ab\0c"), Some(2));
        assert_eq!(strange("å\u{200b}".as_bytes()), Some(2));
        assert_eq!(strange(b""), None);
    }

    #[test]
    fn texts_that_look_alike_are_recognised() {
        for (one, other) in [
            ("hello", "hello "),
            ("hello", "hel\u{200b}lo"),
            ("a b", "a\u{a0}b"),
            ("caf\u{e9}", "cafe\u{301}"),
        ] {
            assert!(look_alike(one, other), "{one:?} {other:?}");
        }
        assert!(!look_alike("hello", "hello"));
        assert!(!look_alike("hello", "hallo"));
    }

    #[test]
    fn a_dump_begins_at_the_row_of_the_byte() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(
            hex(&bytes, 65, 1, 80),
            ["0040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"]
        );
        assert_eq!(hex(b"ab\xff", 0, 4, 60), ["0000  61 62 ff                 ab."]);
        assert_eq!(hex(b"abcd\xff", 0, 4, 30), ["0000  61 62 63 64  abcd", "0004  ff           ."]);
        assert_eq!(hex(&bytes, 250, 4, 60).len(), 1);
        assert!(hex(b"", 0, 4, 80).is_empty());
    }
}
