//! The question whether a log could commit a message now.

use std::sync::mpsc::SyncSender;

/// The question whether a log could commit a message now, and the way of its answer.
///
/// A log answers when it knows: after it has written something and deleted it again, for example. It
/// drops the probe if it ends.
///
/// ```
/// use std::sync::mpsc::sync_channel;
///
/// use app::{Log, Memory, Probe, Retention};
///
/// let (answer, answers) = sync_channel(1);
/// Memory::new(Retention::default()).probe(Probe::new(answer));
/// assert_eq!(answers.recv(), Ok(Ok(())));
/// ```
#[derive(Debug)]
pub struct Probe(SyncSender<Result<(), String>>);

impl Probe {
    /// Creates a probe whose answer goes here.
    pub fn new(answer: SyncSender<Result<(), String>>) -> Probe {
        Probe(answer)
    }

    /// Answers: yes, or the reason why not.
    pub fn answer(self, answer: Result<(), String>) {
        // If nothing waits for the answer any more, it is dropped.
        let _ = self.0.try_send(answer);
    }
}
