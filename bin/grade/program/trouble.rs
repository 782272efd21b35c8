//! How a graded program can get in trouble, in words that a student understands.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// Why a program does not do what it should, as far as that shows without talking to it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Trouble {
    /// There is nothing to run, or no place to run it.
    #[error("the program cannot be started: {0}")]
    CannotStart(String),
    /// It is over. Where somebody waited for it to listen on a port, this says on which.
    #[error(
        "the program {ended}{}{}{}",
        before(*port), last_words(words), background(*left)
    )]
    Exited { ended: Ended, port: Option<u16>, left: usize, words: String },
    /// It runs, but nobody can connect.
    #[error(
        "the program runs, but does not listen on port {port} after {} s{}{}",
        after.as_secs_f64().round(), but_on(elsewhere), last_words(words)
    )]
    NotListening { port: u16, after: Duration, elsewhere: Vec<u16>, words: String },
    /// It prints without end.
    #[error("the program printed more than {}, and was ended for that", Amount(*limit as u64))]
    TooMuchOutput { limit: usize },
    /// It starts processes without end.
    #[error(
        "the program had {found} processes at once where it may have {limit}, and was ended for \
         that"
    )]
    TooManyProcesses { limit: usize, found: usize },
    /// It takes memory without end.
    #[error(
        "the program used {} of memory where it may use {}, and was ended for that",
        Amount(*found), Amount(*limit)
    )]
    TooMuchMemory { limit: u64, found: u64 },
    /// It computes without end.
    #[error(
        "the program computed for more than {} s in all, and was ended for that",
        limit.as_secs_f64()
    )]
    TooMuchComputing { limit: Duration },
    /// It never comes to an end.
    #[error("the program ran for more than {} s, and was ended for that", limit.as_secs_f64())]
    TooLong { limit: Duration },
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Trouble {
    /// Whether the program ended by itself, and was not ended for something.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Trouble::Exited { .. })
    }

    /// Whether the program took more of the machine than a program may, so that it is to blame if there
    /// was none left.
    pub(crate) fn is_greed(&self) -> bool {
        matches!(
            self,
            Trouble::TooManyProcesses { .. }
                | Trouble::TooMuchMemory { .. }
                | Trouble::TooMuchOutput { .. }
        )
    }

    /// Where to look, and for what; nothing where whatever led to it tells more.
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
                "Do not start the program in the background: the command has to run as long as it \
                 does."
            }
            Trouble::Exited { port: Some(_), .. } => {
                "Type the command yourself: what does it print? The last line of an error says what \
                 went wrong, the lines above it where."
            }
            Trouble::Exited { port: None, .. } => return None,
            Trouble::NotListening { elsewhere, .. } if !elsewhere.is_empty() => {
                "It has to listen on the port that it is given: `{port}` in the command stands for \
                 that."
            }
            Trouble::NotListening { .. } => {
                "Does it listen on the port that it is given, on 127.0.0.1 or on all addresses? Or \
                 does it wait for something before that?"
            }
            Trouble::TooMuchOutput { .. } => {
                "Look for a loop that prints, and in which nothing waits: a read or an accept that \
                 fails, or returns nothing, does so at once, and again and again."
            }
            Trouble::TooManyProcesses { .. } => {
                "Look for a loop that starts processes, or for a process that starts itself again."
            }
            Trouble::TooMuchMemory { .. } => {
                "What is kept and never thrown away? Look for a list or a buffer that only grows, \
                 and for a loop that adds to it without waiting for anything."
            }
            Trouble::TooMuchComputing { .. } => {
                "Look for a loop in which nothing waits: a read that returns nothing is the end of a \
                 connection, and the end of the loop."
            }
            Trouble::TooLong { .. } => {
                "Does everything take long, or is something waited for that never comes?"
            }
            Trouble::Interrupted => "Start it again.",
        })
    }
}

/// How a program ended: as it wanted, or by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Code(i32),
    Signal(i32),
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        // It has one of them.
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
                    // So a shell says that what it ran was ended by a signal.
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

/// The signals that end the programs of students. Those numbers are the same everywhere, but for
/// SIGBUS.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        2 => "SIGINT: Ctrl-C",
        4 => "SIGILL: an instruction that the processor does not know",
        6 => "SIGABRT: it gave up by itself, as after a failed assertion",
        7 => "SIGBUS: memory that is not there",
        8 => "SIGFPE: a division by zero",
        9 => "SIGKILL: from outside; the system does that too when it runs out of memory",
        11 => "SIGSEGV: memory that is not its own, as behind a wrong pointer",
        13 => "SIGPIPE: it wrote to somebody who had hung up",
        14 => "SIGALRM",
        15 => "SIGTERM: it was asked to end",
        24 => "SIGXCPU: too much computing",
        25 => "SIGXFSZ: a file grew larger than it may",
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
        1 => " (a process that it started still runs, but the program itself has to stay)".into(),
        _ => format!(" ({left} processes that it started still run, but it has to stay itself)"),
    }
}

/// The line that tells most. Behind an error many a language shows the way there: indented, or
/// as a note.
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

/// A number of bytes, as people say it.
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
    fn a_student_is_told_how_it_ended_and_what_it_said_last() {
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
    fn where_it_listens_instead_is_told() {
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
    fn limits_are_told_as_people_say_them() {
        let output = Trouble::TooMuchOutput { limit: 1024 * 1024 };
        assert!(output.to_string().contains("more than 1 MiB"));
        let memory = Trouble::TooMuchMemory { limit: 1 << 30, found: 11 << 30 };
        assert!(memory.to_string().contains("11 GiB of memory where it may use 1024 MiB"));
        assert_eq!(Amount(2048).to_string(), "2 KiB");
        assert_eq!(Amount(7).to_string(), "7 bytes");
    }
}
