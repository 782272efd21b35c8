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
    /// The name is registered, and this is not its password, or none came; or one came, and the
    /// name is not registered, which is not to be told apart.
    #[error("Wrong password!")]
    WrongPassword,
    /// A new password that is too short or too long.
    #[error("Password must be 8 to 128 characters!")]
    BadPassword,
    /// Too many wrong passwords for this name or from this address; the seconds until the next try.
    #[error("Too many wrong passwords, try again in {0} s!")]
    TooManyPasswords(u64),
    /// Too many new accounts from this address within the hour.
    #[error("Too many accounts, try again later!")]
    TooManyAccounts,
    /// More is waiting than there is room for.
    #[error("The server is busy, try again!")]
    Busy,
    /// It takes an administrator to ask for this, or it is switched off.
    #[error("Not allowed!")]
    NotAllowed,
    /// The name, or the address, is banned.
    #[error("You are banned!")]
    Banned,
    /// A room's name that does not match `[A-Za-z0-9_]{1,32}`.
    #[error("Invalid room!")]
    InvalidRoom,
    /// It takes being in the room to do this.
    #[error("You are not in that room!")]
    NotInRoom,
    /// A join after a join.
    #[error("You are in that room already!")]
    InRoomAlready,
    /// A join after too many others.
    #[error("You are in too many rooms!")]
    TooManyRooms,
    /// Whoever is logged in is in the lobby.
    #[error("Nobody leaves the lobby!")]
    LobbyStays,
    /// A message to one person and to a room.
    #[error("A whisper has no room!")]
    WhisperInRoom,
    /// No message that everybody could see has that id.
    #[error("No such message!")]
    NoSuchMessage,
    /// A ban that is there already.
    #[error("Banned already!")]
    BannedAlready,
    /// There is no such ban to take back.
    #[error("Not banned!")]
    NotBanned,
    /// An administrator who would lock itself out.
    #[error("Not yourself!")]
    NotYourself,
    /// The log could not write it, so it did not take effect.
    #[error("It cannot be kept right now, try again later!")]
    NotKept,
    /// The log could not be read.
    #[error("It cannot be read right now, try again later!")]
    NotRead,
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
