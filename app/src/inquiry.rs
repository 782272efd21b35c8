//! Questions of other threads that the loop of the chat answers: is it alive, and could a message be
//! committed?
//!
//! A thread that asks waits with a timeout, and the chat never waits for it. So a slow asker delays
//! no other thread, and a chat that hangs is noticed.

use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use std::time::Duration;

use parse::Waker;

use crate::{Chat, Probe};

/// The most questions that wait for the chat. More wait only if the chat hangs.
const QUEUE: usize = 16;

/// A question to the chat.
enum Inquiry {
    Alive(SyncSender<()>),
    Writable(Probe),
}

/// The reason why a message could not be committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unhealthy {
    /// The loop of the chat does not answer.
    #[error("the chat does not answer")]
    Hangs,
    /// The chat has ended.
    #[error("the server is shutting down")]
    Ended,
    /// The log does not answer.
    #[error("the log does not answer")]
    LogHangs,
    /// The log cannot commit anything now.
    #[error("the log cannot be written: {0}")]
    Log(String),
}

/// The asking end.
#[derive(Debug)]
pub struct Inquirer {
    inquiries: SyncSender<Inquiry>,
    waker: Waker,
    /// A probe that the log has not answered yet.
    open: Option<Receiver<Result<(), String>>>,
}

/// The answering end, for [`serve`](crate::serve).
#[derive(Debug)]
pub struct Inquiries {
    inquiries: Receiver<Inquiry>,
    _ended: SyncSender<()>,
}

/// Becomes known when the loop of the chat ends and the drain begins.
#[derive(Debug)]
pub struct Ended(Receiver<()>);

/// Creates the two ends. The waker is that of the server that the loop serves.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use std::time::Duration;
///
/// use app::passwords::Pool;
/// use app::{Chat, Limits, Memory, Retention, Unhealthy, inquiries};
/// use parse::{EngineKind, Server};
///
/// let server = Server::bind(&[], EngineKind::default(), parse::Limits::default())?;
/// let log = Box::new(Memory::new(Retention::default()));
/// let chat = Chat::new(log, Box::new(Pool::start(|| (), || ())?), Limits::default());
/// let (mut inquirer, answering, ended) = inquiries(server.waker());
/// // Usually another thread asks while this one serves.
/// let (moment, second) = (Duration::from_millis(1), Duration::from_secs(1));
/// assert_eq!(inquirer.check(moment), Err(Unhealthy::Hangs));
///
/// app::serve(server, chat, &AtomicBool::new(true), answering, second);
/// assert!(ended.wait(second));
/// assert_eq!(inquirer.check(second), Err(Unhealthy::Ended));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inquiries(waker: Waker) -> (Inquirer, Inquiries, Ended) {
    let (sender, receiver) = sync_channel(QUEUE);
    let (ended, is_ended) = sync_channel(0);
    let inquirer = Inquirer { inquiries: sender, waker, open: None };
    (inquirer, Inquiries { inquiries: receiver, _ended: ended }, Ended(is_ended))
}

impl Inquirer {
    /// Creates another asking end.
    #[must_use]
    pub fn another(&self) -> Inquirer {
        Inquirer { inquiries: self.inquiries.clone(), waker: self.waker.clone(), open: None }
    }

    /// Asks the loop of the chat for a sign of life.
    ///
    /// # Errors
    /// Returns an error if the chat has ended, or does not answer within the timeout.
    pub fn ping(&self, timeout: Duration) -> Result<(), Unhealthy> {
        let (answer, answers) = sync_channel(1);
        self.ask(Inquiry::Alive(answer))?;
        answers.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => Unhealthy::Hangs,
            RecvTimeoutError::Disconnected => Unhealthy::Ended,
        })
    }

    /// Asks whether a message could be committed now. Both the chat and the log have this timeout.
    ///
    /// A log that hangs has one probe of this inquirer at most: the next call waits for the same one.
    ///
    /// # Errors
    /// Returns the reason why not.
    pub fn check(&mut self, timeout: Duration) -> Result<(), Unhealthy> {
        self.ping(timeout)?;
        let open = self.open.take().filter(|open| open.try_recv() == Err(TryRecvError::Empty));
        let answers = match open {
            Some(open) => open,
            None => {
                let (answer, answers) = sync_channel(1);
                self.ask(Inquiry::Writable(Probe::new(answer)))?;
                answers
            }
        };
        match answers.recv_timeout(timeout) {
            Ok(answer) => answer.map_err(Unhealthy::Log),
            Err(RecvTimeoutError::Timeout) => {
                self.open = Some(answers);
                Err(Unhealthy::LogHangs)
            }
            Err(RecvTimeoutError::Disconnected) => Err(Unhealthy::Ended),
        }
    }

    fn ask(&self, inquiry: Inquiry) -> Result<(), Unhealthy> {
        self.inquiries.try_send(inquiry).map_err(|error| match error {
            TrySendError::Full(_) => Unhealthy::Hangs,
            TrySendError::Disconnected(_) => Unhealthy::Ended,
        })?;
        self.waker.wake();
        Ok(())
    }
}

impl Inquiries {
    /// Answers the questions that wait.
    pub(crate) fn answer(&self, chat: &mut Chat) {
        for inquiry in self.inquiries.try_iter() {
            match inquiry {
                // If nothing waits for the answer any more, it is dropped.
                Inquiry::Alive(answer) => drop(answer.try_send(())),
                Inquiry::Writable(probe) => chat.probe(probe),
            }
        }
    }
}

impl Ended {
    /// Waits until the loop of the chat ends, or until the timeout. Returns whether the loop has ended.
    pub fn wait(&self, timeout: Duration) -> bool {
        self.0.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected)
    }
}
