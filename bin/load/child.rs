//! The processes that are measured: started, waited for, and never left behind.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::arguments::Program;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::pin::Pins;
use crate::place::Place;

/// How long a process has to say where it listens.
const READY: Duration = Duration::from_secs(10);

/// How often a wait looks whether it was interrupted.
const TURN: Duration = Duration::from_millis(50);

/// The exit code with which a program refuses its arguments.
const USAGE: i32 = 2;

/// How many of its last words are kept.
const LAST_LINES: usize = 20;

/// A server or a relay that runs, until this is dropped.
pub(crate) struct Running {
    child: Child,
    /// Reads what it logs, so that it never waits for us, and keeps the end of it.
    log: Option<JoinHandle<VecDeque<String>>>,
    /// Where it keeps its data; vanishes when it has ended.
    folder: Option<TempDir>,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts the server with this engine, on a free port, with its data in this place.
    pub(crate) fn server(
        program: &Program,
        engine: &str,
        place: &Place,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Running, Failure> {
        let path = match &program.server {
            Some(path) => path.clone(),
            None => beside("server")?,
        };
        let mut command = Command::new(path);
        command.args(["--listen", "127.0.0.1:0", "--engine", engine]);
        // Parsed in any case: else it would be where its user's own data is.
        let (data, folder) = place.occupy()?;
        command.arg("--data").arg(data);
        // Nobody is slowed down for sending what was asked of it, or sent away while thousands of
        // others log in.
        for (flag, lifted) in [("--flood", "off"), ("--login-limit", "0")] {
            if !program
                .arguments
                .iter()
                .any(|argument| argument.to_string_lossy().starts_with(flag))
            {
                command.args([flag, lifted]);
            }
        }
        command.args(&program.arguments);
        let name = format!("the server with --engine {engine}");
        let mut server = Running::start(command, &name, pins, interrupt)?;
        server.folder = folder;
        Ok(server)
    }

    /// Starts the relay: this very program, in another process, as the server is.
    pub(crate) fn relay(pins: Option<Pins>, interrupt: &Interrupt) -> Result<Running, Failure> {
        let mut command = Command::new(own_path()?);
        command.arg("relay");
        Running::start(command, "the relay", pins, interrupt)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn start(
        mut command: Command,
        name: &str,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Running, Failure> {
        // The relay ends when its standard input does, however we end.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = Pins::start(pins, || command.spawn())
            .map_err(|error| Failure::Usage(format!("cannot start {program}: {error}")))?;
        let (say, said) = mpsc::sync_channel(1);
        let output = child.stdout.take();
        let log = child.stderr.take();
        // From here on it is ended on every path.
        let mut running =
            Running { child, log: None, folder: None, address: ([0, 0, 0, 0], 0).into() };
        let cannot = |error| Failure::Broken(format!("cannot start a thread: {error}"));
        let thread = thread::Builder::new().name("child-output".to_owned());
        thread.spawn(move || find_address(output, &say)).map_err(cannot)?;
        let thread = thread::Builder::new().name("child-log".to_owned());
        running.log = Some(thread.spawn(move || last_lines(log)).map_err(cannot)?);
        match wait(&said, interrupt)? {
            Some(address) => running.address = address,
            None => return Err(running.why_not(name)),
        }
        Ok(running)
    }

    /// It did not get ready: says why, in its own words.
    fn why_not(mut self, name: &str) -> Failure {
        let code = self.end();
        let words = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        // What is wrong with its arguments it says first, and what it died of last.
        let words = if code == Some(USAGE) { words.front() } else { words.back() };
        let words = words.map_or("it gave no reason", String::as_str);
        match code {
            Some(USAGE) => Failure::Usage(format!("{name} refuses to start: {words}")),
            Some(code) => Failure::Broken(format!("{name} ended with exit code {code}: {words}")),
            None => Failure::Broken(format!("{name} did not say where it listens: {words}")),
        }
    }

    /// Ends it, and gives its exit code if it had ended by itself.
    fn end(&mut self) -> Option<i32> {
        // An error means that it has ended already, which is what is wanted.
        let _ = self.child.kill();
        self.child.wait().ok().and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The program of this name beside our own.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    Ok(own_path()?.with_file_name(name))
}

fn own_path() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::Broken(format!("cannot find our own program: {error}")))
}

/// Waits for the address; `None` when there will be none.
fn wait(said: &Receiver<SocketAddr>, interrupt: &Interrupt) -> Result<Option<SocketAddr>, Failure> {
    let until = Instant::now() + READY;
    loop {
        interrupt.check()?;
        match said.recv_timeout(TURN) {
            Ok(address) => return Ok(Some(address)),
            Err(RecvTimeoutError::Timeout) if Instant::now() < until => {}
            Err(_) => return Ok(None),
        }
    }
}

/// The life of a `child-output` thread: finds the line that says where the process listens, and
/// reads on, so that the process can always write.
fn find_address(output: Option<impl Read>, say: &SyncSender<SocketAddr>) {
    let Some(output) = output else { return };
    for line in lines(output) {
        if let Some(address) = listening(&line) {
            // It has a place for one, and only the first is waited for.
            let _ = say.try_send(address);
        }
    }
}

/// Its lines until the end, whatever bytes are in them.
fn lines(output: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
    lines.map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// The address in `listening on ADDRESS (DIALECT)`.
fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on ")?.split_whitespace().next()?.parse().ok()
}

/// The life of a `child-log` thread.
fn last_lines(log: Option<impl Read>) -> VecDeque<String> {
    let mut last = VecDeque::new();
    let Some(log) = log else { return last };
    for line in lines(log) {
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_announces_it_is_recognised() {
        let address = Some("127.0.0.1:49512".parse().unwrap());
        assert_eq!(listening("listening on 127.0.0.1:49512 (json)"), address);
        assert_eq!(listening("listening on 127.0.0.1:49512"), address);
        assert_eq!(listening("hello"), None);
        assert_eq!(listening("listening on the radio"), None);
    }
}
