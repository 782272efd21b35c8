//! Recognizes a server that is no chat server, by the first thing that it sends.

/// Beginnings of what servers of other protocols send, in lower case. A web server answers a line that
/// is no request of HTTP with a page.
const SIGNS: [(&[u8], &str); 4] =
    [(b"http/", "HTTP"), (b"<!doctype html", "HTTP"), (b"<html", "HTTP"), (b"ssh-", "SSH")];

/// How a server has begun on the current connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// It has sent nothing yet, or it has sent a response.
    #[default]
    Usual,
    /// It has sent only frames that are no responses.
    Unreadable,
    /// It has sent nothing for so long that the client has given up.
    Silent,
    /// It speaks this protocol.
    Foreign(&'static str),
}

impl Beginning {
    /// How a server begins whose first frame is no response.
    pub(crate) fn of(frame: &[u8]) -> Beginning {
        let begins = |sign: &[u8]| {
            frame.get(..sign.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(sign))
        };
        let found = SIGNS.iter().find(|(sign, _)| begins(sign));
        found.map_or(Beginning::Unreadable, |(_, protocol)| Beginning::Foreign(protocol))
    }

    /// Whether the server is no chat server: it speaks another protocol, or nothing.
    pub(crate) fn is_foreign(self) -> bool {
        matches!(self, Beginning::Foreign(_) | Beginning::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_protocols_are_recognized_by_their_first_frame() {
        for (frame, want) in [
            (&b"HTTP/1.1 400 Bad Request\r"[..], Beginning::Foreign("HTTP")),
            (b"<!DOCTYPE HTML>", Beginning::Foreign("HTTP")),
            (b"<html lang=\"en\">", Beginning::Foreign("HTTP")),
            (b"SSH-2.0-OpenSSH_9.6\r", Beginning::Foreign("SSH")),
            (b"220 example.org ESMTP", Beginning::Unreadable),
            (b"http", Beginning::Unreadable),
            (b"", Beginning::Unreadable),
        ] {
            assert_eq!(Beginning::of(frame), want, "{}", frame.escape_ascii());
        }
    }
}
