//! Requests from many peers, and responses to them, whatever dialect each of them speaks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use net::framing::Framing;
use net::{BindError, ConnId, Drained, End, EngineKind, FramingError, Recipients, Waker, Wire};

use crate::dialect::{Dialect, Heard, Interpreter, Speech};
use crate::foreign::Guarded;
use crate::roll::Roll;
use crate::{Arrival, Audience, Event, Limits, ParseError, Peer, Response};

/// Where to listen, and in which dialect.
#[derive(Clone)]
pub struct Listen {
    /// The addresses, which are those of one name; port 0 lets the system choose a free one, the same
    /// for all of them if possible.
    pub addresses: Vec<SocketAddr>,
    /// What is spoken there.
    pub dialect: Arc<dyn Dialect>,
}

/// How many events there is always room for.
const KEPT: usize = 4096;

/// Wraps `net::Server`: the same calls but for the pace, with requests and responses in place of bytes.
pub struct Server {
    net: net::Server,
    /// Every dialect that may be spoken here: what is said in it is encoded once, also where there
    /// are two ways in. (What a peer of `auto` turns out to speak is a voice of its own, beside that
    /// of a listener for the same dialect.)
    voices: Vec<Voice>,
    /// The index in `voices` of what is spoken at each listener.
    listeners: Vec<usize>,
    /// Every peer that is connected.
    peers: HashMap<Peer, Speaker>,
    /// Kept between two calls of `recv` for its memory; always empty there.
    arrived: Vec<net::Event>,
    /// The last list that was sent to, by voice.
    roll: Roll,
}

/// A dialect that may be spoken.
struct Voice {
    dialect: Arc<dyn Dialect>,
    framing: Arc<dyn Framing>,
    /// The indices in `voices` of what it may turn out to be.
    candidates: Vec<usize>,
}

/// One peer, as far as its dialect goes.
struct Speaker {
    /// The index in `voices` of what it speaks.
    voice: usize,
    interpreter: Box<dyn Interpreter>,
}

impl Server {
    /// Listens on all of the addresses, or on none.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the engine cannot start.
    pub fn bind(
        listeners: &[Listen],
        engine: EngineKind,
        limits: Limits,
    ) -> Result<Server, BindError> {
        let (mut voices, mut spoken, mut bound) = (Vec::new(), Vec::new(), Vec::new());
        for listen in listeners {
            let voice = voice_of(&listen.dialect, &mut voices);
            spoken.push(voice);
            let framing: Arc<dyn Framing> = Arc::new(Guarded(listen.dialect.framing()));
            bound.push(net::Listen { addresses: listen.addresses.clone(), framing });
        }
        let net = net::Server::bind(&bound, engine, limits.net)?;
        let roll = Roll::new(voices.len());
        let (peers, arrived) = (HashMap::new(), Vec::new());
        Ok(Server { net, voices, listeners: spoken, peers, arrived, roll })
    }

    /// What is listened on, in the order in which it was asked for: the address, with the port
    /// that the system chose where 0 was asked for, and the name of the dialect.
    pub fn listeners(&self) -> impl Iterator<Item = (SocketAddr, &'static str)> {
        self.net.listening().iter().filter_map(|listening| {
            let voice = self.voices.get(*self.listeners.get(listening.listener)?)?;
            Some((listening.address, voice.dialect.name()))
        })
    }

    /// Blocks until something happened, and appends all that is there to `events`, in order.
    ///
    /// It may return without an event: after `timeout` (`None` waits for ever), and when a
    /// [`Waker`] woke it.
    pub fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.net.recv(&mut arrived, timeout);
        for event in arrived.drain(..) {
            self.hear(event, events);
        }
        arrived.shrink_to(KEPT);
        self.arrived = arrived;
    }

    fn hear(&mut self, event: net::Event, events: &mut Vec<Event>) {
        match event {
            net::Event::Opened(id, net::Arrival { listener, address }) => {
                let Some(voice) = self.listeners.get(listener).copied() else { return };
                let Some(dialect) = self.speak(id, voice) else { return };
                let (dialect, presence) = (dialect.name(), dialect.presence());
                events.push(Event::Joined(Peer::of(id), Arrival { address, dialect, presence }));
            }
            net::Event::Received(id, frame) => {
                let peer = Peer::of(id);
                let Some(speaker) = self.peers.get_mut(&peer) else { return };
                match speaker.interpreter.decode(&frame) {
                    Ok(Heard::Asked(request)) => events.push(Event::Asked(peer, request)),
                    Ok(Heard::Answered(response)) => events.push(Event::Answered(peer, response)),
                    Ok(Heard::Nothing) => {}
                    Ok(Heard::Speaks(candidate)) => {
                        self.roll.forget();
                        let voice = self.voices.get(speaker.voice);
                        let voice = voice.and_then(|it| it.candidates.get(candidate)).copied();
                        let dialect = voice.and_then(|voice| self.speak(id, voice));
                        events.extend(dialect.map(|it| Event::Speaks(peer, it.name())));
                    }
                    Err(unreadable) => events.push(Event::Unreadable(peer, unreadable)),
                }
            }
            net::Event::Ended(id, end) => {
                let error = match end {
                    End::Finished => None,
                    End::Unframed(FramingError::Foreign { protocol }) => {
                        Some(ParseError::Foreign { protocol })
                    }
                    End::Unframed(error) => self.dialect_of(id).map(|it| it.unframed(error)),
                    End::Flooded => Some(ParseError::Flooded),
                };
                events.extend(error.map(|error| Event::Unreadable(Peer::of(id), error.into())));
                events.push(Event::Finished(Peer::of(id)));
            }
            net::Event::Closed(id, reason) => {
                self.peers.remove(&Peer::of(id));
                events.push(Event::Left(Peer::of(id), reason));
            }
        }
    }

    fn dialect_of(&self, id: ConnId) -> Option<&dyn Dialect> {
        let speaker = self.peers.get(&Peer::of(id))?;
        #[expect(clippy::indexing_slicing, reason = "a speaker's voice is one of the voices")]
        Some(&*self.voices[speaker.voice].dialect)
    }

    /// From now on this peer speaks this one of the `voices`.
    fn speak(&mut self, id: ConnId, voice: usize) -> Option<&dyn Dialect> {
        let dialect = &self.voices.get(voice)?.dialect;
        if let Some(gap) = dialect.gap() {
            self.net.pace(id, gap);
        }
        self.peers.insert(Peer::of(id), Speaker { voice, interpreter: dialect.interpreter() });
        Some(&**dialect)
    }

    /// Sends a response to each peer of an audience. Encodes it once for each dialect among them.
    /// Never blocks.
    pub fn send(&mut self, to: &Audience, response: &Response) {
        // A tag goes to the peer that asked, and to no other.
        if response.tag.is_some() {
            for peer in to.iter() {
                if let Some(speaker) = self.peers.get_mut(&peer) {
                    speaker.interpreter.answered(response);
                }
            }
        }
        let except = to.except.map(Peer::connection);
        if let [peer] = *to.list {
            let Some(speaker) = self.peers.get(&peer) else { return };
            #[expect(clippy::indexing_slicing, reason = "a speaker's voice is one of the voices")]
            let voice = &self.voices[speaker.voice];
            let one = [peer.connection()];
            voice.say(response, Recipients::from(&one[..]).except(except), &mut self.net);
            return;
        }
        self.roll.call(&to.list, |peer| self.peers.get(&peer).map(|speaker| speaker.voice));
        for (voice, ids) in self.voices.iter().zip(self.roll.by_voice()) {
            if !ids.is_empty() {
                voice.say(response, Recipients::from(ids).except(except), &mut self.net);
            }
        }
    }

    /// Hangs up on a peer, after it got what was sent before; its `Left` comes with the next
    /// `recv`.
    pub fn close(&mut self, peer: Peer) {
        self.net.close(peer.connection());
    }

    /// A handle with which another thread can end a wait in [`recv`](Server::recv).
    pub fn waker(&self) -> Waker {
        self.net.waker()
    }

    /// Drains: stops accepting, flushes every connection and hangs up, within `deadline`.
    pub fn shutdown(self, deadline: Duration) -> Drained {
        self.net.shutdown(deadline)
    }
}

/// The index in `voices` of this dialect, which is put there if it is not there yet.
fn voice_of(dialect: &Arc<dyn Dialect>, voices: &mut Vec<Voice>) -> usize {
    if let Some(known) = voices.iter().position(|voice| Arc::ptr_eq(&voice.dialect, dialect)) {
        return known;
    }
    let candidates = dialect.candidates();
    let candidates = candidates.iter().map(|candidate| voice_of(candidate, voices)).collect();
    let (dialect, framing) = (Arc::clone(dialect), dialect.framing());
    voices.push(Voice { dialect, framing, candidates });
    voices.len() - 1
}

impl Voice {
    /// Says something to peers who all speak this.
    fn say(&self, response: &Response, to: Recipients<'_>, net: &mut net::Server) {
        let Speech { frames, end } = self.dialect.encode(response);
        let (mut wires, mut wire) = (Vec::new(), Vec::new());
        for frame in &frames {
            self.framing.encode(frame, &mut wire);
            // Each in a write of its own, or all in one.
            if self.dialect.gap().is_some() {
                wires.push(Wire::from(std::mem::take(&mut wire)));
            }
        }
        if !wire.is_empty() {
            wires.push(Wire::from(wire));
        }
        net.send_all(to, &wires);
        if let Some(hold) = end {
            to.iter().for_each(|id| net.close_after(id, hold));
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("net", &self.net).finish_non_exhaustive()
    }
}
