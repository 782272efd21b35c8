//! Signals that end or stop the grader. Its programs run in sessions of their own, so no signal of a
//! terminal or shell reaches them: the grader passes each end, stop and continuation on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::program;

/// Every signal with which a person, a shell, a terminal or a batch system ends a process, and which
/// the process can handle. Without a handler, the programs of the submission would survive.
const ENDING: [i32; 8] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU];

/// Starts the `signals` thread. At the first signal that ends the grader, it sets `stop` and ends all
/// programs. At Ctrl-Z it stops the programs, and continues them with the grader.
///
/// A signal that was ignored when the grader started stays ignored, as `nohup` and background jobs of a
/// shell expect.
pub(crate) fn watch(stop: &Arc<AtomicBool>) -> io::Result<()> {
    // With this handler, a report that exceeds `ulimit -f` is a write error and does not end the
    // grader.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored(&status);
    let handled = ENDING.into_iter().chain([SIGTSTP]);
    let mut signals = Signals::new(handled.filter(|signal| !contains(ignored, *signal)))?;
    let stop = Arc::clone(stop);
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if signal == SIGTSTP {
                program::stop_all(|| {
                    // Returns after SIGCONT. If the system refuses, the programs continue immediately.
                    let _ = emulate_default_handler(SIGTSTP);
                });
                continue;
            }
            stop.store(true, Ordering::Relaxed);
            program::kill_all();
        }
    })?;
    Ok(())
}

/// The signals that the process ignores, one bit each, from the text of `/proc/self/status`. On systems
/// without such a file the set is empty, and every signal is handled.
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

/// Returns whether the set contains this signal; the lowest bit is signal 1.
fn contains(set: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).is_ok_and(|bit| set.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_bit_is_signal_1() {
        let set = ignored("Name:\tgrade\nSigIgn:\t0000000000001005\nSigCgt:\tffffffffffffffff\n");
        let signals: Vec<i32> = (1..=64).filter(|signal| contains(set, *signal)).collect();
        assert_eq!(signals, [SIGHUP, SIGQUIT, 13]);
        assert_eq!(ignored("Name:\tgrade\n"), 0);
        assert!(!contains(u64::MAX, 65) && !contains(u64::MAX, 0));
    }
}
