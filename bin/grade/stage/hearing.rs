//! What somebody on the stage hears, and what it has to hear.

use std::time::Instant;

use serde_json::Value;

use super::{Stage, Who};
use crate::check::Stop;
use crate::peer::Came;
use crate::pulse::patiently;
use crate::story::What;
use crate::wire::{Ask, Heard, Line, shortened};

/// So many people are no crowd yet; and so much of what each heard is told though no check looked at it.
const CROWD: usize = 6;
const UNSEEN: usize = 8;

/// The hint where a connection waits to be accepted.
const ACCEPT: &str = "The server has listened, but has not called `accept` since. What does it wait for, or \
     work at? While it serves one client it has to accept the next: each needs a thread of its own, or all \
     of them one loop that reads from whoever has sent something.";

impl Stage {
    /// The next thing that somebody hears, apart from news, has to fit.
    pub(crate) fn hears(
        &mut self,
        who: Who,
        expected: &str,
        fits: impl Fn(&Heard) -> bool,
    ) -> Result<Heard, Stop> {
        let heard = self.next_but_news(who, expected)?;
        if fits(&heard) {
            return Ok(heard);
        }
        Err(self.differs(who, expected, &heard.words()))
    }

    /// The next thing that somebody hears, apart from news.
    pub(crate) fn next_but_news(&mut self, who: Who, expected: &str) -> Result<Heard, Stop> {
        loop {
            match self.next(who, expected)? {
                Heard::News(_) => {}
                heard => return Ok(heard),
            }
        }
    }

    /// The next thing that somebody hears, news too.
    pub(crate) fn next(&mut self, who: Who, expected: &str) -> Result<Heard, Stop> {
        self.next_with_value(who, expected).map(|(heard, _)| heard)
    }

    /// The next thing that somebody hears, news too, with the JSON that says it.
    pub(crate) fn next_with_value(
        &mut self,
        who: Who,
        expected: &str,
    ) -> Result<(Heard, Option<Value>), Stop> {
        let role = self.role(who);
        let (frame, came) = match self.came(who, expected)? {
            Came::Frame(frame, came) => (frame, came),
            Came::End(how) => return Err(self.hears_no_more(who, expected, Some(how))),
            Came::Nothing => return Err(self.hears_no_more(who, expected, None)),
        };
        if let Some(person) = self.people.get_mut(who.0) {
            person.was_answered = true;
        }
        let dialect = self.dialect;
        let heard = self.peer(who).map(|peer| dialect.decode(&frame, &mut peer.pending));
        let heard = heard.unwrap_or_else(|| Heard::Odd("nobody is there".to_owned()));
        let (words, bytes) = (heard.words(), frame.bytes);
        self.story.tell_of(came, &role, What::Heard { words, bytes });
        Ok((heard, frame.value))
    }

    /// What ends a check in which somebody waited for this: its connection has ended like that, or
    /// nothing came.
    fn hears_no_more(&mut self, who: Who, expected: &str, end: Option<String>) -> Stop {
        let role = self.role(who);
        let (mut got, mut hint, mut more) = (end.clone(), None, "");
        let seconds = self.patience.as_secs_f64();
        let nothing = format!("nothing, for {seconds} s");
        let rest = self.peer(who).map(|peer| (peer.rest().to_vec(), peer.came()));
        let (rest, came) = rest.unwrap_or_else(|| (Vec::new(), Instant::now()));
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let (missing, why) = self.dialect.missing();
            let then = end.as_ref().unwrap_or(&nothing);
            got = Some(format!("{missing}, and then {then}: {}", shortened(&rest)));
            (hint, more) = (Some(why), " more");
            let words = "a part of a message".to_owned();
            self.story.tell_of(came, &role, What::Heard { words, bytes: rest });
        } else if end.is_none() && !self.was_answered(who) {
            // It may be somebody else's that waits, but then there is nobody who accepts this one.
            if self.program.lets_wait(self.address.port()) {
                got = Some(format!("{nothing}: the server has not accepted the connection"));
                hint = Some(ACCEPT);
            }
        }
        self.tell_what_others_heard(who);
        let waits = format!("waits for {seconds} s, and nothing{more} comes");
        self.did(&role, &end.unwrap_or(waits));
        let mut stop = self.differs_or_ended(&role, expected, &got.unwrap_or(nothing));
        if let Stop::Failed(difference) = &mut stop {
            difference.instead = difference.instead.or(hint);
        }
        stop
    }

    /// What came to the others, and no check has looked at: where something went that had to go
    /// elsewhere, it is among that.
    fn tell_what_others_heard(&mut self, but: Who) {
        let dialect = self.dialect;
        // Of a crowd it would be too much, and of somebody who hears a lot, too.
        if self.people.len() > CROWD {
            return;
        }
        let (people, story) = (&mut self.people, &mut self.story);
        let others = people.iter_mut().enumerate().filter(|(number, _)| *number != but.0);
        for (_, person) in others {
            let Some(peer) = &mut person.peer else { continue };
            for _ in 0..UNSEEN {
                let Came::Frame(frame, came) = peer.next(dialect) else { break };
                let words = dialect.decode(&frame, &mut peer.pending).words();
                story.tell_of(came, &person.role, What::Heard { words, bytes: frame.bytes });
            }
        }
    }

    fn was_answered(&self, who: Who) -> bool {
        self.people.get(who.0).is_some_and(|person| person.was_answered)
    }

    /// What comes next, within our patience; on a machine that keeps us waiting for as long as it
    /// takes to have had that much time.
    pub(crate) fn came(&mut self, who: Who, expected: &str) -> Result<Came, Stop> {
        let (patience, dialect) = (self.patience, self.dialect);
        if self.peer(who).is_none() {
            return Ok(Came::End("it has hung up".to_owned()));
        }
        let mut deaf = None;
        let came = patiently(patience, expected, |until| {
            let ready = self.peer(who).map_or(Came::Nothing, |peer| peer.next(dialect));
            if !matches!(ready, Came::Nothing) {
                return Some(ready);
            }
            if let Err(error) = self.listen(Some(who), until) {
                deaf = Some(error);
                return Some(Came::Nothing);
            }
            match self.peer(who).map_or(Came::Nothing, |peer| peer.next(dialect)) {
                Came::Nothing => None,
                came => Some(came),
            }
        })?;
        match deaf {
            None => Ok(came.unwrap_or(Came::Nothing)),
            Some(error) => Err(Stop::Undecided(format!("nobody can listen here: {error}"))),
        }
    }

    /// Somebody hears that this was said.
    pub(crate) fn hears_said(&mut self, who: Who, by: &str, text: &str) -> Result<(), Stop> {
        let line = Line { by: by.to_owned(), text: text.to_owned() };
        self.hears(who, &line.words(), |heard| *heard == Heard::Said(line.clone())).map(drop)
    }

    /// The next thing that somebody hears, apart from news, was said by somebody.
    pub(crate) fn next_said(&mut self, who: Who, expected: &str) -> Result<Line, Stop> {
        match self.next_but_news(who, expected)? {
            Heard::Said(line) => Ok(line),
            other => Err(self.differs(who, expected, &other.words())),
        }
    }

    /// Somebody hears that its request failed, and why, where that matters.
    pub(crate) fn is_refused(&mut self, who: Who, why: Option<&str>) -> Result<(), Stop> {
        let expected = why.map_or("a refusal".to_owned(), |why| format!("refused: {why:?}"));
        let fits = |heard: &Heard| match (heard, why) {
            (Heard::Refused(error), Some(why)) => error == why,
            (Heard::Refused(_), None) => true,
            _ => false,
        };
        self.hears(who, &expected, fits).map(drop)
    }

    /// The same as [`has_heard_everything`](Stage::has_heard_everything), but for what fits.
    pub(crate) fn has_heard_everything_but(
        &mut self,
        who: Who,
        fits: impl Fn(&Heard) -> bool,
    ) -> Result<(), Stop> {
        self.asks(who, Ask::Names)?;
        loop {
            let heard = self.next_but_news(who, "the answer to that")?;
            match heard {
                Heard::Names(_) | Heard::Refused(_) => return Ok(()),
                heard if fits(&heard) => {}
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
    pub(crate) fn has_heard_everything(&mut self, who: Who) -> Result<(), Stop> {
        self.has_heard_everything_but(who, |_| false)
    }
}
