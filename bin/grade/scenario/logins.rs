//! Logins and logouts in a scenario.

use super::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Awaited, Message, Request, Response};

impl Scenario {
    /// Connects a user and logs in with the name of the role.
    pub(crate) fn log_in(&mut self, role: &str) -> Result<PeerId, Stop> {
        let who = self.connect(role)?;
        let name = self.name(role);
        self.log_in_as(who, &name)?;
        Ok(who)
    }

    /// Logs a connected user in with this name, and expects success. Returns the backlog in the
    /// answer.
    pub(crate) fn log_in_as(&mut self, who: PeerId, name: &str) -> Result<Vec<Message>, Stop> {
        self.request(who, Request::Login(name.to_owned()))?;
        let backlog = self.awaiting(&Awaited::Login(name), |it| it.expect_login(who))?;
        self.participant(who).is_logged_in = true;
        Ok(backlog)
    }

    /// Logs a user out, in the way in which this server answers a logout. Does not judge the answer.
    pub(crate) fn log_out(&mut self, who: PeerId) -> Result<(), Stop> {
        self.request(who, Request::Logout)?;
        self.participant(who).is_logged_in = false;
        if self.vocabulary.answers_logout {
            let fits = |response: &Response| *response == Response::LoggedOut;
            self.awaiting(&Awaited::Answer("logout"), |it| {
                it.expect(who, "the answer to the logout", fits)
            })?;
        }
        if self.vocabulary.ends_at_logout || !self.vocabulary.answers_logout {
            self.settle()?;
        }
        Ok(())
    }

    /// Expects a successful login, and returns the backlog in its answer. A server may answer with nothing
    /// but the earlier messages.
    fn expect_login(&mut self, who: PeerId) -> Result<Vec<Message>, Stop> {
        let expected = "a successful login";
        loop {
            match self.next_with_value(who, expected)? {
                (Response::LoggedIn { backlog }, _) => return Ok(backlog),
                (Response::Notice(_), _) => {}
                (Response::History(past), _) => {
                    self.participant(who).history.extend(past);
                    self.settle()?;
                    if self.peer(who).is_some_and(|peer| !peer.has_queued()) {
                        return Ok(Vec::new());
                    }
                }
                (other, _) => return Err(self.differs(who, expected, &other.words())),
            }
        }
    }

    /// A user who hears what this one says: the same one, if the server sends messages to their senders,
    /// or else another one, who logs in for it.
    pub(crate) fn hearer(&mut self, who: PeerId) -> Result<PeerId, Stop> {
        match self.hearer {
            _ if self.vocabulary.echoes => Ok(who),
            Some(hearer) => Ok(hearer),
            None => {
                let hearer = self.log_in("zoe")?;
                self.hearer = Some(hearer);
                Ok(hearer)
            }
        }
    }
}
