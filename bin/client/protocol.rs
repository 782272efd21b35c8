//! Names of the protocol that the client handles specially.

use parse::{Dict, Request};

/// The command that sends a message. Plain text does that, so the command is not offered.
pub(crate) const MESSAGE: &str = "message";
/// The command that enters a room.
pub(crate) const JOIN: &str = "join";
/// The argument that names a room.
pub(crate) const ROOM: &str = "room";
/// The argument that names the only recipient of a message.
pub(crate) const TO: &str = "to";
/// The command that returns earlier messages.
pub(crate) const HISTORY: &str = "history";
/// The argument with the most messages of a page of the history.
pub(crate) const LIMIT: &str = "limit";
/// The flag of a message that says what its sender does.
pub(crate) const ACTION: &str = "action";
/// The argument of a login with the secret of the client's sessions.
pub(crate) const SESSION: &str = "session";
/// The key of a whisper whose receiver was not here.
pub(crate) const OFFLINE: &str = "offline";
/// The command that makes an account.
pub(crate) const REGISTER: &str = "register";
/// The command that logs in, and the flag of a registration that logs in afterwards.
pub(crate) const LOGIN: &str = "login";
/// The command that logs out.
pub(crate) const LOGOUT: &str = "logout";
/// The command that leaves a room.
pub(crate) const LEAVE: &str = "leave";
/// The command that changes the password of one's own account.
pub(crate) const PASSWD: &str = "passwd";
/// The argument with the current password, in a command that changes it.
pub(crate) const OLD: &str = "old";
/// The command of administrators that ends the server.
pub(crate) const SHUTDOWN: &str = "shutdown";
/// The room that every login enters.
pub(crate) const LOBBY: &str = "lobby";
/// The key with the name of a person: of the sender of a message, or the one that a command is about.
pub(crate) const USERNAME: &str = "username";
/// The argument with the password of a login, or the new one of an account.
pub(crate) const PASSWORD: &str = "password";

/// The flag of a login that ends a session in which the person is logged in already.
pub(crate) const REPLACE: &str = "replace";

/// The request that logs in under this name.
pub(crate) fn login_as(name: &str) -> Request {
    Request::new(LOGIN, Dict::new().with(USERNAME, name))
}

/// The number of messages that a page of the history may have.
pub(crate) const PAGE: u64 = 100;

/// The request for the page of a room's history that ends before this id; `None` is the latest page.
pub(crate) fn page_before(room: &str, before: Option<u64>, limit: u64) -> Request {
    let mut arguments = Dict::new().with(LIMIT, limit);
    before.into_iter().for_each(|before| arguments.insert("before", before));
    // A server without rooms has a history of its only one.
    if room != LOBBY {
        arguments.insert(ROOM, room);
    }
    Request::new(HISTORY, arguments)
}

/// The text of a request that sends a message; empty if it has none.
pub(crate) fn text_of(message: &Request) -> &str {
    message.arguments.string(MESSAGE).unwrap_or_default()
}
