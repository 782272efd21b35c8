//! The chat itself: who is logged in, and what was said. All threads share one, behind one lock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use serde_json::Value;

use crate::bugs::Bug;
use crate::clock;
use crate::outbox::{Gone, Outbox};
use crate::reply::{Message, Reply};
use crate::request::Request;
use crate::rules;
use crate::settings::Settings;

/// How many messages come with a login.
const BACKLOG: usize = 50;
/// How many connections the bug about that allows.
const CROWD: usize = 100;
/// Which message is lost, where that is the bug, and for how many people.
const LOST: (u64, usize) = (53, 3);

/// One connection.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) outbox: Arc<Outbox>,
}

pub(crate) struct Room {
    settings: Settings,
    /// The names of those who are logged in, by the numbers of their connections.
    users: HashMap<u64, String>,
    /// Everybody who is connected.
    clients: HashMap<u64, Client>,
    /// Whoever hears what is broadcast, in the order of the logins.
    listeners: Vec<Client>,
    /// What was said, oldest first.
    said: VecDeque<Message>,
    last_id: u64,
    left_over: LeftOver,
    /// Where the process is told to end, and how.
    ends: SyncSender<u8>,
}

/// What only a bug leaves behind.
#[derive(Default)]
struct LeftOver {
    /// Names of nobody that cannot be had.
    taken: Vec<String>,
    /// Names of nobody that are listed.
    listed: Vec<String>,
    /// Who may still speak after a logout.
    speakers: HashMap<u64, String>,
    somebody_vanished: bool,
    /// How many messages there were while a few people were logged in.
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

    /// Somebody connected; false when that is one too many.
    pub(crate) fn enter(&mut self, client: &Client) -> bool {
        if self.settings.bug == Bug::RushRefused && self.clients.len() >= CROWD {
            return false;
        }
        self.clients.insert(client.id, client.clone());
        true
    }

    /// Somebody is gone, with a logout before that or without. `broken` is for a connection that
    /// did not end but break.
    pub(crate) fn leave(&mut self, id: u64, broken: bool) {
        let bug = self.settings.bug;
        self.clients.remove(&id);
        self.left_over.speakers.remove(&id);
        let Some(name) = self.users.remove(&id) else {
            return self.forget(id);
        };
        self.left_over.somebody_vanished = true;
        match bug {
            Bug::LeaverCrashes => {
                let _ = self.ends.try_send(1);
            }
            Bug::NameNotFreed => self.left_over.taken.push(name.clone()),
            Bug::NamesListsGone => self.left_over.listed.push(name.clone()),
            _ => {}
        }
        // In these two the dead are among those who are spoken to.
        if !matches!(bug, Bug::StopsAtDeadSocket | Bug::RemovesSender) {
            self.forget(id);
        }
        self.tell_others(id, &Reply::Left { name: &name, online: self.users.len(), broken });
        self.begin_anew();
    }

    /// The name under which this client may speak.
    pub(crate) fn name_of(&self, id: u64) -> Option<&String> {
        self.users.get(&id).or_else(|| self.left_over.speakers.get(&id))
    }

    pub(crate) fn login(
        &mut self,
        client: &Client,
        name: &str,
        tag: Option<&Value>,
    ) -> Result<(), String> {
        let bug = self.settings.bug;
        if !rules::is_name(name, bug) {
            return Err("Invalid username!".to_owned());
        }
        let mut taken = self.users.values().chain(&self.left_over.taken);
        if rules::is_reserved(name) || taken.any(|other| rules::is_same(other, name, bug)) {
            return Err("Name already taken!".to_owned());
        }
        if bug == Bug::DeadUserBlocksLogin && self.left_over.somebody_vanished {
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
        let bug = self.settings.bug;
        let Some(name) = self.name_of(client.id).cloned() else {
            return Err("Not logged in!".to_owned());
        };
        let was_in = self.users.remove(&client.id).is_some();
        if bug == Bug::LogoutKeepsLogin {
            self.left_over.speakers.insert(client.id, name.clone());
        }
        if bug != Bug::LogoutKeepsReceiving {
            self.forget(client.id);
        }
        if bug != Bug::LogoutUnanswered {
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
        if self.settings.bug == Bug::LosesUnderLoad && self.users.len() >= people {
            self.left_over.under_load += 1;
            if self.left_over.under_load.is_multiple_of(every) {
                return Ok(());
            }
        }
        self.last_id += 1;
        let message =
            Message { id: self.last_id, username, text: text.to_owned(), timestamp: clock::now() };
        let times = match self.settings.bug {
            Bug::BacklogPerReceiver => self.listeners.len(),
            _ => 1,
        };
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
        if self.settings.bug == Bug::NamesListsGone {
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

    /// Says something to one client.
    pub(crate) fn answer(&self, client: &Client, reply: &Reply, tag: Option<&Value>) {
        let _ = self.push(client, &self.settings.encode(reply, tag));
    }

    /// Says what somebody said to everybody; the sender's copy has the tag.
    fn broadcast(&mut self, sender: u64, message: &Message, tag: Option<&Value>) {
        let bug = self.settings.bug;
        let audience: Vec<Client> = match bug {
            Bug::TellsStrangers => self.clients.values().cloned().collect(),
            _ => self.listeners.clone(),
        };
        let to_all = self.settings.encode(&Reply::Message(message), None);
        let mut failed = false;
        for client in audience {
            if bug == Bug::NoEcho && client.id == sender {
                continue;
            }
            let tag = tag.filter(|_| client.id == sender);
            let sent = if bug == Bug::SenderIsReceiver {
                let username = self.name_of(client.id).unwrap_or(&message.username).clone();
                let message = Message { username, ..message.clone() };
                self.push(&client, &self.settings.encode(&Reply::Message(&message), tag))
            } else if tag.is_some() {
                self.push(&client, &self.settings.encode(&Reply::Message(message), tag))
            } else {
                self.push(&client, &to_all)
            };
            // Who cannot be told is on its way out: the thread that reads from it sees to that.
            if sent.is_err() && bug == Bug::StopsAtDeadSocket {
                return;
            }
            failed |= sent.is_err();
        }
        if failed && bug == Bug::RemovesSender {
            self.users.remove(&sender);
            self.forget(sender);
        }
    }

    /// Says what happened to all who are logged in but one.
    fn tell_others(&self, id: u64, reply: &Reply) {
        let frames = self.settings.encode(reply, None);
        for client in self.listeners.iter().filter(|client| client.id != id) {
            if self.push(client, &frames).is_err() && self.settings.bug == Bug::StopsAtDeadSocket {
                return;
            }
        }
    }

    fn push(&self, client: &Client, frames: &[Arc<[u8]>]) -> Result<(), Gone> {
        frames.iter().try_for_each(|frame| client.outbox.push(Arc::clone(frame)))
    }

    /// Nothing is broadcast to this client any more.
    fn forget(&mut self, id: u64) {
        self.listeners.retain(|listener| listener.id != id);
    }

    /// When nobody is logged in any more, what the dead do to those who come after ends too: so
    /// that what is tried after that does not show the bug as well, but for those that say so.
    fn begin_anew(&mut self) {
        if self.users.is_empty() {
            self.listeners.retain(|client| client.outbox.is_open());
            self.left_over.under_load = 0;
        }
    }
}
