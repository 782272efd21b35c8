//! The servers on which a hand-in is played, and the plays.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use transcript::Transcript;

use super::pool::{Mistake, Pair};
use crate::built_in::BuiltIn;
use crate::play::{Played, play};
use crate::scenario::Haste;
use crate::subject::{Knowledge, Subject};
use crate::wire::Dialect;

/// A server of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Server {
    /// A right server, by its number in [`RIGHT`].
    Right(usize),
    /// The student's server.
    Both([&'static str; 2]),
    /// A server with one mistake.
    One(&'static str),
}

/// The right servers: what each is, and its arguments.
pub(super) const RIGHT: [(&str, &str); 3] = [
    ("a right server", ""),
    ("a right server that tells nobody who comes and goes", "--free quiet"),
    (
        "a right server that adds keys, has words of its own and answers late",
        "--free keys --free form --free words --free late --free overtaken",
    ),
];

impl Server {
    /// The servers for a student with this pair.
    pub(super) fn all([first, second]: Pair) -> Vec<Server> {
        let right = (0..RIGHT.len()).map(Server::Right);
        let wrong = [Server::both([first, second]), Server::one(first), Server::one(second)];
        right.chain(wrong).collect()
    }

    /// The server of a student with this pair.
    pub(super) fn both(pair: Pair) -> Server {
        Server::Both(pair.map(|mistake| mistake.bug))
    }

    /// The server with this mistake alone.
    pub(super) fn one(mistake: &Mistake) -> Server {
        Server::One(mistake.bug)
    }

    fn arguments(self) -> String {
        match self {
            Server::Right(number) => {
                RIGHT.get(number).map_or("", |(_, arguments)| arguments).to_owned()
            }
            Server::Both([first, second]) => format!("--bug {first} --bug {second}"),
            Server::One(bug) => format!("--bug {bug}"),
        }
    }
}

/// A transcript to play on a server.
pub(super) struct Job<'a> {
    pub(super) transcript: &'a Transcript,
    pub(super) server: Server,
}

/// How jobs are carried out.
pub(super) struct Plays<'a> {
    pub(super) built_in: &'a BuiltIn,
    pub(super) jobs: NonZero<usize>,
    pub(super) patience: Duration,
    pub(super) stop: &'a AtomicBool,
}

impl Plays<'_> {
    /// Plays all jobs. Returns a result for each, or `None` if a signal came before it.
    pub(super) fn all(&self, jobs: &[Job]) -> Vec<Option<Played>> {
        // To judge a silence, grade has to know how long a server takes.
        let mut silent: Vec<Server> = Vec::new();
        for job in jobs.iter().filter(|job| job.transcript.has_silence()) {
            if !silent.contains(&job.server) {
                silent.push(job.server);
            }
        }
        let listened = self.each(&silent, |server| {
            let pace = self.subject(*server).listen(self.stop).pace;
            (*server, Arc::new(Knowledge { pace, ..Knowledge::default() }))
        });
        let known: HashMap<Server, Arc<Knowledge>> = listened.into_iter().flatten().collect();
        self.each(jobs, |Job { transcript, server }| {
            let knowledge = known.get(server).cloned().unwrap_or_default();
            play(
                &Subject { knowledge, ..self.subject(*server) },
                transcript,
                Haste::AsWritten,
                self.stop,
            )
        })
    }

    fn subject(&self, server: Server) -> Subject {
        self.built_in.server(Dialect::Json, &server.arguments(), self.patience)
    }

    /// Calls a function for each item, several at a time.
    fn each<T: Sync, R: Send>(&self, items: &[T], call: impl Fn(&T) -> R + Sync) -> Vec<Option<R>> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
        thread::scope(|scope| {
            for _ in 0..self.jobs.get().min(items.len()) {
                scope.spawn(|| {
                    while !self.stop.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(number) else { return };
                        let result = call(item);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some(slot) = results.get_mut(number) {
                            *slot = Some(result);
                        }
                    }
                });
            }
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
