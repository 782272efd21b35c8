//! Receiving in a scenario: the frames that arrive for a user, and what a check expects of them.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::{PeerId, Scenario};
use crate::patience::patiently;
use crate::peer::Incoming;
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Awaited, Frame, Message, People, Reader, Response, shortened};

/// Limits for the frames that no check looked at: with more users than `CROWD` the report leaves
/// them out, and it shows at most `UNSEEN` for each user.
const CROWD: usize = 6;
const UNSEEN: usize = 8;

/// Hint for a connection that the server has not accepted.
const ACCEPT: &str = "The server listens on its port, but has not called `accept` for this connection. What is it \
     busy with, or waiting for? It must be able to accept a new client while it serves another: give each \
     client a thread, or use one loop that reads only from sockets that have data.";

impl Scenario {
    /// Waits for something that a transcript can expect, too. If the check fails meanwhile, its trace knows
    /// what a right server sends.
    pub(crate) fn awaiting<T>(
        &mut self,
        awaited: &Awaited<'_>,
        wait: impl FnOnce(&mut Scenario) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let before = std::mem::replace(&mut self.trace.awaited, awaited.step(self.dialect));
        let waited = wait(self)?;
        self.trace.awaited = before;
        Ok(waited)
    }

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

    /// Returns the next response that the user has asked for, or a message. Skips notices, and keeps
    /// earlier messages.
    pub(crate) fn next_response(&mut self, who: PeerId, expected: &str) -> Result<Response, Stop> {
        self.next_answer(who, expected).map(|(response, _)| response)
    }

    /// Returns the next response that the user has asked for, or a message, with its JSON value.
    pub(crate) fn next_answer(
        &mut self,
        who: PeerId,
        expected: &str,
    ) -> Result<(Response, Option<Value>), Stop> {
        loop {
            match self.next_with_value(who, expected)? {
                (Response::Notice(_), _) => {}
                (Response::History(past), _) => self.participant(who).history.extend(past),
                answer => return Ok(answer),
            }
        }
    }

    /// Takes the earlier messages that have come in separate frames.
    pub(crate) fn take_history(&mut self, who: PeerId) -> Vec<Message> {
        std::mem::take(&mut self.participant(who).history)
    }

    /// Decodes a frame that this user received.
    pub(super) fn decode(&mut self, who: PeerId, frame: &Frame) -> Response {
        let everyone: Vec<String> =
            self.participants.iter().filter_map(|it| it.name.clone()).collect();
        let (dialect, vocabulary) = (self.dialect, Arc::clone(&self.vocabulary));
        let said = std::mem::take(&mut self.said);
        let participant = self.participant(who);
        let is_logged_in = participant.is_logged_in;
        let people = People { me: participant.name.as_deref(), everyone: &everyone };
        let reader = Reader { dialect, vocabulary: &vocabulary, people, is_logged_in, said: &said };
        let response = match &mut participant.peer {
            Some(peer) => reader.decode(frame, &mut peer.pending),
            None => Response::Unexpected("the client is not connected".to_owned()),
        };
        self.said = said;
        response
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
        let response = self.decode(who, &frame);
        let is_news = matches!(response, Response::Notice(_));
        if !is_news && let Some(since) = self.participant(who).waits_since.take() {
            self.pace.record(came.saturating_duration_since(since));
        }
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
            let (missing, why) = self.dialect.missing(&rest);
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
        for other in (0..self.participants.len()).map(PeerId).filter(|other| *other != except) {
            for _ in 0..UNSEEN {
                let Some(peer) = self.peer(other) else { break };
                let Incoming::Frame(frame, came) = peer.next(dialect) else { break };
                let words = self.decode(other, &frame).words();
                let (role, bytes) = (self.role(other), frame.bytes);
                self.trace.record_unseen(came, &role, What::Received { words, bytes });
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
        let gauge = self.program.gauge();
        let came = patiently(&gauge, patience, expected, |until| {
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
        let fits =
            |response: &Response| matches!(response, Response::Message(got) if *got == message);
        let awaited = Awaited::Message { sender: Some(sender), text: Some(text) };
        self.awaiting(&awaited, |it| it.expect(who, &message.words(), fits)).map(drop)
    }

    /// Expects a chat message with this text, whatever its sender is: another check tests the sender.
    pub(crate) fn expect_text(&mut self, who: PeerId, text: &str) -> Result<(), Stop> {
        let fits =
            |response: &Response| matches!(response, Response::Message(got) if got.text == text);
        let awaited = Awaited::Message { sender: None, text: Some(text) };
        let expected = format!("the message {text:?}");
        self.awaiting(&awaited, |it| it.expect(who, &expected, fits)).map(drop)
    }

    /// Expects the next response, apart from notices, to be a chat message, and returns it.
    pub(crate) fn next_message(&mut self, who: PeerId, expected: &str) -> Result<Message, Stop> {
        let awaited = Awaited::Message { sender: None, text: None };
        self.awaiting(&awaited, |it| match it.next_response(who, expected)? {
            Response::Message(message) => Ok(message),
            other => Err(it.differs(who, expected, &other.words())),
        })
    }

    /// Expects the answer to say that the request failed; with this error text, if one is given.
    pub(crate) fn expect_error(&mut self, who: PeerId, why: Option<&str>) -> Result<(), Stop> {
        let expected = why.map_or("a refusal".to_owned(), |why| format!("refused: {why:?}"));
        let fits = |response: &Response| match (response, why) {
            (Response::Error(error), Some(why)) => error == why,
            // Another check tests the mark.
            (Response::Error(_), None) | (Response::UnmarkedError(_), _) => true,
            _ => false,
        };
        let awaited = Awaited::Refusal(why);
        self.awaiting(&awaited, |it| it.expect(who, &expected, fits)).map(drop)
    }
}
