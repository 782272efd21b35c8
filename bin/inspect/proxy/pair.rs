//! A connection of a client, the connection to the server for it, and the two lanes between them.

use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use parse::dialect::Dialect;
use socket2::SockRef;

use crate::event::{Both, Frame, Rules, Way, What};
use crate::lane::{Flushed, Fresh, Lane, Written};
use crate::meaning::Talk;

/// Reads of one socket in a turn. Then the other sockets have theirs.
const TURN: usize = 16;

/// Greatest number of bytes of a frame that the page shows.
const SHOWN: usize = 4096;

/// A socket with its readiness, which the system reports once.
pub(super) struct Side {
    pub(super) stream: TcpStream,
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl Side {
    pub(super) fn new(stream: TcpStream) -> Side {
        Side { stream, readable: false, writable: false }
    }
}

/// The two sockets and the two lanes.
pub(super) struct Pair {
    /// The client and the server.
    pub(super) sides: [Side; 2],
    /// From the client, and from the server.
    pub(super) lanes: Both<Lane>,
    talk: Talk,
    /// Whether the connection to the server is there.
    pub(super) connected: bool,
    /// Whether the receiver's half of each lane is closed.
    shut: Both<bool>,
    /// Why the connection will be reset, once its bytes are delivered.
    broken: Option<String>,
    /// The unfinished frames of which the page was told.
    told_open: Both<usize>,
}

/// The things that a turn of a pair needs and leaves behind.
pub(super) struct Turn<'a> {
    pub(super) now: Instant,
    pub(super) at: f64,
    pub(super) buffer: &'a mut [u8],
    pub(super) ids: &'a mut u64,
    /// The events, in order.
    pub(super) events: Vec<What>,
}

/// What a pair waits for after a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A socket.
    Socket,
    /// The time of the next turn, which may be now.
    At(Instant),
    /// Nothing: the connection has ended.
    End,
}

impl Pair {
    pub(super) fn new(
        sides: [Side; 2],
        dialect: &Arc<dyn Dialect>,
        rules: Both<Rules>,
        frozen: bool,
    ) -> Pair {
        // Until the client has shown its dialect, a read of the server is a frame.
        let candidates = dialect.candidates();
        let answers = candidates.iter().find(|it| it.name() == "text").unwrap_or(dialect);
        let up = Lane::new(Arc::clone(dialect), rules.up, frozen);
        let down = Lane::new(Arc::clone(answers), rules.down, frozen);
        Pair {
            sides,
            lanes: Both { up, down },
            talk: Talk::new(dialect),
            connected: false,
            shut: Both::default(),
            broken: None,
            told_open: Both::default(),
        }
    }

    /// Reads, decodes and writes as much as is possible without a wait.
    pub(super) fn turn(&mut self, turn: &mut Turn<'_>) -> Next {
        let mut next = Next::Socket;
        for way in Way::BOTH {
            if self.read(way, turn) {
                next = Next::At(turn.now);
            }
            self.tell_open(way, turn);
        }
        for way in Way::BOTH {
            if let Some(due) = self.write(way, turn) {
                next = match next {
                    Next::At(other) => Next::At(other.min(due)),
                    _ => Next::At(due),
                };
            }
        }
        // A full lane that has been written has room for more reads.
        if self.wants_to_read() && next == Next::Socket {
            next = Next::At(turn.now);
        }
        if self.shut.up && self.shut.down { Next::End } else { next }
    }

    fn wants_to_read(&self) -> bool {
        Way::BOTH.iter().any(|way| {
            let (lane, [side, _]) = (self.lanes.of(*way), self.towards(*way));
            let there = *way == Way::Up || self.connected;
            there && side.readable && !lane.is_full() && !lane.is_ended()
        })
    }

    /// The sender's and the receiver's side of a direction.
    fn towards(&self, way: Way) -> [&Side; 2] {
        let [client, server] = &self.sides;
        if way == Way::Up { [client, server] } else { [server, client] }
    }

    /// Reads from the sender of this direction. Returns whether there may be more.
    fn read(&mut self, way: Way, turn: &mut Turn<'_>) -> bool {
        let [client, server] = &mut self.sides;
        let side = if way == Way::Up { client } else { server };
        let lane = self.lanes.of_mut(way);
        if way == Way::Down && !self.connected {
            return false;
        }
        for _ in 0..TURN {
            if !side.readable || lane.is_full() || lane.is_ended() {
                return false;
            }
            match side.stream.read(turn.buffer) {
                Ok(0) => {
                    let fresh = lane.end(turn.now, turn.ids);
                    let why = "it sends no more".to_owned();
                    return self.ended(way, fresh, why, turn);
                }
                Ok(length) => {
                    let input = turn.buffer.get(..length).unwrap_or_default();
                    let known = lane.dialect().candidates().is_empty();
                    let fresh = lane.receive(input, turn.at, turn.now, turn.ids);
                    let dialect = Arc::clone(lane.dialect());
                    if !known && dialect.candidates().is_empty() {
                        turn.events.push(What::Dialect { dialect: dialect.name().to_owned() });
                        self.talk = Talk::new(&dialect);
                        let early = self.lanes.down.becomes(dialect, turn.now, turn.ids);
                        tell(&mut self.talk, Way::Down, early, turn);
                    }
                    tell(&mut self.talk, way, fresh, turn);
                    return self.read_more(way);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    side.readable = false;
                    return false;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let fresh = lane.end(turn.now, turn.ids);
                    self.broken.get_or_insert_with(|| error.to_string());
                    // Nothing can be written to a socket that was reset.
                    let back = if way == Way::Up { Way::Down } else { Way::Up };
                    self.lanes.of_mut(back).close();
                    return self.ended(way, fresh, error.to_string(), turn);
                }
            }
        }
        true
    }

    fn read_more(&self, way: Way) -> bool {
        let (lane, [side, _]) = (self.lanes.of(way), self.towards(way));
        side.readable && !lane.is_full() && !lane.is_ended()
    }

    /// Reports the end of a direction.
    fn ended(&mut self, way: Way, fresh: Vec<Fresh>, why: String, turn: &mut Turn<'_>) -> bool {
        tell(&mut self.talk, way, fresh, turn);
        turn.events.push(What::Ended { way, why });
        false
    }

    /// Reports the unfinished frame of a direction, if it has changed.
    fn tell_open(&mut self, way: Way, turn: &mut Turn<'_>) {
        let (bytes, reads) = self.lanes.of(way).open();
        let told = self.told_open.of_mut(way);
        if *told != bytes {
            *told = bytes;
            turn.events.push(What::Open { way, bytes, reads });
        }
    }

    /// Writes to the receiver of this direction. Returns the time of the next write, if one has to wait.
    fn write(&mut self, way: Way, turn: &mut Turn<'_>) -> Option<Instant> {
        let [client, server] = &mut self.sides;
        let side = if way == Way::Up { server } else { client };
        let lane = self.lanes.of_mut(way);
        if *self.shut.of(way) || !self.connected {
            return None;
        }
        let mut due = None;
        if side.writable {
            let mut written = Vec::new();
            let flushed = lane.flush(turn.now, &mut side.stream, &mut written);
            turn.events.extend(
                written.into_iter().map(|Written { parts, bytes, chunk }| What::Wrote {
                    way,
                    parts,
                    bytes,
                    chunk,
                }),
            );
            match flushed {
                Ok(Flushed::All) => {}
                Ok(Flushed::Until(time)) => due = Some(time),
                Ok(Flushed::Blocked) => side.writable = false,
                Err(error) => {
                    lane.close();
                    self.broken.get_or_insert_with(|| error.to_string());
                }
            }
        }
        if lane.is_finished() {
            // After a reset there is no orderly end that the receiver could see first.
            if self.broken.is_none() {
                // The receiver may have gone in the meantime.
                let _ = side.stream.shutdown(Shutdown::Write);
            }
            *self.shut.of_mut(way) = true;
        }
        due
    }

    /// Lets the end of the connection be a reset, now and for both sides.
    pub(super) fn reset(&mut self, why: &str) {
        self.broken = Some(why.to_owned());
        self.lanes.up.close();
        self.lanes.down.close();
        self.shut = Both { up: true, down: true };
    }

    /// Prepares the sockets for their end, and returns its reason.
    pub(super) fn close(&self) -> String {
        let Some(why) = &self.broken else { return "both sides have ended".to_owned() };
        for side in &self.sides {
            // Without this option the peer sees an orderly end, which is less exact and does no harm.
            let _ = SockRef::from(&side.stream).set_linger(Some(Duration::ZERO));
        }
        format!("reset: {why}")
    }

    /// The result of the connection to the server.
    pub(super) fn connection(&mut self) -> Option<io::Result<()>> {
        let [_, server] = &self.sides;
        match server.stream.take_error() {
            Ok(Some(error)) | Err(error) => return Some(Err(error)),
            Ok(None) => {}
        }
        match server.stream.peer_addr() {
            Ok(_) => {
                self.connected = true;
                Some(server.stream.set_nodelay(true))
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Reports new frames with their meaning.
fn tell(talk: &mut Talk, way: Way, fresh: Vec<Fresh>, turn: &mut Turn<'_>) {
    for Fresh { frame, from, cut, reads, brought, held } in fresh {
        let meaning = match way {
            Way::Up => talk.request(&cut.payload),
            Way::Down => talk.response(&cut.payload),
        };
        if let Some(name) = meaning.name {
            turn.events.push(What::Named { name });
        }
        let spaces = cut.wire.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let lead = match cut.wire.strip_suffix(&cut.payload[..]) {
            Some(header) => header.len(),
            None if cut.wire.starts_with(&cut.payload) => 0,
            None => spaces,
        };
        let trail = cut.wire.len().saturating_sub(lead + cut.payload.len());
        let shown = cut.wire.get(..SHOWN).unwrap_or(&cut.wire);
        turn.events.push(What::Frame(Box::new(Frame {
            frame,
            way,
            kind: meaning.kind,
            label: meaning.label,
            from,
            size: cut.wire.len(),
            text: String::from_utf8_lossy(shown).into_owned(),
            lead,
            trail,
            reads,
            brought,
            held,
            fault: cut.fault,
        })));
    }
}
