//! The accounts of a chat of several servers, for its owner.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::{Address, Shared, SharedError, Sharing};
use crate::Timestamp;
use crate::log::{
    Account, AccountError, Change, DataError, Draft, Effect, Entry, Listed, Log, Origin,
    PresenceChange, Retention,
};

/// How long the other servers may take, beside a lease and what follows it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The accounts of a chat of several servers. While they are open, this process is one more server,
/// on which there is nobody.
#[derive(Debug)]
pub struct SharedAccounts {
    log: Shared,
    address: Address,
    wakes: Receiver<()>,
    failures: Receiver<String>,
}

impl SharedAccounts {
    /// Joins the chat, and waits until it has read the whole log.
    ///
    /// # Errors
    /// Returns an error if Redis or the other servers do not answer.
    pub fn open(address: Address, name: Arc<str>) -> Result<SharedAccounts, AccountError> {
        let (wake, wakes) = sync_channel(1);
        let (fail, failures) = sync_channel(1);
        let retention = Retention::default();
        // The servers of the chat have decided whether Redis may lose entries.
        let sharing =
            Sharing { address: address.clone(), view: None, name, lossy: true, retention };
        let wake = move || wake.try_send(()).unwrap_or(());
        let log = Shared::open(sharing, wake, move |why| fail.try_send(why).unwrap_or(()))?;
        let mut accounts = SharedAccounts { log, address, wakes, failures };
        while accounts.log.status.live.load(Ordering::Acquire) == 0 {
            accounts.advance()?;
        }
        Ok(accounts)
    }

    /// Takes an entry of the log, or waits for one. Returns whether it is the answer to a draft.
    fn advance(&mut self) -> Result<Option<bool>, AccountError> {
        if let Some(Entry { outcome, origin }) = self.log.next() {
            if let Ok(Effect::ServerJoined(newcomer)) = outcome {
                let roll = PresenceChange::Roll { newcomer, people: Vec::new() };
                let (change, timestamp) = (Change::Presence(roll), Timestamp::UNIX_EPOCH);
                // Without it, the newcomer waits until this process ends.
                let _ = self.log.append(Draft { change, timestamp, origin: None });
            }
            return Ok(origin.is_some().then_some(outcome.is_ok()));
        }
        if let Ok(why) = self.failures.try_recv() {
            return Err(self.apart(&why));
        }
        if self.log.status.live.load(Ordering::Acquire) == 0 || self.log.waiting.len() > 0 {
            let waited = self.wakes.recv_timeout(PATIENCE + 2 * self.address.lease);
            waited.map_err(|_| self.apart("the other servers do not answer"))?;
        }
        Ok(None)
    }

    /// Lists all accounts, sorted by name.
    ///
    /// # Errors
    /// Returns an error if the view cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, AccountError> {
        self.log.view.accounts().map_err(|error| self.failed(error))
    }

    /// Finds an account by name, in any case.
    ///
    /// # Errors
    /// Returns an error if there is none, or if the view cannot be read.
    pub fn find(&self, username: &str) -> Result<Account, AccountError> {
        let found = self.log.view.account(username).map_err(|error| self.failed(error))?;
        found.ok_or_else(|| AccountError::Unknown(username.to_owned()))
    }

    /// Makes an account what the owner wants; `None` removes it. The audit tells `what` was done.
    ///
    /// # Errors
    /// Returns an error if it is not in the log.
    pub fn set(
        &mut self,
        username: &str,
        account: Option<Account>,
        what: String,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let change = Change::Own { username: username.into(), account, what };
        let peer = parse::Peer::new(0);
        let origin = Some(Origin { peer, to: None, request: "account".into(), tag: None });
        let draft = Draft { change, timestamp: now, origin };
        self.log.append(draft).map_err(|_| self.apart("Redis does not answer"))?;
        let own = self.log.sequence;
        while self.log.waiting.contains(own) || !self.log.ready.is_empty() {
            if self.advance()? == Some(false) {
                return Err(self.apart("Redis does not answer"));
            }
        }
        Ok(())
    }

    fn apart(&self, why: &str) -> AccountError {
        SharedError::Apart { address: self.address.to_string(), why: why.to_owned() }.into()
    }

    fn failed(&self, error: rusqlite::Error) -> AccountError {
        DataError::of(self.log.view.path(), error).into()
    }
}
