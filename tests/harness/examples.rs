//! The examples of a Markdown page, which tests play over sockets.

use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use transcript::{Dialect, Expects, Fault, Incoming, Outcome, Rules, Transcript, Wire};

use super::{DEADLINE, Peer, Server};

/// Time without a frame after which a person hears nothing.
const SILENCE: Duration = Duration::from_millis(300);

/// The transcripts in the code blocks of this kind on a page: `chat`, or a dialect.
///
/// # Panics
/// If one of them has an error.
pub fn examples(file: &str, page: &str, kind: &str) -> Vec<Transcript> {
    let dialect = match kind {
        "chat" => Dialect::default(),
        // A dialect that a student has added has lines.
        kind => Dialect::named(kind).unwrap_or_else(|_| Dialect::of_lines(kind)),
    };
    let blocks = transcript::blocks(page).into_iter().filter(|block| block.info == kind);
    let parsed = blocks.map(|block| {
        let parsed = transcript::parse_block(file, block.text.as_bytes(), block.first, &dialect);
        parsed.unwrap_or_else(|error| panic!("{error}"))
    });
    parsed.collect()
}

/// Plays a transcript with a server, whose first listener speaks `json` and whose second one, if there is
/// one, the dialect of the transcript. `sends` sends bytes and returns bytes that it has read already.
///
/// # Panics
/// If the server says anything else. The message has the line of the page.
pub fn play(
    server: &Server,
    transcript: &Transcript,
    sends: impl FnMut(&mut Peer, &[u8]) -> Vec<u8>,
) {
    if transcript.people().any(|who| who == "root") {
        server.add_root();
    }
    let is_json = transcript.dialect == Dialect::default();
    // At the end of an example of `json`, only the leaves of the other people may still arrive.
    let leaves = ["leave", "exited"].map(|it| format!(r#"{{"response":"{it}",…}}"#));
    let leaves = leaves.iter().map(|leave| Expects::json(leave).unwrap());
    let farewell = is_json.then(|| leaves.collect());
    let rules = Rules { key_order: true, one_read: true, farewell };
    let mut sockets = Sockets { addresses: &server.addresses, sends, people: HashMap::new() };
    match transcript::play(transcript, &rules, &mut sockets) {
        Outcome::Passed => {}
        Outcome::Undecided(why) => panic!("{why}"),
        Outcome::Differs(it) => panic!(
            "{}:{}: {} expected {}, received {} ({:?})\n{}",
            transcript.file,
            it.place.line,
            it.who,
            it.expected,
            it.received,
            it.why,
            transcript.excerpt(it.place)
        ),
    }
}

/// The people of a transcript, each with a socket.
struct Sockets<'a, F> {
    addresses: &'a [SocketAddr],
    sends: F,
    people: HashMap<String, Person>,
}

struct Person {
    peer: Peer,
    /// Bytes that were read while the person sent something.
    read: VecDeque<Vec<u8>>,
}

impl<F: FnMut(&mut Peer, &[u8]) -> Vec<u8>> Sockets<'_, F> {
    fn read(&mut self, who: &str, limit: Duration) -> Incoming {
        let Some(person) = self.people.get_mut(who) else { return Incoming::Closed };
        if let Some(read) = person.read.pop_front() {
            return Incoming::Bytes(read);
        }
        match person.peer.reads_once(limit) {
            Ok(read) if read.is_empty() => Incoming::Closed,
            Ok(read) => Incoming::Bytes(read),
            Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => Incoming::Nothing,
            Err(_) => Incoming::Broken,
        }
    }
}

impl<F: FnMut(&mut Peer, &[u8]) -> Vec<u8>> Wire for Sockets<'_, F> {
    fn connect(&mut self, who: &str, dialect: &Dialect) -> Result<(), Fault> {
        let listener = usize::from(*dialect != Dialect::default());
        let peer = Peer::connect(self.addresses[listener]);
        self.people.insert(who.to_owned(), Person { peer, read: VecDeque::new() });
        Ok(())
    }

    fn send(&mut self, who: &str, bytes: &[u8]) -> Result<(), Fault> {
        let person = self.people.get_mut(who).expect("the runner connects people first");
        let read = (self.sends)(&mut person.peer, bytes);
        person.read.extend(Some(read).filter(|read| !read.is_empty()));
        Ok(())
    }

    fn receive(&mut self, who: &str) -> Result<Incoming, Fault> {
        Ok(self.read(who, DEADLINE))
    }

    fn arrived(&mut self, who: &str) -> Result<Incoming, Fault> {
        Ok(self.read(who, SILENCE))
    }

    /// Nothing: [`arrived`](Wire::arrived) waits.
    fn settle(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn stop_sending(&mut self, who: &str) {
        if let Some(person) = self.people.get_mut(who) {
            person.peer.finishes();
        }
    }

    fn hang_up(&mut self, who: &str) {
        self.people.remove(who);
    }

    fn break_off(&mut self, who: &str) {
        self.people.remove(who).into_iter().for_each(|person| person.peer.resets());
    }

    fn patience(&self) -> Duration {
        DEADLINE
    }
}
