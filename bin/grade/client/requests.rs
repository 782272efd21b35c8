//! What a client asks the server for that the grader plays.

use std::time::Instant;

use super::server::accept;
use super::{CLIENT, ClientScenario, LOOK, MOMENT, SERVER};
use crate::lag::{Stopwatch, patiently};
use crate::peer::{Incoming, Peer};
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Frame, ReceivedRequest, Request, Response, shortened};

/// So many things that a client asked for besides are told.
const TOLD: usize = 5;

/// How many frames a client may send in one check; what somebody types there makes a few dozen.
const MOST: usize = 200;

impl ClientScenario {
    /// The next thing that the client asks for is this, besides what it may want to know of itself.
    pub(crate) fn expect_request(&mut self, wanted: &Request) -> Result<ReceivedRequest, Stop> {
        let expected = format!("the client sends: {}", wanted.words());
        let mut besides = Vec::new();
        loop {
            let asked = self.next_request(&expected, &besides)?;
            if asked.ask == *wanted {
                return Ok(asked);
            }
            if !self.answer_side_request(&asked)? {
                return Err(Stop::differs(SERVER, &expected, &asked.ask.words()));
            }
            if besides.len() < TOLD {
                besides.push(asked.ask.words());
            }
        }
    }

    /// Answers what a client may want to know of itself: who is here, and things that this server has
    /// never heard of.
    fn answer_side_request(&mut self, asked: &ReceivedRequest) -> Result<bool, Stop> {
        let response = match &asked.ask {
            Request::Unknown(_) => Response::Error("Unknown request!".to_owned()),
            Request::Names => Response::Names(self.present()),
            _ => return Ok(false),
        };
        self.answer(asked, &response).map(|()| true)
    }

    /// Serves what the client wants to know of itself while somebody waits for something else.
    pub(super) fn serve_side_requests(&mut self) -> Result<(), Stop> {
        while let Some(server) = self.server.as_mut()
            && let Incoming::Frame(frame, _) = server.wait(self.dialect, Instant::now())
        {
            match self.receive(frame)? {
                Some(Ok(asked)) if self.answer_side_request(&asked)? => {}
                Some(asked) => self.waiting.push_back(asked),
                None => {}
            }
        }
        Ok(())
    }

    /// Whether the client asks for anything before a moment has passed.
    pub(crate) fn has_request_soon(&mut self) -> bool {
        let began = Stopwatch::start();
        while self.waiting.is_empty() && began.elapsed() < MOMENT && !self.has_ended_by(LOOK) {
            // What is wrong with it is wrong when something is waited for, too.
            if self.serve_side_requests().is_err() {
                break;
            }
        }
        !self.waiting.is_empty()
    }

    /// What a frame asks for, which the story tells; an empty line asks for nothing. A client that sends
    /// without end has failed.
    pub(super) fn receive(
        &mut self,
        frame: Frame,
    ) -> Result<Option<Result<ReceivedRequest, String>>, Stop> {
        self.frames_received += 1;
        if self.frames_received > MOST {
            let expected = "what somebody has typed is sent, and a little besides";
            let last = shortened(&frame.bytes);
            let got = format!("more than {MOST} frames, the last of them {last:?}");
            return Err(Stop::differs(SERVER, expected, &got));
        }
        if frame.bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        let asked = self.dialect.decode_request(&frame);
        let asked = asked.map_err(|why| format!("what is no request: {why}"));
        let words = asked.as_ref().map_or_else(String::clone, |asked| asked.ask.words());
        self.trace.record(SERVER, What::Received { words, bytes: frame.bytes });
        Ok(Some(asked))
    }

    /// The next thing that the client asks for, which has asked for some other things besides.
    fn next_request(
        &mut self,
        expected: &str,
        besides: &[String],
    ) -> Result<ReceivedRequest, Stop> {
        let wrong = |why: String| Stop::differs(SERVER, expected, &why);
        if let Some(asked) = self.waiting.pop_front() {
            return asked.map_err(wrong);
        }
        let (patience, dialect) = (self.patience, self.dialect);
        loop {
            let Some(server) = self.server.as_mut() else {
                return Err(wrong("there is no connection any more".to_owned()));
            };
            let came = patiently(patience, expected, |until| match server.wait(dialect, until) {
                Incoming::Nothing => None,
                came => Some(came),
            })?;
            match came {
                Some(Incoming::Frame(frame, _)) => {
                    if let Some(asked) = self.receive(frame)? {
                        return asked.map_err(wrong);
                    }
                }
                Some(_) => {
                    self.record(CLIENT, "hangs up");
                    return Err(self.differs_or_ended(SERVER, expected, "the client hung up"));
                }
                None => {
                    let got = self.describe_nothing(besides);
                    return Err(self.differs_or_ended(SERVER, expected, &got));
                }
            }
        }
    }

    /// That what was waited for did not come, but perhaps other things.
    fn describe_nothing(&self, besides: &[String]) -> String {
        if self.listener.as_ref().is_some_and(|listener| accept(listener, Instant::now()).is_some())
        {
            return "nothing, but a second connection: everything has to come over the first"
                .to_owned();
        }
        let rest = self.server.as_ref().map(Peer::incomplete).unwrap_or_default();
        if !rest.is_empty() {
            let (length, begin) = (rest.len(), shortened(rest));
            return format!("{length} bytes, {begin:?}, and nothing that would make them whole");
        }
        let nothing = match besides {
            [] => format!("nothing, for {} s", self.patience.as_secs_f64()),
            besides => format!("nothing but this: {}", besides.join("; ")),
        };
        // Perhaps it has told the user why.
        match self.shown_after(self.typed) {
            shown if shown.is_empty() => nothing,
            shown => format!("{nothing}; but it shows {shown:?}"),
        }
    }
}
