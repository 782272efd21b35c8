//! Every reason for which the chat refuses a request.

use parse::{DictError, Failure, ParseError};

/// Defines [`Refusal`] from a table: a description, a name, a stable code and a text for each.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $(($field:ty))? $code:literal $text:literal)*) => {
        /// The reason why a request failed.
        ///
        /// Its code and its text are part of the protocol (`handout/protocol.md`): programs compare
        /// the code, and students' programs may compare the text.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($text)] $name $(($field))?,)*
            /// Another refusal, and what the person can do.
            #[error("{0} {1}")]
            Advised(Box<Refusal>, &'static str),
            /// An argument is missing or has the wrong type.
            #[error(transparent)]
            Argument(#[from] DictError),
        }

        /// Every code and its text, in the order of the table.
        const CODES: &[(&str, &str)] = &[$(($code, $text)),*];

        impl Refusal {
            /// Returns the stable code.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Refusal::$name { .. } => $code,)*
                    Refusal::Advised(refusal, _) => refusal.code(),
                    Refusal::Argument(error) => error.code(),
                }
            }

            /// Adds what the person can do. The code stays the same.
            pub(crate) fn advised(self, advice: &'static str) -> Refusal {
                Refusal::Advised(Box::new(self), advice)
            }
        }
    };
}

refusals! {
    /// The name does not match `[A-Za-z0-9_]{1,32}`.
    InvalidUsername "invalid-username" "Invalid username!"
    /// A user has the name, in upper or lower case, or the name is reserved.
    NameTaken "name-taken" "Name already taken!"
    /// The password of the name is right, and the name is logged in over another connection.
    LoggedInElsewhere "logged-in-elsewhere" "You are logged in elsewhere!"
    /// The request needs a login.
    NotLoggedIn "not-logged-in" "You are not logged in!"
    /// A logout without a login.
    NothingToLogOut "nothing-to-log-out" "Not logged in!"
    /// A login after a login.
    AlreadyLoggedIn "already-logged-in" "Already logged in!"
    /// The text is empty or white space.
    EmptyMessage "empty-message" "Empty message!"
    /// The text is longer than the limit.
    MessageTooLong "message-too-long" "Message too long!"
    /// The text contains a character that a terminal obeys. The field describes the first one.
    ForbiddenCharacter(String) "forbidden-character" "Forbidden character: {0}!"
    /// No user of that name is logged in.
    NoSuchUser "no-such-user" "No such user!"
    /// The name has an account, and the password is missing or wrong. Or the name has no account,
    /// and a password came: an asker cannot tell the two apart.
    WrongPassword "wrong-password" "Wrong password!"
    /// A new password for a name without an account.
    NoAccount "no-account" "Your name has no account!"
    /// The new password is too short or too long.
    BadPassword "bad-password" "Password must be 8 to 128 characters!"
    /// Too many wrong passwords for this name or from this address. The field holds the seconds
    /// until the next try.
    TooManyPasswords(u64) "too-many-passwords" "Too many wrong passwords, try again in {0} s!"
    /// Too many new accounts from this address within the hour.
    TooManyAccounts "too-many-accounts" "Too many accounts, try again later!"
    /// A queue is full.
    Busy "busy" "The server is busy, try again!"
    /// The request is for administrators, or it is switched off.
    NotAllowed "not-allowed" "Not allowed!"
    /// The name or the address is banned. The field holds the end and the reason.
    Banned(String) "banned" "You are banned{0}"
    /// The name or the address is muted. The field holds the end and the reason.
    Muted(String) "muted" "You are muted{0}"
    /// The name of the room does not match `[A-Za-z0-9_]{1,32}`.
    InvalidRoom "invalid-room" "Invalid room!"
    /// The request is for members of the room.
    NotInRoom "not-in-room" "You are not in that room!"
    /// A join after a join.
    InRoomAlready "in-room-already" "You are in that room already!"
    /// The user is in as many rooms as the limit allows.
    TooManyRooms "too-many-rooms" "You are in too many rooms!"
    /// A user who is logged in cannot leave the lobby.
    LobbyStays "lobby-stays" "Nobody leaves the lobby!"
    /// A message has both a receiver and a room.
    WhisperInRoom "whisper-in-room" "A whisper has no room!"
    /// As many whispers are kept for the receiver as the limit allows.
    MailboxFull "mailbox-full" "Too many whispers wait for this person!"
    /// No public message has that id.
    NoSuchMessage "no-such-message" "No such message!"
    /// The ban exists already, and the request names neither a time nor a reason.
    BannedAlready "banned-already" "Banned already!"
    /// The ban does not exist.
    NotBanned "not-banned" "Not banned!"
    /// The mute exists already, and the request names neither a time nor a reason.
    MutedAlready "muted-already" "Muted already!"
    /// The mute does not exist.
    NotMuted "not-muted" "Not muted!"
    /// An administrator would lock themselves out, or silence themselves.
    NotYourself "not-yourself" "Not yourself!"
    /// A ban or a mute of an administrator.
    IsAdministrator "is-administrator" "An administrator has this name!"
    /// The text is no address and no range, or the range is too wide or too narrow. The field quotes it.
    BadAddress(String) "bad-address" "{0} is no address or range! IPv4 ranges are /8 to /32, IPv6 ranges /16 to /64."
    /// The text is no span of time. The field quotes it.
    BadTime(String) "bad-time" "{0} is no time! Write a number and s, m, h, d or w, as in 10m, up to 520w, or forever."
    /// The secret of a session is too short or too long.
    BadSession "bad-session" "The secret of a session has 16 to 64 bytes!"
    /// The log could not write the entry, so the request had no effect.
    NotKept "not-kept" "It cannot be kept right now, try again later!"
    /// The log could not be read.
    NotRead "not-read" "It cannot be read right now, try again later!"
    /// No command has that name.
    UnknownRequest "unknown-request" "Unknown request!"
    /// The peer did not log in before its deadline. The field holds the seconds that it had.
    NoLoginInTime(u64) "no-login-in-time" "No login in time! Connect again, and log in within {0} s."
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::new(refusal.code(), refusal.to_string())
    }
}

/// Returns every error of a server once, as code and text. In a text, `…` stands for a part that
/// differs.
pub fn errors() -> impl Iterator<Item = (&'static str, String)> {
    // The chat and the dialects both refuse an unknown request.
    let parse = ParseError::CODES.iter().filter(|(code, _)| *code != ParseError::UNKNOWN_REQUEST);
    CODES.iter().chain(parse).map(|(code, text)| (*code, text.replace("{0}", "…")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_lower_case_words_and_unique() {
        let mut seen = BTreeSet::new();
        for (code, text) in errors() {
            assert!(seen.insert(code), "{code} is twice in the table");
            assert!(code.split('-').all(|word| word.bytes().all(|it| it.is_ascii_alphanumeric())));
            assert!(code.bytes().all(|it| !it.is_ascii_uppercase()) && !text.is_empty());
        }
        assert_eq!(Refusal::UnknownRequest.code(), ParseError::UNKNOWN_REQUEST);
    }

    #[test]
    fn a_refusal_becomes_a_failure_with_its_code_and_text() {
        let failure = Failure::from(Refusal::TooManyPasswords(3));
        assert_eq!(failure.code, "too-many-passwords");
        assert_eq!(failure.text, "Too many wrong passwords, try again in 3 s!");
        let advised = Failure::from(Refusal::WrongPassword.advised("Try another."));
        assert_eq!(advised, Failure::new("wrong-password", "Wrong password! Try another."));
        let missing = Refusal::from(DictError::Missing { key: "to".to_owned() });
        assert_eq!(
            Failure::from(missing),
            Failure::new("missing-argument", "Missing argument: to")
        );
    }
}
