//! The guard of passwords.

use parse::{Dict, Failure, Request, Response};

use crate::conversation::testing::connected;

#[test]
fn after_a_late_refusal_of_a_password_and_with_the_password_of_the_login_the_client_asks() {
    let (_server, conversation, _receiver) = connected(true);
    assert!(!conversation.may_be_secret("hunter22"));
    let failure = Failure { code: "name-taken".into(), text: "Name already taken!".into() };
    let refused =
        |failure| Response { outcome: Err(failure), ..Response::ok("login", Dict::new()) };
    conversation.receive(&refused(failure).tagged(Some(7.into())));
    assert!(!conversation.may_be_secret("hunter22"), "the client asked for no password");
    let failure = Failure { code: "wrong-password".into(), text: "Wrong password!".into() };
    conversation.receive(&refused(failure).tagged(Some(8.into())));
    assert!(conversation.may_be_secret("hunter22") && !conversation.may_be_secret("/hunter22"));

    conversation.known().expects_secret.end();
    let login = Dict::new().with("username", "alice").with("password", "correct horse");
    conversation.known().login = Some(Request::new("login", login));
    assert!(conversation.may_be_secret("correct horse ") && !conversation.may_be_secret("correct"));
}
