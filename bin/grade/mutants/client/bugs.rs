//! The table of the client's bugs: name, dialects, visible effect, and the checks that must find
//! it.
//!
//! Real course projects had these bugs. Each one is an `if bug == Bug::X` at the place of the
//! mistake. It has its effect every time, not by chance.

use crate::dialect::Dialect::{self, Json, Ktn14, Ktn15};

const ALL: &[Dialect] = &[Json, Ktn14, Ktn15];
const JSON: &[Dialect] = &[Json];

/// Generates the enum and the table from the same lines, so that they always match.
macro_rules! bugs {
    ($($variant:ident $name:literal $dialects:ident fails $checks:tt $summary:literal)*) => {
        /// The bug of this client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Bug { None, $($variant),* }

        /// All bugs that the client can have.
        pub(crate) const BUGS: &[Entry] = &[$(Entry {
            bug: Bug::$variant,
            name: $name,
            dialects: $dialects,
            checks: &$checks,
            summary: $summary,
        }),*];
    };
}

/// One line of the table.
pub(crate) struct Entry {
    pub(crate) bug: Bug,
    /// Name for `--bug`.
    pub(crate) name: &'static str,
    /// Dialects in which the bug exists.
    pub(crate) dialects: &'static [Dialect],
    /// The checks that must fail.
    pub(crate) checks: &'static [&'static str],
    pub(crate) summary: &'static str,
}

bugs! {
    // Start and end.
    OwnPort "own-port" ALL fails ["OPEN-1"]
        "connects to the port after the given one"
    RetriesForEver "retries-for-ever" ALL fails ["OPEN-2"]
        "tries forever to connect, and prints nothing, if there is no server"
    SilentWithoutServer "silent-without-server" ALL fails ["OPEN-2"]
        "exits without an error message if there is no server"
    HangsWithoutServer "hangs-without-server" ALL fails ["OPEN-2"]
        "prints an error but does not exit if there is no server"
    LeaveHangs "leave-hangs" ALL fails ["QUIT-1"]
        "stops reading input when the user leaves, but keeps the connection and the process"
    IgnoresEndOfInput "ignores-end-of-input" ALL fails ["QUIT-2"]
        "does not exit at the end of its input"
    SpinsAtEnd "spins-at-end" ALL fails ["QUIT-3"]
        "does not notice the end of the stream: a thread spins"
    SaysAndSpins "says-and-spins" ALL fails ["QUIT-3"]
        "reports the end of the stream, and then a thread spins"
    SilentAtEnd "silent-at-end" ALL fails ["QUIT-3"]
        "neither reports the end of the stream nor exits"

    // Input.
    NameInLowerCase "name-in-lower-case" ALL fails ["TYPE-1"]
        "sends the name in lower case"
    NameWithSpace "name-with-space" ALL fails ["TYPE-1"]
        "sends the name with the space before it"
    FirstWordOnly "first-word-only" ALL fails ["TYPE-2"]
        "sends only the first word of a message"
    WordByWord "word-by-word" ALL fails ["TYPE-2"]
        "sends each word of a message as a separate message"
    SendsTheNewline "sends-the-newline" ALL fails ["TYPE-2"]
        "sends a message with the newline of the input line"
    NamesMisnamed "names-misnamed" ALL fails ["TYPE-3"]
        "asks for the names with an unknown word"
    LogoutOnlyHere "logout-only-here" ALL fails ["TYPE-4"]
        "sends nothing at a logout"
    QuotesByHand "quotes-by-hand" ALL fails ["TYPE-5"]
        "builds JSON by pasting the text between quotes"
    EscapesTwice "escapes-twice" ALL fails ["TYPE-5"]
        "escapes quotes and backslashes by hand before the library escapes them again"
    AsciiOnly "ascii-only" ALL fails ["TYPE-5"]
        "sends letters outside ASCII as question marks"
    SendsLatin1 "sends-latin-1" ALL fails ["TYPE-5"]
        "sends Latin-1 instead of UTF-8"
    OneLineARead "one-line-a-read" ALL fails ["TYPE-6"]
        "sends only the first line of one read of its input, and discards the rest and the waiting input"

    // Output.
    HidesSender "hides-sender" ALL fails ["SHOW-1"]
        "shows a message without the name of its sender"
    SenderIsSelf "sender-is-self" ALL fails ["SHOW-1"]
        "shows every message with the user's own name"
    ShowsAfterEnter "shows-after-enter" ALL fails ["SHOW-2"]
        "shows the messages of one read after the user types a line; later ones wait for the next line"
    ForgetsHalfLine "forgets-half-line" ALL fails ["SHOW-3"]
        "discards the half-typed line when it shows something"
    HidesNames "hides-names" ALL fails ["SHOW-4"]
        "does not show the names"
    HidesBacklog "hides-backlog" ALL fails ["SHOW-5"]
        "does not show the backlog"
    LastOfBacklog "last-of-backlog" ALL fails ["SHOW-5"]
        "shows only the last message of the backlog"
    BacklogWithoutNames "backlog-without-names" ALL fails ["SHOW-5"]
        "shows the backlog without the names of the senders"
    HidesErrors "hides-errors" ALL fails ["SHOW-6"]
        "does not show errors"
    DiesOfError "dies-of-error" ALL fails ["SHOW-7"]
        "exits after it shows an error"
    BelievesLogin "believes-login" ALL fails ["SHOW-7"]
        "believes that every login succeeds: it sends no other login before a logout"

    // Framing.
    RecvIsMessage "recv-is-message" ALL fails ["STREAM-1", "STREAM-2", "STREAM-3", "STREAM-4"]
        "takes the bytes of one read (4096 at most) for one message"
    FirstOfARead "first-of-a-read" ALL fails ["STREAM-1"]
        "shows only the first of several messages that one read completes"
    PieceIsDropped "piece-is-dropped" ALL fails ["STREAM-2", "STREAM-3", "STREAM-4"]
        "discards an incomplete message at the end of a read"
    MessageCutAtReadSize "message-cut-at-read-size" ALL fails ["STREAM-3"]
        "loses the bytes of a message after the first 4096"
    ReadsAreText "reads-are-text" ALL fails ["STREAM-4"]
        "decodes each read as UTF-8: a letter split between two reads is garbled"
    DiesOfHalfLetter "dies-of-half-letter" ALL fails ["STREAM-4"]
        "decodes each read as UTF-8: a letter split between two reads makes it exit"

    // Hostile servers.
    DiesOfUnknown "dies-of-unknown" ALL fails ["HOSTILE-1"]
        "exits at an answer of an unknown kind"
    DiesOfMissingKey "dies-of-missing-key" ALL fails ["HOSTILE-2"]
        "exits at an answer with a missing key"
    DiesOfNull "dies-of-null" ALL fails ["HOSTILE-2"]
        "exits at an answer with null or a number in the wrong place"
    DiesOfNoJson "dies-of-no-json" JSON fails ["HOSTILE-3"]
        "exits at an answer that is not JSON"
    ObeysControl "obeys-control" ALL fails ["HOSTILE-4"]
        "prints control characters"
    FiltersEscapeOnly "filters-escape-only" ALL fails ["HOSTILE-4"]
        "prints control characters except ESC"
}
