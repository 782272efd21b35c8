//! The requests that the client sends to the server that the grader plays.

use std::time::Instant;

use super::server::accept;
use super::{CLIENT, ClientScenario, LOOK, MOMENT, SERVER};
use crate::lag::Stopwatch;
use crate::patience::patiently;
use crate::peer::{Incoming, Peer};
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Frame, ReceivedRequest, Request, Response, shortened};

/// Maximum number of side requests that a report names.
const MAX_NAMED: usize = 5;

/// Maximum number of frames from a client in one check. What the user types makes a few dozen.
const MAX_FRAMES: usize = 200;

impl ClientScenario {
    /// Expects the client to send this request next, apart from side requests: requests that a
    /// client may send on its own, such as asking for the names.
    pub(crate) fn expect_request(&mut self, wanted: &Request) -> Result<ReceivedRequest, Stop> {
        let expected = format!("the client sends: {}", wanted.words());
        let mut side_requests = Vec::new();
        loop {
            let received = self.next_request(&expected, &side_requests)?;
            if received.request == *wanted {
                return Ok(received);
            }
            if !self.answer_side_request(&received)? {
                return Err(Stop::differs(SERVER, &expected, &received.request.words()));
            }
            if side_requests.len() < MAX_NAMED {
                side_requests.push(received.request.words());
            }
        }
    }

    /// Answers a side request: a request for the names, or an unknown one.
    fn answer_side_request(&mut self, received: &ReceivedRequest) -> Result<bool, Stop> {
        let response = match &received.request {
            Request::Unknown(_) => Response::Error("Unknown request!".to_owned()),
            Request::Names => Response::Names(self.present()),
            _ => return Ok(false),
        };
        self.answer(received, &response).map(|()| true)
    }

    /// Answers the side requests that have arrived, while a check waits for something else.
    pub(super) fn serve_side_requests(&mut self) -> Result<(), Stop> {
        while let Some(server) = self.server.as_mut()
            && let Incoming::Frame(frame, _) = server.wait(self.dialect, Instant::now())
        {
            match self.receive(frame)? {
                Some(Ok(received)) if self.answer_side_request(&received)? => {}
                Some(received) => self.waiting.push_back(received),
                None => {}
            }
        }
        Ok(())
    }

    /// Whether the client sends a request within a short time.
    pub(crate) fn has_request_soon(&mut self) -> bool {
        let began = Stopwatch::start();
        while self.waiting.is_empty() && began.elapsed() < MOMENT && !self.has_ended_by(LOOK) {
            // The error shows again as soon as the check waits for a request.
            if self.serve_side_requests().is_err() {
                break;
            }
        }
        !self.waiting.is_empty()
    }

    /// Decodes the request in a frame, and records it in the trace; an empty line is no request.
    ///
    /// # Errors
    /// The client has sent too many frames.
    pub(super) fn receive(
        &mut self,
        frame: Frame,
    ) -> Result<Option<Result<ReceivedRequest, String>>, Stop> {
        self.frames_received += 1;
        if self.frames_received > MAX_FRAMES {
            let expected = "the client sends what the user types, and few other requests";
            let last = shortened(&frame.bytes);
            let got = format!("more than {MAX_FRAMES} frames, the last of them {last:?}");
            return Err(Stop::differs(SERVER, expected, &got));
        }
        if frame.bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        let received = self.dialect.decode_request(&frame);
        let received = received.map_err(|why| format!("an invalid request: {why}"));
        let words =
            received.as_ref().map_or_else(String::clone, |received| received.request.words());
        self.trace.record(SERVER, What::Received { words, bytes: frame.bytes });
        Ok(Some(received))
    }

    /// Returns the next request of the client. `side_requests` are the side requests so far.
    fn next_request(
        &mut self,
        expected: &str,
        side_requests: &[String],
    ) -> Result<ReceivedRequest, Stop> {
        let wrong = |why: String| Stop::differs(SERVER, expected, &why);
        if let Some(received) = self.waiting.pop_front() {
            return received.map_err(wrong);
        }
        let (patience, dialect) = (self.patience, self.dialect);
        let gauge = self.program()?.gauge();
        loop {
            let Some(server) = self.server.as_mut() else {
                return Err(wrong("the connection is closed".to_owned()));
            };
            let came =
                patiently(&gauge, patience, expected, |until| match server.wait(dialect, until) {
                    Incoming::Nothing => None,
                    came => Some(came),
                })?;
            match came {
                Some(Incoming::Frame(frame, _)) => {
                    if let Some(received) = self.receive(frame)? {
                        return received.map_err(wrong);
                    }
                }
                Some(_) => {
                    self.record(CLIENT, "closes the connection");
                    return Err(self.differs_or_ended(
                        SERVER,
                        expected,
                        "the client closed the connection",
                    ));
                }
                None => {
                    let got = self.describe_nothing(side_requests);
                    return Err(self.differs_or_ended(SERVER, expected, &got));
                }
            }
        }
    }

    /// Describes why the expected request did not arrive, and what did.
    fn describe_nothing(&self, side_requests: &[String]) -> String {
        if self.listener.as_ref().is_some_and(|listener| accept(listener, Instant::now()).is_some())
        {
            return "a second connection; the client must send everything over the first"
                .to_owned();
        }
        let rest = self.server.as_ref().map(Peer::incomplete).unwrap_or_default();
        if !rest.is_empty() {
            let (length, begin) = (rest.len(), shortened(rest));
            return format!("{length} bytes, {begin:?}, and no end of the message");
        }
        let newlines = self.server.as_ref().map_or(0, Peer::newlines);
        let nothing = match side_requests {
            [] if newlines > MAX_FRAMES => format!("nothing but newlines, {newlines} of them"),
            [] => format!("nothing within {} s", self.patience.as_secs_f64()),
            side_requests => format!("only other requests: {}", side_requests.join("; ")),
        };
        // The client may have shown an error to the user.
        match self.shown_after(self.input_mark) {
            shown if shown.is_empty() => nothing,
            shown => format!("{nothing}; but the client shows {shown:?}"),
        }
    }
}
