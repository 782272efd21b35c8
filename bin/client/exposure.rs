//! The warning about a password on a connection that is not encrypted.

use parse::Request;

use crate::conversation::Conversation;
use crate::protocol::{OLD, PASSWORD};

/// The warning. It is shown once.
const WARNING: &str = "warning: the connection is not encrypted, so others in the network can read your \
                       password; --tls encrypts it, if the server has TLS";

impl Conversation {
    /// The warning, if others can read a password that is sent next, and the person has not seen it yet.
    pub(crate) fn exposes_password(&self) -> Option<&'static str> {
        std::mem::take(&mut self.known().exposed).then_some(WARNING)
    }

    /// The warning, if the request has a password.
    pub(crate) fn exposes(&self, request: &Request) -> Option<&'static str> {
        let has_password = [PASSWORD, OLD].iter().any(|name| request.arguments.contains(name));
        has_password.then(|| self.exposes_password()).flatten()
    }
}
