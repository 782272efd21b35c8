//! The vocabulary of these tests: a proxy, its two ends, its page without a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use harness::{DEADLINE, Value, json, wait_until};

/// A running proxy, and the listener to which it connects.
pub(crate) struct Inspect {
    child: Child,
    server: TcpListener,
    address: SocketAddr,
    pub(crate) page: SocketAddr,
    pub(crate) token: String,
}

/// Both ends of a connection through the proxy.
pub(crate) struct Ends {
    pub(crate) client: End,
    pub(crate) server: End,
}

/// One end.
pub(crate) struct End(pub(crate) TcpStream);

impl Inspect {
    /// Starts a proxy for this dialect.
    pub(crate) fn start(dialect: &str) -> Inspect {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = server.local_addr().unwrap().to_string();
        Inspect::run(server, &["--listen", "127.0.0.1:0", "--dialect", dialect, "--to", &to])
    }

    /// Starts the tool with these arguments. It prints one or two addresses, the page last.
    pub(crate) fn run(server: TcpListener, arguments: &[&str]) -> Inspect {
        let mut child = Command::new(env!("CARGO_BIN_EXE_inspect"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = "127.0.0.1:0".parse().unwrap();
        let url = loop {
            let line = lines.next().expect("an address").unwrap();
            match line.strip_prefix("listening on ") {
                Some(text) => address = text.parse().unwrap(),
                None => break line.strip_prefix("page at http://").unwrap().to_owned(),
            }
        };
        let (page, token) = url.trim_end_matches('/').split_once('/').unwrap();
        Inspect { child, server, address, page: page.parse().unwrap(), token: token.to_owned() }
    }

    /// Connects a client through the proxy.
    pub(crate) fn connect(&self) -> Ends {
        let client = TcpStream::connect(self.address).unwrap();
        let (server, _) = self.server.accept().unwrap();
        Ends { client: End::new(client), server: End::new(server) }
    }

    /// The address for clients.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of the process.
    #[cfg(target_os = "linux")]
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Lets no more connections reach the server. A process that another test is just starting has a copy
    /// of its listener, for a moment.
    pub(crate) fn lose_the_server(&mut self) {
        let before = self.server.local_addr().unwrap();
        self.server = TcpListener::bind("127.0.0.1:0").unwrap();
        wait_until("nobody listens", DEADLINE, || TcpStream::connect(before).is_err());
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}/", self.page, self.token)
    }

    /// Sends an HTTP request. Returns the status and the body.
    pub(crate) fn http(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.page).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Gives a command, which is refused with the returned error, if any.
    pub(crate) fn order(&self, order: &Value) -> Option<String> {
        let (body, page, token) = (order.to_string(), self.page, &self.token);
        let (status, answer) = self.http(&format!(
            "POST /{token}/do HTTP/1.1\r\nHost: {page}\r\nOrigin: http://{page}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let answer: Value = serde_json(&answer);
        assert_eq!(status == 200, answer.get("error").is_none(), "{status}: {answer}");
        answer["error"].as_str().map(str::to_owned)
    }

    /// Gives a command, which is carried out.
    pub(crate) fn does(&self, order: &Value) {
        assert_eq!(self.order(order), None, "{order}");
    }

    /// All events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        let (page, token) = (self.page, &self.token);
        let path = format!("/{token}/lines?from=0&count=5000");
        let (status, body) = self.http(&format!("GET {path} HTTP/1.1\r\nHost: {page}\r\n\r\n"));
        assert_eq!(status, 200, "{body}");
        serde_json(&body)["events"].as_array().unwrap().clone()
    }

    /// Waits until this many events have these values. Returns them.
    pub(crate) fn hears(&self, count: usize, expected: &Value) -> Vec<Value> {
        let expected = expected.as_object().unwrap();
        let mut found = Vec::new();
        wait_until(&format!("{count} events {expected:?}"), DEADLINE, || {
            found = self.events();
            found.retain(|event| expected.iter().all(|(key, value)| event[key] == *value));
            found.len() >= count
        });
        found
    }

    /// Waits until this many frames have arrived. Returns their numbers.
    pub(crate) fn frames(&self, count: usize) -> Vec<u64> {
        let frames = self.hears(count, &json!({"event": "frame"}));
        frames.iter().map(|frame| frame["frame"].as_u64().unwrap()).collect()
    }
}

impl Drop for Inspect {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl End {
    fn new(stream: TcpStream) -> End {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        End(stream)
    }

    /// Sends bytes in one write.
    pub(crate) fn sends(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Reads once.
    pub(crate) fn read(&mut self) -> String {
        let mut buffer = [0; 65536];
        let length = self.0.read(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// Reads these bytes and not one more.
    pub(crate) fn hears(&mut self, expected: impl AsRef<[u8]>) {
        let mut buffer = vec![0; expected.as_ref().len()];
        self.0.read_exact(&mut buffer).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&buffer), text(expected.as_ref()));
    }

    /// Checks that nothing can be read now. A proxy that should send nothing must have had its time before.
    pub(crate) fn hears_nothing(&mut self) {
        self.0.set_nonblocking(true).unwrap();
        let read = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        assert!(
            read.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock),
            "{read:?}"
        );
    }

    /// Checks that the stream ends here.
    pub(crate) fn is_ended(&mut self) {
        assert_eq!(self.read(), "");
    }

    /// Checks that the connection was reset.
    pub(crate) fn is_reset(&mut self) {
        let error = self.0.read(&mut [0; 16]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

fn serde_json(text: &str) -> Value {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"))
}
