//! A login of a return that the server refuses.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use parse::CloseReason;

use super::*;
use crate::conversation::testing::connected;
use crate::protocol::login_as;

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
    let lost = "! perhaps not sent: hello (Up brings it back)";
    let in_pipe = "! perhaps not sent: hello";
    let wrong = ("wrong-password", "Wrong password!");
    let (lines, name) = refused(true, wrong.0, wrong.1);
    assert_eq!(lines, ["! connected again, but not logged in: Wrong password!", lost]);
    assert_eq!(name.as_deref(), Some("alice"));

    let how = "* connected again, but not logged in; /login alice tries it again";
    let (lines, name) = refused(false, wrong.0, wrong.1);
    assert_eq!(
        (lines, name),
        (["! Wrong password!", how, in_pipe].map(str::to_owned).into(), None)
    );
    let (lines, name) = refused(true, "banned", "You are banned!");
    assert_eq!((lines, name), (["! You are banned!", how, lost].map(str::to_owned).into(), None));
}

/// Alice, to whose login on the way back the server has not answered, and the socket of that server.
fn on_the_way() -> (impl Sized, TcpStream, Conversation) {
    let (_server, conversation, receiver) = connected(true);
    let (server, other, new_receiver) = connected(true);
    let mut known = conversation.known();
    known.reconnects = true;
    (known.me, known.login) = (Some("alice".to_owned()), Some(login_as("alice")));
    drop(known);
    conversation.end(CloseReason::Finished);
    assert!(conversation.goes_away(false));
    conversation.comes_back(other.link());
    ((receiver, new_receiver), server, conversation)
}

fn refusal(refusal: &Refusal) -> Response {
    let failure = Failure { code: refusal.code().into(), text: refusal.to_string() };
    let refused = Response { outcome: Err(failure), ..Response::ok(LOGIN, Dict::new()) };
    refused.tagged(Some("own".into()))
}

/// The requests that the server gets after alice's login, if alice logs in as carol before this answer to it.
fn overtaken(answer: &Response) -> Vec<String> {
    let (_receivers, server, conversation) = on_the_way();
    let lines = conversation.log_in_instead(&login_as("carol")).unwrap();
    assert_eq!(lines, ["* trying to log in now as carol"]);
    assert_eq!(conversation.receive(answer), [""; 0]);
    assert!(conversation.is_away());
    conversation.finish();
    let asked = BufReader::new(server).lines().map(Result::unwrap);
    asked.skip_while(|line| !line.contains("alice")).skip(1).collect()
}

#[test]
fn another_name_counts_also_if_the_server_has_not_answered_the_login_before() {
    let login = r#"{"request":"login","username":"carol","tag":"own"}"#;
    assert_eq!(overtaken(&refusal(&Refusal::NameTaken)), [login]);
    let messages: Vec<Value> = Vec::new();
    let body = Dict::new().with(USERNAME, "alice").with("messages", messages);
    let accepted = Response::ok(LOGIN, body).tagged(Some("own".into()));
    assert_eq!(overtaken(&accepted), [r#"{"request":"logout","tag":"own"}"#, login]);
}

#[test]
fn the_end_of_the_time_for_a_login_is_no_news_while_the_name_is_taken() {
    let (_receivers, _server, conversation) = on_the_way();
    assert_eq!(conversation.receive(&refusal(&Refusal::NameTaken)).len(), 1);
    assert_eq!(conversation.receive(&refusal(&Refusal::NameTaken)), [""; 0]);
    let late = Response { name: "error".into(), ..refusal(&Refusal::NoLoginInTime(60)) };
    assert_eq!(conversation.receive(&late.tagged(None)), [""; 0]);
    assert!(conversation.is_away());
}
