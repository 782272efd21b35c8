//! Requests from many peers, and responses to them, in the dialect of each peer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use net::framing::Framing;
use net::{
    BindError, ConnId, Drained, End, EngineKind, FramingError, Recipients, Security, Waker, Wire,
};

use crate::dialect::{Decoded, Dialect, Encoded, Interpreter, split};
use crate::foreign::Guarded;
use crate::roll::Roll;
use crate::trace::Below;
use crate::{Arrival, Audience, Event, Limits, Meaning, ParseError, Peer, Response, Trace};

/// A listener: its addresses and its dialect.
#[derive(Clone)]
pub struct Listen {
    /// The addresses, which are those of one name. For port 0 the system chooses a free port, the
    /// same for all addresses if possible.
    pub addresses: Vec<SocketAddr>,
    /// The dialect of the peers that connect here.
    pub dialect: Arc<dyn Dialect>,
    /// What encrypts the connections; `None` leaves them plain.
    pub security: Option<Arc<dyn Security>>,
}

/// An address that a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// The address. It has the port that the system chose.
    pub address: SocketAddr,
    /// The name of the dialect.
    pub dialect: &'static str,
    /// Whether its connections are encrypted.
    pub is_secured: bool,
}

/// Number of events for which the server always keeps memory.
const KEPT: usize = 4096;

/// A server of requests and responses. Its calls are those of [`net::Server`], with requests and
/// responses in place of bytes.
///
/// ```
/// use std::time::Duration;
///
/// use parse::{Dict, EngineKind, Event, Limits, Listen, Response, Server, dialect};
///
/// let limits = Limits::default();
/// let dialect = dialect::find("json", &limits)?;
/// let listen = Listen { addresses: vec!["127.0.0.1:0".parse()?], dialect, security: None };
/// let mut server = Server::bind(&[listen], EngineKind::Events, limits)?;
///
/// let mut events = Vec::new();
/// server.recv(&mut events, Some(Duration::ZERO)); // usually in a loop
/// for event in events {
///     if let Event::Asked(peer, request) = event {
///         let answer = Response::ok(request.name, Dict::new()).tagged(request.tag);
///         server.send(&peer.into(), &answer);
///     }
/// }
/// server.shutdown(Duration::from_secs(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    net: net::Server,
    /// One codec for each dialect of a listener, and for each dialect that a peer of `auto` may speak
    /// (that is a codec apart from the one of a listener for the same dialect). A response is encoded
    /// once for each codec.
    codecs: Vec<Codec>,
    /// The index in `codecs` for each listener.
    listeners: Vec<usize>,
    /// Every connected peer.
    peers: HashMap<Peer, Speaker>,
    /// The memory for the events of `recv`; empty between two calls.
    arrived: Vec<net::Event>,
    /// The last list of recipients, by codec.
    roll: Roll,
    trace: Option<Arc<dyn Trace>>,
}

/// A dialect and its framing.
struct Codec {
    dialect: Arc<dyn Dialect>,
    framing: Arc<dyn Framing>,
    /// The indices in `codecs` of the dialects that a peer of this one may turn out to speak.
    candidates: Vec<usize>,
}

/// The parsing side of one peer.
struct Speaker {
    /// The index in `codecs`.
    codec: usize,
    interpreter: Box<dyn Interpreter>,
}

#[expect(clippy::indexing_slicing, reason = "every index of a codec comes from `codec_of`")]
impl Server {
    /// Listens on all addresses, or on none.
    ///
    /// # Errors
    /// If the server cannot listen on an address, or the engine cannot start.
    pub fn bind(
        listeners: &[Listen],
        engine: EngineKind,
        limits: Limits,
    ) -> Result<Server, BindError> {
        Server::bind_traced(listeners, engine, limits, None)
    }

    /// Listens like [`bind`](Server::bind), with an observer, if there is one.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn bind_traced(
        listeners: &[Listen],
        engine: EngineKind,
        limits: Limits,
        trace: Option<Arc<dyn Trace>>,
    ) -> Result<Server, BindError> {
        let (mut codecs, mut spoken, mut bound) = (Vec::new(), Vec::new(), Vec::new());
        for listen in listeners {
            spoken.push(codec_of(&listen.dialect, &mut codecs));
            let framing: Arc<dyn Framing> = Arc::new(Guarded(listen.dialect.framing()));
            let (addresses, security) = (listen.addresses.clone(), listen.security.clone());
            bound.push(net::Listen { addresses, framing, security });
        }
        let below = trace.clone().map(|trace| Arc::new(Below(trace)) as Arc<dyn net::Trace>);
        let net = net::Server::bind_traced(&bound, engine, limits.net, below)?;
        let roll = Roll::new(codecs.len());
        let (peers, arrived) = (HashMap::new(), Vec::new());
        Ok(Server { net, codecs, listeners: spoken, peers, arrived, roll, trace })
    }

    /// Returns the address of each listener, in the order of the listeners.
    pub fn listeners(&self) -> impl Iterator<Item = Listening> {
        self.net.listening().iter().map(|listening| {
            let codec = &self.codecs[self.listeners[listening.listener]];
            let net::Listening { address, is_secured, .. } = *listening;
            Listening { address, dialect: codec.dialect.name(), is_secured }
        })
    }

    /// Returns the counters of the connections, which another thread may read.
    pub fn figures(&self) -> Arc<net::Figures> {
        self.net.figures()
    }

    /// Blocks until something happens, and appends all events to `events`, in order.
    ///
    /// It may return without an event: after `timeout` (`None` waits without a limit), and if a
    /// [`Waker`] woke it.
    pub fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.net.recv(&mut arrived, timeout);
        for event in arrived.drain(..) {
            self.translate(event, events);
        }
        arrived.shrink_to(KEPT);
        self.arrived = arrived;
    }

    fn translate(&mut self, event: net::Event, events: &mut Vec<Event>) {
        match event {
            net::Event::Opened(id, net::Arrival { listener, address }) => {
                let dialect = self.assign(id, self.listeners[listener]);
                let (dialect, presence) = (dialect.name(), dialect.presence());
                events.push(Event::Joined(Peer::of(id), Arrival { address, dialect, presence }));
            }
            net::Event::Received(id, frame) => self.decode(id, &frame, events),
            net::Event::Ended(id, end) => {
                let peer = Peer::of(id);
                let error = match end {
                    End::Finished => None,
                    End::Unframed(FramingError::Foreign { protocol }) => {
                        events.push(Event::Foreign(peer, protocol));
                        return;
                    }
                    End::Unframed(error) => {
                        let codec = self.peers.get(&peer).map(|speaker| speaker.codec);
                        codec.map(|codec| self.codecs[codec].dialect.unframed(error))
                    }
                    End::Flooded => Some(ParseError::Flooded),
                };
                events.extend(error.map(|error| Event::Unreadable(peer, error.into())));
                events.push(Event::Finished(peer));
            }
            net::Event::Closed(id, reason) => {
                self.peers.remove(&Peer::of(id));
                events.push(Event::Left(Peer::of(id), reason));
            }
        }
    }

    fn decode(&mut self, id: ConnId, frame: &[u8], events: &mut Vec<Event>) {
        let peer = Peer::of(id);
        let Some(speaker) = self.peers.get_mut(&peer) else { return };
        let decoded = speaker.interpreter.decode(frame);
        if let Some(trace) = &self.trace {
            trace.decoded(peer, meaning(&decoded));
        }
        match decoded {
            Ok(Decoded::Asked(request)) => events.push(Event::Asked(peer, request)),
            Ok(Decoded::Answered(response)) => events.push(Event::Answered(peer, response)),
            Ok(Decoded::Nothing) => {}
            Ok(Decoded::Speaks(candidate)) => {
                self.roll.forget();
                let codec = self.codecs[speaker.codec].candidates[candidate];
                let dialect = self.assign(id, codec);
                events.push(Event::Speaks(peer, dialect.name()));
            }
            Err(unreadable) => events.push(Event::Unreadable(peer, unreadable)),
        }
    }

    /// Assigns a codec to a peer, which speaks its dialect from now on.
    fn assign(&mut self, id: ConnId, codec: usize) -> &dyn Dialect {
        let dialect = &self.codecs[codec].dialect;
        if let Some(gap) = dialect.gap() {
            self.net.pace(id, gap);
        }
        self.peers.insert(Peer::of(id), Speaker { codec, interpreter: dialect.interpreter() });
        &**dialect
    }

    /// Sends a response to each peer of an audience. Encodes it once for each dialect among them.
    /// Never blocks.
    pub fn send(&mut self, to: &Audience, response: &Response) {
        // Only the peer that asked gets a response with a tag.
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
            let codec = &self.codecs[speaker.codec];
            let one = [peer.connection()];
            let to = Recipients::from(&one[..]).except(except);
            codec.send(response, to, &mut self.net, self.trace.as_deref());
            return;
        }
        self.roll.call(&to.list, |peer| self.peers.get(&peer).map(|speaker| speaker.codec));
        for (codec, ids) in self.codecs.iter().zip(self.roll.by_codec()) {
            if !ids.is_empty() {
                let to = Recipients::from(ids).except(except);
                codec.send(response, to, &mut self.net, self.trace.as_deref());
            }
        }
    }

    /// Closes the connection to a peer after everything that was sent to it before. The next `recv`
    /// has the `Left` of the peer.
    pub fn close(&mut self, peer: Peer) {
        self.net.close(peer.connection());
    }

    /// Returns a handle with which another thread can end a wait in [`recv`](Server::recv).
    pub fn waker(&self) -> Waker {
        self.net.waker()
    }

    /// Drains: stops accepting, flushes every connection and closes it, within `deadline`.
    pub fn shutdown(self, deadline: Duration) -> Drained {
        self.net.shutdown(deadline)
    }
}

/// Returns the meaning of a frame, for an observer.
fn meaning<E>(decoded: &Result<Decoded, E>) -> Meaning {
    match decoded {
        Ok(Decoded::Asked(_)) => Meaning::Request,
        Ok(Decoded::Answered(_)) => Meaning::Answered,
        Ok(Decoded::Nothing) => Meaning::Nothing,
        Ok(Decoded::Speaks(_)) => Meaning::Dialect,
        Err(_) => Meaning::Unreadable,
    }
}

/// Returns the index in `codecs` of a dialect. Adds the dialect if it is missing.
fn codec_of(dialect: &Arc<dyn Dialect>, codecs: &mut Vec<Codec>) -> usize {
    if let Some(known) = codecs.iter().position(|codec| Arc::ptr_eq(&codec.dialect, dialect)) {
        return known;
    }
    let candidates = dialect.candidates();
    let candidates = candidates.iter().map(|candidate| codec_of(candidate, codecs)).collect();
    let (dialect, framing) = (Arc::clone(dialect), dialect.framing());
    codecs.push(Codec { dialect, framing, candidates });
    codecs.len() - 1
}

impl Codec {
    /// Sends a response to peers of this dialect.
    fn send(
        &self,
        response: &Response,
        to: Recipients<'_>,
        net: &mut net::Server,
        trace: Option<&dyn Trace>,
    ) {
        let Encoded { frames, close_after } = split::encode(&*self.dialect, response);
        let (mut wires, mut wire) = (Vec::new(), Vec::new());
        for frame in &frames {
            self.framing.encode(frame, &mut wire);
            // With a gap each frame is a write; without one all frames are one write.
            if self.dialect.gap().is_some() {
                wires.push(Wire::from(std::mem::take(&mut wire)));
            }
        }
        if !wire.is_empty() {
            wires.push(Wire::from(wire));
        }
        if let Some(trace) = trace {
            let bytes = wires.iter().map(|wire| wire.len()).sum();
            trace.encoded(bytes, &mut to.iter().map(Peer::of));
        }
        net.send_all(to, &wires);
        if let Some(hold) = close_after {
            to.iter().for_each(|id| net.close_after(id, hold));
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("net", &self.net).finish_non_exhaustive()
    }
}
