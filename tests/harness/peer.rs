//! Somebody who talks to a server over a real socket.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::{DEADLINE, Value, json};

/// How many messages are said at a time that nobody has to wait for: of the longest, as many as any
/// system takes.
const FEW: usize = 10;

/// Somebody at the other end of a socket.
pub struct Peer {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// A line that was put back.
    back: Option<String>,
}

impl Peer {
    pub fn connect(address: SocketAddr) -> Peer {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        Peer::over(stream)
    }

    /// Connects from this address, which is one of this machine.
    pub fn connect_from(source: Ipv4Addr, address: SocketAddr) -> Peer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
        socket.connect_timeout(&address.into(), DEADLINE).unwrap();
        Peer::over(socket.into())
    }

    pub fn over(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Peer { stream, reader, back: None }
    }

    /// Sends a request, on a line.
    pub fn asks(&mut self, request: Value) {
        self.sends(format!("{request}\n").as_bytes());
    }

    /// Sends a request to a server that may be gone by now.
    pub fn tries_to_ask(&mut self, request: Value) {
        self.tries_to_send(format!("{request}\n").as_bytes());
    }

    /// Says something to everybody.
    pub fn says(&mut self, text: &str) {
        self.asks(json!({"request": "message", "message": text}));
    }

    /// Says something so many times, a few at a time, and hears each of them; or hears something
    /// else, and stops there.
    pub fn says_often(&mut self, text: &str, times: usize) -> Option<Value> {
        let request = json!({"request": "message", "message": text}).to_string() + "\n";
        for _ in 0..times.div_ceil(FEW) {
            self.sends(request.repeat(FEW).as_bytes());
            for _ in 0..FEW {
                let heard: Value = serde_json::from_str(&self.line()).unwrap();
                if heard["response"] != "message" {
                    return Some(heard);
                }
                assert_eq!(heard["message"], text);
            }
        }
        None
    }

    /// Sends bytes as they are, in one write.
    pub fn sends(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends as much as gets through; a server may hang up on what it has heard already.
    pub fn tries_to_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next line has to be a response with these keys and values; it may have others, but an
    /// `error` only if that is one of these. Gives the whole of it.
    pub fn hears(&mut self, expected: Value) -> Value {
        let line = self.line();
        let heard: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            panic!("expected {expected}, but got what is no JSON ({error}): {line:?}")
        });
        let expected = expected.as_object().unwrap();
        for (key, value) in expected {
            assert_eq!(heard.get(key), Some(value), "{key:?} of {heard}");
        }
        let failed = expected.contains_key("error");
        assert_eq!(heard.get("error").is_some(), failed, "the error key of {heard}");
        heard
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> String {
        self.line_or_end().expect("expected a line, but the server hung up")
    }

    /// The next line, without its end; `None` when the server has hung up.
    pub fn line_or_end(&mut self) -> Option<String> {
        if let Some(line) = self.back.take() {
            return Some(line);
        }
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches('\n').to_owned()),
            Err(error) => panic!("expected a line, but: {error}"),
        }
    }

    /// The next line that came whole before the server was gone, however it went; `None` when there
    /// is none.
    pub fn line_before_the_end(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                panic!("expected a line or the end, but: {error}")
            }
            _ => line.strip_suffix('\n').map(str::to_owned),
        }
    }

    /// Nothing has come that was not heard: the next thing is the answer to a question asked now.
    pub fn has_heard_everything(&mut self) {
        self.asks(json!({"request": "version", "tag": "fence"}));
        self.hears(json!({"response": "version", "tag": "fence"}));
    }

    /// The server hangs up, and says nothing more before that.
    pub fn is_hung_up_on(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(String::from_utf8_lossy(&rest), "", "before the end"),
            Err(error) => panic!("expected the end of the stream, but: {error}"),
        }
    }

    /// The server hangs up at once, or resets: there is no room.
    pub fn is_turned_away(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(String::from_utf8_lossy(&rest), "", "before the end"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }

    /// Whether a question is answered, and not by the end.
    pub fn is_served(&mut self) -> bool {
        let asked = self.stream.write_all(b"{\"request\":\"version\"}\n");
        let mut line = String::new();
        asked.is_ok() && self.reader.read_line(&mut line).is_ok_and(|length| length > 0)
    }

    /// Nothing comes for a second.
    pub fn hears_nothing_for_a_second(&mut self) {
        self.stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let heard = self.reader.fill_buf().map(<[u8]>::to_vec);
        let silent = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
        assert!(heard.as_ref().is_err_and(|error| silent.contains(&error.kind())), "{heard:?}");
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
    }

    /// Puts a line back that was heard too early: it is the next one again.
    pub fn puts_back(&mut self, line: &Value) {
        assert!(self.back.replace(line.to_string()).is_none(), "one line at a time");
    }

    /// Is gone without a goodbye: the other side gets a reset.
    pub fn resets(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Says that it will ask nothing more, and goes on listening.
    pub fn finishes(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}
