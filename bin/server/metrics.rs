//! `--metrics`: figures for Prometheus at `/metrics`, and the health of the server at `/healthz`.
//!
//! The thread `metrics` serves one request at a time, each within a deadline. It reads counters, which
//! the other threads change without waiting for it. So a slow or hostile scraper delays other scrapers
//! only. For `/healthz` it asks the chat and the log; see [`app::Inquirer`].
//!
//! The answers are written by hand over `httparse`, which reads the head of a request. `tiny_http` has
//! no deadline for a request, and other libraries bring an asynchronous runtime.

mod exposition;
mod http;
mod process;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use app::Inquirer;

use exposition::Exposition;
use http::{Answer, Request};

/// The longest time for a request, and then again for its answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// The longest time for the answer of the chat about its health, and then again for that of the log.
const HEALTH: Duration = Duration::from_secs(2);
/// The pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// The listener for figures.
pub(crate) struct Metrics {
    listener: TcpListener,
}

/// The counters of all layers.
pub(crate) struct Sources {
    pub(crate) connections: Arc<parse::Figures>,
    pub(crate) chat: Arc<app::Figures>,
}

impl Metrics {
    /// Listens on this address. Warns if other machines can reach it.
    ///
    /// # Errors
    /// One line, if the system refuses.
    pub(crate) fn bind(address: SocketAddr) -> Result<Metrics, String> {
        let failed = |error| format!("cannot listen on {address} for --metrics: {error}");
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "serving /metrics and /healthz");
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "other machines can read /metrics: it has no password and no encryption"
            );
        }
        Ok(Metrics { listener })
    }

    /// Starts the thread `metrics`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(self, sources: Sources, inquirer: Inquirer) -> io::Result<()> {
        let mut site = Site { exposition: Exposition::new(sources), inquirer };
        let run = move || {
            loop {
                match self.listener.accept() {
                    // A scraper that breaks its connection off gets no answer.
                    Ok((stream, _)) => drop(site.serve(stream)),
                    Err(error) => {
                        tracing::debug!(%error, "cannot accept a connection for --metrics");
                        thread::park_timeout(PAUSE);
                    }
                }
            }
        };
        thread::Builder::new().name("metrics".to_owned()).spawn(run).map(drop)
    }
}

/// The pages.
struct Site {
    exposition: Exposition,
    inquirer: Inquirer,
}

impl Site {
    /// Answers one request, and closes the connection.
    fn serve(&mut self, stream: TcpStream) -> io::Result<()> {
        let answer = match http::read(&stream, DEADLINE) {
            Ok(request) => self.answer(&request),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Answer::text("400 Bad Request", format!("{error}\n"))
            }
            Err(error) => return Err(error),
        };
        http::write(&stream, &answer, DEADLINE)
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if !["GET", "HEAD"].contains(&request.method.as_str()) {
            return Answer::text("405 Method Not Allowed", "only GET and HEAD\n".to_owned());
        }
        let mut answer = match request.path.as_str() {
            "/metrics" => match self.exposition.text() {
                Ok(text) => Answer::text("200 OK", text).of_kind(exposition::CONTENT_TYPE),
                Err(error) => Answer::text("500 Internal Server Error", format!("{error}\n")),
            },
            "/healthz" => match self.inquirer.check(HEALTH) {
                Ok(()) => Answer::text("200 OK", "ok\n".to_owned()),
                Err(reason) => Answer::text("503 Service Unavailable", format!("{reason}\n")),
            },
            _ => Answer::text("404 Not Found", "here are /metrics and /healthz\n".to_owned()),
        };
        answer.has_body = request.method == "GET";
        answer
    }
}
