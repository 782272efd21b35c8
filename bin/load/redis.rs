//! A Redis that keeps every entry on the disk before it answers.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::interrupt::Interrupt;
use crate::pin::Pins;

/// The time that Redis has to answer the first ping.
const READY: Duration = Duration::from_secs(10);

/// The time between two attempts to connect.
const TURN: Duration = Duration::from_millis(10);

/// The number of round trips that are measured.
const PINGS: usize = 1000;

/// A running Redis. Dropping it kills the process and deletes its files.
pub(crate) struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts this program, with its files in a new folder inside `folder`, and waits until it answers.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Redis, Failure> {
        let own = tempfile::Builder::new().prefix("load-").tempdir_in(folder).map_err(|error| {
            Failure::Usage(format!("cannot make a folder in {}: {error}", folder.display()))
        })?;
        let said = own.path().join("output");
        let output = File::create(&said).map_err(|error| {
            Failure::Broken(format!("cannot write {}: {error}", said.display()))
        })?;
        let mut command = Command::new(program);
        command.args(["--port", "0", "--save", "", "--appendonly", "yes"]);
        command.args(["--appendfsync", "always", "--dir"]).arg(own.path());
        command.arg("--unixsocket").arg(socket(own.path()));
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
        let child = Pins::start(pins, || command.spawn()).map_err(|error| {
            let program = program.display();
            let hint = match error.kind() {
                ErrorKind::NotFound => "; install Redis, or name its server with --redis PATH",
                _ => "",
            };
            Failure::Usage(format!("cannot start {program}: {error}{hint}"))
        })?;
        let mut redis = Redis { child, folder: own };
        let until = Instant::now() + READY;
        loop {
            interrupt.check()?;
            let error = match redis.connect().and_then(|mut stream| ping(&mut stream)) {
                Ok(()) => return Ok(redis),
                Err(error) => error,
            };
            let has_ended = !matches!(redis.child.try_wait(), Ok(None));
            if has_ended || Instant::now() > until {
                let said = fs::read_to_string(said).unwrap_or_default();
                let last = said.lines().last().map_or_else(|| error.to_string(), str::to_owned);
                let program = program.display();
                return Err(Failure::Broken(format!("{program} did not get ready: {last}")));
            }
            // Another program gets ready; only asking it again shows that it is.
            thread::park_timeout(TURN);
        }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The arguments with which a server takes part in a chat here.
    pub(crate) fn arguments(&self) -> [OsString; 2] {
        let mut url = OsString::from("redis+unix://");
        url.push(socket(self.folder.path()));
        url.push("?chat=load");
        ["--shared".into(), url]
    }

    /// Measures round trips on a new connection.
    pub(crate) fn round_trips(&self) -> Result<Histogram, Failure> {
        let broken = |error| Failure::Broken(format!("Redis does not answer a ping: {error}"));
        let mut stream = self.connect().map_err(broken)?;
        let mut took = Histogram::new();
        for _ in 0..PINGS {
            let began = Instant::now();
            ping(&mut stream).map_err(broken)?;
            took.record(began.elapsed().as_nanos() as u64);
        }
        Ok(took)
    }

    fn connect(&self) -> io::Result<UnixStream> {
        let stream = UnixStream::connect(socket(self.folder.path()))?;
        stream.set_read_timeout(Some(READY))?;
        Ok(stream)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // An error means that the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The socket of Redis in its folder.
fn socket(folder: &Path) -> PathBuf {
    folder.join("redis.sock")
}

/// Sends a ping and reads the answer.
fn ping(stream: &mut UnixStream) -> io::Result<()> {
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    match &answer {
        b"+PONG\r\n" => Ok(()),
        other => Err(io::Error::other(String::from_utf8_lossy(other).into_owned())),
    }
}
