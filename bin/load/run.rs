//! One run: connect, log in, warm up, measure, and wait for the last delivery.

use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use crate::arguments::Work;
use crate::arrival;
use crate::crowd::{self, Crowd};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::interrupt::Interrupt;
use crate::line::{Reader, Subject};
use crate::measurement::{Arriving, Measurement};
use crate::pace::Pace;
use crate::payload::{self, Delivery};
use crate::progress::Progress;
use crate::tls::Tls;

/// The longest warm-up. It is a fifth of the run if that is shorter.
const WARM_UP: Duration = Duration::from_secs(1);

/// The time without received lines after which a run ends. A second copy of a text may arrive after all
/// texts are delivered.
const GRACE: Duration = Duration::from_millis(50);

/// The subject of a run and the number of its clients.
pub(crate) struct Target<'a> {
    /// The name in the report.
    pub(crate) subject: String,
    pub(crate) kind: Subject,
    /// The servers, which are one chat. The clients connect to them in turn.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The prefix of the names. Two runs against one server use different prefixes, because the server
    /// may not have freed the names of the first run yet.
    pub(crate) prefix: String,
    pub(crate) clients: u32,
    /// Whether senders add a tag.
    pub(crate) tags: bool,
    /// What encrypts the connections.
    pub(crate) tls: Option<Tls>,
    pub(crate) work: &'a Work,
}

/// Runs and measures.
pub(crate) fn measure(target: &Target<'_>, interrupt: &Interrupt) -> Result<Measurement, Failure> {
    measure_between(target, interrupt, || Ok(()), || Ok(()))
}

/// Runs and measures. Calls `begin` just before the first text is sent, and `end` after the last
/// delivery, while the clients are still connected.
pub(crate) fn measure_between(
    target: &Target<'_>,
    interrupt: &Interrupt,
    begin: impl FnOnce() -> Result<(), Failure>,
    end: impl FnOnce() -> Result<(), Failure>,
) -> Result<Measurement, Failure> {
    let &Target { clients, work, ref addresses, .. } = target;
    let senders = work.senders(clients);
    let names: Rc<[String]> = crowd::names(&target.prefix, clients);
    let reader = Reader::new(target.kind, work.size, Rc::clone(&names));
    let mut progress = Progress::new(format!("{}, {clients} clients", target.subject));

    let (mut crowd, each) = Crowd::connect(
        addresses,
        target.tls.as_ref(),
        Rc::clone(&names),
        interrupt.clone(),
        &mut progress,
    )?;
    let connect = Arriving { all: Duration::from_nanos(crowd.now()), each };
    let login = match target.kind {
        Subject::Chat => {
            let (each, all) = arrival::log_in(&mut crowd, &reader, clients, &mut progress)?;
            Some(Arriving { all, each })
        }
        Subject::Relay => {
            arrival::probe(&mut crowd, clients)?;
            None
        }
    };

    begin()?;
    let began = crowd.now();
    let steady = steady(began, work.duration());
    let requests = (0..senders).map(|sender| Request::new(&reader, sender, target.tags)).collect();
    let mut incoming = Incoming::new(reader, names, senders, steady.clone());
    incoming.tell_servers_apart(addresses.len() as u32);
    let mut run = Run { crowd, incoming, requests, began, steady, messages: 0, progress };
    run.go(work).map_err(|failure| run.incoming.explain(failure))?;
    end()?;

    let sent = run.incoming.sent();
    let outcome = run.incoming.finish();
    Ok(Measurement {
        subject: target.subject.clone(),
        clients,
        senders,
        size: work.size,
        rate: work.rate,
        connect,
        login,
        steady: Duration::from_nanos(run.steady.end - run.steady.start),
        messages: run.messages,
        deliveries: outcome.deliveries,
        sent,
        latency: outcome.latency,
        elsewhere: outcome.elsewhere,
        violations: outcome.violations,
    })
}

/// The measured part of the run, on the clock of the run.
fn steady(began: u64, duration: Duration) -> Range<u64> {
    let warm_up = WARM_UP.min(duration / 5).as_nanos() as u64;
    began + warm_up..began + duration.as_nanos() as u64
}

struct Run {
    crowd: Crowd,
    incoming: Incoming,
    requests: Vec<Request>,
    began: u64,
    steady: Range<u64>,
    messages: u64,
    progress: Progress,
}

/// The request line of a sender, which it reuses for each text.
struct Request {
    line: Vec<u8>,
    /// The offset of the text in the line.
    text: usize,
}

impl Run {
    fn go(&mut self, work: &Work) -> Result<(), Failure> {
        match work.rate {
            None => self.in_turns()?,
            Some(rate) => self.on_schedule(rate)?,
        }
        self.drain(work.drain_limit())
    }

    /// The closed loop: each sender sends its next text when it has received its last one.
    fn in_turns(&mut self) -> Result<(), Failure> {
        for sender in 0..self.requests.len() as u32 {
            self.send(sender, None)?;
        }
        while self.crowd.now() < self.steady.end {
            self.wait(Duration::from_millis(100))?;
            while let Some(client) = self.serve()? {
                if self.incoming.take_own() && self.crowd.now() < self.steady.end {
                    self.send(client, None)?;
                }
            }
        }
        Ok(())
    }

    /// The fixed rate: each text is sent at its scheduled time, also in the middle of a turn.
    fn on_schedule(&mut self, rate: f64) -> Result<(), Failure> {
        let mut pace = Pace::new(self.began, rate);
        loop {
            let now = self.crowd.now();
            while let Some((index, due)) = pace.due(now.min(self.steady.end - 1)) {
                self.send((index % self.requests.len() as u64) as u32, Some(due))?;
            }
            if now >= self.steady.end {
                return Ok(());
            }
            if self.serve()?.is_none() {
                let timeout = pace.wait(self.crowd.now()).min(Duration::from_millis(100));
                self.wait(timeout)?;
                if timeout.is_zero() {
                    // A busy loop must let other threads run.
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Waits until all sent texts are delivered, or until the limit.
    fn drain(&mut self, limit: Duration) -> Result<(), Failure> {
        let until = self.crowd.now() + limit.as_nanos() as u64;
        while self.incoming.outstanding() > 0 && self.crowd.now() < until {
            self.wait(Duration::from_millis(10))?;
            while self.serve()?.is_some() {}
        }
        let mut quiet_since = self.crowd.now();
        while self.crowd.now() < until && self.crowd.now() - quiet_since < GRACE.as_nanos() as u64 {
            self.wait(GRACE)?;
            while self.serve()?.is_some() {
                quiet_since = self.crowd.now();
            }
        }
        Ok(())
    }

    fn wait(&mut self, timeout: Duration) -> Result<(), Failure> {
        let (now, steady, incoming) = (self.crowd.now(), &self.steady, &self.incoming);
        self.progress.tell(|| {
            let left = steady.end.saturating_sub(now) / 1_000_000_000;
            let violations = match incoming.violations() {
                0 => String::new(),
                count => format!(", {count} VIOLATIONS"),
            };
            match now < steady.end {
                true => format!("{} deliveries, {left} s left{violations}", incoming.deliveries()),
                false => format!("waiting for {} deliveries{violations}", incoming.outstanding()),
            }
        });
        self.crowd.wait(timeout)
    }

    fn serve(&mut self) -> Result<Option<u32>, Failure> {
        let incoming = &mut self.incoming;
        self.crowd.serve(|client, block, now| incoming.receive(client, block, now))
    }

    /// Sends the next text of a sender. Its latency counts from `due`, or from now.
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a request for each sender, and its text is in it"
    )]
    fn send(&mut self, sender: u32, due: Option<u64>) -> Result<(), Failure> {
        let request = &mut self.requests[sender as usize];
        let since = due.unwrap_or_else(|| self.crowd.now());
        let number = self.incoming.send(sender, since);
        payload::renumber(&mut request.line[request.text..], number);
        self.messages += u64::from(self.steady.contains(&since));
        self.crowd.send(sender, &request.line)
    }
}

impl Request {
    fn new(reader: &Reader, sender: u32, tag: bool) -> Request {
        let (line, text) = reader.request(Delivery { sender, number: 0 }, tag);
        Request { line, text }
    }
}
