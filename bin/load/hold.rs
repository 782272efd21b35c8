//! The time for which one login delays all other clients.
//!
//! A server announces a login to all clients, which takes thousands of writes in a full server. One
//! connection sends requests and waits for each answer while clients log in one at a time. The longest
//! round trip during a login is the time for which that login delayed the server.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::crowd::{Crowd, PATIENCE};
use crate::failure::Failure;
use crate::measurement::median;

/// The number of logins. The result is their median.
const LOGINS: u32 = 9;

/// Round trips before each login and after it.
const AROUND: u32 = 20;

/// Logs clients in while the crowd reads on. Returns the median of the longest round trips.
pub(crate) fn measure(address: SocketAddr, crowd: &mut Crowd) -> Result<Duration, Failure> {
    let (done, began) = (AtomicBool::new(false), crowd.now());
    thread::scope(|scope| {
        let pinging = scope.spawn(|| {
            let longest = ping_during_logins(address);
            done.store(true, Ordering::Release);
            longest
        });
        while !done.load(Ordering::Acquire) {
            if crowd.now() - began > 4 * PATIENCE.as_nanos() as u64 {
                return Err(Failure::Broken("the server does not answer any more".to_owned()));
            }
            crowd.wait(Duration::from_millis(10))?;
            while crowd.serve(|_, _, _| Ok(()))?.is_some() {}
        }
        let broken = |error: io::Error| Failure::Broken(format!("one more login: {error}"));
        #[expect(clippy::unwrap_used, reason = "the thread panics only where this one would")]
        pinging.join().unwrap().map_err(broken)
    })
}

fn ping_during_logins(address: SocketAddr) -> io::Result<Duration> {
    let mut pings = Asker::connect(address)?;
    let mut longest = Vec::new();
    let mut newcomers = Vec::new();
    for number in 0..LOGINS {
        let mut newcomer = Asker::connect(address)?;
        (0..AROUND).try_for_each(|_| pings.ask("{\"request\":\"version\"}\n").map(drop))?;
        newcomer.send(&format!("{{\"request\":\"login\",\"username\":\"more{number}\"}}\n"))?;
        // The server handles the first request behind the login in the same turn or in a later one.
        let mut most = Duration::ZERO;
        for _ in 0..AROUND {
            most = most.max(pings.ask("{\"request\":\"version\"}\n")?);
        }
        newcomer.receive()?;
        longest.push(most.as_secs_f64());
        newcomers.push(newcomer);
    }
    Ok(Duration::from_secs_f64(median(longest)))
}

/// A connection with one request at a time.
struct Asker {
    stream: BufReader<TcpStream>,
}

impl Asker {
    fn connect(address: SocketAddr) -> io::Result<Asker> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Asker { stream: BufReader::new(stream) })
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(line.as_bytes())
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Returns the time from a request to its answer.
    fn ask(&mut self, line: &str) -> io::Result<Duration> {
        let began = Instant::now();
        self.send(line)?;
        self.receive()?;
        Ok(began.elapsed())
    }
}
