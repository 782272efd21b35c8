//! Signals that end or stop the grader. The programs that it has started are in sessions of their own, so
//! the terminal and the shell reach none of them: the grader passes the end, the stop and the
//! continuation on.

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

/// Every signal that a person, a shell, a terminal or a batch system ends a process with, and that the
/// process can handle: without a handler the programs of the submission would stay.
const ENDING: [i32; 8] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU];

/// Starts the `signals` thread, which sets `stop` and ends all programs at the first signal that ends
/// the grader, and stops and continues the programs with the grader at Ctrl-Z.
///
/// A signal that was ignored when the grader was started stays ignored, as `nohup` and a shell that
/// starts a background job expect.
pub(crate) fn watch(stop: &Arc<AtomicBool>) -> io::Result<()> {
    // A report that grows past `ulimit -f` is an error of that write, not the end of the grader.
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
                    // Returns after SIGCONT. If the system refuses, the programs go on at once.
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

/// The set of signals that the process ignores, one bit each, from the text of `/proc/self/status`.
/// Empty on systems that have no such file: there every signal is handled.
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

/// Whether the set contains this signal; the lowest bit is signal 1.
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
