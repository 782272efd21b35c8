//! Conversations with a server that is only a socket, for tests.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use parse::{Limits, Link, LinkReceiver};

use super::Conversation;
use crate::catalogue::Secrets;
use crate::style::Style;

/// Time after which a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A conversation, the receiver of its responses, and the socket of its server.
pub(crate) fn connected(terminal: bool) -> (TcpStream, Conversation, LinkReceiver) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let link = Link::connect(&address, DEADLINE, Limits::default()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let style = Style { terminal, backlog: terminal, ..Style::default() };
    (server, Conversation::start(link.sender, style, Secrets::Asked), link.receiver)
}
