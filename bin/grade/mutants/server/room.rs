//! The chat: users and messages. All threads share one room behind one lock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bugs::Bug;
use crate::clock;
use crate::outbox::{Gone, Outbox};
use crate::reply::{Message, Reply};
use crate::request::Request;
use crate::rules;
use crate::settings::Settings;

/// Number of messages in the answer to a login.
const BACKLOG: usize = 50;
/// Number of connections that the bug `RushRefused` allows.
const CROWD: usize = 100;
/// For the bug `LosesUnderLoad`: every how many messages one is lost, and with how many users.
const LOST: (u64, usize) = (53, 3);
/// For the bug `TellsStrangersLate`: how much later the clients that are not logged in get a message.
const LATE: Duration = Duration::from_millis(20);

/// One connection.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) outbox: Arc<Outbox>,
}

pub(crate) struct Room {
    settings: Settings,
    /// Names of the users who are logged in, by connection.
    users: HashMap<u64, String>,
    /// All connections.
    clients: HashMap<u64, Client>,
    /// The receivers of a broadcast, in the order of their logins.
    listeners: Vec<Client>,
    /// All messages of the backlog, oldest first.
    said: VecDeque<Message>,
    last_id: u64,
    left_over: LeftOver,
    /// Ends the process with this exit code.
    ends: SyncSender<u8>,
}

/// State that only a bug uses.
#[derive(Default)]
struct LeftOver {
    /// Names without a user that count as taken.
    taken: Vec<String>,
    /// Names that are listed although their users have left.
    listed: Vec<String>,
    /// Users who may still send messages after a logout.
    speakers: HashMap<u64, String>,
    somebody_vanished: bool,
    /// Number of messages sent while several users were logged in.
    under_load: u64,
}

impl Room {
    pub(crate) fn new(settings: Settings, ends: SyncSender<u8>) -> Room {
        Room {
            settings,
            users: HashMap::new(),
            clients: HashMap::new(),
            listeners: Vec::new(),
            said: VecDeque::new(),
            last_id: 0,
            left_over: LeftOver::default(),
            ends,
        }
    }

    /// Adds a connection. Returns `false` if there are too many.
    pub(crate) fn enter(&mut self, client: &Client) -> bool {
        if self.settings.bugs.has(Bug::RushRefused) && self.clients.len() >= CROWD {
            return false;
        }
        self.clients.insert(client.id, client.clone());
        if self.settings.bugs.has(Bug::Greets) {
            self.answer(client, &Reply::Greeting, None);
        }
        true
    }

    /// Removes a connection, with or without a logout before. `broken` means that the connection
    /// broke and did not end normally.
    pub(crate) fn leave(&mut self, id: u64, broken: bool) {
        let bugs = self.settings.bugs;
        let client = self.clients.remove(&id);
        self.left_over.speakers.remove(&id);
        let Some(name) = self.users.remove(&id) else {
            return self.forget(id);
        };
        self.left_over.somebody_vanished = true;
        if bugs.has(Bug::LeaverCrashes) {
            let ends = self.ends.clone();
            // The leaver still gets the answers to earlier requests: they are no part of this bug.
            thread::spawn(move || {
                client.inspect(|client| client.outbox.wait_until_written());
                let _ = ends.try_send(1);
            });
        }
        if bugs.has(Bug::NameNotFreed) {
            self.left_over.taken.push(name.clone());
        }
        if bugs.has(Bug::NamesListsGone) {
            self.left_over.listed.push(name.clone());
        }
        // With these two bugs, a broadcast still includes dead connections.
        if !bugs.has(Bug::StopsAtDeadSocket) && !bugs.has(Bug::RemovesSender) {
            self.forget(id);
        }
        self.tell_others(id, &Reply::Left { name: &name, online: self.users.len(), broken });
        self.begin_anew();
    }

    /// The name in which this client may send messages.
    pub(crate) fn name_of(&self, id: u64) -> Option<&String> {
        self.users.get(&id).or_else(|| self.left_over.speakers.get(&id))
    }

    pub(crate) fn login(
        &mut self,
        client: &Client,
        name: &str,
        tag: Option<&Value>,
    ) -> Result<(), String> {
        let bugs = self.settings.bugs;
        if !rules::is_name(name, bugs) {
            return Err("Invalid username!".to_owned());
        }
        let mut taken = self.users.values().chain(&self.left_over.taken);
        if rules::is_reserved(name) || taken.any(|other| rules::is_same(other, name, bugs)) {
            return Err("Name already taken!".to_owned());
        }
        if bugs.has(Bug::DeadUserBlocksLogin) && self.left_over.somebody_vanished {
            return Err("[Errno 32] Broken pipe".to_owned());
        }
        self.users.insert(client.id, name.to_owned());
        if !self.listeners.iter().any(|listener| listener.id == client.id) {
            self.listeners.push(client.clone());
        }
        self.answer(client, &Reply::LoggedIn { name, said: &self.said }, tag);
        self.tell_others(client.id, &Reply::Joined { name, online: self.users.len() });
        Ok(())
    }

    pub(crate) fn logout(&mut self, client: &Client, tag: Option<&Value>) -> Result<(), String> {
        let bugs = self.settings.bugs;
        let Some(name) = self.name_of(client.id).cloned() else {
            return Err("Not logged in!".to_owned());
        };
        let was_in = self.users.remove(&client.id).is_some();
        if bugs.has(Bug::LogoutKeepsLogin) {
            self.left_over.speakers.insert(client.id, name.clone());
        }
        if !bugs.has(Bug::LogoutKeepsReceiving) {
            self.forget(client.id);
        }
        if !bugs.has(Bug::LogoutUnanswered) {
            self.answer(client, &Reply::LoggedOut { name: &name }, tag);
        }
        if was_in {
            let (name, online) = (&name, self.users.len());
            self.tell_others(client.id, &Reply::Left { name, online, broken: false });
            self.begin_anew();
        }
        Ok(())
    }

    pub(crate) fn message(
        &mut self,
        client: &Client,
        text: &str,
        tag: Option<&Value>,
    ) -> Result<(), String> {
        let Some(username) = self.name_of(client.id).cloned() else {
            return Err("You are not logged in!".to_owned());
        };
        rules::check_text(text)?;
        let (every, people) = LOST;
        if self.settings.bugs.has(Bug::LosesUnderLoad) && self.users.len() >= people {
            self.left_over.under_load += 1;
            if self.left_over.under_load.is_multiple_of(every) {
                return Ok(());
            }
        }
        self.last_id += 1;
        let message =
            Message { id: self.last_id, username, text: text.to_owned(), timestamp: clock::now() };
        let each = self.settings.bugs.has(Bug::BacklogPerReceiver);
        let times = if each { self.listeners.len() } else { 1 };
        for _ in 0..times {
            self.said.push_back(message.clone());
        }
        while self.said.len() > BACKLOG {
            self.said.pop_front();
        }
        self.broadcast(client.id, &message, tag);
        Ok(())
    }

    pub(crate) fn names(&self, client: &Client, request: &Request) -> Result<(), String> {
        if self.name_of(client.id).is_none() {
            return Err("You are not logged in!".to_owned());
        }
        let mut names: Vec<String> =
            self.users.values().chain(&self.left_over.listed).cloned().collect();
        names.sort_unstable();
        if self.settings.bugs.has(Bug::NamesListsGone) {
            names.dedup();
        }
        let reply = Reply::Names { request: &request.word, names: &names };
        self.answer(client, &reply, request.tag.as_ref());
        Ok(())
    }

    pub(crate) fn history(&self, client: &Client, tag: Option<&Value>) -> Result<(), String> {
        if self.name_of(client.id).is_none() {
            return Err("You are not logged in!".to_owned());
        }
        self.answer(client, &Reply::History(&self.said), tag);
        Ok(())
    }

    /// Sends a reply to one client.
    pub(crate) fn answer(&self, client: &Client, reply: &Reply, tag: Option<&Value>) {
        let name = self.users.get(&client.id).map(String::as_str);
        let frames = self.settings.encode_for(name, reply, tag);
        let _ = match reply {
            // What a user receives after a login must come after its answer.
            Reply::LoggedIn { .. } => push_in_order(client, &frames),
            // Nobody is there whose message could overtake it.
            _ if name.is_none() || self.users.len() == 1 => push_in_order(client, &frames),
            _ => frames.into_iter().try_for_each(|frame| client.outbox.push_answer(frame)),
        };
    }

    /// Sends a message to all users. Only the sender's copy has the tag.
    fn broadcast(&mut self, sender: u64, message: &Message, tag: Option<&Value>) {
        let bugs = self.settings.bugs;
        let audience: Vec<Client> = match bugs.has(Bug::TellsStrangers) {
            true => self.clients.values().cloned().collect(),
            false => self.listeners.clone(),
        };
        let to_all = self.settings.encode(&Reply::Message(message), None);
        let mut failed = false;
        for client in audience {
            if bugs.has(Bug::NoEcho) && client.id == sender {
                continue;
            }
            let tag = tag.filter(|_| client.id == sender);
            if client.id == sender {
                // The message is the answer to its sender.
                client.outbox.keep_order();
            }
            let sent = if bugs.has(Bug::SenderIsReceiver) {
                let username = self.name_of(client.id).unwrap_or(&message.username).clone();
                let message = Message { username, ..message.clone() };
                push(&client, &self.settings.encode(&Reply::Message(&message), tag))
            } else if tag.is_some() {
                push(&client, &self.settings.encode(&Reply::Message(message), tag))
            } else {
                push(&client, &to_all)
            };
            // The thread that reads from a broken connection cleans up after it.
            if sent.is_err() && bugs.has(Bug::StopsAtDeadSocket) {
                return;
            }
            failed |= sent.is_err();
        }
        if bugs.has(Bug::TellsStrangersLate) {
            self.tell_strangers_late(to_all);
        }
        if failed && bugs.has(Bug::RemovesSender) {
            self.users.remove(&sender);
            self.forget(sender);
        }
    }

    /// Sends frames to the clients that are not logged in, after a while.
    fn tell_strangers_late(&self, frames: Vec<Arc<[u8]>>) {
        let is_user = |client: &&Client| self.listeners.iter().any(|user| user.id == client.id);
        let strangers: Vec<Client> =
            self.clients.values().filter(|client| !is_user(client)).cloned().collect();
        if strangers.is_empty() {
            return;
        }
        thread::spawn(move || {
            thread::park_timeout(LATE);
            for client in strangers {
                let _ = push(&client, &frames);
            }
        });
    }

    /// Sends a reply to all users except one.
    fn tell_others(&self, id: u64, reply: &Reply) {
        let frames = self.settings.encode(reply, None);
        for client in self.listeners.iter().filter(|client| client.id != id) {
            if push(client, &frames).is_err() && self.settings.bugs.has(Bug::StopsAtDeadSocket) {
                return;
            }
        }
    }

    /// Removes a client from the receivers of broadcasts.
    fn forget(&mut self, id: u64) {
        self.listeners.retain(|listener| listener.id != id);
    }

    /// Clears the effects of dead connections when the last user has left, so that a check that
    /// runs later in the same process does not see them. Some bugs keep their effect.
    fn begin_anew(&mut self) {
        if self.users.is_empty() {
            self.listeners.retain(|client| client.outbox.is_open());
            self.left_over.under_load = 0;
        }
    }
}

/// Appends frames to the outbox of a client, after all answers from before.
fn push_in_order(client: &Client, frames: &[Arc<[u8]>]) -> Result<(), Gone> {
    client.outbox.keep_order();
    push(client, frames)
}

/// Appends frames to the outbox of a client.
fn push(client: &Client, frames: &[Arc<[u8]>]) -> Result<(), Gone> {
    frames.iter().try_for_each(|frame| client.outbox.push(Arc::clone(frame)))
}
