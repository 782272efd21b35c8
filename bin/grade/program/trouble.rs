//! The ways in which a graded program can fail, in words that a student understands.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// The reason why a program cannot do its work, as far as it shows without a message from it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Trouble {
    /// The command or the work folder is missing.
    #[error("the program cannot be started: {0}")]
    CannotStart(String),
    /// The program has ended. `port` is the port on which grade waited for it to listen.
    #[error(
        "the program {ended}{}{}{}",
        before(*port), last_words(words), background(*left)
    )]
    Exited { ended: Ended, port: Option<u16>, left: usize, words: String },
    /// The program runs, but does not accept connections.
    #[error(
        "the program runs, but does not listen on port {port} after {} s{}{}",
        after.as_secs_f64().round(), but_on(elsewhere), last_words(words)
    )]
    NotListening { port: u16, after: Duration, elsewhere: Vec<u16>, words: String },
    /// Too much output.
    #[error("the program printed more than {}, so grade stopped it", Amount(*limit as u64))]
    TooMuchOutput { limit: usize },
    /// Too many processes.
    #[error(
        "the program had {found} processes at the same time (the limit is {limit}), so grade \
         stopped it"
    )]
    TooManyProcesses { limit: usize, found: usize },
    /// Too much memory.
    #[error(
        "the program used {} of memory (the limit is {}), so grade stopped it",
        Amount(*found), Amount(*limit)
    )]
    TooMuchMemory { limit: u64, found: u64 },
    /// Too much processor time.
    #[error(
        "the program computed for more than {} s in all, so grade stopped it",
        limit.as_secs_f64()
    )]
    TooMuchComputing { limit: Duration },
    /// Too much time.
    #[error("the program ran for more than {} s, so grade stopped it", limit.as_secs_f64())]
    TooLong { limit: Duration },
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Trouble {
    /// Returns whether the program ended on its own accord; grade did not stop it.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Trouble::Exited { .. })
    }

    /// Returns whether the program exceeded a limit of the machine's resources, so that a shortage is
    /// its own fault.
    pub(crate) fn is_greed(&self) -> bool {
        matches!(
            self,
            Trouble::TooManyProcesses { .. }
                | Trouble::TooMuchMemory { .. }
                | Trouble::TooMuchOutput { .. }
        )
    }

    /// A hint where to look for the fault; `None` if the failed check has a better hint.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Trouble::CannotStart(_) => {
                "Type the command yourself, in the folder of the submission."
            }
            Trouble::Exited { ended: Ended::Code(126 | 127), .. } => {
                "Type the command yourself, in the folder of the submission: is the file there, and \
                 is it spelled like this?"
            }
            Trouble::Exited { left: 1.., .. } => {
                "Do not start the program in the background: the command must run as long as the \
                 program does."
            }
            Trouble::Exited { port: Some(_), .. } => {
                "Type the command yourself and read its output. The last line of an error says what \
                 went wrong, the lines above it say where."
            }
            Trouble::Exited { port: None, .. } => return None,
            Trouble::NotListening { elsewhere, .. } if !elsewhere.is_empty() => {
                "The program must listen on the port that it is given: `{port}` in the command stands \
                 for that port."
            }
            Trouble::NotListening { .. } => {
                "Does the program listen on the port that it is given, on 127.0.0.1 or on all \
                 addresses? Does it wait for something before?"
            }
            Trouble::TooMuchOutput { .. } => {
                "Look for a loop that prints and never waits. A read or an accept that fails, or returns \
                 nothing, does so immediately, again and again."
            }
            Trouble::TooManyProcesses { .. } => {
                "Look for a loop that starts processes, or for a process that starts itself again."
            }
            Trouble::TooMuchMemory { .. } => {
                "Look for a list or a buffer that only grows, and for a loop that adds to it without \
                 waiting."
            }
            Trouble::TooMuchComputing { .. } => {
                "Look for a loop that never waits. A read that returns nothing means the end of the \
                 connection, and must end the loop."
            }
            Trouble::TooLong { .. } => {
                "Is every step slow, or does the program wait for an event that never happens?"
            }
            Trouble::Interrupted => "Start it again.",
        })
    }
}

/// How a program ended: with an exit code, or by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Code(i32),
    Signal(i32),
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        // A status holds one of the two.
        let signal = || Ended::Signal(status.signal().unwrap_or(0));
        status.code().map_or_else(signal, Ended::Code)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Ended::Code(code) => {
                write!(f, "ended with exit code {code}")?;
                match code {
                    126 => f.write_str(" (the shell: the file is there, but cannot be run)"),
                    127 => f.write_str(" (the shell: there is no such command)"),
                    // A shell reports a signal in this way.
                    _ => signal_name(code - 128).map_or(Ok(()), |name| write!(f, " ({name})")),
                }
            }
            Ended::Signal(signal) => {
                write!(f, "was ended by signal {signal}")?;
                signal_name(signal).map_or(Ok(()), |name| write!(f, " ({name})"))
            }
        }
    }
}

/// The signals that usually end students' programs. These numbers are the same on every system, except
/// SIGBUS.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        2 => "SIGINT: Ctrl-C",
        4 => "SIGILL: an instruction that the processor does not know",
        6 => "SIGABRT: it aborted, as after a failed assertion",
        7 => "SIGBUS: access to memory that does not exist",
        8 => "SIGFPE: a division by zero",
        9 => "SIGKILL: killed from outside, or by the system when it runs out of memory",
        11 => "SIGSEGV: access to memory of others, as through a wrong pointer",
        13 => "SIGPIPE: it wrote to a closed connection",
        14 => "SIGALRM",
        15 => "SIGTERM: it was asked to end",
        24 => "SIGXCPU: too much processor time",
        25 => "SIGXFSZ: a file grew above its limit",
        _ => return None,
    })
}

fn before(port: Option<u16>) -> String {
    port.map_or_else(String::new, |port| format!(" before it listened on port {port}"))
}

fn but_on(elsewhere: &[u16]) -> String {
    let ports: Vec<String> = elsewhere.iter().map(u16::to_string).collect();
    match ports.as_slice() {
        [] => String::new(),
        ports => format!(", but on {}", ports.join(", ")),
    }
}

fn background(left: usize) -> String {
    match left {
        0 => String::new(),
        1 => " (a process that it started still runs, but the program itself must keep running)"
            .into(),
        _ => format!(
            " ({left} processes that it started still run, but it must keep running itself)"
        ),
    }
}

/// The most telling line. After an error, many languages print where it happened: indented, or as a
/// note.
fn last_words(words: &str) -> String {
    let tells =
        |line: &&str| !line.starts_with([' ', '\t', '}', ')']) && !line.starts_with("note:");
    let mut lines = words.lines().rev().filter(|line| !line.trim().is_empty());
    let last = lines.clone().find(tells).or_else(|| lines.next());
    last.map_or_else(
        || "; it printed nothing".to_owned(),
        |line| format!("; the last thing it printed: {}", line.trim()),
    )
}

/// A number of bytes with a unit.
pub(super) struct Amount(pub(super) u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: u64 = 1024;
        match self.0 {
            bytes if bytes >= 10 * KIB * KIB * KIB => write!(f, "{} GiB", bytes / KIB / KIB / KIB),
            bytes if bytes >= KIB * KIB => write!(f, "{} MiB", bytes / KIB / KIB),
            bytes if bytes >= KIB => write!(f, "{} KiB", bytes / KIB),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exited(ended: Ended, port: Option<u16>, left: usize, words: &str) -> String {
        Trouble::Exited { ended, port, left, words: words.to_owned() }.to_string()
    }

    #[test]
    fn the_text_says_how_the_program_ended_and_its_last_line() {
        let words = "Traceback (most recent call last):\n  File \"server.py\"\nOSError: in use\n";
        assert_eq!(
            exited(Ended::Code(1), Some(4711), 0, words),
            "the program ended with exit code 1 before it listened on port 4711; the last thing \
             it printed: OSError: in use"
        );
        assert_eq!(
            exited(Ended::Code(3), None, 0, "\n \n"),
            "the program ended with exit code 3; it printed nothing"
        );
        let java = "Exception in thread \"main\": in use\n\tat Server.main(Server.java:7)\n";
        assert!(exited(Ended::Code(1), None, 0, java).ends_with("\"main\": in use"));
        assert!(exited(Ended::Code(127), None, 0, "").contains("there is no such command"));
        assert!(exited(Ended::Code(139), None, 0, "").contains("SIGSEGV"));
        assert!(exited(Ended::Code(0), None, 1, "").contains("still runs"));
        assert!(exited(Ended::Code(0), None, 2, "").contains("2 processes"));
        assert!(exited(Ended::Signal(11), None, 0, "").contains("by signal 11 (SIGSEGV"));
        assert!(exited(Ended::Signal(63), None, 0, "").contains("by signal 63;"));
    }

    #[test]
    fn the_text_names_the_port_on_which_it_listens_instead() {
        let listens = |elsewhere: &[u16]| Trouble::NotListening {
            port: 4711,
            after: Duration::from_millis(3040),
            elsewhere: elsewhere.to_vec(),
            words: String::new(),
        };
        assert_eq!(
            listens(&[9998]).to_string(),
            "the program runs, but does not listen on port 4711 after 3 s, but on 9998; it printed \
             nothing"
        );
        assert!(listens(&[]).to_string().contains("after 3 s; it printed"));
        assert!(listens(&[9998]).hint().unwrap().contains("{port}"));
        assert!(!listens(&[]).hint().unwrap().contains("{port}"));
    }

    #[test]
    fn limits_have_readable_units() {
        let output = Trouble::TooMuchOutput { limit: 1024 * 1024 };
        assert!(output.to_string().contains("more than 1 MiB"));
        let memory = Trouble::TooMuchMemory { limit: 1 << 30, found: 11 << 30 };
        assert!(memory.to_string().contains("11 GiB of memory (the limit is 1024 MiB)"));
        assert_eq!(Amount(2048).to_string(), "2 KiB");
        assert_eq!(Amount(7).to_string(), "7 bytes");
    }
}
