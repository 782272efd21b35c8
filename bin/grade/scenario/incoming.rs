//! What somebody on the stage hears, and what it has to hear.

use std::time::Instant;

use serde_json::Value;

use super::{PeerId, Scenario};
use crate::lag::patiently;
use crate::peer::Incoming;
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Message, Request, Response, shortened};

/// So many people are no crowd yet; and so much of what each heard is told though no check looked at it.
const CROWD: usize = 6;
const UNSEEN: usize = 8;

/// The hint where a connection waits to be accepted.
const ACCEPT: &str = "The server has listened, but has not called `accept` since. What does it wait for, or \
     work at? While it serves one client it has to accept the next: each needs a thread of its own, or all \
     of them one loop that reads from whoever has sent something.";

impl Scenario {
    /// The next thing that somebody hears, apart from news, has to fit.
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

    /// The next thing that somebody hears, apart from news.
    pub(crate) fn next_response(&mut self, who: PeerId, expected: &str) -> Result<Response, Stop> {
        loop {
            match self.next(who, expected)? {
                Response::Notice(_) => {}
                response => return Ok(response),
            }
        }
    }

    /// The next thing that somebody hears, news too.
    pub(crate) fn next(&mut self, who: PeerId, expected: &str) -> Result<Response, Stop> {
        self.next_with_value(who, expected).map(|(response, _)| response)
    }

    /// The next thing that somebody hears, news too, with the JSON that says it.
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
        if let Some(participant) = self.participants.get_mut(who.0) {
            participant.was_answered = true;
        }
        let dialect = self.dialect;
        let response = self.peer(who).map(|peer| dialect.decode(&frame, &mut peer.pending));
        let response =
            response.unwrap_or_else(|| Response::Unexpected("nobody is there".to_owned()));
        let (words, bytes) = (response.words(), frame.bytes);
        self.trace.record_at(came, &role, What::Received { words, bytes });
        Ok((response, frame.value))
    }

    /// What ends a check in which somebody waited for this: its connection has ended like that, or
    /// nothing came.
    fn nothing_more(&mut self, who: PeerId, expected: &str, end: Option<String>) -> Stop {
        let role = self.role(who);
        let (mut got, mut hint, mut more) = (end.clone(), None, "");
        let seconds = self.patience.as_secs_f64();
        let nothing = format!("nothing, for {seconds} s");
        let rest = self.peer(who).map(|peer| (peer.incomplete().to_vec(), peer.received_at()));
        let (rest, came) = rest.unwrap_or_else(|| (Vec::new(), Instant::now()));
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let (missing, why) = self.dialect.missing();
            let then = end.as_ref().unwrap_or(&nothing);
            got = Some(format!("{missing}, and then {then}: {}", shortened(&rest)));
            (hint, more) = (Some(why), " more");
            let words = "a part of a message".to_owned();
            self.trace.record_at(came, &role, What::Received { words, bytes: rest });
        } else if end.is_none() && !self.was_answered(who) {
            // It may be somebody else's that waits, but then there is nobody who accepts this one.
            if self.program.lets_wait(self.address.port()) {
                got = Some(format!("{nothing}: the server has not accepted the connection"));
                hint = Some(ACCEPT);
            }
        }
        self.record_unseen_frames(who);
        let waits = format!("waits for {seconds} s, and nothing{more} comes");
        self.record(&role, &end.unwrap_or(waits));
        let mut stop = self.differs_or_ended(&role, expected, &got.unwrap_or(nothing));
        if let Stop::Failed(difference) = &mut stop {
            difference.instead = difference.instead.or(hint);
        }
        stop
    }

    /// What came to the others, and no check has looked at: where something went that had to go
    /// elsewhere, it is among that.
    fn record_unseen_frames(&mut self, but: PeerId) {
        let dialect = self.dialect;
        // Of a crowd it would be too much, and of somebody who hears a lot, too.
        if self.participants.len() > CROWD {
            return;
        }
        let (participants, trace) = (&mut self.participants, &mut self.trace);
        let others = participants.iter_mut().enumerate().filter(|(number, _)| *number != but.0);
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

    fn was_answered(&self, who: PeerId) -> bool {
        self.participants.get(who.0).is_some_and(|participant| participant.was_answered)
    }

    /// What comes next, within our patience; on a machine that keeps us waiting for as long as it
    /// takes to have had that much time.
    pub(crate) fn incoming(&mut self, who: PeerId, expected: &str) -> Result<Incoming, Stop> {
        let (patience, dialect) = (self.patience, self.dialect);
        if self.peer(who).is_none() {
            return Ok(Incoming::End("it has hung up".to_owned()));
        }
        let mut deaf = None;
        let came = patiently(patience, expected, |until| {
            let ready = self.peer(who).map_or(Incoming::Nothing, |peer| peer.next(dialect));
            if !matches!(ready, Incoming::Nothing) {
                return Some(ready);
            }
            if let Err(error) = self.poll(Some(who), until) {
                deaf = Some(error);
                return Some(Incoming::Nothing);
            }
            match self.peer(who).map_or(Incoming::Nothing, |peer| peer.next(dialect)) {
                Incoming::Nothing => None,
                came => Some(came),
            }
        })?;
        match deaf {
            None => Ok(came.unwrap_or(Incoming::Nothing)),
            Some(error) => Err(Stop::Undecided(format!("nobody can listen here: {error}"))),
        }
    }

    /// Somebody hears that this was said.
    pub(crate) fn expect_message(&mut self, who: PeerId, by: &str, text: &str) -> Result<(), Stop> {
        let line = Message { sender: by.to_owned(), text: text.to_owned() };
        self.expect(who, &line.words(), |response| *response == Response::Message(line.clone()))
            .map(drop)
    }

    /// The next thing that somebody hears, apart from news, was said by somebody.
    pub(crate) fn next_message(&mut self, who: PeerId, expected: &str) -> Result<Message, Stop> {
        match self.next_response(who, expected)? {
            Response::Message(line) => Ok(line),
            other => Err(self.differs(who, expected, &other.words())),
        }
    }

    /// Somebody hears that its request failed, and why, where that matters.
    pub(crate) fn expect_error(&mut self, who: PeerId, why: Option<&str>) -> Result<(), Stop> {
        let expected = why.map_or("a refusal".to_owned(), |why| format!("refused: {why:?}"));
        let fits = |response: &Response| match (response, why) {
            (Response::Error(error), Some(why)) => error == why,
            (Response::Error(_), None) => true,
            _ => false,
        };
        self.expect(who, &expected, fits).map(drop)
    }

    /// The same as [`has_heard_everything`](Stage::has_heard_everything), but for what fits.
    pub(crate) fn expect_nothing_more_except(
        &mut self,
        who: PeerId,
        fits: impl Fn(&Response) -> bool,
    ) -> Result<(), Stop> {
        self.request(who, Request::Names)?;
        loop {
            let response = self.next_response(who, "the answer to that")?;
            match response {
                Response::Names(_) | Response::Error(_) => return Ok(()),
                response if fits(&response) => {}
                other => {
                    return Err(self.differs(
                        who,
                        "nothing but the answer to that",
                        &other.words(),
                    ));
                }
            }
        }
    }

    /// Somebody has heard everything: the next thing, apart from news, is the answer to a question
    /// that it asks now.
    pub(crate) fn expect_nothing_more(&mut self, who: PeerId) -> Result<(), Stop> {
        self.expect_nothing_more_except(who, |_| false)
    }
}
