//! The processes that are measured: a server or the relay. They always end before the tool does.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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

/// The time that a process has to print its ready line.
const READY: Duration = Duration::from_secs(10);

/// The time between two checks for an interrupt while waiting.
const TURN: Duration = Duration::from_millis(50);

/// The exit code with which a program refuses its arguments.
const USAGE: i32 = 2;

/// The number of log lines that are kept.
const LAST_LINES: usize = 20;

/// A running server or relay. Dropping it kills the process.
pub(crate) struct Running {
    child: Child,
    /// The thread that reads the log, so that the process never blocks on it. Returns the last lines.
    log: Option<JoinHandle<VecDeque<String>>>,
    /// The folder of its data, which is deleted after the process has ended.
    folder: Option<TempDir>,
    pub(crate) address: SocketAddr,
    /// The address of a listener without TLS, if the other one has TLS.
    pub(crate) plain: Option<SocketAddr>,
}

impl Running {
    /// Starts the server with this engine, on a free port, and with its data in this place. With `tls` it
    /// makes a certificate first, and also listens without TLS.
    pub(crate) fn server(
        program: &Program,
        engine: &str,
        place: &Place,
        tls: bool,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Running, Failure> {
        let path = match &program.server {
            Some(path) => path.clone(),
            None => beside("server")?,
        };
        let certificate = tls.then(|| certificate(&path)).transpose()?;
        let mut command = Command::new(path);
        if let Some(folder) = &certificate {
            command.args(["--listen", "tls:auto=127.0.0.1:0"]);
            command.arg("--tls-cert").arg(folder.path().join("cert.pem"));
            command.arg("--tls-key").arg(folder.path().join("key.pem"));
        }
        command.args(["--listen", "127.0.0.1:0", "--engine", engine]);
        // Without `--data` the server would use the data of the user.
        let (data, folder) = place.occupy()?;
        command.arg("--data").arg(data);
        // The server must not slow down the senders, and must not close clients that wait while
        // thousands of others log in.
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
        // The server has read its certificate when it is ready.
        let mut server = Running::start(command, &name, tls, pins, interrupt)?;
        server.folder = folder;
        Ok(server)
    }

    /// Starts the relay, which is this program in another process.
    pub(crate) fn relay(pins: Option<Pins>, interrupt: &Interrupt) -> Result<Running, Failure> {
        let mut command = Command::new(own_path()?);
        command.arg("relay");
        Running::start(command, "the relay", false, pins, interrupt)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn start(
        mut command: Command,
        name: &str,
        two: bool,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Running, Failure> {
        // The relay ends when its standard input ends, even if this process is killed.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = Pins::start(pins, || command.spawn())
            .map_err(|error| Failure::Usage(format!("cannot start {program}: {error}")))?;
        // At most two listeners.
        let (say, said) = mpsc::sync_channel(2);
        let output = child.stdout.take();
        let log = child.stderr.take();
        // From here on, a drop kills the process on every path.
        let mut running = Running {
            child,
            log: None,
            folder: None,
            address: ([0, 0, 0, 0], 0).into(),
            plain: None,
        };
        let cannot = |error| Failure::Broken(format!("cannot start a thread: {error}"));
        let thread = thread::Builder::new().name("child-output".to_owned());
        thread.spawn(move || find_address(output, &say)).map_err(cannot)?;
        let thread = thread::Builder::new().name("child-log".to_owned());
        running.log = Some(thread.spawn(move || last_lines(log)).map_err(cannot)?);
        match wait(&said, interrupt)? {
            Some(address) => running.address = address,
            None => return Err(running.why_not(name)),
        }
        if two {
            running.plain = wait(&said, interrupt)?;
        }
        Ok(running)
    }

    /// Returns the reason why the process did not get ready, from its log.
    fn why_not(mut self, name: &str) -> Failure {
        let code = self.end();
        let words = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        // A program reports a wrong argument in its first line, and another error in its last.
        let words = if code == Some(USAGE) { words.front() } else { words.back() };
        let words = words.map_or("it gave no reason", String::as_str);
        match code {
            Some(USAGE) => Failure::Usage(format!("{name} refuses to start: {words}")),
            Some(code) => Failure::Broken(format!("{name} ended with exit code {code}: {words}")),
            None => Failure::Broken(format!("{name} did not say where it listens: {words}")),
        }
    }

    /// Ends the process. Returns the exit code if it had already exited.
    fn end(&mut self) -> Option<i32> {
        // An error means that the process has already ended.
        let _ = self.child.kill();
        self.child.wait().ok().and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Lets the server make a certificate, in a temporary folder.
fn certificate(server: &Path) -> Result<TempDir, Failure> {
    let broken = |error: io::Error| Failure::Broken(format!("cannot make a certificate: {error}"));
    let folder = tempfile::tempdir().map_err(broken)?;
    let mut command = Command::new(server);
    command.args(["cert", "--name", "localhost", "--out"]).arg(folder.path());
    let output = command.output().map_err(broken)?;
    if output.status.success() {
        return Ok(folder);
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::Broken(format!("the server makes no certificate: {words}")))
}

/// The program of this name in the folder of this program.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    Ok(own_path()?.with_file_name(name))
}

fn own_path() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::Broken(format!("cannot find our own program: {error}")))
}

/// Waits for the address. Returns `None` if the process ends or takes too long.
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

/// The body of the `child-output` thread. It finds the ready line and sends the address, and then reads
/// on, so that the process never blocks when it writes.
fn find_address(output: Option<impl Read>, say: &SyncSender<SocketAddr>) {
    let Some(output) = output else { return };
    for line in lines(output) {
        if let Some(address) = listening(&line) {
            // The channel has room for all addresses that are used.
            let _ = say.try_send(address);
        }
    }
}

/// The lines of a stream. Invalid UTF-8 is replaced.
fn lines(output: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
    lines.map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// The address in `listening on ADDRESS (DIALECT)`.
fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on ")?.split_whitespace().next()?.parse().ok()
}

/// The body of the `child-log` thread. Returns the last lines.
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
    fn the_ready_line_is_recognised() {
        let address = Some("127.0.0.1:49512".parse().unwrap());
        assert_eq!(listening("listening on 127.0.0.1:49512 (json)"), address);
        assert_eq!(listening("listening on 127.0.0.1:49512"), address);
        assert_eq!(listening("hello"), None);
        assert_eq!(listening("listening on the radio"), None);
    }
}
