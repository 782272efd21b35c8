//! Other protocols: how a connection is recognised that is not meant for a chat.
//!
//! A web page can make a browser send `POST / HTTP/1.1`, headers, and then any lines it likes to any
//! port of the machine the browser runs on, or can reach. A server that takes the headers for
//! mistakes and goes on would serve those lines. So a connection that begins as HTTP ends before
//! anything of it is read as a request; and so does one that begins as TLS, SSH or the PROXY protocol,
//! whose peers would get an answer that helps nobody find the mistake.
//!
//! What a person may type must not end a connection, so only its [`Opening`] is looked at, and every
//! sign is as long as its protocol makes it: `GET well soon` is no request line, and neither is
//! `use only HTTP/1.1`.

mod guard;
mod http;

pub(crate) use guard::Guarded;

/// What HTTP is called, in the log and in the answer.
const HTTP: &str = "HTTP";
/// What the PROXY protocol is called.
const PROXY: &str = "the PROXY protocol";

/// The first bytes of protocols that are recognised by these alone.
const SIGNS: [(&[u8], &str); 6] = [
    // A record of a handshake, of any version since SSL 3.0.
    (b"\x16\x03", "TLS"),
    (b"SSH-1.", "SSH"),
    (b"SSH-2.", "SSH"),
    (b"PROXY TCP4 ", PROXY),
    (b"PROXY TCP6 ", PROXY),
    (b"PROXY UNKNOWN", PROXY),
];

/// The first bytes of the PROXY protocol, version 2. The line ends in it are no reason to wait for
/// more: an empty line may be all that a peer has to say.
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// How many lines of a connection are looked at, empty ones aside.
const LINES: usize = 16;
/// How many bytes of a connection are looked at. A first line that is longer, and could still be a
/// request line of HTTP, is taken for one.
const BYTES: usize = 4096;

/// The beginning of a stream, as far as it is looked at.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    seen: Vec<u8>,
    /// Where in `seen` the line begins whose end has not come.
    line: usize,
    /// How many lines have been looked at, empty ones aside.
    lines: usize,
}

/// What the beginning of a stream says about all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is of this protocol.
    Foreign(&'static str),
    /// More bytes have to tell; until then none of them must take effect.
    Unclear,
    /// Nothing speaks against it so far. The next bytes have to be looked at, too.
    Fine,
    /// Nothing speaks against it, and no more of it need be looked at.
    Settled,
}

impl Opening {
    /// Takes in the bytes that came next.
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

    /// The next whole line, without its end.
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

    /// Whether the first line, of which `rest` has come, may turn out to begin with a sign.
    fn may_become_a_sign(&self, rest: &[u8]) -> bool {
        let proxy = PROXY_2.starts_with(&self.seen) && self.seen.contains(&0);
        proxy || !rest.is_empty() && SIGNS.iter().any(|(sign, _)| sign.starts_with(rest))
    }
}

/// The protocol that a whole line gives away.
fn of_line(line: &[u8], first: bool) -> Option<&'static str> {
    let of_first = || of_signs(line).or_else(|| http::is_request_line(line).then_some(HTTP));
    let of_any = || http::is_host(line).then_some(HTTP);
    first.then(of_first).flatten().or_else(of_any)
}

/// The protocol whose sign stands at the beginning of these bytes.
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
    fn what_is_foreign_is_named_wherever_it_is_split() {
        for (stream, protocol) in FOREIGN {
            let want = Verdict::Foreign(protocol);
            let text = stream.escape_ascii();
            assert_eq!(look(&[stream]), want, "{text}");
            for split in 0..=stream.len() {
                let (begin, rest) = stream.split_at(split);
                assert_eq!(look(&[begin, rest]), want, "{text}, split at {split}");
            }
            assert_eq!(look(&stream.chunks(1).collect::<Vec<_>>()), want, "{text}, byte by byte");
        }
    }

    #[test]
    fn no_byte_of_it_takes_effect_before_it_is_named() {
        // As long as it is at the beginning, and of a method that is common.
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
    fn what_a_person_or_a_client_says_is_fine() {
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
    fn only_the_beginning_is_looked_at() {
        let lines = "hello\n".repeat(LINES);
        assert_eq!(look(&[lines.as_bytes(), b"Host: a\n"]), Verdict::Settled);
        let fewer = "hello\n".repeat(LINES - 1);
        assert_eq!(look(&[fewer.as_bytes(), b"Host: a\n"]), Verdict::Foreign(HTTP));
        assert_eq!(look(&[&[b'x'; BYTES], b"\nHost: a\n"]), Verdict::Settled);
        let path = [b"POST /", &[b'x'; BYTES][..]].concat();
        assert_eq!(look(&[&path[..BYTES - 1]]), Verdict::Unclear);
        assert_eq!(look(&[&path]), Verdict::Foreign(HTTP), "its request line has no end");
    }
}
