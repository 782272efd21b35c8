//! The thread `read`: reads the entries of the log.
//!
//! It asks for the entries after the last one that it has, never for the newest: an entry between two
//! calls would be lost. After a broken connection it goes on where it was.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use redis::{Connection, ErrorKind, RedisError, RedisResult, Value, cmd};

use super::Report;
use super::append::Status;
use super::link::{Failure, Link};
use super::record::{Body, Read, Record};
use super::scripts::Keys;
use crate::log::LogFigures;

/// The most entries of one call.
const COUNT: usize = 1000;
/// How long a call waits for an entry. The thread ends after such a wait.
pub(super) const BLOCK: Duration = Duration::from_millis(250);

/// How long one further call waits for the drafts of this server.
const MOMENT: Duration = Duration::from_millis(1);
/// The most further calls before the entries are handed over.
const TOGETHER: usize = 3;

/// Entries of a stream: for each of them its id, and the names and values of its fields.
type Entries = Vec<(String, Vec<(String, String)>)>;
/// The answer to `XREAD`: for each stream its name and its entries.
type Answer = Option<Vec<(String, Entries)>>;

/// The thread.
pub(super) struct Reader {
    pub(super) link: Link,
    pub(super) keys: Keys,
    /// The random name of the log.
    pub(super) log: String,
    pub(super) token: String,
    pub(super) reports: SyncSender<Report>,
    pub(super) wake: Box<dyn Fn() + Send>,
    pub(super) status: Arc<Status>,
    pub(super) stop: Arc<AtomicBool>,
    /// The number of the last entry.
    pub(super) last: u64,
    /// The fields of the last entry; empty before the first.
    pub(super) newest: Vec<(String, String)>,
    /// The number of this server; 0 before it has joined.
    pub(super) own: u64,
    /// Whether Redis, over this connection, has everything that this server has read.
    pub(super) is_checked: bool,
    /// The sequence number of the last own draft that has come, or that is no longer waited for.
    pub(super) seen: u64,
    pub(super) figures: Arc<LogFigures>,
}

/// Why entries cannot be read.
enum Trouble {
    /// Redis does not answer.
    Silent,
    /// The thread cannot go on.
    Fatal(String),
}

impl Reader {
    /// Runs until it is stopped, or cannot go on.
    pub(super) fn run(mut self) {
        while !self.stop.load(Ordering::Acquire) {
            let report = match self.read(BLOCK) {
                Ok(records) if records.is_empty() => continue,
                Ok(records) => {
                    let records = self.gather(records);
                    self.figures.count_entries(records.len());
                    Report::Records(records)
                }
                Err(Trouble::Fatal(why)) => Report::Failed(why),
                Err(Trouble::Silent) => {
                    thread::park_timeout(self.link.wait());
                    continue;
                }
            };
            let failed = matches!(report, Report::Failed(_));
            let is_over = self.reports.send(report).is_err();
            (self.wake)();
            if failed || is_over {
                return;
            }
        }
    }

    /// Reads on for a moment, until the drafts that this server has given to the log are there, too.
    ///
    /// Entries that the chat gets together need one write to each receiver. The senders of each server
    /// would otherwise take turns of their own, since an answer makes a sender send the next message,
    /// and every receiver would get a write for each of these turns.
    fn gather(&mut self, mut records: Vec<Record>) -> Vec<Record> {
        let mut ordered = self.status.ordered.load(Ordering::Acquire);
        for _ in 0..TOGETHER {
            if self.seen >= ordered || records.len() >= COUNT {
                break;
            }
            match self.read(MOMENT) {
                Ok(more) => records.extend(more),
                // The next call finds the same trouble.
                Err(_) => break,
            }
            ordered = self.status.ordered.load(Ordering::Acquire);
        }
        // A draft that has not come by now may never come.
        self.seen = self.seen.max(ordered);
        records
    }

    /// Reads the next entries, and waits so long for one if there is none.
    fn read(&mut self, block: Duration) -> Result<Vec<Record>, Trouble> {
        self.is_checked &= !self.link.is_closed();
        let Reader { link, keys, log, last, newest, is_checked, .. } = self;
        let answer = link.call(|redis| {
            // A Redis that has just started refuses this while it loads its file.
            if !*is_checked {
                check(keys, log, (*last, newest), redis)?;
                *is_checked = true;
            }
            read(keys, *last, block, redis)
        });
        match answer {
            Ok(answer) => {
                // A Redis that was emptied meanwhile has nothing to read.
                self.is_checked &= answer != Value::Nil || block < BLOCK;
                let answer = redis::from_redis_value(answer).map_err(|error| {
                    Trouble::Fatal(format!("cannot read the log in Redis: {error}"))
                })?;
                self.records(answer).map_err(Trouble::Fatal)
            }
            Err(Failure::NotSent(error) | Failure::Refused(error) | Failure::Unknown(error)) => {
                Err(match error.kind() {
                    ErrorKind::UnexpectedReturnType | ErrorKind::Client => {
                        Trouble::Fatal(format!("cannot read the log in Redis: {error}"))
                    }
                    _ => Trouble::Silent,
                })
            }
        }
    }

    /// Reads the entries of an answer.
    fn records(&mut self, answer: Answer) -> Result<Vec<Record>, String> {
        let entries: Vec<_> =
            answer.into_iter().flatten().flat_map(|(_, entries)| entries).collect();
        let mut records = Vec::with_capacity(entries.len());
        for (id, fields) in entries {
            let number = id.strip_suffix("-0").and_then(|number| number.parse::<u64>().ok());
            let Some(number) = number.filter(|number| *number == self.last + 1) else {
                let last = self.last;
                return Err(format!(
                    "the log in Redis goes on with the entry {id} after {last}: it was trimmed before \
                     this server had read it; start the server again"
                ));
            };
            let body = (Read { own: self.own, fields: &fields }).body().map_err(|error| {
                format!(
                    "cannot read the entry {id} of the log in Redis, which a newer version may have \
                     written: {error}"
                )
            })?;
            match &body {
                Body::Joined { epoch, token, .. } if *token == self.token => self.own = *epoch,
                Body::Appended(appended) if appended.epoch == self.own => {
                    self.seen = self.seen.max(appended.sequence);
                }
                _ => {}
            }
            self.last = number;
            self.newest = fields;
            records.push(Record { number, body });
        }
        Ok(records)
    }
}

/// Reads the entries after the last one, and waits so long for one if there is none.
fn read(keys: &Keys, last: u64, block: Duration, redis: &mut Connection) -> RedisResult<Value> {
    let (block, after) = (block.as_millis().to_string(), format!("{last}-0"));
    cmd("XREAD")
        .arg("COUNT")
        .arg(COUNT)
        .arg("BLOCK")
        .arg(block)
        .arg("STREAMS")
        .arg(keys.log())
        .arg(after)
        .query(redis)
}

/// Checks that Redis still has the log, and everything that this server has read of it. `last` is the
/// number of the last entry, and its fields if they are known.
fn check(
    keys: &Keys,
    log: &str,
    (last, newest): (u64, &[(String, String)]),
    redis: &mut Connection,
) -> RedisResult<()> {
    let at = format!("{last}-0");
    let mut ask = redis::pipe();
    ask.cmd("HMGET").arg(keys.meta()).arg("chat").arg("last");
    ask.cmd("XRANGE").arg(keys.log()).arg(&at).arg(&at);
    let ((found, there), entries): ((Option<String>, Option<u64>), Entries) = ask.query(redis)?;
    // After a restoration the other servers may have appended other entries with these numbers.
    let is_other =
        !newest.is_empty() && entries.first().is_some_and(|(_, fields)| fields != newest);
    if found.as_deref() != Some(log) || there.unwrap_or(0) < last || is_other {
        let lost = "it has lost entries that this server has read";
        return Err(RedisError::from((
            ErrorKind::Client,
            "Redis was restored or emptied",
            lost.to_owned(),
        )));
    }
    Ok(())
}
