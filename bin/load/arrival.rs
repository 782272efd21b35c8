//! The start of a run: all clients log in, and all of them receive the `join` notices.

use std::time::{Duration, Instant};

use memchr::memchr;

use crate::crowd::{Crowd, PATIENCE, WINDOW};
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::line::{PROBE, Parsed, Reader};
use crate::progress::Progress;

/// The time without received lines after which the tool stops waiting for notices. A server need not
/// send any.
const QUIET: Duration = Duration::from_millis(300);

/// The time between two probes of the relay.
const PROBE_AGAIN: Duration = Duration::from_millis(50);

/// Logs the clients in. Returns the time of each login, and the time until the last client was logged
/// in.
///
/// The server announces every login to all clients that are logged in already, so `n` logins cause
/// about n²/2 notices. The clients read them as they arrive, and at most [`WINDOW`] logins are
/// outstanding, so that no outbox of the server fills up. The function returns when all notices are
/// read.
pub(crate) fn log_in(
    crowd: &mut Crowd,
    reader: &Reader,
    clients: u32,
    progress: &mut Progress,
) -> Result<(Histogram, Duration), Failure> {
    let began = crowd.now();
    let mut arrivals = Arrivals {
        reader,
        asked: Vec::with_capacity(clients as usize),
        took: Histogram::new(),
        joins: 0,
        last_notice: None,
    };
    let mut finished = None;
    let mut heard = Instant::now();
    let notices = u64::from(clients) * u64::from(clients - 1) / 2;
    loop {
        let arrived = arrivals.took.count();
        if arrived == u64::from(clients) {
            finished.get_or_insert_with(|| crowd.now());
            if arrivals.joins >= notices || heard.elapsed() > QUIET {
                break;
            }
        }
        let asked = arrivals.asked.len() as u32;
        let room = u64::from(WINDOW).saturating_sub(u64::from(asked) - arrived) as u32;
        for client in asked..clients.min(asked + room) {
            arrivals.asked.push(Some(crowd.now()));
            crowd.send(client, &reader.login(client))?;
        }
        crowd.wait(Duration::from_millis(100))?;
        while crowd
            .serve(|client, block, now| arrivals.receive(client, block, now))
            .map_err(|failure| with_last_notice(failure, arrivals.last_notice.as_deref()))?
            .is_some()
        {
            heard = Instant::now();
        }
        if heard.elapsed() > PATIENCE {
            let waiting = arrivals.asked.iter().position(Option::is_some).unwrap_or(0);
            return Err(Failure::Broken(format!(
                "the login of {} was not answered within {} s",
                reader.name(waiting as u32),
                PATIENCE.as_secs(),
            )));
        }
        progress.tell(|| format!("{arrived} of {clients} logged in"));
    }
    let finished = finished.unwrap_or_else(|| crowd.now());
    Ok((arrivals.took, Duration::from_nanos(finished - began)))
}

/// Waits until the relay has accepted all clients. It needs no login, but it does not send earlier
/// lines to a client that it accepts later. So one client sends probes until each client has received
/// one.
#[expect(clippy::indexing_slicing, reason = "the crowd serves only these clients")]
pub(crate) fn probe(crowd: &mut Crowd, clients: u32) -> Result<(), Failure> {
    let mut reached = vec![false; clients as usize];
    let mut missing = clients;
    let began = Instant::now();
    while missing > 0 {
        if began.elapsed() > PATIENCE {
            return Err(Failure::Broken(format!("the relay did not reach {missing} clients")));
        }
        crowd.send(0, PROBE)?;
        let until = Instant::now() + PROBE_AGAIN;
        while missing > 0 && Instant::now() < until {
            crowd.wait(PROBE_AGAIN)?;
            while let Some(client) = crowd.serve(|_, _, _| Ok(()))? {
                missing -= u32::from(!std::mem::replace(&mut reached[client as usize], true));
            }
        }
    }
    Ok(())
}

struct Arrivals<'a> {
    reader: &'a Reader,
    /// The time at which each client sent its login, until the login is answered.
    asked: Vec<Option<u64>>,
    took: Histogram,
    joins: u64,
    last_notice: Option<String>,
}

impl Arrivals<'_> {
    fn receive(&mut self, client: u32, mut block: &[u8], now: u64) -> Result<(), Failure> {
        while let Some(end) = memchr(b'\n', block) {
            let (line, rest) = block.split_at(end + 1);
            block = rest;
            if Reader::is_join(line) {
                self.joins += 1;
                continue;
            }
            match self.reader.parse(line) {
                Parsed::Join => self.joins += 1,
                Parsed::LoggedIn => {
                    let since = self.asked.get_mut(client as usize).and_then(Option::take);
                    if let Some(since) = since {
                        self.took.record(now - since);
                    }
                }
                Parsed::Notice(text) => self.last_notice = Some(text),
                said => refuse(self.reader.name(client), &said, line)?,
            }
        }
        Ok(())
    }
}

/// Fails on a line after which the run cannot continue.
pub(crate) fn refuse(name: &str, said: &Parsed, line: &[u8]) -> Result<(), Failure> {
    match said {
        Parsed::Refused { request, error } => {
            Err(Failure::Broken(format!("{name} was refused: {request}: {error}")))
        }
        Parsed::Unreadable => {
            let line = String::from_utf8_lossy(line);
            let line: String = line.trim_end().chars().take(120).collect();
            Err(Failure::Broken(format!("{name} got a line that is no JSON object: {line:?}")))
        }
        _ => Ok(()),
    }
}

/// Adds the last notice to a failure. A server that closes a connection often says why before.
pub(crate) fn with_last_notice(failure: Failure, last_notice: Option<&str>) -> Failure {
    match (failure, last_notice) {
        (Failure::Broken(what), Some(words)) => {
            Failure::Broken(format!("{what}; before that, it said: {words}"))
        }
        (failure, _) => failure,
    }
}
