//! The server that the grader plays for a client.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;

use super::{ALIVE, CLIENT, ClientScenario, LOOK, SERVER};
use crate::lag::Stopwatch;
use crate::patience::patiently;
use crate::peer::{Incoming, Peer};
use crate::program::Program;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::wire::{Message, ReceivedRequest, Request, Response};

/// Longest wait for the client to read a frame before the server sends the next one. After a
/// timeout the server does not wait again until the client has read everything.
const READS: Duration = Duration::from_secs(2);

impl ClientScenario {
    /// Makes the server stop listening before the client starts.
    pub(crate) fn close_listener(&mut self) {
        self.record(SERVER, &format!("does not listen on port {}", self.port));
        self.listener = None;
    }

    /// Starts the client and expects it to connect.
    pub(crate) fn connect(&mut self) -> Result<(), Stop> {
        self.start_client()?;
        let expected = format!("the client connects to 127.0.0.1, port {}", self.port);
        let (start, program) = (self.start, self.program()?);
        let accepted = patiently(&program.gauge(), start, &expected, |until| {
            let trouble = || program.trouble().map(|trouble| Err(Some(trouble)));
            self.listener
                .as_ref()
                .and_then(|listener| accept(listener, until))
                .map(Ok)
                .or_else(trouble)
        })?;
        let peer = match accepted.unwrap_or(Err(None)) {
            Ok(stream) => Peer::accepted(stream),
            Err(Some(trouble)) => return Err(Stop::trouble(CLIENT, &expected, &trouble)),
            Err(None) => {
                let got = format!("the client does not connect within {} s", start.as_secs_f64());
                return Err(Stop::differs(CLIENT, &expected, &got));
            }
        };
        let cannot = |error| Stop::Undecided(format!("the connection cannot be used: {error}"));
        self.server = Some(peer.map_err(cannot)?);
        self.record(CLIENT, "connects");
        Ok(())
    }

    /// Keeps the reads of the connection in the trace.
    fn keep_reads(&mut self) {
        if let Some(server) = &mut self.server {
            self.trace.add_reads(SERVER, server.take_log());
        }
    }

    /// Takes the trace at the end of the check.
    pub(crate) fn take_trace(&mut self) -> Trace {
        self.keep_reads();
        std::mem::take(&mut self.trace)
    }

    /// Starts the client and logs in.
    pub(crate) fn log_in(&mut self) -> Result<(), Stop> {
        self.connect()?;
        let received = self.expect_login_request()?;
        self.answer(&received, &Response::LoggedIn { backlog: Vec::new() })?;
        self.wait_until_ready()
    }

    /// Types the login lines and expects a login request.
    pub(crate) fn expect_login_request(&mut self) -> Result<ReceivedRequest, Stop> {
        let name = self.name();
        let keys = self.keys(&self.profile.login, "");
        if !keys.is_empty() {
            if self.profile.terminal {
                self.wait_briefly()?;
            }
            self.type_keys(&keys)?;
        }
        self.expect_request(&Request::Login(name))
    }

    /// Waits until the client shows that it is ready, as its profile says. Without such a text in
    /// the profile, a short time passes.
    pub(crate) fn wait_until_ready(&mut self) -> Result<(), Stop> {
        if let Some(ready) = self.profile.ready.clone() {
            let ready = ready.replace("{name}", &self.name());
            self.expect_shown(&format!("that the login succeeded: {ready:?}"), &[&ready])?;
        } else {
            self.wait_until_read();
            self.wait_briefly()?;
        }
        self.mark_seen();
        Ok(())
    }

    /// Answers a request of the client.
    pub(crate) fn answer(&mut self, to: &ReceivedRequest, response: &Response) -> Result<(), Stop> {
        self.send_response(response, Some(to))
    }

    /// Sends a response that answers no request.
    pub(crate) fn announce(&mut self, response: &Response) -> Result<(), Stop> {
        self.send_response(response, None)
    }

    fn send_response(
        &mut self,
        response: &Response,
        to: Option<&ReceivedRequest>,
    ) -> Result<(), Stop> {
        for frame in self.encoder.encode(response, to) {
            self.send(&response.words(), &frame)?;
            // Many clients of the courses take each read for one message.
            self.wait_until_read();
        }
        Ok(())
    }

    /// The bytes that encode this response.
    pub(crate) fn bytes_of(&mut self, response: &Response) -> Vec<u8> {
        self.encoder.encode(response, None).concat()
    }

    /// Sends bytes to the client in one write.
    pub(crate) fn send(&mut self, words: &str, bytes: &[u8]) -> Result<(), Stop> {
        self.trace.record(SERVER, What::Sent { words: words.to_owned(), bytes: bytes.to_vec() });
        let sent = self.server.as_mut().map_or(Ok(()), |server| server.send(bytes));
        sent.map_err(|error| {
            let got = format!("the write failed: {error}");
            self.differs_or_ended(SERVER, "the client receives what the server sends", &got)
        })
    }

    /// Waits until the client has read everything that it was sent, or until it is clear that it
    /// does not.
    pub(crate) fn wait_until_read(&mut self) {
        let Some(Ok((ours, theirs))) = self.server.as_ref().map(Peer::addresses) else { return };
        let Some(network) = self.program.as_ref().map(Program::network) else { return };
        let began = Stopwatch::start();
        let waits = || network.unread(theirs, ours).is_some_and(|unread| unread > 0);
        while waits() && !self.has_ended_by(LOOK) {
            if self.is_deaf || began.elapsed() >= READS {
                self.is_deaf = true;
                return;
            }
        }
        self.is_deaf = false;
    }

    /// Waits for this time, or until the client has exited. Returns `true` in the second case.
    pub(super) fn has_ended_by(&self, time: Duration) -> bool {
        let program = self.program.as_ref();
        program.is_none_or(|program| program.wait_end(Instant::now() + time).is_some())
    }

    /// Closes the connection, and stops listening.
    pub(crate) fn stop_server(&mut self) {
        self.record(SERVER, "closes the connection, and stops listening");
        self.listener = None;
        self.keep_reads();
        self.server = None;
    }

    /// Expects the client to close the connection. Requests before that are ignored.
    pub(crate) fn expect_disconnect(&mut self, expected: &str) -> Result<(), Stop> {
        let gauge = self.program()?.gauge();
        loop {
            let dialect = self.dialect;
            let Some(server) = self.server.as_mut() else { return Ok(()) };
            let patience = self.patience;
            let came =
                patiently(&gauge, patience, expected, |until| match server.wait(dialect, until) {
                    Incoming::Nothing => None,
                    came => Some(came),
                })?;
            match came {
                Some(Incoming::Frame(frame, _)) => {
                    if let Some(Ok(received)) = self.receive(frame)?
                        && received.request == Request::Logout
                    {
                        // A client that does not wait for the answer may have closed already.
                        let _ = self.answer(&received, &Response::LoggedOut);
                    }
                }
                Some(_) => {
                    self.record(CLIENT, "closes the connection");
                    self.keep_reads();
                    self.server = None;
                    return Ok(());
                }
                None => {
                    let got =
                        format!("the client is still connected after {} s", patience.as_secs_f64());
                    return Err(Stop::differs(SERVER, expected, &got));
                }
            }
        }
    }

    /// The user types a message; the client sends it, and the server broadcasts it.
    pub(crate) fn exchange_message(&mut self) -> Result<(), Stop> {
        let text = self.words.text();
        self.type_message(&text)?;
        let received = self.expect_request(&Request::Say(text))?;
        self.broadcast(&received)
    }

    /// Broadcasts the message in this request.
    pub(crate) fn broadcast(&mut self, said: &ReceivedRequest) -> Result<(), Stop> {
        let Request::Say(text) = said.request.clone() else { return Ok(()) };
        self.answer(said, &Response::Message(Message { sender: self.name(), text }))
    }

    /// Makes up a message from another user.
    pub(crate) fn message_from_other(&mut self) -> Message {
        Message { sender: format!("ben{}", self.words.word()), text: self.words.text() }
    }

    /// Expects the client to work as before: it shows a message from another user, at the latest
    /// after the user types a line.
    pub(crate) fn expect_still_working(&mut self) -> Result<(), Stop> {
        let line = self.message_from_other();
        self.announce(&Response::Message(line.clone()))?;
        self.expect_message_shown(&line)
    }
}

/// Accepts a connection, if one arrives before `until`. May return a little earlier.
pub(super) fn accept(listener: &Socket, until: Instant) -> Option<TcpStream> {
    let left = until.saturating_duration_since(Instant::now()).min(ALIVE);
    let left = Timespec::try_from(left).ok()?;
    let ready = poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&left));
    // An interrupted wait ends early. A connection that was closed again does not count.
    if ready == Ok(1) { listener.accept().ok().map(|(stream, _)| stream.into()) } else { None }
}
