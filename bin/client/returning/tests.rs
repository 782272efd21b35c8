//! A login of a return that the server refuses.

use parse::CloseReason;

use super::*;
use crate::protocol::login_as;
use crate::testing::connected;

/// The lines after the login of a return was refused with this code and text. Alice had sent a message
/// that has no answer. Also returns the name for which the client asks for a password.
fn refused(terminal: bool, code: &'static str, text: &str) -> (Vec<String>, Option<String>) {
    let (_server, conversation, _receiver) = connected(terminal);
    let (_new_server, other, _new_receiver) = connected(terminal);
    conversation.known().reconnects = true;
    conversation.ask(login_as("alice")).unwrap();
    let messages: Vec<Value> = Vec::new();
    let body = Dict::new().with(USERNAME, "alice").with("messages", messages);
    let login = Response::ok(LOGIN, body).tagged(Some(1.into()));
    conversation.receive(&login);
    conversation.answered(&login);
    conversation.ask(Request::new(MESSAGE, Dict::new().with(MESSAGE, "hello"))).unwrap();
    conversation.end(CloseReason::Finished);
    assert!(conversation.goes_away(false));
    conversation.comes_back(other.link());
    let failure = Failure { code: code.into(), text: text.into() };
    let refusal = Response { outcome: Err(failure), ..Response::ok(LOGIN, Dict::new()) }
        .tagged(Some("own".into()));
    let lines = conversation.receive(&refusal);
    assert!(!conversation.is_away() && conversation.me().is_none());
    (lines, conversation.known().refused_login.take())
}

#[test]
fn a_wrong_password_is_asked_for_at_a_terminal_and_lost_requests_are_named() {
    let lost = "! perhaps not sent: hello";
    let wrong = ("wrong-password", "Wrong password!");
    let (lines, name) = refused(true, wrong.0, wrong.1);
    assert_eq!(lines, ["! connected again, but not logged in: Wrong password!", lost]);
    assert_eq!(name.as_deref(), Some("alice"));

    let how = "* connected again, but not logged in; /login alice tries it again";
    let (lines, name) = refused(false, wrong.0, wrong.1);
    assert_eq!((lines, name), (["! Wrong password!", how, lost].map(str::to_owned).into(), None));
    let (lines, name) = refused(true, "banned", "You are banned!");
    assert_eq!((lines, name), (["! You are banned!", how, lost].map(str::to_owned).into(), None));
}
