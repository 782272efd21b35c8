//! The HTTP side: one page, its events, and its commands.
//!
//! The only users are a few tabs of one person, so each connection has a thread, and has one request.
//! Every address begins with a token that no other page knows. The names in `Host` and `Origin` must be
//! those of this listener, so a page that points its own name at this address is refused.

mod request;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use page::{PAGE, SCRIPT, STYLE};
use serde::Deserialize;
use serde_json::json;

use crate::lane::Refusal;
use crate::opened;
use crate::order::Order;
use crate::proxy::Commander;
use crate::record::Record;
use crate::transcript;
use request::{Bad, Request};

/// Greatest number of connections of pages.
const CONNECTIONS: usize = 64;

/// The time that a page has for its request, and for taking an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time after which a quiet stream of events gets an empty line, so that a page that has gone is noticed.
const QUIET: Duration = Duration::from_secs(15);

/// Greatest number of events in one message to the page.
const BATCH: usize = 512;

/// Greatest number of events that a transcript is made of.
const SAVED: usize = 100_000;

/// The rules for the browser: nothing but the page's own parts, and no place in a frame of another page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The parts that every connection shares.
pub(crate) struct Web {
    record: Arc<Record>,
    /// `None` for a recording.
    commander: Option<Commander>,
    token: String,
    address: SocketAddr,
    connections: AtomicUsize,
}

impl Web {
    /// Creates the HTTP side of this record.
    pub(crate) fn new(
        record: Arc<Record>,
        commander: Option<Commander>,
        token: String,
        address: SocketAddr,
    ) -> Web {
        Web { record, commander, token, address, connections: AtomicUsize::new(0) }
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves pages until the program ends.
    pub(crate) fn run(self: &Arc<Web>, listener: &TcpListener) {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // No descriptor is free. A wait on nothing lets one become free.
                let (_keep, timer) = std::sync::mpsc::sync_channel::<()>(0);
                let _ = timer.recv_timeout(Duration::from_millis(100));
                continue;
            };
            if self.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                self.connections.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let web = Arc::clone(self);
            let serve = move || {
                // The browser has gone, or asks again.
                let _ = web.serve(stream);
                web.connections.fetch_sub(1, Ordering::Relaxed);
            };
            let started = thread::Builder::new().name("page".to_owned()).spawn(serve);
            if started.is_err() {
                self.connections.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    /// Answers the request of a connection.
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let request = match Request::read(&mut stream) {
            Ok(request) => request,
            Err(Bad::Io(error)) => return Err(error),
            Err(Bad::Request(why)) => return answer(&mut stream, 400, "text/plain", why),
        };
        if let Err(why) = self.admit(&request) {
            return answer(&mut stream, 403, "text/plain", why);
        }
        let path = request.path.split_once('?').map_or(request.path.as_str(), |(path, _)| path);
        let own = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.token.as_str()));
        match (request.method.as_str(), own) {
            ("GET", Some("/")) => answer(&mut stream, 200, "text/html; charset=utf-8", PAGE),
            ("GET", Some("/page.css")) => answer(&mut stream, 200, "text/css", STYLE),
            ("GET", Some("/page.js")) => answer(&mut stream, 200, "text/javascript", SCRIPT),
            ("GET", Some("/events")) => self.events(&mut stream, &request),
            ("GET", Some("/lines")) => {
                let (from, count) = (request.number("from"), request.number("count").min(5000));
                let most = usize::try_from(count).unwrap_or_default();
                let (first, lines) = self.record.lines(from, most);
                let body = format!("{{\"first\":{first},\"events\":[{}]}}", lines.join(","));
                answer(&mut stream, 200, "application/json", &body)
            }
            ("GET", Some("/transcript")) => {
                let (_, lines) = self.record.lines(0, SAVED);
                let text = transcript::write(lines.iter().map(AsRef::as_ref));
                let (status, text) = match text {
                    Ok(text) => (200, text),
                    Err(why) => (409, why + "\n"),
                };
                answer(&mut stream, status, "text/plain; charset=utf-8", &text)
            }
            ("POST", Some("/open")) => {
                let (status, body) = open(&request.body);
                answer(&mut stream, status, "application/json", &body)
            }
            ("POST", Some("/do")) => {
                let (status, body) = self.order(&request.body);
                answer(&mut stream, status, "application/json", &body)
            }
            (_, Some(_)) => {
                answer(&mut stream, 404, "text/plain", "inspect does not have this page\n")
            }
            (_, None) => {
                let why = "the token is wrong: open the address that inspect has printed\n";
                answer(&mut stream, 403, "text/plain", why)
            }
        }
    }

    /// Checks that the request comes from a page of this listener, or from the bar of the browser.
    fn admit(&self, request: &Request) -> Result<(), &'static str> {
        let port = self.address.port();
        let mut hosts = vec![self.address.to_string()];
        if self.address.ip().is_loopback() {
            hosts.extend([format!("localhost:{port}"), format!("127.0.0.1:{port}")]);
        }
        let open = self.address.ip().is_unspecified();
        let host = request.header("host").unwrap_or_default();
        // A listener on all addresses has names that it cannot know. The token still keeps others out.
        if !open && !hosts.iter().any(|known| known == host) {
            return Err("the header Host does not name this listener\n");
        }
        match request.header("origin") {
            Some(origin) if origin != format!("http://{host}") => {
                Err("the request comes from another page\n")
            }
            None if request.method == "POST" => Err("a command needs the header Origin\n"),
            _ => Ok(()),
        }
    }

    /// Carries out a command.
    fn order(&self, body: &[u8]) -> (u16, String) {
        let order: Order = match serde_json::from_slice(body) {
            Ok(order) => order,
            Err(error) => return (400, json!({ "error": error.to_string() }).to_string()),
        };
        let result = match &self.commander {
            Some(commander) => commander.order(order),
            None => Some(Err(Refusal::Recording)),
        };
        match result {
            Some(Ok(())) => (200, json!({}).to_string()),
            Some(Err(refusal)) => (409, json!({ "error": refusal.to_string() }).to_string()),
            None => (503, json!({ "error": "inspect is ending" }).to_string()),
        }
    }

    /// Sends events as they come.
    fn events(&self, stream: &mut TcpStream, request: &Request) -> io::Result<()> {
        let again = request.header("last-event-id").and_then(|id| id.parse().ok());
        let mut from: u64 = again.unwrap_or_else(|| {
            // A page that begins gets the newest events, and asks for the others when a person does.
            let newest = request.number("newest");
            if newest > 0 { self.record.count().saturating_sub(newest) } else { 0 }
        });
        head(stream, 200, "text/event-stream", None)?;
        if self.commander.is_none() {
            stream.write_all(b"event: recording\ndata: \n\n")?;
        }
        while let Some((first, lines)) = self.record.wait(from, BATCH, QUIET) {
            let mut text = String::new();
            if lines.is_empty() {
                text.push_str(":\n\n");
            } else {
                from = first + lines.len() as u64;
                // Writing into a string does not fail.
                let _ = write!(text, "id: {from}\ndata: {{\"first\":{first},\"events\":[");
                text.push_str(&lines.join(","));
                text.push_str("]}\n\n");
            }
            stream.write_all(text.as_bytes())?;
        }
        stream.write_all(b"event: end\ndata: \n\n")
    }
}

/// A file that a page opens.
#[derive(Deserialize)]
struct Opened {
    name: String,
    text: String,
}

/// Returns the events of a file that a page opens. Its page alone shows them.
fn open(body: &[u8]) -> (u16, String) {
    let Opened { name, text } = match serde_json::from_slice(body) {
        Ok(opened) => opened,
        Err(error) => return (400, json!({ "error": error.to_string() }).to_string()),
    };
    match opened::events(&name, text.as_bytes()) {
        Ok(events) => (200, format!("{{\"events\":[{}]}}", events.join(","))),
        Err(wrong) => (409, json!({ "error": wrong.to_string() }).to_string()),
    }
}

/// Writes the head of an answer.
fn head(stream: &mut TcpStream, status: u16, kind: &str, length: Option<usize>) -> io::Result<()> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        _ => "Service Unavailable",
    };
    let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n{length}Connection: close\r\n\
         Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

fn answer(stream: &mut TcpStream, status: u16, kind: &str, body: &str) -> io::Result<()> {
    head(stream, status, kind, Some(body.len()))?;
    stream.write_all(body.as_bytes())
}
