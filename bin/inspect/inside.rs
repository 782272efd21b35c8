//! The inside of a Strata server: its trace, line by line, as events.
//!
//! `server --trace SOCKET` tells on a socket which hops each frame takes. This thread passes the lines on; the
//! page finds the frame of each hop (`page/inside.js`).

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use serde_json::Value;

use crate::event::{Event, What, millis};

/// The longest line.
const LONGEST: u64 = 64 * 1024;

/// The trace of a server.
pub(crate) struct Inside(BufReader<UnixStream>);

impl Inside {
    /// Connects to the trace of a server.
    ///
    /// # Errors
    /// If no server listens there.
    pub(crate) fn connect(socket: &Path) -> io::Result<Inside> {
        UnixStream::connect(socket).map(|stream| Inside(BufReader::new(stream)))
    }

    /// Passes lines on until the server or the record ends. The times of the events begin at `started`.
    pub(crate) fn run(mut self, started: Instant, events: &SyncSender<Event>) {
        let tell = |what| {
            let at = millis(started.elapsed());
            events.send(Event { at, client: 0, what }).is_ok()
        };
        let why = loop {
            match self.next() {
                Ok(Some(hop)) => {
                    if !tell(What::Hop { hop }) {
                        return;
                    }
                }
                Ok(None) => break "the server has ended it".to_owned(),
                Err(error) => break error.to_string(),
            }
        };
        tell(What::Untraced { why });
    }

    /// Reads the next line; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Value>> {
        let mut line = Vec::new();
        (&mut self.0).take(LONGEST).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let hop: Option<Value> = serde_json::from_slice(&line).ok();
        let is_hop = |hop: &Value| hop.get("hop").is_some_and(Value::is_string);
        match hop.filter(is_hop) {
            Some(hop) => Ok(Some(hop)),
            None => Err(io::Error::other("a line is not a hop of a Strata server")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::sync_channel;

    use super::*;

    /// The events after these bytes of a server that then ends.
    fn events(bytes: &[u8]) -> Vec<What> {
        let (mut server, ours) = UnixStream::pair().unwrap();
        server.write_all(bytes).unwrap();
        drop(server);
        let (sender, events) = sync_channel(8);
        Inside(BufReader::new(ours)).run(Instant::now(), &sender);
        drop(sender);
        events.iter().map(|event| event.what).collect()
    }

    #[test]
    fn lines_are_passed_on_until_the_end() {
        let told = events(b"{\"hop\":\"server\"}\n{\"hop\":\"lost\",\"lines\":2}\n");
        let hop = |text: &str| What::Hop { hop: serde_json::from_str(text).unwrap() };
        let ended = What::Untraced { why: "the server has ended it".to_owned() };
        assert_eq!(told, [hop(r#"{"hop":"server"}"#), hop(r#"{"hop":"lost","lines":2}"#), ended]);
    }

    #[test]
    fn another_program_on_the_socket_is_named_and_left() {
        let why = "a line is not a hop of a Strata server".to_owned();
        for bytes in
            [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"{}\n", &[b'x'; 60_000], b"[\"hop\"]\n"]
        {
            assert_eq!(events(bytes), [What::Untraced { why: why.clone() }]);
        }
    }
}
