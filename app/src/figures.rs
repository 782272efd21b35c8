//! Counters of the chat, for its operator. They contain no name of a person or a room.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parse::dialect::DIALECTS;

use crate::Histogram;
use crate::log::LogFigures;

/// The states of a connection, by [`Standing`].
const STANDINGS: [&str; 4] = ["new", "person", "observer", "closing"];

/// What a connection is to the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has not logged in.
    New,
    /// It has a name.
    Person,
    /// It only observes.
    Observer,
    /// The chat has closed it, and waits for its end.
    Closing,
}

/// Counters of a chat. Its thread adds to them, and another thread may read them at any time. Nothing
/// waits for anything.
#[derive(Debug)]
pub struct Figures {
    /// The number of connections by dialect, in the order of [`DIALECTS`], and by standing.
    connections: Box<[[AtomicU64; STANDINGS.len()]]>,
    room_messages: AtomicU64,
    whispers: AtomicU64,
    deliveries: AtomicU64,
    passwords: AtomicU64,
    turns: Histogram,
    log: Arc<LogFigures>,
}

impl Figures {
    /// Creates counters at 0, beside those of a log.
    pub(crate) fn new(log: Arc<LogFigures>) -> Figures {
        Figures {
            connections: DIALECTS.iter().map(|_| Default::default()).collect(),
            room_messages: AtomicU64::new(0),
            whispers: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            passwords: AtomicU64::new(0),
            turns: Histogram::default(),
            log,
        }
    }

    /// Returns the number of connections for each dialect and state.
    pub fn connections(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        DIALECTS.iter().zip(&self.connections).flat_map(|(dialect, counts)| {
            let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
            STANDINGS.into_iter().zip(counts).map(|(state, count)| (dialect.name, state, count))
        })
    }

    /// Returns the number of messages to rooms so far. With a shared log, those of other servers count,
    /// too.
    pub fn room_messages(&self) -> u64 {
        self.room_messages.load(Ordering::Relaxed)
    }

    /// Returns the number of whispers so far.
    pub fn whispers(&self) -> u64 {
        self.whispers.load(Ordering::Relaxed)
    }

    /// Returns the number of copies of messages that were sent to connections so far.
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// Returns the number of passwords that wait for their hash.
    pub fn passwords(&self) -> u64 {
        self.passwords.load(Ordering::Relaxed)
    }

    /// Returns the time in which the chat handled the events of a turn.
    pub fn turns(&self) -> &Histogram {
        &self.turns
    }

    /// Returns the counters of the log.
    pub fn log(&self) -> &LogFigures {
        &self.log
    }

    /// Counts a message.
    pub(crate) fn count_message(&self, is_whisper: bool) {
        let messages = if is_whisper { &self.whispers } else { &self.room_messages };
        messages.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts copies of a message.
    pub(crate) fn count_deliveries(&self, copies: usize) {
        self.deliveries.fetch_add(copies as u64, Ordering::Relaxed);
    }

    /// Sets the number of passwords that wait.
    pub(crate) fn set_passwords(&self, waiting: usize) {
        self.passwords.store(waiting as u64, Ordering::Relaxed);
    }

    /// The counter for connections of this dialect and standing. Returns `None` for a dialect of a test.
    fn counter(&self, (dialect, standing): (&str, Standing)) -> Option<&AtomicU64> {
        let row = DIALECTS.iter().position(|known| known.name == dialect)?;
        self.connections.get(row)?.get(standing as usize)
    }
}

/// Counts one connection under its dialect and standing, until it is dropped.
#[derive(Default)]
pub(crate) struct Counted(Option<(Arc<Figures>, &'static str, Standing)>);

impl Counted {
    /// Counts the connection here, and no longer under its earlier dialect and standing.
    pub(crate) fn set(
        &mut self,
        figures: &Arc<Figures>,
        dialect: &'static str,
        standing: Standing,
    ) {
        if self.0.as_ref().is_none_or(|(_, was, stood)| (*was, *stood) != (dialect, standing)) {
            self.end();
            if let Some(counter) = figures.counter((dialect, standing)) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            self.0 = Some((Arc::clone(figures), dialect, standing));
        }
    }

    fn end(&mut self) {
        if let Some((figures, dialect, standing)) = self.0.take()
            && let Some(counter) = figures.counter((dialect, standing))
        {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(figures: &Figures) -> Vec<(&'static str, &'static str, u64)> {
        figures.connections().filter(|(_, _, count)| *count > 0).collect()
    }

    #[test]
    fn a_connection_counts_once_and_not_at_all_after_its_end() {
        let figures = Arc::new(Figures::new(Arc::default()));
        let mut first = Counted::default();
        let mut second = Counted::default();
        first.set(&figures, "json", Standing::New);
        second.set(&figures, "json", Standing::New);
        assert_eq!(counts(&figures), [("json", "new", 2)]);
        first.set(&figures, "json", Standing::Person);
        first.set(&figures, "json", Standing::Person);
        second.set(&figures, "a dialect of a test", Standing::New);
        assert_eq!(counts(&figures), [("json", "person", 1)]);
        drop(first);
        second.set(&figures, "plain", Standing::Closing);
        assert_eq!(counts(&figures), [("plain", "closing", 1)]);
        drop(second);
        assert_eq!(counts(&figures), []);
    }
}
