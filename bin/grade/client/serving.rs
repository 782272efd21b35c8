//! The server that the grader plays for a client.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;

use super::{ALIVE, CLIENT, LOOK, SERVER, Sitting};
use crate::check::Stop;
use crate::peer::{Came, Peer};
use crate::program::unread;
use crate::pulse::{Mark, patiently};
use crate::story::What;
use crate::wire::{Ask, Asked, Heard, Line};

/// How long a client may take to read what it was sent before it is sent more all the same. One that
/// has not read in that time is not waited for again until it has.
const READS: Duration = Duration::from_secs(2);

impl Sitting {
    /// There is no server.
    pub(crate) fn has_no_server(&mut self) {
        self.did(SERVER, &format!("is not there: nobody listens on port {}", self.port));
        self.door = None;
    }

    /// The client is started, and connects.
    pub(crate) fn connects(&mut self) -> Result<(), Stop> {
        self.starts()?;
        let expected = format!("the client connects to 127.0.0.1, port {}", self.port);
        let (start, program) = (self.start, self.program()?);
        let accepted = patiently(start, &expected, |until| {
            let trouble = || program.trouble().map(|trouble| Err(Some(trouble)));
            self.door.as_ref().and_then(|door| accept(door, until)).map(Ok).or_else(trouble)
        })?;
        let peer = match accepted.unwrap_or(Err(None)) {
            Ok(stream) => Peer::accepted(stream),
            Err(Some(trouble)) => return Err(Stop::trouble(CLIENT, &expected, &trouble)),
            Err(None) => {
                let got = format!("nobody connects for {} s", start.as_secs_f64());
                return Err(Stop::differs(CLIENT, &expected, &got));
            }
        };
        let cannot = |error| Stop::Undecided(format!("the connection cannot be used: {error}"));
        self.server = Some(peer.map_err(cannot)?);
        self.did(CLIENT, "connects");
        Ok(())
    }

    /// The client connects, and somebody logs in.
    pub(crate) fn logs_in(&mut self) -> Result<(), Stop> {
        self.connects()?;
        let asked = self.asks_for_login()?;
        self.answers(&asked, &Heard::In { backlog: Vec::new() })?;
        self.is_ready()
    }

    /// Somebody types what logs in, and the client asks for that.
    pub(crate) fn asks_for_login(&mut self) -> Result<Asked, Stop> {
        let name = self.name();
        let keys = self.keys(&self.profile.login, "");
        if !keys.is_empty() {
            if self.profile.terminal {
                self.waits_a_moment()?;
            }
            self.types(&keys)?;
        }
        self.asks(&Ask::Login(name))
    }

    /// The client shows that it wants to be typed to, as its profile says; or a moment passes.
    fn is_ready(&mut self) -> Result<(), Stop> {
        if let Some(ready) = self.profile.ready.clone() {
            let ready = ready.replace("{name}", &self.name());
            self.sees(&format!("that it has logged in: {ready:?}"), &[&ready])?;
        } else {
            self.is_read();
            self.waits_a_moment()?;
        }
        self.looks_away();
        Ok(())
    }

    /// The server answers.
    pub(crate) fn answers(&mut self, to: &Asked, heard: &Heard) -> Result<(), Stop> {
        self.tells_it(heard, Some(to))
    }

    /// The server says this of itself.
    pub(crate) fn tells(&mut self, heard: &Heard) -> Result<(), Stop> {
        self.tells_it(heard, None)
    }

    fn tells_it(&mut self, heard: &Heard, to: Option<&Asked>) -> Result<(), Stop> {
        for frame in self.teller.tell(heard, to) {
            self.sends(&heard.words(), &frame)?;
            // Clients of the courses take a read for a message.
            self.is_read();
        }
        Ok(())
    }

    /// The bytes with which the server tells this.
    pub(crate) fn bytes_of(&mut self, heard: &Heard) -> Vec<u8> {
        self.teller.tell(heard, None).concat()
    }

    /// The server sends bytes, in one write.
    pub(crate) fn sends(&mut self, words: &str, bytes: &[u8]) -> Result<(), Stop> {
        self.story.tell(SERVER, What::Sent { words: words.to_owned(), bytes: bytes.to_vec() });
        let sent = self.server.as_mut().map_or(Ok(()), |server| server.send(bytes));
        sent.map_err(|error| {
            let got = format!("it does not: {error}");
            self.differs_or_ended(SERVER, "the client takes what is sent to it", &got)
        })
    }

    /// The client has read what it was sent; or it does not seem to want to.
    pub(crate) fn is_read(&mut self) {
        let Some(Ok((ours, theirs))) = self.server.as_ref().map(Peer::ends) else { return };
        let began = Mark::now();
        let waits = || unread(theirs, ours).is_some_and(|unread| unread > 0);
        while waits() && !self.has_ended_by(LOOK) {
            if self.is_deaf || began.felt() >= READS {
                self.is_deaf = true;
                return;
            }
        }
        self.is_deaf = false;
    }

    /// Waits so long, unless the client ends before.
    pub(super) fn has_ended_by(&self, time: Duration) -> bool {
        let program = self.program.as_ref();
        program.is_none_or(|program| program.wait_end(Instant::now() + time).is_some())
    }

    /// The server hangs up, and is gone.
    pub(crate) fn server_hangs_up(&mut self) {
        self.did(SERVER, "hangs up, and listens no more");
        self.door = None;
        self.server = None;
    }

    /// The client hangs up; what it says before that is not looked at.
    pub(crate) fn hangs_up(&mut self, expected: &str) -> Result<(), Stop> {
        loop {
            let dialect = self.dialect;
            let Some(server) = self.server.as_mut() else { return Ok(()) };
            let patience = self.patience;
            let came = patiently(patience, expected, |until| match server.wait(dialect, until) {
                Came::Nothing => None,
                came => Some(came),
            })?;
            match came {
                Some(Came::Frame(frame, _)) => {
                    if let Some(Ok(asked)) = self.reads(frame)?
                        && asked.ask == Ask::Logout
                    {
                        // Whoever does not wait for it need not hear it.
                        let _ = self.answers(&asked, &Heard::Out);
                    }
                }
                Some(_) => {
                    self.did(CLIENT, "hangs up");
                    self.server = None;
                    return Ok(());
                }
                None => {
                    let got = format!("it stays connected for {} s", patience.as_secs_f64());
                    return Err(Stop::differs(SERVER, expected, &got));
                }
            }
        }
    }

    /// Somebody says something, which the server gets and repeats to everybody.
    pub(crate) fn says_something(&mut self) -> Result<(), Stop> {
        let text = self.words.text();
        self.types_to_say(&text)?;
        let asked = self.asks(&Ask::Say(text))?;
        self.repeats(&asked)
    }

    /// What was said is repeated to everybody.
    pub(crate) fn repeats(&mut self, said: &Asked) -> Result<(), Stop> {
        let Ask::Say(text) = said.ask.clone() else { return Ok(()) };
        self.answers(said, &Heard::Said(Line { by: self.name(), text }))
    }

    /// Somebody else, whom nobody has heard of, and something that it says.
    pub(crate) fn somebody_else(&mut self) -> Line {
        Line { by: format!("ben{}", self.words.word()), text: self.words.text() }
    }

    /// The client is as good as before: what somebody else says is shown, at the latest when a line was
    /// typed.
    pub(crate) fn still_shows(&mut self) -> Result<(), Stop> {
        let line = self.somebody_else();
        self.tells(&Heard::Said(line.clone()))?;
        self.sees_line(&line)
    }
}

/// Somebody who connects, if anybody does by then, or a little before.
pub(super) fn accept(door: &Socket, until: Instant) -> Option<TcpStream> {
    let left = until.saturating_duration_since(Instant::now()).min(ALIVE);
    let left = Timespec::try_from(left).ok()?;
    let ready = poll(&mut [PollFd::new(door, PollFlags::IN)], Some(&left));
    // An interrupted wait is one that ends early; who is gone again is nobody.
    if ready == Ok(1) { door.accept().ok().map(|(stream, _)| stream.into()) } else { None }
}
