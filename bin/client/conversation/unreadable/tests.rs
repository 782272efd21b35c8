//! Servers that send something else than responses.

use super::*;
use crate::conversation::testing::connected;
use parse::Response;

fn shown(conversation: &Conversation, frame: &[u8]) -> Vec<String> {
    conversation.unreadable(&ParseError::NotUtf8 { at: 0 }, frame)
}

#[test]
fn before_the_first_response_one_frame_that_is_none_is_shown() {
    let (_server, conversation, _receiver) = connected(true);
    let said = "! the server does not answer in JSON; it says: 220 ^[[2Jhi";
    assert_eq!(shown(&conversation, b"220 \x1b[2Jhi\r"), [said]);
    assert!(shown(&conversation, b"250 ok\r").is_empty());
    assert!(shown(&conversation, b"HTTP/1.1 200 OK\r").is_empty());
    conversation.receive(&Response::ok("welcome", parse::Dict::new()));
    for _ in 0..2 {
        let lines = shown(&conversation, b"no JSON");
        assert!(lines[0].starts_with("! cannot read a response of the server: "), "{lines:?}");
    }
}

#[test]
fn another_protocol_ends_the_connection_without_a_line() {
    let (_server, conversation, mut receiver) = connected(true);
    assert!(shown(&conversation, b"HTTP/1.1 400 Bad Request\r").is_empty());
    assert!(shown(&conversation, b"Server: x\r").is_empty());
    assert!(conversation.known().beginning.is_foreign());
    let event = receiver.recv(Some(crate::conversation::testing::DEADLINE));
    assert!(matches!(event, parse::LinkEvent::Closed(_)), "{event:?}");
}
