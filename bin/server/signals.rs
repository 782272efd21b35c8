//! Signals and their effects on the server.
//!
//! | signal | effect |
//! |---|---|
//! | SIGINT, SIGTERM, SIGQUIT | drain; a second signal ends the process immediately |
//! | SIGXCPU | drain: the process has nearly used up its limit on processor time |
//! | SIGHUP, and the server's terminal is closed | drain |
//! | SIGHUP otherwise | the server reads its TLS certificate and key anew, and nothing else |
//! | SIGHUP, ignored at the start (`nohup`) | none |
//! | SIGXFSZ | none: the write that would make a file too large fails, as on a full disk |
//! | SIGPIPE | none: Rust ignores it, and the write fails |

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::tls;

/// The signals that always end the server.
const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGQUIT];

/// The longest time between a SIGHUP and the end of the terminal: a shell that ends sends the signal first.
const CLOSING: Duration = Duration::from_secs(1);
/// The interval in which the server looks whether the terminal is closed.
const LOOK: Duration = Duration::from_millis(20);

/// Installed signal handlers. They exist before the server has anything to drain.
pub(crate) struct Handlers {
    signals: Signals,
    stop: Arc<AtomicBool>,
    /// Whether the server had no terminal when the handlers were installed. A thread could first ask
    /// when the terminal is closed already.
    is_daemon: bool,
}

/// Installs the signal handlers. A drain sets `stop`; a second ending signal then ends the process
/// immediately.
///
/// # Errors
/// When the system refuses a signal handler.
pub(crate) fn install(stop: &Arc<AtomicBool>) -> io::Result<Handlers> {
    for signal in ENDING {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))?;
    }
    let signals = Signals::new(ENDING)?;
    signals.handle().add_signal(SIGXCPU)?;
    if !is_ignored(SIGHUP) {
        signals.handle().add_signal(SIGHUP)?;
    }
    Ok(Handlers { signals, stop: Arc::clone(stop), is_daemon: !has_terminal() })
}

impl Handlers {
    /// Starts the `signals` thread, which waits for the first signal that means a drain, and reads the
    /// TLS certificate anew when another one asks for it.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn watch(
        self,
        waker: parse::Waker,
        tls: Option<Arc<parse::tls::Server>>,
    ) -> io::Result<()> {
        let watch = move || self.wait(&waker, tls.as_deref());
        thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
    }

    fn wait(mut self, waker: &parse::Waker, tls: Option<&parse::tls::Server>) {
        for signal in self.signals.forever() {
            if signal == SIGHUP && (self.is_daemon || keeps_terminal()) {
                match tls {
                    Some(tls) => tls::read_anew(tls),
                    None => tracing::info!(
                        signal,
                        "ignored SIGHUP: the server does not reload its configuration"
                    ),
                }
                continue;
            }
            self.stop.store(true, Ordering::Release);
            waker.wake();
            tracing::info!(signal, "draining; a second signal ends the server immediately");
            return;
        }
    }
}

/// Makes a write beyond the limit on file sizes (`ulimit -f`) fail with an error. By default, the
/// system would end the process.
///
/// # Errors
/// When the system refuses the signal handler.
pub(crate) fn survive_large_files() -> io::Result<()> {
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// Whether this process has a controlling terminal.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Whether the terminal stays open after a SIGHUP. Then a person has sent it.
fn keeps_terminal() -> bool {
    let until = Instant::now() + CLOSING;
    while has_terminal() {
        if Instant::now() >= until {
            return true;
        }
        thread::park_timeout(LOOK);
    }
    false
}

/// Whether a signal was ignored when this process started, as under `nohup`. Without unsafe code, a
/// program can find that out on Linux only.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
