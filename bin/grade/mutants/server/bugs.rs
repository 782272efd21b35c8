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

/// Generates the enum and the table from the same lines, so that they always match.
macro_rules! bugs {
    ($($variant:ident $name:literal $dialects:ident $summary:literal)*) => {
        /// The bug of this server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Bug { None, $($variant),* }

        /// All bugs that the server can have.
        pub(crate) const BUGS: &[Entry] = &[
            $(Entry { bug: Bug::$variant, name: $name, dialects: $dialects, summary: $summary }),*
        ];
    };
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
        "what one read of 4096 bytes returns is taken for one message"
    SplitRefused "split-refused" ALL
        "a request that comes in two pieces is answered with errors, one for each piece"
    DiesOverReadSize "dies-over-read-size" ALL
        "a request of more than 4096 bytes ends the connection"
    Coalesces "coalesces" PACED
        "what is said within 20 ms is one write"
    CorruptsQuotes "corrupts-quotes" ALL
        "a quote, a brace, a backslash and the word null in a text are changed"

    // Disconnects.
    SpinsAtEnd "spins-at-end" ALL
        "the end of a stream is not noticed: a thread spins, and whoever left stays logged in"
    NameNotFreed "name-not-freed" ALL
        "the name of somebody who left without a logout stays taken"
    StopsAtDeadSocket "stops-at-dead-socket" ALL
        "what is broadcast stops at whoever left without a logout: those who came later miss it"
    RemovesSender "removes-sender" ALL
        "who says something after somebody left without a logout is logged out after it"
    DeadUserBlocksLogin "dead-user-blocks-login" ALL
        "every login after somebody left without a logout fails"
    LeaverCrashes "leaver-crashes" ALL
        "the server ends, with exit code 1, when somebody leaves without a logout"
    NamesListsGone "names-lists-gone" ALL
        "the names list whoever left without a logout"

    // Login state.
    TellsStrangers "tells-strangers" ALL
        "what is said reaches those who are not logged in"
    LogoutKeepsLogin "logout-keeps-login" ALL
        "who has logged out can still speak, though nothing reaches it and the names lack it"
    LogoutKeepsReceiving "logout-keeps-receiving" ALL
        "who has logged out still hears everything"
    LogoutUnanswered "logout-unanswered" ALL
        "a logout is done, and not answered"
    SecondLoginTakesOver "second-login-takes-over" ALL
        "a second login on a connection gives it another name"
    StrangerDropped "stranger-dropped" ALL
        "a request before login that needs one ends the connection, without an answer"

    // Names.
    NotUnique "not-unique" ALL
        "a name can be had by any number of people"
    CaseSensitive "case-sensitive" ALL
        "a name can be had by two people who write it in different case"
    PrefixMatch "prefix-match" ALL
        "only the beginning of a name has to be as a name is: `al!ce` and `a b` are accepted"
    TrailingNewline "trailing-newline" ALL
        "a name may have a newline at its end"
    DigitsRefused "digits-refused" ALL
        "a name with a digit is refused"
    UpperCaseRefused "upper-case-refused" ALL
        "a name with an upper case letter is refused"
    EmptyNameAccepted "empty-name-accepted" ALL
        "a name may be empty"
    NonAsciiAccepted "non-ascii-accepted" ALL
        "a name may have letters that are not ASCII"

    // Messages and the backlog.
    NoEcho "no-echo" ALL
        "the sender does not get its own message"
    SenderIsReceiver "sender-is-receiver" ALL
        "everybody is told that they said themselves what somebody else said"
    OrderLost "order-lost" ALL
        "two messages that come in one read are delivered the second first"
    LosesUnderLoad "loses-under-load" ALL
        "every 53rd message that is said while three or more are logged in is lost"
    BacklogPerReceiver "backlog-per-receiver" ALL
        "the backlog has a message as often as there were people who heard it"
    BacklogEncodedTwice "backlog-encoded-twice" ALL
        "what is in the backlog is JSON inside a string where it should not be, or once too often"
    BacklogMissingWhenEmpty "backlog-missing-when-empty" NAMED
        "the answer to a login has no key `messages` when nothing was said before"

    // Connections that delay others.
    SilentStallsAll "silent-stalls-all" ALL
        "who connects and sends nothing, or half a request, keeps all others waiting"
    SlowReaderStallsAll "slow-reader-stalls-all" ALL
        "who does not read keeps all others waiting, once the buffers are full"
    RushRefused "rush-refused" ALL
        "a connection that would be the 101st is closed"

    // Answers.
    MissingArgumentCloses "missing-argument-closes" ALL
        "a request that lacks an argument ends the connection, without an answer"
    UnknownIgnored "unknown-ignored" ALL
        "a request that is not known is not answered"
    ErrorOnSuccess "error-on-success" NAMED
        "the key `error` is there, and null, when a request was done"
    ErrorMissing "error-missing" ALL
        "a refusal has no key `error`; in ktn15 it is an `info`"
    WrongNameInAnswer "wrong-name-in-answer" NAMED
        "every answer but to a message that is delivered is called `login`"
    TagDropped "tag-dropped" JSON
        "a tag does not come back"
}
