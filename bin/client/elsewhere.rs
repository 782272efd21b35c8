//! A person who is logged in elsewhere: they can end that session and log in here.

use app::Refusal;
use parse::{Failure, Request};

use crate::catalogue::Catalogue;
use crate::conversation::Conversation;
use crate::protocol::{LOGIN, REPLACE};

impl Catalogue {
    /// Whether a login was refused because the person is logged in elsewhere, and can end that session.
    pub(crate) fn can_replace(&self, failure: &Failure) -> bool {
        let login = self.find(LOGIN).filter(|_| failure.code == Refusal::LoggedInElsewhere.code());
        login.is_some_and(|login| login.flags.contains(REPLACE))
    }
}

impl Conversation {
    /// As [`Catalogue::can_replace`].
    pub(crate) fn can_replace(&self, failure: &Failure) -> bool {
        self.known().catalogue.can_replace(failure)
    }
}

/// The same login, which ends a session of the person.
pub(crate) fn replacing(mut login: Request) -> Request {
    login.arguments.insert(REPLACE, true);
    login
}

/// The line about a login of a return that was refused for this.
pub(crate) fn elsewhere(name: &str) -> String {
    format!(
        "{name} is logged in elsewhere (perhaps your old connection); trying again, /login {name} ends that session"
    )
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Value};

    use super::*;
    use crate::catalogue::Secrets;

    #[test]
    fn a_session_can_be_ended_only_where_the_server_offers_that() {
        let elsewhere = Failure::from(Refusal::LoggedInElsewhere);
        let catalogue = Catalogue::built_in(Secrets::Asked);
        assert!(catalogue.can_replace(&elsewhere));
        assert!(!catalogue.can_replace(&Failure::from(Refusal::NameTaken)));
        // The server of an older version.
        let argument = |name| Value::from(Dict::new().with("name", name).with("type", "text"));
        let login = Dict::new()
            .with("request", LOGIN)
            .with("arguments", vec![argument("username"), argument("password")])
            .with("summary", "Log in.");
        let help = Dict::new().with("help", vec![Value::from(login)]);
        let older = Catalogue::from_help(&help, Secrets::Asked).unwrap();
        assert!(!older.can_replace(&elsewhere));
    }
}
