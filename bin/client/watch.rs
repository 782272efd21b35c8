//! The thread `watch`, which does what is due at a certain time.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::conversation::Conversation;

/// The interval between two looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// Starts the thread, which runs until the process ends.
///
/// # Errors
/// When the system refuses the thread.
pub(crate) fn start(conversation: &Conversation) -> io::Result<()> {
    let conversation = conversation.clone();
    let run = move || {
        loop {
            thread::park_timeout(INTERVAL);
            conversation.retry_login(Instant::now());
        }
    };
    thread::Builder::new().name("watch".to_owned()).spawn(run).map(drop)
}
