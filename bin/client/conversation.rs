//! What the client knows: who it is, who is here, and which answers are still to come.
//!
//! One thread types and another one hears, so what they share stands behind a lock, which is held
//! for a moment only and never while something is sent or shown. What is made of the server's
//! words stands in `hearing.rs`.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parse::{CloseReason, Dict, LinkSender, Request, Response, Unsent, Value};

use crate::catalogue::Catalogue;
use crate::show::Look;
use crate::typed::{self, Typed};

/// The tag of what the client asks for on its own account; the answers are not shown.
pub(crate) const OWN: &str = "own";

/// A conversation with a server. Clones share it.
#[derive(Clone)]
pub(crate) struct Conversation {
    sender: LinkSender,
    look: Look,
    shared: Arc<(Mutex<Known>, Condvar)>,
}

/// What is known.
pub(crate) struct Known {
    /// The name under which this client is logged in.
    pub(crate) me: Option<String>,
    /// The names of those who are here.
    pub(crate) here: BTreeSet<String>,
    pub(crate) catalogue: Catalogue,
    /// Something that was typed could not be done, or was refused.
    pub(crate) refused: bool,
    /// The connection is over.
    pub(crate) closed: bool,
    /// The tags of requests that have no answer yet.
    asked: BTreeSet<u64>,
    next: u64,
    /// How many answers to requests of the client's own are still to come.
    own: usize,
}

impl Conversation {
    /// A conversation in which nothing was said yet; asks the server for its commands.
    pub(crate) fn start(sender: LinkSender, look: Look) -> Conversation {
        let known = Known {
            me: None,
            here: BTreeSet::new(),
            catalogue: Catalogue::built_in(),
            refused: false,
            closed: false,
            asked: BTreeSet::new(),
            next: 1,
            own: 0,
        };
        let shared = Arc::new((Mutex::new(known), Condvar::new()));
        let conversation = Conversation { sender, look, shared };
        conversation.ask_own("help");
        conversation
    }

    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// What is known, to look at and to change. Hold it for a moment only: everything else here
    /// takes the same lock.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name under which this client is logged in.
    pub(crate) fn me(&self) -> Option<String> {
        self.known().me.clone()
    }

    /// What a typed line means.
    pub(crate) fn read(&self, line: &str) -> Typed {
        typed::read(line, &self.known().catalogue)
    }

    /// What `/help` shows.
    pub(crate) fn help(&self) -> Vec<String> {
        self.known().catalogue.help()
    }

    /// Asks the server for something.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Unsent> {
        let mut known = self.known();
        let tag = known.next;
        known.next += 1;
        // Before it is sent, because the answer may be here before this thread is.
        known.asked.insert(tag);
        drop(known);
        let sent = self.sender.send(request.tagged(tag));
        if sent.is_err() {
            self.known().asked.remove(&tag);
        }
        sent
    }

    /// Asks to log in.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(crate) fn login(&self, name: &str) -> Result<(), Unsent> {
        self.ask(Request::new("login", Dict::new().with("username", name)))
    }

    /// Asks for something that the client itself wants to know.
    pub(crate) fn ask_own(&self, name: &str) {
        self.known().own += 1;
        if self.sender.send(Request::new(name, Dict::new()).tagged(OWN)).is_err() {
            self.known().own -= 1;
        }
    }

    /// Something that was typed cannot be done; returns the line that says so.
    pub(crate) fn mistake(&self, why: &str) -> String {
        self.known().refused = true;
        self.look.error(why)
    }

    /// Says that nothing more will be asked.
    pub(crate) fn finish(&self) {
        self.sender.finish();
    }

    /// Waits until every answer has come, but no longer than `timeout`; false when some has not.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut known = self.known();
        while !known.closed && known.asked.len() + known.own > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.1.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What the server said has been shown, so whoever waits for it can go on.
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        match &response.tag {
            Some(Value::Number(tag)) => {
                tag.as_u64().map(|tag| known.asked.remove(&tag));
            }
            Some(tag) if tag == OWN => known.own = known.own.saturating_sub(1),
            _ => {}
        }
        drop(known);
        self.shared.1.notify_all();
    }

    /// The connection is over; returns what to say of it.
    pub(crate) fn end(&self, reason: CloseReason) -> String {
        self.known().closed = true;
        self.shared.1.notify_all();
        match reason {
            CloseReason::Finished => "the server hung up".to_owned(),
            reason => format!("the connection is over: {reason}"),
        }
    }
}
