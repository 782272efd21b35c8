//! A real `redis-server` for a chat of several servers, and servers that share it.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{DEADLINE, Server, send_signal, skipped, wait_until};

/// The lease of a server in the tests. It is short, so that a test soon sees the end of a dead server,
/// and long enough for a busy machine to renew it in time.
pub const LEASE: Duration = Duration::from_secs(3);

/// A `redis-server` process that listens on a Unix socket in a temporary folder. It syncs its
/// append-only file after every write. Dropping it kills the process and removes the folder.
pub struct Redis {
    process: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts a `redis-server` and waits until it answers. Without that program on this machine, says
    /// that the running test is skipped and returns `None`.
    pub fn start() -> Option<Redis> {
        let folder = tempfile::tempdir().unwrap();
        let process = match run(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skipped("this machine has no redis-server");
                return None;
            }
            started => started.expect("redis-server starts"),
        };
        let redis = Redis { process, folder };
        redis.answers();
        Some(redis)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills the process (SIGKILL).
    pub fn dies(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the process again on the same folder, after [`Redis::dies`].
    pub fn starts_again(&mut self) {
        self.process = run(&self.folder).expect("redis-server starts");
        self.answers();
    }

    /// Stops the process for a while (SIGSTOP).
    pub fn stands_still(&self) {
        send_signal(self.process.id(), "STOP");
    }

    /// Sends a command in one line. Returns the first line of the answer.
    pub fn asks(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "{command}\r\n").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    /// The path of the socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// The address of a chat on this Redis, as `server --shared` takes it.
    pub fn url(&self, chat: &str) -> String {
        let (socket, lease) = (self.socket(), LEASE.as_millis());
        format!("redis+unix://{}?db=0&chat={chat}&lease={lease}", socket.display())
    }

    /// Starts a server of the chat `story`, as [`Server::start_on_disk`] does.
    pub fn server(&self, arguments: &[&str]) -> Server {
        let url = self.url("story");
        Server::start_on_disk(&[&["--shared", &url], arguments].concat())
    }

    /// Waits until the process answers. It refuses commands while it loads its file.
    fn answers(&self) {
        wait_until("redis-server answers", DEADLINE, || {
            let answer = UnixStream::connect(self.socket()).and_then(|mut stream| {
                stream.set_read_timeout(Some(DEADLINE))?;
                stream.write_all(b"PING\r\n")?;
                let mut answer = [0; 7];
                stream.read_exact(&mut answer).map(|()| answer)
            });
            answer.is_ok_and(|answer| answer == *b"+PONG\r\n")
        });
    }
}

/// Runs a `redis-server` in this folder.
fn run(folder: &TempDir) -> io::Result<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--unixsocket"]).arg(folder.path().join("redis.sock"));
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
    command.arg("--dir").arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn()
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server as [`Server::start_on_disk`] does, and gives it a Redis of its own. Without
    /// `redis-server` on this machine, says that the running test is skipped and returns `None`.
    pub fn start_on_redis(arguments: &[&str]) -> Option<Server> {
        let redis = Redis::start()?;
        let mut server = redis.server(arguments);
        server.redis = Some(redis);
        Some(server)
    }
}
