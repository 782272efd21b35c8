//! A client at the other end of a real socket, controlled by the test.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::{DEADLINE, Value, json};

/// Messages that [`Peer::says_often`] sends before it reads. Every system buffers this many of the
/// longest messages, so that sending them never blocks.
const FEW: usize = 10;

/// The errors of a read whose time is over. The system chooses one of them.
const SILENT: [ErrorKind; 2] = [ErrorKind::WouldBlock, ErrorKind::TimedOut];

/// A connection to a server. It speaks the `json` dialect, and every wait has a deadline.
pub struct Peer {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// A line that [`Peer::puts_back`] has put back.
    back: Option<String>,
}

impl Peer {
    /// Connects to this address.
    pub fn connect(address: SocketAddr) -> Peer {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        Peer::over(stream)
    }

    /// Connects from this source address, which must belong to this machine.
    pub fn connect_from(source: Ipv4Addr, address: SocketAddr) -> Peer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
        socket.connect_timeout(&address.into(), DEADLINE).unwrap();
        Peer::over(socket.into())
    }

    /// Wraps a connected stream.
    pub fn over(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Peer { stream, reader, back: None }
    }

    /// Sends a request as one line.
    pub fn asks(&mut self, request: Value) {
        self.sends(format!("{request}\n").as_bytes());
    }

    /// Sends a request to a server that may have closed the connection.
    pub fn tries_to_ask(&mut self, request: Value) {
        self.tries_to_send(format!("{request}\n").as_bytes());
    }

    /// Sends a message to the lobby.
    pub fn says(&mut self, text: &str) {
        self.asks(json!({"request": "message", "message": text}));
    }

    /// Sends a message this many times, a few at a time, and reads each copy that comes back. Stops
    /// at the first other line and returns it.
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

    /// Sends bytes unchanged, in one write.
    pub fn sends(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends as many of the bytes as possible. The server may close the connection before the last.
    pub fn tries_to_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads the next line, which must be a response with these keys and values. It may have other
    /// keys, but an `error` only if one is expected. Returns the whole response.
    pub fn hears(&mut self, expected: Value) -> Value {
        let line = self.line();
        let heard: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            panic!("expected {expected}, but got a line that is not JSON ({error}): {line:?}")
        });
        let expected = expected.as_object().unwrap();
        for (key, value) in expected {
            assert_eq!(heard.get(key), Some(value), "{key:?} of {heard}");
        }
        let failed = expected.contains_key("error");
        assert_eq!(heard.get("error").is_some(), failed, "the error key of {heard}");
        heard
    }

    /// Lets each later read take this long: for answers that need much computing on a busy machine.
    pub fn waits_up_to(&mut self, limit: Duration) {
        self.stream.set_read_timeout(Some(limit)).unwrap();
    }

    /// Reads the next line. Returns it without its newline.
    pub fn line(&mut self) -> String {
        self.line_or_end().expect("expected a line, but the server closed the connection")
    }

    /// Reads the next line. Returns `None` if the server has closed the connection.
    pub fn line_or_end(&mut self) -> Option<String> {
        if let Some(line) = self.back.take() {
            return Some(line);
        }
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches('\n').to_owned()),
            Err(error) if SILENT.contains(&error.kind()) => {
                let limit = self.stream.read_timeout().unwrap().unwrap_or_default();
                panic!("expected a line, but the server sent none for {limit:?}")
            }
            Err(error) => panic!("expected a line, but: {error}"),
        }
    }

    /// Reads the next complete line. Returns `None` if the connection has ended, by a close or by a
    /// reset.
    pub fn line_before_the_end(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                panic!("expected a line or the end, but: {error}")
            }
            _ => line.strip_suffix('\n').map(str::to_owned),
        }
    }

    /// Checks that no line is unread: the next line answers a request that is sent now.
    pub fn has_heard_everything(&mut self) {
        self.asks(json!({"request": "version", "tag": "fence"}));
        self.hears(json!({"response": "version", "tag": "fence"}));
    }

    /// Checks that the server closes the connection and sends nothing before that.
    pub fn is_hung_up_on(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(String::from_utf8_lossy(&rest), "", "before the end"),
            Err(error) => panic!("expected the end of the stream, but: {error}"),
        }
    }

    /// Checks that the server closes or resets the connection without sending anything: it accepts no
    /// more connections.
    pub fn is_turned_away(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(String::from_utf8_lossy(&rest), "", "before the end"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }

    /// Whether the server answers a request on this connection.
    pub fn is_served(&mut self) -> bool {
        let asked = self.stream.write_all(b"{\"request\":\"version\"}\n");
        let mut line = String::new();
        asked.is_ok() && self.reader.read_line(&mut line).is_ok_and(|length| length > 0)
    }

    /// Checks that the server sends nothing for a second.
    pub fn hears_nothing_for_a_second(&mut self) {
        self.stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let heard = self.reader.fill_buf().map(<[u8]>::to_vec);
        assert!(heard.as_ref().is_err_and(|error| SILENT.contains(&error.kind())), "{heard:?}");
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
    }

    /// Makes a line unread again. It is the next line that the peer reads.
    pub fn puts_back(&mut self, line: &Value) {
        assert!(self.back.replace(line.to_string()).is_none(), "only one line can be put back");
    }

    /// Returns the result of one read, which is empty at the end of the stream, or the kind of its error. Waits
    /// up to this long.
    ///
    /// # Errors
    /// The kind of the error of the read.
    pub fn reads_once(&mut self, limit: Duration) -> Result<Vec<u8>, ErrorKind> {
        self.stream.set_read_timeout(Some(limit)).unwrap();
        let read = self.reader.fill_buf().map(<[u8]>::to_vec).map_err(|error| error.kind());
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        self.reader.consume(read.as_ref().map_or(0, Vec::len));
        read
    }

    /// Closes the connection with a reset.
    pub fn resets(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Ends the sending direction of the connection. The peer can still read.
    pub fn finishes(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}
