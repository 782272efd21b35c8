//! The commands of the page, as JSON.

use serde::Deserialize;

use crate::event::{Rules, Way};

/// A command. Without `client` or `way` it is meant for all clients or both directions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Order {
    /// Holds frames.
    Pause { client: Option<u64>, way: Option<Way> },
    /// Releases the held frames, and lets the next ones pass.
    Resume { client: Option<u64>, way: Option<Way> },
    /// Sends the frame, or the piece of a frame, that has waited longest.
    Step { client: Option<u64>, way: Option<Way> },
    /// Sends a held frame before the others, perhaps after a delay in milliseconds.
    Send {
        frame: u64,
        #[serde(default)]
        delay: u64,
    },
    /// Drops a held frame.
    Drop { frame: u64 },
    /// Doubles a held frame.
    Double { frame: u64 },
    /// Moves a held frame before its neighbour.
    Earlier { frame: u64 },
    /// Moves a held frame behind its neighbour.
    Later { frame: u64 },
    /// Replaces a held frame by this text, framed; or by raw bytes with `\n`, `\r`, `\t`, `\\` and `\xHH`.
    Edit {
        frame: u64,
        text: String,
        #[serde(default)]
        raw: bool,
    },
    /// Cuts a held frame at a byte, or joins the pieces again that meet there.
    Cut { frame: u64, at: usize },
    /// Joins the next frames into one write; 0 ends that.
    Join { client: u64, way: Way, count: usize },
    /// Sets the rules for the next frames of clients that are here. Without `client`, clients that come
    /// later have them too.
    Rules { client: Option<u64>, way: Option<Way>, rules: Rules },
    /// Closes the receiver's half of a direction, as if the sender had ended its stream.
    End { client: u64, way: Way },
    /// Resets both sides of a connection.
    Reset { client: u64 },
}

/// Reads the escapes of a raw text.
///
/// # Errors
/// If a backslash begins no escape.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match characters.next() {
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('\\') => bytes.push(b'\\'),
            Some('x') => {
                let digits: String = characters.by_ref().take(2).collect();
                let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 2);
                bytes.push(byte.ok_or(format!("\\x{digits} has no two hexadecimal digits"))?);
            }
            other => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!("\\{other} is no escape; write \\n, \\r, \\t, \\\\ or \\xHH"));
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_bytes() {
        assert_eq!(unescape("a\\n\\x00\\xfF\\\\é"), Ok(b"a\n\0\xff\\\xc3\xa9".to_vec()));
        for (wrong, why) in
            [("\\", "\\ is"), ("\\q", "\\q is"), ("\\x1", "\\x1 "), ("\\xgg", "\\xgg")]
        {
            assert!(unescape(wrong).unwrap_err().starts_with(why), "{wrong}");
        }
    }

    #[test]
    fn an_order_is_strict_json() {
        let read = |text| serde_json::from_str::<Order>(text);
        assert_eq!(
            read(r#"{"do":"pause","way":"up"}"#).unwrap(),
            Order::Pause { client: None, way: Some(Way::Up) }
        );
        let rules = Rules { cut: Some(7), ..Rules::default() };
        assert_eq!(
            read(r#"{"do":"rules","rules":{"cut":7}}"#).unwrap(),
            Order::Rules { client: None, way: None, rules }
        );
        for wrong in [r#"{"do":"fly"}"#, r#"{"do":"drop"}"#, r#"{"do":"drop","frame":1,"x":2}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
