//! A request of a browser.

use std::io::{self, Read};
use std::net::TcpStream;

/// Greatest number of bytes of a head.
const HEAD: usize = 16 * 1024;

/// Greatest number of headers.
const HEADERS: usize = 64;

/// Greatest number of bytes of a body.
const BODY: usize = 2 << 20;

/// The reason why there is no request.
#[derive(Debug)]
pub(super) enum Bad {
    /// The connection failed.
    Io(io::Error),
    /// The bytes are not a request that is served.
    Request(&'static str),
}

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// If the connection ends before, or the bytes are not HTTP within the bounds.
    pub(super) fn read(stream: &mut TcpStream) -> Result<Request, Bad> {
        let mut bytes = Vec::new();
        let (mut request, begin) = loop {
            if let Some(found) = parse(&bytes)? {
                break found;
            }
            if bytes.len() > HEAD {
                return Err(Bad::Request("the head of the request is too long\n"));
            }
            more(stream, &mut bytes)?;
        };
        let length = match request.header("content-length") {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_| Bad::Request("Content-Length is no number\n"))?
            }
        };
        if length > BODY {
            return Err(Bad::Request("the body of the request is too long\n"));
        }
        while bytes.len() < begin + length {
            more(stream, &mut bytes)?;
        }
        request.body = bytes.get(begin..begin + length).unwrap_or_default().to_vec();
        Ok(request)
    }

    /// The value of a header, whose name is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(each, _)| each == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A number in the query; 0 if it is missing.
    pub(super) fn number(&self, name: &str) -> u64 {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(each, _)| *each == name).and_then(|(_, value)| value.parse().ok());
        value.unwrap_or(0)
    }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<(), Bad> {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).map_err(Bad::Io)?;
    if length == 0 {
        return Err(Bad::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    bytes.extend_from_slice(buffer.get(..length).unwrap_or_default());
    Ok(())
}

/// Parses a head, if it is whole. Returns it with the place where the body begins.
fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Bad> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let status = head.parse(bytes).map_err(|_| Bad::Request("the request is not HTTP\n"))?;
    let httparse::Status::Complete(begin) = status else { return Ok(None) };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter();
    Ok(Some((
        Request {
            method: head.method.unwrap_or_default().to_owned(),
            path: head.path.unwrap_or_default().to_owned(),
            headers: headers.map(|it| (it.name.to_lowercase(), text(it.value))).collect(),
            body: Vec::new(),
        },
        begin,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_when_it_is_whole() {
        let head =
            b"GET /t/lines?from=7&count=x HTTP/1.1\r\nHost: a:1\r\nORIGIN: http://a:1\r\n\r\n";
        for length in 0..head.len() {
            assert!(parse(&head[..length]).unwrap().is_none(), "{length} bytes");
        }
        let (request, begin) = parse(head).unwrap().unwrap();
        assert_eq!((request.method.as_str(), begin), ("GET", head.len()));
        assert_eq!((request.number("from"), request.number("count")), (7, 0));
        assert_eq!(request.header("origin"), Some("http://a:1"));
        assert!(matches!(parse(b"hello\x00\r\n"), Err(Bad::Request(_))));
    }
}
