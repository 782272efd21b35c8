//! Detection of other protocols on a connection.
//!
//! A web page can make a browser send `POST / HTTP/1.1`, headers, and then any lines to any port that
//! the browser can reach. A server that skips the headers as mistakes would serve those lines. So the
//! server closes a connection that begins as HTTP before it reads a request from it. It also closes a
//! connection that begins as TLS, SSH or the PROXY protocol, because those peers would not understand
//! another answer.
//!
//! A line that a person may type must not close the connection. So only the [`Opening`] is examined,
//! and every sign is as long as its protocol allows: `GET well soon` and `use only HTTP/1.1` are not
//! request lines.

mod guard;
mod http;

pub(crate) use guard::Guarded;

/// The name of HTTP in the log and in the answer.
const HTTP: &str = "HTTP";
/// The name of the PROXY protocol.
const PROXY: &str = "the PROXY protocol";

/// Protocols that the first bytes identify.
const SIGNS: [(&[u8], &str); 6] = [
    // A handshake record of any version since SSL 3.0.
    (b"\x16\x03", "TLS"),
    (b"SSH-1.", "SSH"),
    (b"SSH-2.", "SSH"),
    (b"PROXY TCP4 ", PROXY),
    (b"PROXY TCP6 ", PROXY),
    (b"PROXY UNKNOWN", PROXY),
];

/// The first bytes of the PROXY protocol, version 2. The detection does not wait for more bytes at its
/// line ends, because a peer may send only an empty line.
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Number of lines that are examined, without empty ones.
const LINES: usize = 16;
/// Number of bytes that are examined. A longer first line counts as a request line of HTTP if it
/// begins like one.
const BYTES: usize = 4096;

/// The beginning of a stream, until the detection is done.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    seen: Vec<u8>,
    /// The place in `seen` after the last whole line.
    line: usize,
    /// Number of lines that were examined, without empty ones.
    lines: usize,
}

/// The result of the detection so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The stream has this protocol.
    Foreign(&'static str),
    /// More bytes must decide. Until then no byte may take effect.
    Unclear,
    /// The bytes may take effect. The next bytes must be examined, too.
    Fine,
    /// The stream is not foreign. The detection is done.
    Settled,
}

impl Opening {
    /// Examines the next bytes.
    pub(crate) fn look(&mut self, input: &[u8]) -> Verdict {
        let room = BYTES.saturating_sub(self.seen.len()).min(input.len());
        self.seen.extend(input.iter().take(room));
        if self.seen.starts_with(PROXY_2) {
            return Verdict::Foreign(PROXY);
        }
        while let Some(line) = self.next_line() {
            if line.is_empty() {
                continue;
            }
            let first = self.lines == 0;
            if let Some(protocol) = of_line(&line, first) {
                return Verdict::Foreign(protocol);
            }
            self.lines += 1;
            if self.lines == LINES {
                return Verdict::Settled;
            }
        }
        let rest = self.last_line();
        let full = self.seen.len() == BYTES;
        if self.lines == 0 {
            if let Some(protocol) = of_signs(rest) {
                return Verdict::Foreign(protocol);
            }
            let request_line = http::may_become_request_line(rest);
            if request_line && full {
                return Verdict::Foreign(HTTP);
            }
            if request_line || self.may_become_a_sign(rest) {
                return Verdict::Unclear;
            }
        }
        if full { Verdict::Settled } else { Verdict::Fine }
    }

    /// Returns the next whole line, without its end.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        let mut parts = self.last_line().splitn(2, |byte| *byte == b'\n');
        let (line, _) = (parts.next()?, parts.next()?);
        let text = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        self.line += line.len() + 1;
        Some(text)
    }

    /// Returns the bytes after the last line that was whole.
    #[expect(clippy::indexing_slicing, reason = "`line` is the place after a newline in `seen`")]
    fn last_line(&self) -> &[u8] {
        &self.seen[self.line..]
    }

    /// Returns whether the first line, which begins with `rest`, may become a sign.
    fn may_become_a_sign(&self, rest: &[u8]) -> bool {
        let proxy = PROXY_2.starts_with(&self.seen) && self.seen.contains(&0);
        proxy || !rest.is_empty() && SIGNS.iter().any(|(sign, _)| sign.starts_with(rest))
    }
}

/// Returns the protocol that a whole line identifies.
fn of_line(line: &[u8], first: bool) -> Option<&'static str> {
    let of_first = || of_signs(line).or_else(|| http::is_request_line(line).then_some(HTTP));
    let of_any = || http::is_host(line).then_some(HTTP);
    first.then(of_first).flatten().or_else(of_any)
}

/// Returns the protocol whose sign is at the beginning of the bytes.
fn of_signs(bytes: &[u8]) -> Option<&'static str> {
    SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign)).map(|(_, protocol)| *protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(reads: &[&[u8]]) -> Verdict {
        let mut opening = Opening::default();
        let mut verdict = Verdict::Fine;
        for read in reads {
            verdict = opening.look(read);
            if matches!(verdict, Verdict::Foreign(_) | Verdict::Settled) {
                break;
            }
        }
        verdict
    }

    const FOREIGN: [(&[u8], &str); 16] = [
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1:49512\r\n\r\nLOGIN eve\nMSG all hi\n", HTTP),
        (b"GET /?a=b HTTP/1.0\r\n\r\n", HTTP),
        (b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n", HTTP),
        (b"get / HTTP/1.1\n", HTTP),
        (b"M-SEARCH * HTTP/1.1\r\n", HTTP),
        (b"CONNECT example.org:443 HTTP/1.1\r\n", HTTP),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP),
        (b"\r\n\r\nPOST http://a/ HTTP/1.1\r\n", HTTP),
        (b"what is this\r\nhOsT:127.0.0.1\r\n", HTTP),
        (b"Host:\n", HTTP),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n{}\n", PROXY),
        (b"PROXY TCP6 ::1 ::1 1 2\r\n", PROXY),
        (b"PROXY UNKNOWN\r\n", PROXY),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", PROXY),
    ];

    #[test]
    fn a_foreign_stream_is_detected_for_every_split() {
        for (stream, protocol) in FOREIGN {
            let want = Verdict::Foreign(protocol);
            let text = stream.escape_ascii();
            assert_eq!(look(&[stream]), want, "{text}");
            for split in 0..=stream.len() {
                let (begin, rest) = stream.split_at(split);
                assert_eq!(look(&[begin, rest]), want, "{text}, split at {split}");
            }
            assert_eq!(
                look(&stream.chunks(1).collect::<Vec<_>>()),
                want,
                "{text}, one byte a read"
            );
        }
    }

    #[test]
    fn no_byte_of_a_foreign_stream_takes_effect() {
        // This holds for signs at the very beginning, and for common methods.
        let known = [&b"POST"[..], b"GET", b"CONNECT", b"PRI", b"\x16", b"SSH", b"PROXY"];
        let begins = |stream: &&[u8]| known.iter().any(|begin| stream.starts_with(begin));
        let held: Vec<&[u8]> =
            FOREIGN.map(|(stream, _)| stream).into_iter().filter(begins).collect();
        assert_eq!(held.len(), 10);
        for stream in held {
            let mut opening = Opening::default();
            for byte in stream.chunks(1) {
                match opening.look(byte) {
                    Verdict::Unclear => {}
                    Verdict::Foreign(_) => break,
                    other => panic!("{other:?} inside of {}", stream.escape_ascii()),
                }
            }
        }
    }

    #[test]
    fn input_of_people_and_clients_is_not_foreign() {
        for stream in [
            "",
            "\r\n",
            "\n{\"request\":\"login\",\"username\":\"ann\"}\n",
            "{\n  \"Host\": \"a\",\n  \"request\": \"names\"\n}",
            "LOGIN ann",
            "GETLIST",
            "REGISTER ann secret\nLOGIN ann secret\n",
            "GET well soon\n",
            "GET well soon",
            "GET / was the answer\n",
            "POST it\n",
            "use only HTTP/1.1\n",
            "I like HTTP/2\n",
            "hello\nGET / HTTP/1.1\n",
            "hello\nSSH-2.0 is old\n",
            "SSH-keys?\n",
            "PROXY settings\n",
            "Host: who is it?\n",
            "The host: me\n",
            "Hostess: ann\n",
            "5         alice",
            "\u{16}",
            "PUT",
        ] {
            let verdict = look(&[stream.as_bytes()]);
            let held = matches!(stream, "\u{16}" | "PUT");
            let want = if held { Verdict::Unclear } else { Verdict::Fine };
            assert_eq!(verdict, want, "{stream:?}");
        }
    }

    #[test]
    fn only_the_beginning_is_examined() {
        let lines = "hello\n".repeat(LINES);
        assert_eq!(look(&[lines.as_bytes(), b"Host: a\n"]), Verdict::Settled);
        let fewer = "hello\n".repeat(LINES - 1);
        assert_eq!(look(&[fewer.as_bytes(), b"Host: a\n"]), Verdict::Foreign(HTTP));
        assert_eq!(look(&[&[b'x'; BYTES], b"\nHost: a\n"]), Verdict::Settled);
        let path = [b"POST /", &[b'x'; BYTES][..]].concat();
        assert_eq!(look(&[&path[..BYTES - 1]]), Verdict::Unclear);
        assert_eq!(look(&[&path]), Verdict::Foreign(HTTP), "an endless request line");
    }
}
