//! The table of the server's bugs: name, dialects, and visible effect.
//!
//! Real course projects had these bugs. Each one is one or two `if bug == Bug::X` at the place of
//! the mistake. It has its effect every time, not by chance.

use crate::dialect::Dialect::{self, Json, Ktn14, Ktn15};

const ALL: &[Dialect] = &[Json, Ktn14, Ktn15];
/// Dialects in which each message should arrive in a separate read.
const PACED: &[Dialect] = &[Ktn14, Ktn15];
/// Dialects in which an answer contains the name of its request, and the key `error` on failure.
const NAMED: &[Dialect] = &[Json, Ktn14];
const JSON: &[Dialect] = &[Json];
/// Dialects in which a message of the server names its sender.
const SIGNED: &[Dialect] = &[Ktn15];

/// Generates the enum and the table from the same lines, so that they always match.
macro_rules! bugs {
    ($($variant:ident $name:literal $dialects:ident $summary:literal)*) => {
        /// A bug of the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Bug { $($variant),* }

        /// All bugs that the server can have.
        pub(crate) const BUGS: &[Entry] = &[
            $(Entry { bug: Bug::$variant, name: $name, dialects: $dialects, summary: $summary }),*
        ];
    };
}

/// The bugs of this server.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bugs(u64);

impl Bugs {
    /// Adds a bug.
    pub(crate) fn with(self, bug: Bug) -> Bugs {
        Bugs(self.0 | 1 << bug as u32)
    }

    /// Whether the server has this bug.
    pub(crate) fn has(self, bug: Bug) -> bool {
        self.0 & 1 << bug as u32 != 0
    }
}

/// One line of the table.
pub(crate) struct Entry {
    pub(crate) bug: Bug,
    /// Name for `--bug`.
    pub(crate) name: &'static str,
    /// Dialects in which the bug exists.
    pub(crate) dialects: &'static [Dialect],
    pub(crate) summary: &'static str,
}

/// The bug with this name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    BUGS.iter().find(|entry| entry.name == name)
}

bugs! {
    // Framing.
    RecvIsMessage "recv-is-message" ALL
        "takes the bytes of one read (4096 at most) for one message"
    SplitRefused "split-refused" ALL
        "answers a request that arrives in two pieces with one error for each piece"
    DiesOverReadSize "dies-over-read-size" ALL
        "closes the connection when a request is longer than 4096 bytes"
    Coalesces "coalesces" PACED
        "sends messages within 20 ms to the same client in one write"
    CorruptsQuotes "corrupts-quotes" ALL
        "changes quotes, braces, backslashes and the word null in a text"
    NewlineMissing "newline-missing" JSON
        "sends no newline after a message"

    // Disconnects.
    SpinsAtEnd "spins-at-end" ALL
        "does not notice the end of a stream: a thread spins, and the user stays logged in"
    NameNotFreed "name-not-freed" ALL
        "keeps the name of a user who left without a logout"
    StopsAtDeadSocket "stops-at-dead-socket" ALL
        "stops a broadcast at a user who left without a logout: users after them receive nothing"
    RemovesSender "removes-sender" ALL
        "logs out a user who sends a message after another one left without a logout"
    DeadUserBlocksLogin "dead-user-blocks-login" ALL
        "refuses every login after a user left without a logout"
    LeaverCrashes "leaver-crashes" ALL
        "exits with code 1 when a user leaves without a logout"
    NamesListsGone "names-lists-gone" ALL
        "lists the names of users who left without a logout"

    // Login state.
    TellsStrangers "tells-strangers" ALL
        "sends messages to clients that are not logged in"
    TellsStrangersLate "tells-strangers-late" ALL
        "sends messages to clients that are not logged in, too, 20 ms after it sends them to the users"
    Greets "greets" ALL
        "sends a message to a client that connects"
    LogoutKeepsLogin "logout-keeps-login" ALL
        "accepts messages from a user who has logged out, although the user is not listed and receives nothing"
    LogoutKeepsReceiving "logout-keeps-receiving" ALL
        "sends messages to a user who has logged out"
    LogoutUnanswered "logout-unanswered" ALL
        "executes a logout but does not answer it"
    SecondLoginTakesOver "second-login-takes-over" ALL
        "gives a connection another name at a second login"
    StrangerDropped "stranger-dropped" ALL
        "closes the connection, without an answer, at a request that needs a login"

    // Names.
    NotUnique "not-unique" ALL
        "gives the same name to several users"
    CaseSensitive "case-sensitive" ALL
        "gives the same name to two users if its case differs"
    PrefixMatch "prefix-match" ALL
        "checks only the beginning of a name: accepts `al!ce` and `a b`"
    TrailingNewline "trailing-newline" ALL
        "accepts a name with a newline at its end"
    DigitsRefused "digits-refused" ALL
        "refuses a name with a digit"
    UpperCaseRefused "upper-case-refused" ALL
        "refuses a name with an upper-case letter"
    EmptyNameAccepted "empty-name-accepted" ALL
        "accepts an empty name"
    NonAsciiAccepted "non-ascii-accepted" ALL
        "accepts a name with letters outside ASCII"

    // Messages and the backlog.
    NoEcho "no-echo" ALL
        "does not send a message to its sender"
    SenderIsReceiver "sender-is-receiver" ALL
        "puts the name of the receiver on each message, not that of the sender"
    OrderLost "order-lost" ALL
        "swaps two messages that arrive in one read"
    LosesUnderLoad "loses-under-load" ALL
        "loses every 53rd message while three or more users are logged in"
    BacklogPerReceiver "backlog-per-receiver" ALL
        "stores a message in the backlog once for each receiver"
    BacklogEncodedTwice "backlog-encoded-twice" ALL
        "encodes messages in the backlog as JSON once too often"
    BacklogMissingWhenEmpty "backlog-missing-when-empty" NAMED
        "leaves the key `messages` out of the answer to a login if the backlog is empty"

    // Connections that delay others.
    SilentStallsAll "silent-stalls-all" ALL
        "blocks all clients while one client sends nothing or half a request"
    SlowReaderStallsAll "slow-reader-stalls-all" ALL
        "blocks all clients while one client does not read and the buffers are full"
    RushRefused "rush-refused" ALL
        "closes the 101st connection"

    // Answers.
    MissingArgumentCloses "missing-argument-closes" ALL
        "closes the connection, without an answer, at a request without its argument"
    UnknownIgnored "unknown-ignored" ALL
        "does not answer an unknown request"
    ErrorOnSuccess "error-on-success" NAMED
        "puts the key `error` with null in the answer to a successful request"
    ErrorMissing "error-missing" ALL
        "leaves the key `error` out of a failed request's answer; in ktn15 it sends `info`"
    WrongNameInAnswer "wrong-name-in-answer" NAMED
        "puts `login` in every answer as the name of the request, except in messages"
    TagDropped "tag-dropped" JSON
        "does not send a tag back"
    AnswersAsUser "answers-as-user" SIGNED
        "puts the name of the user, not of the server, on its answers to a user"
}
