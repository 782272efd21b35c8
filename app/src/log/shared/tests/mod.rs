//! Tests of a log in Redis, beyond the contract of a log. They start a `redis-server`, and say that
//! they are skipped where there is none.

mod several;
mod storing;
mod trouble;

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use parse::Peer;
use tempfile::TempDir;

use super::*;
use crate::Retention;
use crate::log::Present;
use crate::log::contract::{self, DEADLINE, Tested};

/// Settings of a Redis that loses nothing.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];
/// The lease of servers that none waits for.
pub(in crate::log) const LONG: u64 = 60_000;
/// The lease of servers that others wait for. A test that stands still for so long, on a busy machine, loses
/// servers that it needs.
const SHORT: u64 = 1500;

/// A `redis-server` on a socket in a new folder.
pub(in crate::log) struct Redis {
    process: Option<Child>,
    folder: TempDir,
    settings: Vec<String>,
}

impl Redis {
    /// Starts a server. Returns `None`, and says so, if there is no `redis-server`.
    pub(in crate::log) fn start() -> Option<Redis> {
        Redis::start_with(&DURABLE)
    }

    fn start_with(settings: &[&str]) -> Option<Redis> {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Redis { process: None, folder, settings };
        match redis.run() {
            Ok(()) => Some(redis),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                println!("skipped: there is no redis-server");
                None
            }
            Err(error) => panic!("cannot start redis-server: {error}"),
        }
    }

    /// Starts the process, on the files of the last one, and waits for it.
    fn run(&mut self) -> io::Result<()> {
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.settings)
            .stdout(Stdio::null())
            .spawn()?;
        self.process = Some(process);
        wait_until("an answer of redis-server", || self.answers());
        Ok(())
    }

    /// Whether it answers, also after it has read its file.
    fn answers(&self) -> bool {
        let ping = || -> io::Result<bool> {
            let mut socket = UnixStream::connect(self.socket())?;
            socket.write_all(b"PING\r\n")?;
            let mut answer = [0; 7];
            io::Read::read_exact(&mut socket, &mut answer)?;
            Ok(answer == *b"+PONG\r\n")
        };
        ping().unwrap_or(false)
    }

    fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Stops the process, or lets it go on.
    fn signal(&self, signal: rustix::process::Signal) {
        let process = self.process.as_ref().expect("it runs").id();
        let id = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(in crate::log) fn address(&self, lease: u64) -> Address {
        let socket = self.socket();
        let url = format!("redis+unix://{}?db=0&chat=test&lease={lease}", socket.display());
        url.parse().unwrap()
    }

    /// How a server with this name takes part.
    pub(in crate::log) fn sharing(&self, name: &str) -> Sharing {
        Sharing {
            address: self.address(LONG),
            view: None,
            name: name.into(),
            lossy: false,
            retention: Retention::default(),
        }
    }

    /// Makes a call.
    pub(in crate::log) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let mut redis = link::connect(&self.address(LONG).redis, DEADLINE).unwrap();
        redis::cmd(command[0]).arg(&command[1..]).query(&mut redis).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}

/// A server, without a chat.
struct Server {
    log: Shared,
    wakes: Receiver<()>,
    failures: Receiver<String>,
}

impl Server {
    fn open(sharing: Sharing) -> Server {
        Server::try_open(sharing).unwrap()
    }

    fn try_open(sharing: Sharing) -> Result<Server, SharedError> {
        let (wake, wakes) = sync_channel(1000);
        let (fail, failures) = sync_channel(10);
        let wake = move || wake.try_send(()).unwrap_or(());
        let log = Shared::open(sharing, wake, move |why| fail.try_send(why).unwrap_or(()))?;
        Ok(Server { log, wakes, failures })
    }

    fn append(&mut self, change: Change) {
        let origin = Origin { peer: Peer::new(7), to: None, request: "a".into(), tag: None };
        let timestamp = Timestamp::UNIX_EPOCH;
        self.log.append(Draft { change, timestamp, origin: Some(origin) }).unwrap();
    }

    fn say(&mut self, text: &str) {
        self.append(contract::say("lobby", None, text));
    }

    /// Ends the renewal of the lease, as if the server stood still. Its thread for appending tells the thread
    /// for the lease its number, and may do so after the chat has admitted the server.
    fn stand_still(&self) {
        let epoch = &self.log.status.epoch;
        wait_until("a number", || epoch.swap(0, Ordering::AcqRel) != 0);
    }

    /// Waits for the next entry.
    fn next(&mut self) -> Entry {
        loop {
            match self.log.next() {
                Some(entry) => return entry,
                None => self.wakes.recv_timeout(DEADLINE).expect("an entry"),
            }
        }
    }

    /// Waits for the next message. Returns its id and text.
    fn hear(&mut self) -> (u64, String) {
        match self.next().outcome {
            Ok(Effect::Said(message)) => (message.id, message.text),
            other => panic!("{other:?}"),
        }
    }

    /// Waits until the log cannot be followed any further. Returns the reason.
    fn failure(&mut self) -> String {
        loop {
            assert_eq!(self.log.next(), None);
            match self.failures.try_recv() {
                Ok(why) => return why,
                Err(_) => self.wakes.recv_timeout(DEADLINE).expect("a failure"),
            }
        }
    }

    /// Says something until it is refused. Returns the number of drafts that were not refused.
    fn say_until_refused(&mut self) -> usize {
        let until = Instant::now() + DEADLINE;
        let before = self.log.sequence;
        loop {
            self.say("again");
            let _ = self.wakes.recv_timeout(Duration::from_millis(50));
            if let Some(entry) = self.log.next() {
                assert_eq!((entry.outcome, entry.origin.is_some()), (Err(Refusal::NotKept), true));
                break;
            }
            assert!(Instant::now() < until, "no refusal");
        }
        let mut refused = 1;
        while let Some(entry) = self.log.next() {
            assert_eq!(entry.outcome, Err(Refusal::NotKept));
            refused += 1;
        }
        let waiting = self.log.waiting.len();
        let said = usize::try_from(self.log.sequence - before).unwrap();
        assert_eq!(waiting + refused, said, "each is refused, or waits for Redis");
        waiting
    }

    /// Answers what the others ask, until one of them has done this.
    fn answer_until(&mut self, done: &Receiver<()>) {
        loop {
            while let Some(entry) = self.log.next() {
                if let Ok(Effect::ServerJoined(newcomer)) = entry.outcome {
                    let (change, timestamp) = (roll(newcomer, &[]), Timestamp::UNIX_EPOCH);
                    self.log.append(Draft { change, timestamp, origin: None }).unwrap();
                }
            }
            if done.try_recv() != Err(std::sync::mpsc::TryRecvError::Empty) {
                return;
            }
            let _ = self.wakes.recv_timeout(Duration::from_millis(20));
        }
    }
}

/// Waits until something is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < until, "no {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Lets a server answer a newcomer, until the newcomer is part of the chat. Returns the roll.
fn admit(newcomer: &mut Server, other: &mut Server, people: &[Present]) -> Effect {
    let until = Instant::now() + DEADLINE;
    let roll = loop {
        assert!(Instant::now() < until, "no roll");
        if let Some(Entry { outcome: Ok(Effect::ServerJoined(newcomer)), .. }) = other.log.next() {
            let (change, timestamp) = (roll(newcomer, people), Timestamp::UNIX_EPOCH);
            other.log.append(Draft { change, timestamp, origin: None }).unwrap();
        }
        if let Some(entry) = newcomer.log.next() {
            break entry.outcome.unwrap();
        }
        let _ = newcomer.wakes.recv_timeout(Duration::from_millis(5));
    };
    assert_eq!(newcomer.log.next(), None);
    roll
}

fn roll(newcomer: u64, people: &[Present]) -> Change {
    Change::Presence(PresenceChange::Roll { newcomer, people: people.to_vec() })
}

fn alice() -> Present {
    Present {
        peer: Peer::new(1),
        username: "alice".into(),
        rooms: vec!["tea".into()],
        address: (Ipv4Addr::LOCALHOST, 7000).into(),
        dialect: "json".into(),
        since: Timestamp::UNIX_EPOCH,
    }
}

/// The log of one server on a new Redis, for the contract.
pub(in crate::log) fn tested(retention: Retention) -> Option<(Tested, Redis)> {
    let redis = Redis::start()?;
    let (wake, wakes) = sync_channel(1000);
    let sharing = Sharing { retention, ..redis.sharing("a") };
    let wake = move || wake.try_send(()).unwrap_or(());
    let log = Shared::open(sharing, wake, |why| panic!("{why}")).unwrap();
    Some((Tested::over(Box::new(log), wakes), redis))
}

#[test]
fn a_redis_that_may_lose_messages_is_refused_unless_that_is_accepted() {
    for (setting, value) in [
        ("appendonly", "no"),
        ("appendfsync", "everysec"),
        ("no-appendfsync-on-rewrite", "yes"),
        ("maxmemory-policy", "allkeys-lru"),
    ] {
        let (option, why) = (format!("--{setting}"), format!("its {setting} is {value}"));
        let settings = [&DURABLE[..], &[&option, value]].concat();
        let Some(redis) = Redis::start_with(&settings) else { return };
        let error = Server::try_open(redis.sharing("a")).err().unwrap().to_string();
        assert!(error.contains(&why) && error.contains("--lossy-log"), "{error}");
        let mut server = Server::open(Sharing { lossy: true, ..redis.sharing("a") });
        server.say("a");
        assert_eq!(server.hear(), (1, "a".to_owned()));
    }
    let forbidden = ["--rename-command", "CONFIG", "", "--appendonly"];
    let Some(redis) = Redis::start_with(&forbidden.into_iter().chain(["yes"]).collect::<Vec<_>>())
    else {
        return;
    };
    let error = Server::try_open(redis.sharing("a")).err().unwrap().to_string();
    assert!(error.contains("it does not tell its settings"), "{error}");
}

#[test]
fn a_file_of_another_chat_is_refused_and_not_changed() {
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let open = |file: &Path, redis: &Redis| {
        let view = Some(file.to_owned());
        Server::try_open(Sharing { view, ..redis.sharing("a") })
    };
    let refused = |file: &Path, redis: &Redis| open(file, redis).err().unwrap().to_string();

    let mut alone = Tested::in_file(&path("alone.db"), Retention::default());
    alone.say("a");
    drop(alone);
    let error = refused(&path("alone.db"), &redis);
    assert!(error.contains("alone.db has data of a server without --shared"), "{error}");

    let mut server = open(&path("view.db"), &redis).unwrap();
    server.say("a");
    server.hear();
    drop(server);
    let error = crate::Sqlite::open(&path("view.db"), Retention::default(), || {});
    let error = error.err().unwrap().to_string();
    assert!(error.contains("view.db belongs to a chat of several servers"), "{error}");
    assert!(crate::Accounts::open(&path("view.db")).is_err());

    let Some(other) = Redis::start() else { return };
    let error = refused(&path("view.db"), &other);
    assert!(error.contains("view.db shows another log"), "{error}");
    let server = open(&path("view.db"), &redis).unwrap();
    let size = PageSize { messages: 10, bytes: 1000 };
    assert_eq!(server.log.page("lobby", None, size).unwrap().messages.len(), 1);
}

#[test]
fn a_redis_that_does_not_answer_is_an_error_at_the_start() {
    let address = "redis+unix:///nowhere/redis.sock?chat=a".parse::<Address>().unwrap();
    let Some(redis) = Redis::start() else { return };
    let error = Server::try_open(Sharing { address, ..redis.sharing("a") }).err().unwrap();
    assert!(error.to_string().starts_with("cannot use Redis at"), "{error}");
}
