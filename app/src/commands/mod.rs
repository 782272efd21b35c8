//! The command table: every request that a peer can send.
//!
//! A command is one file and one line in [`COMMANDS`]. Its entry names the preconditions: who may
//! send the request, and which arguments it has. The chat checks them before it runs the command.
//! `help`, the completion of the client and the tests walk the table, so they find a new command
//! without a change.
//!
//! ```
//! use app::commands::{self, Access, Order};
//!
//! let message = commands::find("message").unwrap();
//! assert_eq!(message.access, Access::LoggedIn);
//! assert_eq!(message.order, Order::Log);
//! ```

mod audit;
mod ban;
mod bans;
mod call;
mod connections;
mod help;
mod history;
mod join;
mod kick;
mod leave;
mod login;
mod logout;
mod message;
mod mute;
mod mutes;
mod names;
mod passwd;
mod register;
mod remove;
mod rooms;
mod shutdown;
mod unban;
mod unmute;
mod version;

use parse::Dict;

use crate::Refusal;
use crate::session::Session;

pub use call::Call;

/// All commands, in the order of `help`.
pub const COMMANDS: &[Command] = &[
    login::COMMAND,
    logout::COMMAND,
    register::COMMAND,
    passwd::COMMAND,
    message::COMMAND,
    names::COMMAND,
    history::COMMAND,
    rooms::COMMAND,
    join::COMMAND,
    leave::COMMAND,
    help::COMMAND,
    version::COMMAND,
    connections::COMMAND,
    kick::COMMAND,
    ban::COMMAND,
    unban::COMMAND,
    bans::COMMAND,
    mute::COMMAND,
    unmute::COMMAND,
    mutes::COMMAND,
    audit::COMMAND,
    remove::COMMAND,
    shutdown::COMMAND,
];

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The name of the request on the wire.
    pub name: &'static str,
    /// The arguments of the request.
    pub arguments: &'static [Argument],
    /// Who may send the request.
    pub access: Access,
    /// Whether the request may run while an earlier answer is outstanding.
    pub order: Order,
    /// One line of help.
    pub summary: &'static str,
    /// The function that answers the request. The chat calls it only if the preconditions hold.
    pub run: fn(&mut Call<'_>) -> Outcome,
}

/// An argument of a request.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// The key.
    pub name: &'static str,
    /// The type of the value.
    pub kind: Kind,
    /// Whether the request must have it.
    pub required: bool,
    /// Whether a client must hide it, on the screen and in its input history.
    pub secret: bool,
}

/// The type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number, 0 or more.
    Number,
    /// `true` or `false`.
    Flag,
}

/// Who may send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Any peer.
    Anyone,
    /// A peer that is not logged in.
    Unauthenticated,
    /// A peer with a name: it logged in, or has the name of its address.
    LoggedIn,
    /// A peer with a name, or an observer.
    Present,
    /// A peer with a name, or an observer, that gave the password of an administrator.
    Admin,
}

/// Whether a request may run while an earlier answer to the same peer is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// No. It waits for all earlier answers, and later requests wait for its own.
    Alone,
    /// Yes, if the earlier requests are of this kind, too: the log keeps their order, and commits
    /// many of them together.
    Log,
}

/// The result of a command: an answer, or the reason why it failed.
pub type Outcome = Result<Answer, Refusal>;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// This body.
    Now(Dict),
    /// The answer follows, when the log has committed a draft or a password job is done.
    Later,
}

/// Finds a command by name.
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

impl Access {
    /// Checks that a peer may send the request. An observer counts as present, but has no name.
    /// `is_admin` reads the log, so it is called only if the answer depends on it.
    ///
    /// # Errors
    /// Returns [`Refusal::NotLoggedIn`] if the request needs a name or a present peer, and the peer
    /// is neither; [`Refusal::AlreadyLoggedIn`] if the request is for peers that are not logged in,
    /// and the peer has a name or gave the password of an account; [`Refusal::NotAllowed`] if the
    /// request is for administrators, and the peer is present but no administrator. Passes on the
    /// error of `is_admin`.
    pub(crate) fn check(
        self,
        session: &Session,
        is_admin: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let is_in = session.name.is_some();
        let is_present = is_in || session.is_observer();
        match self {
            Access::LoggedIn if !is_in => Err(Refusal::NotLoggedIn),
            Access::Present | Access::Admin if !is_present => Err(Refusal::NotLoggedIn),
            Access::Unauthenticated if is_in || session.proof.is_some() => {
                Err(Refusal::AlreadyLoggedIn)
            }
            Access::Admin if !is_admin()? => Err(Refusal::NotAllowed),
            _ => Ok(()),
        }
    }

    /// Returns the name in `help`.
    pub const fn name(self) -> &'static str {
        match self {
            Access::Anyone => "anyone",
            Access::Unauthenticated => "stranger",
            Access::LoggedIn => "logged in",
            Access::Present => "present",
            Access::Admin => "admin",
        }
    }
}

impl Argument {
    /// A string that the request must have.
    pub const fn text(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Text, required: true, secret: false }
    }

    /// A string that the request may have.
    pub const fn optional_text(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Text, required: false, secret: false }
    }

    /// A string that the request must have, and that a client must hide.
    pub const fn secret(name: &'static str) -> Argument {
        Argument { secret: true, ..Argument::text(name) }
    }

    /// A string that the request may have, and that a client must hide.
    pub const fn optional_secret(name: &'static str) -> Argument {
        Argument { secret: true, ..Argument::optional_text(name) }
    }

    /// A whole number that the request must have.
    pub const fn number(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Number, required: true, secret: false }
    }

    /// A whole number that the request may have.
    pub const fn optional_number(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Number, required: false, secret: false }
    }

    /// A flag that the request may have. Without it, the flag is not set.
    pub const fn flag(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Flag, required: false, secret: false }
    }

    /// Checks the argument of a request.
    ///
    /// # Errors
    /// Returns an error if it is required and missing, or has another type.
    pub(crate) fn check(&self, arguments: &Dict) -> Result<(), Refusal> {
        match (self.kind, self.required) {
            (Kind::Text, true) => arguments.string(self.name).map(drop)?,
            (Kind::Text, false) => arguments.optional_string(self.name).map(drop)?,
            (Kind::Number, true) => arguments.whole_number(self.name).map(drop)?,
            (Kind::Number, false) => arguments.optional_whole_number(self.name).map(drop)?,
            (Kind::Flag, _) => arguments.optional_boolean(self.name).map(drop)?,
        }
        Ok(())
    }
}

impl Kind {
    /// Returns the name in `help` and in errors.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Number => "whole number",
            Kind::Flag => "boolean",
        }
    }
}

#[cfg(test)]
mod tests {
    use parse::{Arrival, Presence};

    use super::*;
    use crate::Moment;
    use crate::passwords::Hash;
    use crate::people::Name;
    use crate::session::Proof;
    use crate::testing::Room;

    #[test]
    fn names_are_unique_and_every_command_has_a_summary() {
        for (index, command) in COMMANDS.iter().enumerate() {
            let first = COMMANDS.iter().position(|other| other.name == command.name);
            assert_eq!(first, Some(index), "{} stands twice in the table", command.name);
            assert!(!command.summary.is_empty(), "{} has no summary", command.name);
            assert!(!command.summary.contains('\n'), "the summary of {} is long", command.name);
        }
    }

    #[test]
    fn a_peer_without_access_is_refused() {
        let address = "127.0.0.1:1".parse().unwrap();
        let session = |presence, name: Option<&str>, account: Option<&str>| {
            let arrival = Arrival { address, dialect: "json", presence };
            let proof = |account: &str| Proof {
                account: account.into(),
                hash: Hash("".into()),
                admin: false,
            };
            let (name, proof) = (name.map(Name::from), account.map(proof));
            Session { name, proof, ..Session::new(arrival, Moment::default()) }
        };
        let nameless = session(Presence::Named, None, None);
        let named = session(Presence::Named, Some("alice"), None);
        let observer = session(Presence::Observer, None, None);
        let with_proof = session(Presence::Observer, None, Some("alice"));
        let (may, no_login) = (|| Ok(()), || Err(Refusal::NotLoggedIn));
        let is_in = || Err(Refusal::AlreadyLoggedIn);
        for (access, wants) in [
            (Access::Anyone, [may(), may(), may(), may()]),
            (Access::Unauthenticated, [may(), is_in(), may(), is_in()]),
            (Access::LoggedIn, [no_login(), may(), no_login(), no_login()]),
            (Access::Present, [no_login(), may(), may(), may()]),
        ] {
            for (session, want) in
                [&nameless, &named, &observer, &with_proof].into_iter().zip(wants)
            {
                let unasked = || panic!("the rights make no difference");
                assert_eq!(access.check(session, unasked), want, "{access:?}, {session:?}");
            }
        }
        let unasked = || panic!("a peer without a name is no administrator");
        assert_eq!(Access::Admin.check(&nameless, unasked), no_login());
        for session in [&named, &observer, &with_proof] {
            let check = |is_admin| Access::Admin.check(session, || is_admin);
            assert_eq!(check(Ok(true)), may(), "{session:?}");
            assert_eq!(check(Ok(false)), Err(Refusal::NotAllowed), "{session:?}");
            assert_eq!(check(Err(Refusal::NotRead)), Err(Refusal::NotRead), "{session:?}");
        }
    }

    #[test]
    fn every_command_is_refused_without_access() {
        let not_logged_in = "You are not logged in!";
        for command in COMMANDS {
            let mut room = Room::new();
            let refused = match command.access {
                Access::Anyone => vec![],
                Access::LoggedIn | Access::Present => vec![(room.connect(), not_logged_in)],
                Access::Unauthenticated => vec![(room.login("alice"), "Already logged in!")],
                Access::Admin => {
                    vec![(room.connect(), not_logged_in), (room.login("alice"), "Not allowed!")]
                }
            };
            for (who, want) in refused {
                room.ask(who, command.name, with_all_arguments(command));
                let said = room.heard(who);
                assert_eq!(said, [format!("{} error: {want}", command.name)]);
            }
        }
    }

    #[test]
    fn a_missing_or_wrong_argument_is_refused_by_name() {
        for command in COMMANDS {
            for argument in command.arguments {
                let mut room = Room::new();
                let who = match command.access {
                    Access::LoggedIn | Access::Present => room.login("alice"),
                    Access::Admin => room.login_admin("alice"),
                    Access::Anyone | Access::Unauthenticated => room.connect(),
                };
                let mut arguments = with_all_arguments(command);
                arguments.insert(argument.name, Vec::<parse::Value>::new());
                room.ask(who, command.name, arguments);
                let wanted = argument.kind.name();
                let want = format!(
                    "{} error: Wrong type for {}: wanted {wanted}, got list",
                    command.name, argument.name
                );
                assert_eq!(room.heard(who), [want]);

                let mut arguments = with_all_arguments(command);
                arguments.remove(argument.name);
                room.ask(who, command.name, arguments);
                let missing =
                    format!("{} error: Missing argument: {}", command.name, argument.name);
                assert_eq!(room.heard(who) == [missing], argument.required, "{}", argument.name);
            }
        }
    }

    /// Arguments that pass the checks of the table.
    fn with_all_arguments(command: &Command) -> Dict {
        command.arguments.iter().fold(Dict::new(), |dict, argument| match argument.kind {
            Kind::Text => dict.with(argument.name, "somebody"),
            Kind::Number => dict.with(argument.name, 1),
            Kind::Flag => dict.with(argument.name, true),
        })
    }
}
