//! One HTTP request and its answer, each within a deadline.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The most bytes of the head of a request.
const HEAD: usize = 8 * 1024;
/// The most header fields of a request.
const FIELDS: usize = 64;

/// The parts of a request that matter here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path, without a query.
    pub(super) path: String,
}

/// An answer.
pub(super) struct Answer {
    /// The status: a number and a phrase.
    status: &'static str,
    kind: &'static str,
    body: String,
    /// Whether the body is sent. The answer to HEAD has none.
    pub(super) has_body: bool,
}

impl Answer {
    pub(super) fn text(status: &'static str, body: String) -> Answer {
        Answer { status, kind: "text/plain; charset=utf-8", body, has_body: true }
    }

    /// Sets the type of the body.
    pub(super) fn of_kind(self, kind: &'static str) -> Answer {
        Answer { kind, ..self }
    }
}

/// Reads the head of a request.
///
/// # Errors
/// [`ErrorKind::InvalidData`] if the bytes are no request, or if its head is too long. Another kind if
/// the connection ends, or if the head does not arrive within the deadline.
pub(super) fn read(mut stream: &TcpStream, deadline: Duration) -> io::Result<Request> {
    let until = Instant::now() + deadline;
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    loop {
        stream.set_read_timeout(Some(left(until)?))?;
        let length = match stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        head.extend(buffer.iter().take(length));
        if let Some(request) = parse(&head)? {
            return Ok(request);
        }
        if head.len() > HEAD {
            return Err(Error::new(ErrorKind::InvalidData, "the head of the request is too long"));
        }
    }
}

/// Parses the head of a request. Returns `None` if it is not complete.
fn parse(head: &[u8]) -> io::Result<Option<Request>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(head).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    let (Some(method), Some(target)) = (request.method, request.path) else { return Ok(None) };
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let request = Request { method: method.to_owned(), path: path.to_owned() };
    Ok(status.is_complete().then_some(request))
}

/// Writes an answer.
///
/// # Errors
/// When the connection breaks, or the peer does not read the answer within the deadline.
pub(super) fn write(mut stream: &TcpStream, answer: &Answer, deadline: Duration) -> io::Result<()> {
    let until = Instant::now() + deadline;
    let Answer { status, kind, body, has_body } = answer;
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    if *has_body {
        text.push_str(body);
    }
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        stream.set_write_timeout(Some(left(until)?))?;
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(length) => rest = rest.get(length..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The time until a moment.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails loudly")]

    use super::*;

    #[test]
    fn a_head_is_complete_with_its_empty_line() {
        let head = b"GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(parse(&head[..end]).unwrap(), None, "{end}");
        }
        let want = Request { method: "GET".to_owned(), path: "/metrics".to_owned() };
        assert_eq!(parse(head).unwrap(), Some(want));
    }

    #[test]
    fn other_bytes_and_too_many_fields_are_no_request() {
        let fields = "A: b\r\n".repeat(FIELDS + 1);
        let long = format!("GET / HTTP/1.1\r\n{fields}\r\n");
        for bytes in ["{\"request\":\"login\"}\n\n", "\u{16}\u{3}\u{1}", &long] {
            assert_eq!(parse(bytes.as_bytes()).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}
