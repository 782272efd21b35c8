//! Several chats over one log in memory, each of them with its peers.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use parse::Peer;

use super::Room;
use crate::log::{Account, Draft, Effect, Entry, Log, Origin, PresenceChange};
use crate::{
    Audited, Memory, Message, Moment, Now, Page, PageSize, Refusal, Sanctions, is_elsewhere,
    peer_of, server_of,
};

/// Several servers, which are one chat.
pub(crate) struct Several {
    log: Rc<RefCell<Shared>>,
    pub(crate) rooms: Vec<Room>,
}

/// The log, and what each server has seen of it.
#[derive(Default)]
struct Shared {
    memory: Memory,
    /// All entries, in order, each with its server. All peers have the number of their server.
    entries: Vec<(u64, Entry)>,
    /// The servers that are in the chat.
    live: BTreeSet<u64>,
    epochs: u64,
}

/// The log, as one server sees it.
struct Reader {
    log: Rc<RefCell<Shared>>,
    epoch: Rc<RefCell<u64>>,
    /// The number of entries that this server has taken.
    taken: usize,
    /// The servers whose people it does not know yet.
    awaited: BTreeSet<u64>,
    /// Entries that it hands back first.
    first: VecDeque<Entry>,
    /// Drafts that were appended after the others had declared this server gone.
    late: Vec<Option<Origin>>,
    stopped: Rc<RefCell<bool>>,
}

/// The handle of a test to one server.
pub(crate) struct Server {
    epoch: Rc<RefCell<u64>>,
    stopped: Rc<RefCell<bool>>,
}

impl Several {
    /// Starts a number of servers.
    pub(crate) fn new(count: usize) -> Several {
        let mut several = Several { log: Rc::default(), rooms: Vec::new() };
        for _ in 0..count {
            several.start();
        }
        several
    }

    /// Starts another server. Returns its index.
    pub(crate) fn start(&mut self) -> usize {
        let epoch = self.log.borrow_mut().next_epoch();
        let server = Server { epoch: Rc::new(RefCell::new(epoch)), stopped: Rc::default() };
        let mut reader = Reader {
            log: Rc::clone(&self.log),
            epoch: Rc::clone(&server.epoch),
            taken: 0,
            awaited: BTreeSet::new(),
            first: VecDeque::new(),
            late: Vec::new(),
            stopped: Rc::clone(&server.stopped),
        };
        reader.join();
        let mut room = Room::across(reader);
        room.server = Some(server);
        self.rooms.push(room);
        self.settle();
        self.rooms.len() - 1
    }

    /// The servers that take part hand all entries to their chats, until there is nothing left.
    pub(crate) fn settle(&mut self) {
        let mut length = usize::MAX;
        while std::mem::replace(&mut length, self.length()) != length {
            self.rooms.iter_mut().for_each(Room::deliver);
        }
    }

    fn length(&self) -> usize {
        self.log.borrow().entries.len()
    }

    /// A server takes no entry until it [continues](Several::go_on).
    pub(crate) fn stop(&mut self, server: usize) {
        *self.handle(server).stopped.borrow_mut() = true;
    }

    /// All servers take entries again.
    pub(crate) fn go_on(&mut self) {
        for server in 0..self.rooms.len() {
            *self.handle(server).stopped.borrow_mut() = false;
        }
        self.settle();
    }

    /// The other servers declare this one gone.
    pub(crate) fn declare_gone(&mut self, server: usize) {
        let epoch = *self.handle(server).epoch.borrow();
        self.log.borrow_mut().declare_gone(epoch);
    }

    /// The server ends without a word, and the others declare it gone.
    pub(crate) fn kill(&mut self, server: usize) {
        self.declare_gone(server);
        self.rooms.remove(server);
        self.settle();
    }

    fn handle(&self, server: usize) -> &Server {
        self.rooms[server].server.as_ref().unwrap()
    }

    /// Who is here, as one server knows it: each name with its peer, and each room with its members.
    pub(crate) fn print(&self, server: usize) -> String {
        let epoch = *self.handle(server).epoch.borrow();
        let roster = &self.rooms[server].chat.state.roster;
        let mut print = String::new();
        for name in roster.rooms().lobby().names() {
            let peer = roster.find(name).unwrap().peer;
            print += &format!("{name} {}\n", global(epoch, peer));
        }
        for (room, people) in roster.rooms().others() {
            print += &format!("{room}: {:?}\n", people.names());
        }
        print
    }

    /// Checks that all servers know the same people. Returns them.
    pub(crate) fn agreed(&mut self) -> String {
        self.go_on();
        let prints: Vec<String> = (0..self.rooms.len()).map(|server| self.print(server)).collect();
        assert!(prints.iter().all(|print| *print == prints[0]), "{prints:#?}");
        prints[0].clone()
    }

    /// The names of the people here, after all servers agree.
    pub(crate) fn names(&mut self) -> Vec<String> {
        self.agreed();
        let lobby = self.rooms[0].chat.state.roster.rooms().lobby().names();
        lobby.into_iter().map(str::to_owned).collect()
    }
}

impl Room {
    /// A chat over a log of several servers.
    fn across(log: impl Log + 'static) -> Room {
        Room::with(Box::new(log))
    }
}

/// The number of a peer in the log.
fn global(epoch: u64, peer: Peer) -> Peer {
    if is_elsewhere(peer) { peer } else { peer_of(epoch, peer) }
}

/// The number of a peer on one server.
fn local(epoch: u64, peer: Peer) -> Peer {
    if server_of(peer) == epoch { crate::elsewhere::local(peer) } else { peer }
}

/// Replaces all peers in an entry.
fn map(entry: Entry, peer: impl Fn(Peer) -> Peer) -> Entry {
    let outcome = entry.outcome.map(|effect| match effect {
        Effect::Presence(change) => Effect::Presence(change.map_peers(&peer)),
        effect => effect,
    });
    let origin = entry.origin.map(|origin| {
        let (from, to) = (peer(origin.peer), origin.to.map(&peer));
        Origin { peer: from, to, ..origin }
    });
    Entry { outcome, origin }
}

impl Shared {
    fn next_epoch(&mut self) -> u64 {
        self.epochs += 1;
        self.epochs
    }

    fn declare_gone(&mut self, epoch: u64) {
        if self.live.remove(&epoch) {
            let outcome = Ok(Effect::ServerGone(epoch));
            self.entries.push((epoch, Entry { outcome, origin: None }));
        }
    }
}

impl Reader {
    fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Joins the chat, at the end of the log.
    fn join(&mut self) {
        let epoch = self.epoch();
        let log = &mut *self.log.borrow_mut();
        self.awaited.clone_from(&log.live);
        log.live.insert(epoch);
        let entry = Entry { outcome: Ok(Effect::ServerJoined(epoch)), origin: None };
        log.entries.push((epoch, entry));
        self.taken = log.entries.len();
    }

    /// Looks for the rolls of the other servers. Returns whether there are all.
    fn has_rolls(&mut self) -> bool {
        if self.awaited.is_empty() {
            return true;
        }
        let (me, mut awaited, mut rolls) = (self.epoch(), self.awaited.clone(), VecDeque::new());
        for (server, entry) in &self.log.borrow().entries[self.taken..] {
            match &entry.outcome {
                Ok(Effect::ServerGone(gone)) => drop(awaited.remove(gone)),
                Ok(Effect::Presence(PresenceChange::Roll { newcomer, .. }))
                    if *newcomer == me && awaited.remove(server) =>
                {
                    rolls.push_back(entry.clone());
                }
                _ => {}
            }
        }
        if awaited.is_empty() {
            self.awaited.clear();
            self.first.extend(rolls);
        }
        awaited.is_empty()
    }

    /// Takes the next entry of the log, and joins again if this server is gone.
    fn take(&mut self) -> Option<Entry> {
        let me = self.epoch();
        loop {
            let (server, entry) = self.log.borrow().entries.get(self.taken).cloned()?;
            self.taken += 1;
            match &entry.outcome {
                Ok(Effect::Presence(PresenceChange::Roll { .. })) => {}
                Ok(Effect::ServerGone(gone)) if *gone == me => {
                    let epoch = self.log.borrow_mut().next_epoch();
                    *self.epoch.borrow_mut() = epoch;
                    self.join();
                    for origin in self.late.drain(..) {
                        self.first.push_back(Entry { outcome: Err(Refusal::NotKept), origin });
                    }
                    return Some(Entry { outcome: Ok(Effect::Separated), origin: None });
                }
                _ => {
                    let mut entry = map(entry, |peer| local(me, peer));
                    if let Some(origin) = &mut entry.origin
                        && server != me
                    {
                        origin.tag = None;
                    }
                    return Some(entry);
                }
            }
        }
    }
}

impl Log for Reader {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        let me = self.epoch();
        let log = &mut *self.log.borrow_mut();
        if !log.live.contains(&me) {
            self.late.push(draft.origin);
            return Ok(());
        }
        log.memory.append(draft)?;
        let entry = log.memory.next().unwrap();
        log.entries.push((me, map(entry, |peer| global(me, peer))));
        Ok(())
    }

    fn next(&mut self) -> Option<Entry> {
        if *self.stopped.borrow() || !self.has_rolls() {
            return None;
        }
        self.first.pop_front().or_else(|| self.take())
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        self.log.borrow().memory.page(room, before, size)
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        self.log.borrow().memory.kept(username)
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        self.log.borrow().memory.account(username)
    }

    fn sanctions(&self) -> Arc<Sanctions> {
        self.log.borrow().memory.sanctions()
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        self.log.borrow().memory.audit(who, before, most)
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        self.log.borrow_mut().memory.expire(now)
    }

    fn server_name(&self, server: u64) -> Option<Arc<str>> {
        let server = if server == 0 { self.epoch() } else { server };
        Some(format!("server {server}").into())
    }
}
