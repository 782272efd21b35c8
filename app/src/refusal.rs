//! Every way in which the chat says no.

use parse::DictError;

/// Why a request failed. Its `Display` is the text under `error`, word for word as the protocol
/// has it (`handout/protocol.md`): clients compare it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name that does not match `[A-Za-z0-9_]{1,32}`.
    #[error("Invalid username!")]
    InvalidUsername,
    /// Somebody has the name, in whatever case, or it is reserved.
    #[error("Name already taken!")]
    NameTaken,
    /// It takes a login to ask for this.
    #[error("You are not logged in!")]
    NotLoggedIn,
    /// A logout without a login.
    #[error("Not logged in!")]
    NothingToLogOut,
    /// A login after a login.
    #[error("Already logged in!")]
    AlreadyLoggedIn,
    /// A text of nothing, or of white space.
    #[error("Empty message!")]
    EmptyMessage,
    /// A text over the limit.
    #[error("Message too long!")]
    MessageTooLong,
    /// A text with a control character in it.
    #[error("Forbidden character!")]
    ForbiddenCharacter,
    /// Nobody of that name is logged in.
    #[error("No such user!")]
    NoSuchUser,
    /// No command has that name.
    #[error("Unknown request!")]
    UnknownRequest,
    /// It stayed too long without a login.
    #[error("No login in time!")]
    NoLoginInTime,
    /// An argument is missing or of the wrong type.
    #[error(transparent)]
    Argument(#[from] DictError),
}
