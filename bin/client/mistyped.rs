//! Recognizes texts that may be mistyped commands.
//!
//! The client sends a text that is not a command to everyone, so a typing mistake can publish a
//! whisper or a password. If a text looks like such a mistake, the client asks the person first.
//! The rules check the first words only, so that ordinary sentences pass.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, WHISPER};
use crate::invisible::is_invisible;
use crate::protocol::PASSWD;
use crate::sanitize::is_word;

/// Names that other programs use for the whisper command.
pub(crate) const WHISPERS: [&str; 10] =
    ["message", "privmsg", "query", "whisper", "tell", "priv", "pm", "dm", "w", "m"];
/// Characters that look like a slash, or that some keyboards have in its place.
const SLASHES: [char; 8] =
    ['/', '\\', '\u{2044}', '\u{2215}', '\u{29f8}', '\u{27cb}', '\u{2571}', '\u{338}'];
/// Words that alone are commands of other programs: to leave, to see who is here, and to clear the window.
const ELSEWHERE: [&str; 7] = ["exit", ":q", ":q!", ":wq", "who", "clear", "cls"];
/// Words that follow "msg" in a sentence; in a command, a name follows it.
const NO_NAMES: [&str; 16] = [
    "me", "us", "him", "her", "them", "you", "u", "if", "when", "the", "a", "to", "from", "for",
    "is", "was",
];

/// The people in the chat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here<'a> {
    /// The names that the client knows.
    pub(crate) names: &'a BTreeSet<String>,
    /// Whether the client knows all names. A client in a pipe does not ask for them.
    pub(crate) is_complete: bool,
}

/// The name as these people spell it, if one of them has it.
pub(crate) fn find<'a>(names: &'a BTreeSet<String>, name: &str) -> Option<&'a str> {
    names.iter().find(|here| here.eq_ignore_ascii_case(name)).map(String::as_str)
}

/// Whether the text may be a mistyped command: a whisper or a command with a password, which others must
/// not read, or a word that alone is a command.
pub(crate) fn is_suspicious(text: &str, catalogue: &Catalogue, here: Here<'_>) -> bool {
    let is_shown = |character: &char| character.is_whitespace() || !is_invisible(*character);
    let text: String = text.chars().filter(is_shown).map(narrow).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    match *words.as_slice() {
        [word] => ELSEWHERE.contains(&word.to_lowercase().as_str()) || catalogue.runs_alone(word),
        // No sentence begins like this.
        [first, _] | [first, _, _] if bare(first) == PASSWD => true,
        [first, second, ..] if first.starts_with(SLASHES) => {
            // A space may separate the slash from the word: `\\ msg bob psst`.
            let word = if bare(first).is_empty() { bare(second) } else { bare(first) };
            is_command(&word, catalogue) || is_near(&word, WHISPER)
        }
        // One or two characters precede the slash: `q/msg bob psst`, `q /msg bob psst`.
        [first, _, _, ..] if first.to_lowercase().ends_with("/msg") => true,
        [first, second, _, _, ..] if second == "/msg" && first.chars().count() <= 2 => true,
        [first, second, ref rest @ ..] if !rest.is_empty() => {
            let word = bare(first);
            let name = second.trim_matches(|character| !is_word(&String::from(character)));
            let is_here = find(here.names, name).is_some();
            let is_possible = is_word(name) && !NO_NAMES.contains(&name.to_lowercase().as_str());
            if word == WHISPER && !here.is_complete {
                is_here || is_possible
            } else if catalogue.takes_secret(&word) {
                let may_be_password = |word| app::passwords::check(word).is_ok();
                matches!(rest, [last] if is_here || is_possible && may_be_password(*last))
            } else {
                is_here && is_near(&word, WHISPER)
            }
        }
        _ => false,
    }
}

/// The word in lower case, without punctuation around it, and without a leading 7, which shares a
/// key with the slash on a German keyboard.
fn bare(word: &str) -> String {
    let word = word.trim_matches(|character: char| !character.is_alphanumeric());
    word.strip_prefix('7').unwrap_or(word).to_lowercase()
}

fn is_command(word: &str, catalogue: &Catalogue) -> bool {
    word == WHISPER || WHISPERS.contains(&word) || catalogue.takes_secret(word)
}

/// Whether the words are equal up to one added, missing, wrong or swapped letter.
pub(crate) fn is_near(word: &str, wanted: &str) -> bool {
    let (word, wanted): (Vec<char>, Vec<char>) = (word.chars().collect(), wanted.chars().collect());
    let same = word.iter().zip(&wanted).take_while(|(one, other)| one == other).count();
    let ((_, word), (_, wanted)) = (word.split_at(same), wanted.split_at(same));
    match (word, wanted) {
        ([one, two, rest @ ..], [other, another, end @ ..])
            if one == another && two == other && rest == end =>
        {
            true
        }
        ([_, rest @ ..], [_, end @ ..]) if rest == end => true,
        ([_, rest @ ..], end) | (end, [_, rest @ ..]) if rest == end => true,
        (word, wanted) => word == wanted,
    }
}

/// Converts a full-width character to the ASCII character that it looks like.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Secrets;

    fn suspicious(text: &str) -> bool {
        suspicious_where(true, text)
    }

    fn suspicious_where(is_complete: bool, text: &str) -> bool {
        let names = &["Bob", "alice"].map(str::to_owned).into();
        is_suspicious(text, &Catalogue::built_in(Secrets::Asked), Here { names, is_complete })
    }

    #[test]
    fn where_the_people_are_unknown_every_name_may_be_one() {
        for text in ["msg bob psst", "msg carol psst", "msg: carol psst"] {
            assert!(suspicious_where(false, text), "{text:?}");
        }
        for text in ["msg me when you are there", "msg carol", "mgs carol psst"] {
            assert!(!suspicious_where(false, text), "{text:?}");
        }
    }

    #[test]
    fn a_possible_whisper_or_password_is_suspicious() {
        for text in [
            "msg bob psst",
            "MSG bob psst",
            "msg: bob psst",
            "mgs bob psst",
            "ms bob psst",
            "mssg @bob, psst",
            "\\msg bob psst",
            "\\ msg bob psst",
            "\u{ff0f}msg bob psst",
            "\u{ff0f}\u{ff4d}\u{ff53}\u{ff47}\u{3000}bob\u{3000}psst",
            "\u{2215}mgs bob psst",
            "\\w bob psst",
            "\\login alice hunter22",
            "login alice hunter22",
            "login carol hunter22",
            "passwd hunter22 hunter33",
            "passwd hunter22",
            "Passwd: old new",
            // Texts after `//`.
            "/msg bob psst",
            "/tell bob psst",
            "/register alice hunter22",
            ".msg bob psst",
            "?msg bob psst",
            "7msg bob psst",
            "q/msg bob psst",
            "./msg bob psst",
            "q /msg bob psst",
            "quit",
            " Exit",
            ":q",
            ":wq",
            "help",
            "Names",
            "who",
            "rooms",
            "history",
            "leave",
            "passwd",
            "reconnect",
            "m\u{200b}sg \u{feff}bob psst",
            "\u{a0}\u{200b}\\msg bob psst",
        ] {
            assert!(suspicious(text), "{text:?}");
        }
    }

    #[test]
    fn an_ordinary_sentence_is_not_suspicious() {
        for text in [
            "hello",
            "exit?",
            "help!",
            "who?",
            "me",
            "say",
            "join",
            "text",
            "//text",
            "/text",
            "administrators",
            "quit it",
            "/quit",
            "hello bob psst",
            "bob: psst",
            "msg",
            "msg bob",
            "msg carol psst",
            "msg during the break?",
            "msg me when you are there",
            "Msg from the teacher: no lab today",
            "mug shots are ready",
            "message bob about that",
            "tell bob that I am late",
            "register for the course today",
            "register alice for the course",
            "login does not work",
            "login page broken",
            "register me, please",
            "passwd is a file of users",
            "my passwd hunter22",
            "type /msg bob psst to whisper",
            "/etc/passwd is readable",
            "/names is a command",
            "\\o/ it works",
            "7 of us are here",
            "1/2 of it is done",
        ] {
            assert!(!suspicious(text), "{text:?}");
        }
    }

    #[test]
    fn near_words_differ_by_one_typing_mistake() {
        for word in ["msg", "mgs", "smg", "ms", "sg", "mg", "mssg", "msgg", "amsg", "mdg", "nsg"] {
            assert!(is_near(word, "msg"), "{word}");
        }
        for word in ["", "m", "gsm", "sgm", "message", "mmsgg", "abc"] {
            assert!(!is_near(word, "msg"), "{word}");
        }
    }
}
