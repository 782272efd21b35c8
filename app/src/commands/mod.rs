//! The command table: everything that can be asked of the chat.
//!
//! One command is one file, and one line in [`COMMANDS`]. The line says what holds before the
//! command runs (who may ask, which arguments there are); the chat checks that, so the command
//! itself has only to do its work. `help`, the completion of the client and the tests that walk
//! the table find a new command by themselves.

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
mod names;
mod register;
mod remove;
mod rooms;
mod shutdown;
mod unban;
mod version;

use parse::Dict;

use crate::Refusal;
use crate::session::Session;

pub use call::Call;

/// Every command, in the order in which `help` lists them.
pub const COMMANDS: &[Command] = &[
    login::COMMAND,
    logout::COMMAND,
    register::COMMAND,
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
    remove::COMMAND,
    shutdown::COMMAND,
];

/// Something that can be asked of the chat.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// What is asked for, on the wire.
    pub name: &'static str,
    /// What comes with it.
    pub arguments: &'static [Argument],
    /// Who may ask.
    pub access: Access,
    /// Whether it waits for the earlier answers to the same peer.
    pub order: Order,
    /// One line of help.
    pub summary: &'static str,
    /// Does it. The preconditions above hold when it is called.
    pub run: fn(&mut Call<'_>) -> Outcome,
}

/// Something that comes with a request.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// Its key.
    pub name: &'static str,
    /// What stands under the key.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it must not be seen: neither on a screen nor in a history of what was typed.
    pub secret: bool,
}

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number, 0 or more.
    Number,
}

/// Who may ask for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever is connected.
    Anyone,
    /// Whoever is not logged in yet.
    Stranger,
    /// Whoever is in: logged in, or there under the name of its address.
    LoggedIn,
    /// Whoever is in, and whoever looks on.
    Present,
    /// Of these, whoever has given the password of an account that may administer.
    Admin,
}

/// Whether a request may run while an earlier answer to the same peer is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It waits until the peer has all earlier answers, and later requests wait for its answer.
    Alone,
    /// It may run while other requests of this kind are outstanding, because the log keeps their
    /// order. They share a commit.
    Log,
}

/// What a command returns: how the asker is answered, or why not.
pub type Outcome = Result<Answer, Refusal>;

/// How the asker is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// With this.
    Now(Dict),
    /// When the log hands back what was appended to it.
    Later,
}

/// The command of this name.
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

impl Access {
    /// # Errors
    /// When whoever this is may not ask.
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
            Access::Stranger if is_in || session.proof.is_some() => Err(Refusal::AlreadyLoggedIn),
            Access::Admin if !is_admin()? => Err(Refusal::NotAllowed),
            _ => Ok(()),
        }
    }

    /// What `help` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Access::Anyone => "anyone",
            Access::Stranger => "stranger",
            Access::LoggedIn => "logged in",
            Access::Present => "present",
            Access::Admin => "admin",
        }
    }
}

impl Argument {
    /// A string that must be there.
    pub const fn text(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Text, required: true, secret: false }
    }

    /// A string that may be there.
    pub const fn optional_text(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Text, required: false, secret: false }
    }

    /// A string that must be there and must not be seen.
    pub const fn secret(name: &'static str) -> Argument {
        Argument { secret: true, ..Argument::text(name) }
    }

    /// A string that may be there and must not be seen.
    pub const fn optional_secret(name: &'static str) -> Argument {
        Argument { secret: true, ..Argument::optional_text(name) }
    }

    /// A whole number that must be there.
    pub const fn number(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Number, required: true, secret: false }
    }

    /// A whole number that may be there.
    pub const fn optional_number(name: &'static str) -> Argument {
        Argument { name, kind: Kind::Number, required: false, secret: false }
    }

    /// # Errors
    /// When it is missing and must not be, or is of another kind.
    pub(crate) fn check(&self, arguments: &Dict) -> Result<(), Refusal> {
        match (self.kind, self.required) {
            (Kind::Text, true) => arguments.string(self.name).map(drop)?,
            (Kind::Text, false) => arguments.optional_string(self.name).map(drop)?,
            (Kind::Number, true) => arguments.whole_number(self.name).map(drop)?,
            (Kind::Number, false) => arguments.optional_whole_number(self.name).map(drop)?,
        }
        Ok(())
    }
}

impl Kind {
    /// What `help` calls it, and what an error about it says.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Number => "whole number",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Room;

    #[test]
    fn names_are_unique_and_everything_is_explained() {
        for (index, command) in COMMANDS.iter().enumerate() {
            let first = COMMANDS.iter().position(|other| other.name == command.name);
            assert_eq!(first, Some(index), "{} stands twice in the table", command.name);
            assert!(!command.summary.is_empty(), "{} has no summary", command.name);
            assert!(!command.summary.contains('\n'), "the summary of {} is long", command.name);
        }
    }

    #[test]
    fn whoever_may_not_ask_is_refused() {
        for command in COMMANDS {
            let mut room = Room::new();
            let (who, want) = match command.access {
                Access::Anyone => continue,
                Access::LoggedIn | Access::Present => (room.connect(), "You are not logged in!"),
                Access::Stranger => (room.login("alice"), "Already logged in!"),
                Access::Admin => (room.login("alice"), "Not allowed!"),
            };
            room.ask(who, command.name, with_all_arguments(command));
            let said = room.heard(who);
            assert_eq!(said, [format!("{} error: {want}", command.name)]);
        }
    }

    #[test]
    fn what_is_missing_or_of_the_wrong_type_is_refused_by_its_name() {
        for command in COMMANDS {
            for argument in command.arguments {
                let mut room = Room::new();
                let who = match command.access {
                    Access::LoggedIn | Access::Present => room.login("alice"),
                    Access::Admin => room.login_admin("alice"),
                    Access::Anyone | Access::Stranger => room.connect(),
                };
                let mut arguments = with_all_arguments(command);
                arguments.insert(argument.name, true);
                room.ask(who, command.name, arguments);
                let wanted = argument.kind.name();
                let want = format!(
                    "{} error: Wrong type for {}: wanted {wanted}, got boolean",
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
        })
    }
}
