//! A proxy between a server and its Redis, for faults of a network.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::redis::LEASE;

/// What the network does to the bytes between a server and Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Each read arrives this much later.
    Delay(Duration),
    /// Each byte arrives in a read of its own.
    Split,
    /// Requests arrive, and replies are lost.
    NoReplies,
    /// All connections are reset, and no new one is accepted.
    Cut,
}

/// A proxy on a free TCP port that carries connections to the socket of a Redis.
pub struct Proxy {
    address: SocketAddr,
    network: Arc<Network>,
}

/// The state that all threads of a proxy share.
struct Network {
    redis: PathBuf,
    fault: Mutex<Fault>,
    /// The connections, so that a cut can end them.
    connections: Mutex<Vec<(TcpStream, UnixStream)>>,
}

impl Proxy {
    /// Starts a proxy in front of this socket.
    pub fn start(redis: &Path) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, connections) = (Mutex::new(Fault::None), Mutex::default());
        let network = Arc::new(Network { redis: redis.to_owned(), fault, connections });
        let shared = Arc::clone(&network);
        // This thread and those of the connections end with the test program.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A server tries again when its connection ends.
                let _ = shared.carry(client);
            }
        });
        Proxy { address, network }
    }

    /// The address of a chat behind this proxy, as `server --shared` takes it.
    pub fn url(&self, chat: &str) -> String {
        format!("redis://{}/0?chat={chat}&lease={}", self.address, LEASE.as_millis())
    }

    /// Changes what the network does from now on.
    pub fn has(&self, fault: Fault) {
        *self.network.fault.lock().unwrap() = fault;
        if fault == Fault::Cut {
            for (client, redis) in self.network.connections.lock().unwrap().drain(..) {
                // One end may have closed it already.
                let _ = client.shutdown(Shutdown::Both);
                let _ = redis.shutdown(Shutdown::Both);
            }
        }
    }
}

impl Network {
    /// Connects a client to Redis, and starts a thread for each direction.
    fn carry(self: &Arc<Network>, client: TcpStream) -> io::Result<()> {
        let mut connections = self.connections.lock().unwrap();
        if self.fault() == Fault::Cut {
            return Ok(());
        }
        let redis = UnixStream::connect(&self.redis)?;
        client.set_nodelay(true)?;
        connections.push((client.try_clone()?, redis.try_clone()?));
        let (network, from, to) = (Arc::clone(self), client.try_clone()?, redis.try_clone()?);
        thread::spawn(move || {
            let _ = network.pump(&from, &to, false);
            let _ = to.shutdown(Shutdown::Both);
        });
        let network = Arc::clone(self);
        thread::spawn(move || {
            let _ = network.pump(&redis, &client, true);
            let _ = client.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    /// Copies bytes in one direction until one end closes.
    fn pump(&self, mut from: impl Read, mut to: impl Write, replies: bool) -> io::Result<()> {
        let mut buffer = [0; 65536];
        // Nothing is ever sent: the receiver serves as a timer.
        let (_keep, timer) = sync_channel::<()>(0);
        loop {
            let length = from.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            let bytes = &buffer[..length];
            match self.fault() {
                Fault::NoReplies if replies => {}
                Fault::Split => bytes.chunks(1).try_for_each(|byte| to.write_all(byte))?,
                Fault::Delay(time) => {
                    let _ = timer.recv_timeout(time);
                    to.write_all(bytes)?;
                }
                Fault::None | Fault::NoReplies | Fault::Cut => to.write_all(bytes)?,
            }
        }
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }
}
