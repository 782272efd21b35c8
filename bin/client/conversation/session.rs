//! The secret of this client's sessions: after a lost connection, a login with it gets the whispers that may have
//! been lost, too.

use std::fmt::Write;

use parse::{Dict, Request};
use rustix::rand::{GetRandomFlags, getrandom};

use super::Known;
use crate::protocol::{LOGIN, REGISTER, SESSION};

/// A secret that nobody can guess. Returns `None` if the system has no random numbers: then whispers may get lost.
pub(super) fn secret() -> Option<String> {
    let mut bytes = [0; 16];
    let filled = getrandom(&mut bytes, GetRandomFlags::empty()).ok()?;
    (filled == bytes.len()).then(|| {
        bytes.iter().fold(String::new(), |mut secret, byte| {
            let _ = write!(secret, "{byte:02x}");
            secret
        })
    })
}

impl Known {
    /// The request as the server gets it: with the secret, if it logs in to a server that says that it takes one.
    pub(super) fn with_session(&self, mut request: Request) -> Request {
        let entry = self.catalogue.find(&request.name).filter(|_| self.catalogue.is_servers());
        let is_login = [LOGIN, REGISTER].contains(&&*request.name);
        if let Some(secret) = &self.session
            && is_login
            && entry.is_some_and(|entry| entry.flags.contains(SESSION))
        {
            request.arguments.insert(SESSION, &**secret);
        }
        request
    }

    /// The whispers in an answer to a login that this client has not got before.
    pub(crate) fn lost_whispers(&self, answer: &Dict) -> Vec<Dict> {
        let whispers = answer.dicts("whispers").unwrap_or_default();
        whispers.into_iter().filter(|whisper| self.seen.is_later(whisper)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Secrets};
    use parse::Value;

    #[test]
    fn only_a_server_that_takes_a_secret_gets_one() {
        let mut known = Known::new(Secrets::Asked);
        let sent = |known: &Known, name: &'static str| {
            let sent = known.with_session(Request::new(name, Dict::new()));
            sent.arguments.optional_string(SESSION).unwrap().map(str::to_owned)
        };
        assert_eq!(sent(&known, "login"), None, "the server has not listed its commands");
        let argument = |name: &str| {
            Value::from(
                Dict::new().with("name", name).with("type", "string").with("required", false),
            )
        };
        let command = |name: &str, arguments: Vec<Value>| {
            let command = Dict::new().with("request", name).with("summary", "");
            Value::from(command.with("arguments", arguments))
        };
        for (arguments, takes) in [(vec!["username"], false), (vec!["username", SESSION], true)] {
            let arguments: Vec<Value> = arguments.into_iter().map(argument).collect();
            let commands = ["login", "fly"].map(|name| command(name, arguments.clone()));
            let help = Dict::new().with("help", commands.to_vec());
            known.catalogue = Catalogue::from_help(&help, Secrets::Asked).unwrap();
            assert_eq!(sent(&known, "login").is_some(), takes);
            assert_eq!(sent(&known, "login"), known.session.clone().filter(|_| takes));
            assert_eq!(sent(&known, "fly"), None);
            assert_eq!(known.catalogue.find("login").unwrap().usage(), "/login [USERNAME]");
        }
        assert_eq!(known.session.as_ref().map(String::len), Some(32));
        assert_ne!(known.session, Known::new(Secrets::Asked).session);
    }
}
