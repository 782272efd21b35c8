//! Receiving in a scenario: the frames that arrive for a user, and what a check expects of them.

use std::time::Instant;

use serde_json::Value;

use super::{PeerId, Scenario};
use crate::lag::patiently;
use crate::peer::Incoming;
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Message, Request, Response, shortened};

/// Limits for the frames that no check looked at: with more users than `CROWD` the report leaves
/// them out, and it shows at most `UNSEEN` for each user.
const CROWD: usize = 6;
const UNSEEN: usize = 8;

/// Hint for a connection that the server has not accepted.
const ACCEPT: &str = "The server listens on its port, but has not called `accept` for this connection. What is it \
     busy with, or waiting for? It must be able to accept a new client while it serves another: give each \
     client a thread, or use one loop that reads only from sockets that have data.";

impl Scenario {
    /// Expects the next response, apart from notices, to fit.
    pub(crate) fn expect(
        &mut self,
        who: PeerId,
        expected: &str,
        fits: impl Fn(&Response) -> bool,
    ) -> Result<Response, Stop> {
        let response = self.next_response(who, expected)?;
        if fits(&response) {
            return Ok(response);
        }
        Err(self.differs(who, expected, &response.words()))
    }

    /// Returns the next response that is no notice.
    pub(crate) fn next_response(&mut self, who: PeerId, expected: &str) -> Result<Response, Stop> {
        loop {
            match self.next(who, expected)? {
                Response::Notice(_) => {}
                response => return Ok(response),
            }
        }
    }

    /// Returns the next response, notices included.
    pub(crate) fn next(&mut self, who: PeerId, expected: &str) -> Result<Response, Stop> {
        self.next_with_value(who, expected).map(|(response, _)| response)
    }

    /// Returns the next response, notices included, with its JSON value.
    pub(crate) fn next_with_value(
        &mut self,
        who: PeerId,
        expected: &str,
    ) -> Result<(Response, Option<Value>), Stop> {
        let role = self.role(who);
        let (frame, came) = match self.incoming(who, expected)? {
            Incoming::Frame(frame, came) => (frame, came),
            Incoming::End(how) => return Err(self.nothing_more(who, expected, Some(how))),
            Incoming::Nothing => return Err(self.nothing_more(who, expected, None)),
        };
        self.participant(who).was_answered = true;
        let dialect = self.dialect;
        let response = self.peer(who).map(|peer| dialect.decode(&frame, &mut peer.pending));
        let response = response
            .unwrap_or_else(|| Response::Unexpected("the client is not connected".to_owned()));
        let (words, bytes) = (response.words(), frame.bytes);
        self.trace.record_at(came, &role, What::Received { words, bytes });
        Ok((response, frame.value))
    }

    /// Ends a check that waited in vain: the connection has ended, or nothing arrived in time.
    fn nothing_more(&mut self, who: PeerId, expected: &str, end: Option<String>) -> Stop {
        let role = self.role(who);
        let (mut got, mut hint, mut more) = (end.clone(), None, "");
        let seconds = self.patience.as_secs_f64();
        let nothing = format!("nothing within {seconds} s");
        let rest = self.peer(who).map(|peer| (peer.incomplete().to_vec(), peer.received_at()));
        let (rest, came) = rest.unwrap_or_else(|| (Vec::new(), Instant::now()));
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let (missing, why) = self.dialect.missing();
            let then = end.as_ref().unwrap_or(&nothing);
            got = Some(format!("{missing}, and then {then}: {}", shortened(&rest)));
            (hint, more) = (Some(why), " more");
            let words = "an incomplete message".to_owned();
            self.trace.record_at(came, &role, What::Received { words, bytes: rest });
        } else if end.is_none() && !self.participant(who).was_answered {
            // Several connections may wait in the listen queue. Then the server accepts none of
            // them, so this one waits too.
            if self.program.lets_wait(self.address.port()) {
                got = Some(format!("{nothing}: the server has not accepted the connection"));
                hint = Some(ACCEPT);
            }
        }
        self.record_unseen_frames(who);
        let waits = format!("waits {seconds} s, and receives nothing{more}");
        self.record(&role, &end.unwrap_or(waits));
        let mut stop = self.differs_or_ended(&role, expected, &got.unwrap_or(nothing));
        if let Stop::Failed(difference) = &mut stop {
            difference.instead = difference.instead.or(hint);
        }
        stop
    }

    /// Records the frames that other users received and no check looked at. If the server sent a
    /// frame to the wrong user, it is one of these.
    fn record_unseen_frames(&mut self, except: PeerId) {
        let dialect = self.dialect;
        // In a large group there would be too many of them, and one user may have received a lot.
        if self.participants.len() > CROWD {
            return;
        }
        let (participants, trace) = (&mut self.participants, &mut self.trace);
        let others = participants.iter_mut().enumerate().filter(|(number, _)| *number != except.0);
        for (_, participant) in others {
            let Some(peer) = &mut participant.peer else { continue };
            for _ in 0..UNSEEN {
                let Incoming::Frame(frame, came) = peer.next(dialect) else { break };
                let words = dialect.decode(&frame, &mut peer.pending).words();
                trace.record_at(
                    came,
                    &participant.role,
                    What::Received { words, bytes: frame.bytes },
                );
            }
        }
    }

    /// Returns the next frame, or the end of the connection, or nothing after the patience has run
    /// out. Time in which the machine kept the grader from running does not count.
    pub(crate) fn incoming(&mut self, who: PeerId, expected: &str) -> Result<Incoming, Stop> {
        let (patience, dialect) = (self.patience, self.dialect);
        if self.peer(who).is_none() {
            return Ok(Incoming::End("the client has disconnected".to_owned()));
        }
        let mut failure = None;
        let came = patiently(patience, expected, |until| {
            let ready = self.peer(who).map_or(Incoming::Nothing, |peer| peer.next(dialect));
            if !matches!(ready, Incoming::Nothing) {
                return Some(ready);
            }
            if let Err(error) = self.poll(Some(who), until) {
                failure = Some(error);
                return Some(Incoming::Nothing);
            }
            match self.peer(who).map_or(Incoming::Nothing, |peer| peer.next(dialect)) {
                Incoming::Nothing => None,
                came => Some(came),
            }
        })?;
        match failure {
            None => Ok(came.unwrap_or(Incoming::Nothing)),
            Some(error) => {
                Err(Stop::Undecided(format!("the grader cannot poll its sockets: {error}")))
            }
        }
    }

    /// Expects a chat message with this sender and text.
    pub(crate) fn expect_message(
        &mut self,
        who: PeerId,
        sender: &str,
        text: &str,
    ) -> Result<(), Stop> {
        let message = Message { sender: sender.to_owned(), text: text.to_owned() };
        self.expect(who, &message.words(), |response| {
            *response == Response::Message(message.clone())
        })
        .map(drop)
    }

    /// Expects the next response, apart from notices, to be a chat message, and returns it.
    pub(crate) fn next_message(&mut self, who: PeerId, expected: &str) -> Result<Message, Stop> {
        match self.next_response(who, expected)? {
            Response::Message(message) => Ok(message),
            other => Err(self.differs(who, expected, &other.words())),
        }
    }

    /// Expects the answer to say that the request failed; with this error text, if one is given.
    pub(crate) fn expect_error(&mut self, who: PeerId, why: Option<&str>) -> Result<(), Stop> {
        let expected = why.map_or("an error".to_owned(), |why| format!("refused: {why:?}"));
        let fits = |response: &Response| match (response, why) {
            (Response::Error(error), Some(why)) => error == why,
            (Response::Error(_), None) => true,
            _ => false,
        };
        self.expect(who, &expected, fits).map(drop)
    }

    /// Same as [`expect_nothing_more`](Scenario::expect_nothing_more), but allows responses that
    /// fit.
    pub(crate) fn expect_nothing_more_except(
        &mut self,
        who: PeerId,
        fits: impl Fn(&Response) -> bool,
    ) -> Result<(), Stop> {
        self.request(who, Request::Names)?;
        loop {
            let response = self.next_response(who, "the answer to the names request")?;
            match response {
                Response::Names(_) | Response::Error(_) => return Ok(()),
                response if fits(&response) => {}
                other => {
                    return Err(self.differs(
                        who,
                        "only the answer to the names request",
                        &other.words(),
                    ));
                }
            }
        }
    }

    /// Expects no more responses: sends a `names` request, whose answer must be the next response
    /// apart from notices.
    pub(crate) fn expect_nothing_more(&mut self, who: PeerId) -> Result<(), Stop> {
        self.expect_nothing_more_except(who, |_| false)
    }
}
