//! The two threads of a connection, and the handling of a request.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::bugs::{Bug, Bugs};
use crate::frames::{Broken, Frames};
use crate::reply::Reply;
use crate::request::{self, Argument, Command, Request, Unreadable};
use crate::room::{Client, Room};
use crate::settings::Settings;
use crate::turn::Turn;

/// Stack size of a thread. Hundreds of clients have two threads each.
const STACK: usize = 256 * 1024;
/// A connection is closed after this many invalid frames in a row.
const UNREADABLE: u32 = 10;
/// Time for a client to close its side after the server has closed. If a socket with unread input
/// is closed, the system sends a reset, which can overtake the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// State that all connections share.
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) room: Mutex<Room>,
    pub(crate) turn: Turn,
}

impl Server {
    pub(crate) fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bugs(&self) -> Bugs {
        self.settings.bugs
    }
}

/// Starts the threads of a client that has just connected.
pub(crate) fn start(server: &Arc<Server>, client: Client) {
    if !server.room().enter(&client) {
        return client.outbox.abort();
    }
    if server.bugs().has(Bug::SilentStallsAll) {
        server.turn.take(client.id);
    }
    let writes = {
        let outbox = Arc::clone(&client.outbox);
        thread::Builder::new().stack_size(STACK).spawn(move || outbox.run())
    };
    let reads = {
        let connection = Connection { server: Arc::clone(server), client: client.clone() };
        thread::Builder::new().stack_size(STACK).spawn(move || connection.run())
    };
    // The system has no thread left.
    if writes.is_err() || reads.is_err() {
        client.outbox.abort();
        server.room().leave(client.id, true);
        server.turn.give_back(client.id);
    }
}

/// How a connection ended.
enum End {
    /// The client has closed its sending half.
    Finished,
    /// The connection broke, or the client does not read.
    Broken,
    /// The server closes the connection.
    HungUp,
}

/// Why a request fails.
enum Trouble {
    Refuse(String),
    HangUp,
}

struct Connection {
    server: Arc<Server>,
    client: Client,
}

impl Connection {
    /// The loop of the reading thread.
    fn run(&self) {
        let end = self.read();
        if let Some(late) = self.server.settings.freedoms.notices_after()
            && !matches!(end, End::HungUp)
        {
            thread::park_timeout(late);
        }
        if matches!(end, End::Broken) {
            self.client.outbox.abort();
        }
        self.client.outbox.finish();
        self.server.room().leave(self.client.id, matches!(end, End::Broken));
        self.server.turn.give_back(self.client.id);
        if matches!(end, End::HungUp) {
            self.discard();
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a read returns at most the length of its buffer")]
    fn read(&self) -> End {
        let Connection { server, client } = self;
        let bugs = server.bugs();
        let mut input = Frames::new(server.settings);
        let mut buffer = vec![0; input.read_size()];
        let mut unreadable = 0;
        loop {
            let length = match client.outbox.read(&mut buffer) {
                Ok(0) | Err(_) if bugs.has(Bug::SpinsAtEnd) => continue,
                Ok(0) if client.outbox.is_dead() => return End::Broken,
                Ok(0) => {
                    let got = input.waiting();
                    if got > 0 {
                        self.refuse_unreadable(&format!(
                            "Not a JSON object: the stream ended inside a frame, {got} bytes \
                             after the last whole one"
                        ));
                    }
                    return End::Finished;
                }
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return End::Broken,
            };
            if bugs.has(Bug::SilentStallsAll) {
                server.turn.take(client.id);
            }
            let mut frames = Vec::new();
            let cut = input.cut(&buffer[..length], &mut frames);
            let mut requests: Vec<_> =
                frames.iter().map(|frame| request::read(frame, server.settings)).collect();
            if bugs.has(Bug::OrderLost) {
                request::swap_messages(&mut requests);
            }
            for request in requests {
                if self.handle(request, &mut unreadable).is_err() {
                    return End::HungUp;
                }
            }
            match cut {
                Ok(()) => {}
                Err(Broken::Silently) => return End::HungUp,
                Err(Broken::WithError(why)) => {
                    self.refuse_unreadable(&why);
                    return End::HungUp;
                }
            }
            if input.waiting() == 0 {
                server.turn.give_back(client.id);
            }
        }
    }

    /// Handles one frame. Returns an error if the connection must be closed.
    fn handle(
        &self,
        request: Result<Option<Request>, Unreadable>,
        unreadable: &mut u32,
    ) -> Result<(), ()> {
        let request = match request {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(Unreadable { error, tag }) => {
                let reply = Reply::Refused { request: "error", username: "", error: &error };
                self.server.room().answer(&self.client, &reply, tag.as_ref());
                *unreadable += 1;
                return if *unreadable < UNREADABLE { Ok(()) } else { Err(()) };
            }
        };
        *unreadable = 0;
        match self.answer(&request) {
            Ok(()) => Ok(()),
            Err(Trouble::Refuse(error)) => {
                let (word, username) = (&request.word, &request.username);
                let reply = Reply::Refused { request: word, username, error: &error };
                self.server.room().answer(&self.client, &reply, request.tag.as_ref());
                Ok(())
            }
            Err(Trouble::HangUp) => Err(()),
        }
    }

    /// Executes a request.
    fn answer(&self, request: &Request) -> Result<(), Trouble> {
        let Connection { server, client } = self;
        let bugs = server.bugs();
        let mut room = server.room();
        let tag = request.tag.as_ref();
        let is_in = room.name_of(client.id).is_some();
        let needs_login = matches!(
            request.command,
            Command::Logout | Command::Message(_) | Command::Names | Command::History
        );
        if bugs.has(Bug::StrangerDropped) && needs_login && !is_in {
            return Err(Trouble::HangUp);
        }
        match &request.command {
            Command::Login(_) if is_in && !bugs.has(Bug::SecondLoginTakesOver) => {
                Err("Already logged in!".to_owned().into())
            }
            Command::Login(name) => Ok(room.login(client, self.text(name)?, tag)?),
            Command::Logout => Ok(room.logout(client, tag)?),
            // A client that is not logged in gets this error, even if its request has another
            // mistake.
            Command::Message(_) if !is_in && !bugs.has(Bug::MissingArgumentCloses) => {
                Err("You are not logged in!".to_owned().into())
            }
            Command::Message(text) => Ok(room.message(client, self.text(text)?, tag)?),
            Command::Names => Ok(room.names(client, request)?),
            Command::History => Ok(room.history(client, tag)?),
            Command::Help => {
                room.answer(client, &Reply::Help, tag);
                Ok(())
            }
            Command::Version => {
                room.answer(client, &Reply::Version, tag);
                Ok(())
            }
            Command::Unknown if bugs.has(Bug::UnknownIgnored) => Ok(()),
            Command::Unknown => Err("Unknown request!".to_owned().into()),
        }
    }

    fn text<'a>(&self, argument: &'a Argument) -> Result<&'a str, Trouble> {
        match argument {
            Argument::Text(text) => Ok(text),
            Argument::Missing(_) if self.server.bugs().has(Bug::MissingArgumentCloses) => {
                Err(Trouble::HangUp)
            }
            argument => Err(argument.trouble().into()),
        }
    }

    fn refuse_unreadable(&self, error: &str) {
        let reply = Reply::Refused { request: "error", username: "", error };
        self.server.room().answer(&self.client, &reply, None);
    }

    /// Reads and discards the remaining input of a client whose connection the server closes.
    fn discard(&self) {
        let mut buffer = [0; 1024];
        let until = Instant::now() + LINGER;
        self.client.outbox.read_within(LINGER);
        while self.client.outbox.read(&mut buffer).is_ok_and(|length| length > 0)
            && Instant::now() < until
        {}
        self.client.outbox.abort();
    }
}

impl From<String> for Trouble {
    fn from(error: String) -> Trouble {
        Trouble::Refuse(error)
    }
}
