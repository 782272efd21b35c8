//! Clients that behave as those of the courses: they take the result of one read for one message.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use harness::{DEADLINE, Value};

/// A client with the habits of a course.
pub(crate) trait Client {
    /// Sends one message, in one write.
    fn sends(&mut self, text: &str);

    /// Receives the next message, without a newline at its end.
    fn hears(&mut self) -> String;

    /// Checks that the server closes the connection and sends nothing before that.
    fn is_hung_up_on(&mut self) {
        assert_eq!(
            self.stream().read(&mut [0; 100]).unwrap(),
            0,
            "the server sent something before the end"
        );
    }

    /// The socket.
    fn stream(&mut self) -> &mut TcpStream;
}

/// How the clients of a dialect find the end of a message.
enum Habit {
    /// One read of at most `size` bytes returns one message. The client sends `end` after each of its
    /// messages.
    Reads { size: usize, end: &'static str },
    /// The same, and a message is a JSON object.
    ReadsJson,
    /// A header of ten bytes announces the length.
    Header,
}

/// The habit of the clients of a dialect, or `None` if they read and write lines.
fn habit(dialect: &str) -> Option<Habit> {
    match dialect.split(':').next()? {
        "ktn14" | "ktn15" => Some(Habit::ReadsJson),
        "text" | "menu" => Some(Habit::Reads { size: 1024, end: "" }),
        "plain" => Some(Habit::Reads { size: 4096, end: "\n" }),
        "header" => Some(Habit::Header),
        _ => None,
    }
}

/// Whether the clients of a dialect do anything else than read and write lines.
pub(crate) fn have_a_habit(dialect: &str) -> bool {
    habit(dialect).is_some()
}

/// Connects a client of this dialect.
pub(crate) fn client(dialect: &str, address: SocketAddr) -> Box<dyn Client> {
    let reader = |size, end| Reader { stream: connect(address), size, end };
    match habit(dialect) {
        Some(Habit::Reads { size, end }) => Box::new(reader(size, end)),
        Some(Habit::ReadsJson) => Box::new(Json(reader(4096, ""))),
        Some(Habit::Header) => Box::new(Header(connect(address))),
        None => Box::new(Lines(BufReader::new(connect(address)))),
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Takes the result of one read of `size` bytes for a message.
struct Reader {
    stream: TcpStream,
    size: usize,
    /// The end of each message that it sends.
    end: &'static str,
}

impl Client for Reader {
    fn sends(&mut self, text: &str) {
        self.stream.write_all(format!("{text}{}", self.end).as_bytes()).unwrap();
    }

    fn hears(&mut self) -> String {
        let mut message = vec![0; self.size];
        let length = self.stream.read(&mut message).expect("a message");
        assert!(length > 0, "expected a message, but the server closed the connection");
        let message = std::str::from_utf8(&message[..length]).expect("text");
        message.strip_suffix('\n').unwrap_or(message).to_owned()
    }

    fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

/// The same for JSON messages. It panics if a message is not a JSON object.
struct Json(Reader);

impl Client for Json {
    fn sends(&mut self, text: &str) {
        self.0.sends(text);
    }

    fn hears(&mut self) -> String {
        let message = self.0.hears();
        let value: Value = serde_json::from_str(&message).unwrap_or_else(|error| {
            panic!("one read did not return one message: {error}: {message}")
        });
        assert!(value.is_object(), "{value}");
        message
    }

    fn stream(&mut self) -> &mut TcpStream {
        self.0.stream()
    }
}

/// Reads and writes lines.
struct Lines(BufReader<TcpStream>);

impl Client for Lines {
    fn sends(&mut self, text: &str) {
        self.stream().write_all(format!("{text}\n").as_bytes()).unwrap();
    }

    fn hears(&mut self) -> String {
        let mut line = String::new();
        let length = self.0.read_line(&mut line).expect("a line");
        assert!(length > 0, "expected a line, but the server closed the connection");
        line.trim_end_matches('\n').to_owned()
    }

    fn stream(&mut self) -> &mut TcpStream {
        self.0.get_mut()
    }
}

/// Reads a header of ten bytes with one read and the announced bytes with another. A name and a text
/// form a pair.
struct Header(TcpStream);

impl Header {
    /// Returns the result of one read. The client fails if that is not all of the bytes.
    fn read(&mut self, size: usize) -> String {
        let mut bytes = vec![0; size];
        let length = self.0.read(&mut bytes).expect("a frame");
        assert_eq!(length, size, "one read returns all bytes");
        String::from_utf8(bytes).unwrap()
    }

    fn frame(&mut self) -> String {
        let header = self.read(10);
        let length = header.trim_end().parse().expect("a length");
        if length == 0 { String::new() } else { self.read(length) }
    }
}

impl Client for Header {
    fn sends(&mut self, text: &str) {
        self.0.write_all(format!("{:<10}{text}", text.len()).as_bytes()).unwrap();
    }

    /// Receives the next pair, in the form of the examples: `bob: hello`.
    fn hears(&mut self) -> String {
        let (name, text) = (self.frame(), self.frame());
        format!("{name}: {text}")
    }

    fn stream(&mut self) -> &mut TcpStream {
        &mut self.0
    }
}
