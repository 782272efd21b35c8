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
        "it connects to the port after the one that it is given"
    RetriesForEver "retries-for-ever" ALL fails ["OPEN-2"]
        "where there is no server, it tries again without end and says nothing"
    SilentWithoutServer "silent-without-server" ALL fails ["OPEN-2"]
        "where there is no server, it ends without a word"
    HangsWithoutServer "hangs-without-server" ALL fails ["OPEN-2"]
        "where there is no server, it says so and does not end"
    LeaveHangs "leave-hangs" ALL fails ["QUIT-1"]
        "told to leave, it only reads no more input: the connection and the process stay"
    IgnoresEndOfInput "ignores-end-of-input" ALL fails ["QUIT-2"]
        "the end of its input does not end it"
    SpinsAtEnd "spins-at-end" ALL fails ["QUIT-3"]
        "the end of the stream is not noticed: a thread spins"
    SaysAndSpins "says-and-spins" ALL fails ["QUIT-3"]
        "the end of the stream is said, and then a thread spins"
    SilentAtEnd "silent-at-end" ALL fails ["QUIT-3"]
        "when the server has hung up, it neither says so nor ends"

    // Input.
    NameInLowerCase "name-in-lower-case" ALL fails ["TYPE-1"]
        "the name is sent in lower case"
    NameWithSpace "name-with-space" ALL fails ["TYPE-1"]
        "the name is sent with the space that is before it"
    FirstWordOnly "first-word-only" ALL fails ["TYPE-2"]
        "only the first word of what is said is sent"
    WordByWord "word-by-word" ALL fails ["TYPE-2"]
        "each word of what is said is sent as a message of its own"
    SendsTheNewline "sends-the-newline" ALL fails ["TYPE-2"]
        "what is said is sent with the newline that ended it"
    NamesMisnamed "names-misnamed" ALL fails ["TYPE-3"]
        "the names are asked for with a word that is none"
    LogoutOnlyHere "logout-only-here" ALL fails ["TYPE-4"]
        "at a logout nothing is sent"
    QuotesByHand "quotes-by-hand" ALL fails ["TYPE-5"]
        "JSON is made by pasting the text between quotes"
    EscapesTwice "escapes-twice" ALL fails ["TYPE-5"]
        "quotes and backslashes are escaped by hand, and then once more by the library"
    AsciiOnly "ascii-only" ALL fails ["TYPE-5"]
        "letters that are not ASCII are sent as question marks"
    SendsLatin1 "sends-latin-1" ALL fails ["TYPE-5"]
        "what is sent is not in UTF-8, but in Latin-1"
    OneLineARead "one-line-a-read" ALL fails ["TYPE-6"]
        "of what one read of its input returns, and of what waits after it, only the first line counts"

    // Output.
    HidesSender "hides-sender" ALL fails ["SHOW-1"]
        "what is said is shown without the name of whoever said it"
    SenderIsSelf "sender-is-self" ALL fails ["SHOW-1"]
        "what is said is shown as if one had said it oneself"
    ShowsAfterEnter "shows-after-enter" ALL fails ["SHOW-2"]
        "after a line was typed, one read is shown at once; what comes later waits for the next line"
    ForgetsHalfLine "forgets-half-line" ALL fails ["SHOW-3"]
        "when something is shown, what was typed so far of a line is thrown away"
    HidesNames "hides-names" ALL fails ["SHOW-4"]
        "the names are not shown"
    HidesBacklog "hides-backlog" ALL fails ["SHOW-5"]
        "what was said before is not shown"
    LastOfBacklog "last-of-backlog" ALL fails ["SHOW-5"]
        "only the last of what was said before is shown"
    BacklogWithoutNames "backlog-without-names" ALL fails ["SHOW-5"]
        "what was said before is shown without the names of those who said it"
    HidesErrors "hides-errors" ALL fails ["SHOW-6"]
        "errors are not shown"
    DiesOfError "dies-of-error" ALL fails ["SHOW-7"]
        "an error is shown and ends it"
    BelievesLogin "believes-login" ALL fails ["SHOW-7"]
        "who has tried to log in counts as logged in: another login is not sent before a logout"

    // Framing.
    RecvIsMessage "recv-is-message" ALL fails ["STREAM-1", "STREAM-2", "STREAM-3", "STREAM-4"]
        "what one read of 4096 bytes returns is taken for one message"
    FirstOfARead "first-of-a-read" ALL fails ["STREAM-1"]
        "of several messages that one read completes only the first is shown"
    PieceIsDropped "piece-is-dropped" ALL fails ["STREAM-2", "STREAM-3", "STREAM-4"]
        "what is incomplete at the end of a read is thrown away"
    MessageCutAtReadSize "message-cut-at-read-size" ALL fails ["STREAM-3"]
        "what is over 4096 bytes of a message is lost"
    ReadsAreText "reads-are-text" ALL fails ["STREAM-4"]
        "each read is decoded as UTF-8 by itself: a letter that is cut is garbled"
    DiesOfHalfLetter "dies-of-half-letter" ALL fails ["STREAM-4"]
        "each read is decoded as UTF-8 by itself: a letter that is cut ends it"

    // Hostile servers.
    DiesOfUnknown "dies-of-unknown" ALL fails ["HOSTILE-1"]
        "an answer of a kind that it does not know ends it"
    DiesOfMissingKey "dies-of-missing-key" ALL fails ["HOSTILE-2"]
        "an answer that lacks something ends it"
    DiesOfNull "dies-of-null" ALL fails ["HOSTILE-2"]
        "an answer that has null or a number where something else belongs ends it"
    DiesOfNoJson "dies-of-no-json" JSON fails ["HOSTILE-3"]
        "what is no JSON ends it"
    ObeysControl "obeys-control" ALL fails ["HOSTILE-4"]
        "control characters reach the terminal"
    FiltersEscapeOnly "filters-escape-only" ALL fails ["HOSTILE-4"]
        "control characters other than ESC reach the terminal"
}
