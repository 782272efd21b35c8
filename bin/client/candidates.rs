//! What Tab offers: commands after a slash, rooms for a room argument, names everywhere else.

use rustyline::completion::Pair;

use crate::catalogue::{Catalogue, HELP};
use crate::conversation::Known;
use crate::protocol::{LEAVE, ROOM};
use crate::rooms::written;
use crate::usage::KEYS;

/// The command that ends an ignoring.
const UNIGNORE: &str = "unignore";
/// Follows the name of a person whom a message addresses.
pub(crate) const ADDRESSED: &str = ": ";

/// Splits the text before its last word, which may be empty. A bracket or a quotation mark before it is none of it.
pub(crate) fn before_last_word(text: &str) -> (&str, &str) {
    let before = text.trim_end_matches(|character: char| !character.is_whitespace());
    let word = text[before.len()..].trim_start_matches(['(', '[', '"', '\'']);
    text.split_at(text.len() - word.len())
}

/// Returns the start of the last word, and the completions for it.
pub(crate) fn candidates(text: &str, known: &Known) -> (usize, Vec<Pair>) {
    let (before, word) = before_last_word(text);
    let start = before.len();
    let pair = |display: String| Pair { replacement: format!("{display} "), display };
    let (at, begun) = word.strip_prefix('@').map_or(("", word), |begun| ("@", begun));
    // A name at the beginning of a message addresses that person.
    let end = if start == 0 && at.is_empty() { ADDRESSED } else { " " };
    let name = |name: &String| {
        let display = format!("{at}{name}");
        Pair { replacement: format!("{display}{end}"), display }
    };
    let commands = |begun: &str, extra: &[&str]| {
        let mut words = known.catalogue.words(known.may_administrate());
        words.extend(extra.iter().map(|word| (*word).to_owned()));
        words.sort();
        words.dedup();
        words.retain(|command| begins(command, begun));
        words
    };
    let pairs = match word.strip_prefix('/') {
        Some(begun) if start == 0 => {
            commands(begun, &[]).into_iter().map(|command| pair(format!("/{command}"))).collect()
        }
        begun if explains(before) => {
            let slash = if begun.is_some() { "/" } else { "" };
            let words = commands(begun.unwrap_or(word), &[KEYS]).into_iter();
            words.map(|command| pair(format!("{slash}{command}"))).collect()
        }
        _ if wants_room(before, &known.catalogue) => {
            let begun = written(word);
            let mut rooms = match leaves(before) {
                true => known.rooms.joined_others(),
                false => known.rooms.known().cloned().collect(),
            };
            rooms.retain(|room| begins(room, begun));
            rooms.into_iter().map(pair).collect()
        }
        _ if is_first_argument(before, UNIGNORE) => {
            known.ignored.names().filter(|name| begins(name, word)).cloned().map(pair).collect()
        }
        _ => known.here.iter().filter(|name| begins(name, begun)).map(name).collect(),
    };
    (start, alike(word, pairs))
}

/// Gives several completions the same letter case where they are alike, because the editor inserts only a beginning that
/// all have. What was typed stays as it is.
fn alike(word: &str, mut pairs: Vec<Pair>) -> Vec<Pair> {
    if let [first, others @ ..] = &*pairs
        && !others.is_empty()
    {
        let first = first.replacement.clone();
        let common = others.iter().map(|other| common(&first, &other.replacement)).min();
        let common = common.unwrap_or_default();
        // A room can be typed with a `#`, and its completion has none.
        let typed = if begins(&first, word) { word.len().min(common) } else { 0 };
        for Pair { replacement, .. } in &mut pairs {
            *replacement = [&word[..typed], &first[typed..common], &replacement[common..]].concat();
        }
    }
    pairs
}

/// The number of bytes that two texts have in common at the beginning, in any letter case of ASCII.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs
        .take_while(|(one, other)| one.eq_ignore_ascii_case(other))
        .map(|(one, _)| one.len_utf8())
        .sum()
}

/// Whether the word begins with this text, in any letter case.
fn begins(word: &str, begun: &str) -> bool {
    word.get(..begun.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(begun))
}

/// Whether the next word is the command that `/help` explains.
pub(crate) fn explains(before: &str) -> bool {
    is_first_argument(before, HELP)
}

/// Whether the next word is the room that `/leave` leaves.
fn leaves(before: &str) -> bool {
    is_first_argument(before, LEAVE)
}

/// Whether the text is this command, without arguments.
fn is_first_argument(before: &str, wanted: &str) -> bool {
    let mut words = before.split_whitespace();
    let command = words.next().and_then(|word| word.strip_prefix('/'));
    command.is_some_and(|command| command.eq_ignore_ascii_case(wanted)) && words.next().is_none()
}

/// Whether the next word is a room argument.
pub(crate) fn wants_room(before: &str, catalogue: &Catalogue) -> bool {
    let mut words = before.split_whitespace();
    let command = words.next().and_then(|word| word.strip_prefix('/'));
    let entry = command.and_then(|command| catalogue.find(&catalogue.command(command)));
    let arguments = entry.and_then(|entry| entry.arguments.get(words.count()..));
    // A room may stand where an optional number may.
    let mut arguments = arguments.unwrap_or_default().iter();
    let next = arguments.find(|argument| !argument.number || argument.required);
    next.is_some_and(|argument| argument.name == ROOM)
}

#[cfg(test)]
mod tests {
    use rustyline::completion::longest_common_prefix;

    use super::*;
    use crate::catalogue::Secrets;
    use crate::ignored::Ignoring;
    use crate::rank::Rank;

    fn completed(text: &str) -> (usize, Vec<String>) {
        completed_as(Rank::Unknown, text)
    }

    fn completed_as(rank: Rank, text: &str) -> (usize, Vec<String>) {
        let mut known = Known::new(Secrets::Asked);
        known.rank = rank;
        known.here = ["Bob", "alice", "bert"].map(str::to_owned).into();
        known.rooms.log_in();
        known.rooms.learn("books");
        let (start, pairs) = candidates(text, &known);
        (start, pairs.into_iter().map(|pair| pair.display).collect())
    }

    #[test]
    fn a_name_at_the_beginning_addresses_the_person() {
        let mut known = Known::new(Secrets::Asked);
        known.here = ["Bob".to_owned()].into();
        let inserted = |text| candidates(text, &known).1.remove(0).replacement;
        assert_eq!((inserted("b"), inserted("hi b")), ("Bob: ".to_owned(), "Bob ".to_owned()));
        assert_eq!(
            (inserted("/msg b"), inserted("/nam")),
            ("Bob ".to_owned(), "/names ".to_owned())
        );
        // An @ addresses the person already.
        assert_eq!((inserted("@b"), inserted("hi @B")), ("@Bob ".to_owned(), "@Bob ".to_owned()));
    }

    #[test]
    fn the_common_beginning_of_several_names_is_inserted_in_any_letter_case() {
        let mut known = Known::new(Secrets::Asked);
        known.here = ["Dante", "dan", "danny"].map(str::to_owned).into();
        let inserted = |text| {
            let pairs = candidates(text, &known).1;
            longest_common_prefix(&pairs).unwrap_or_default().to_owned()
        };
        assert_eq!((inserted("hi d"), inserted("D")), ("dan".to_owned(), "Dan".to_owned()));
        assert_eq!((inserted("@D"), inserted("hi dann")), ("@Dan".to_owned(), "danny ".to_owned()));
    }

    #[test]
    fn what_a_person_ends_is_completed_from_what_they_have() {
        let mut known = Known::new(Secrets::Asked);
        known.rooms.log_in();
        known.rooms.learn("books");
        known.rooms.enter("tea");
        let rooms = |text: &str| -> Vec<String> {
            candidates(text, &known).1.into_iter().map(|pair| pair.display).collect()
        };
        assert_eq!(rooms("/leave "), ["tea"]);
        assert_eq!(rooms("/LEAVE #t"), ["tea"]);
        assert!(rooms("/leave b").is_empty() && rooms("/join b") == ["books"]);
        known.here = ["Bob".to_owned()].into();
        known.ignored.obey(&Ignoring::Add("ghost".to_owned()), None).unwrap();
        let names = |text: &str| candidates(text, &known).1.remove(0).display;
        assert_eq!(
            (names("/unignore "), names("/ignore ")),
            ("ghost".to_owned(), "Bob".to_owned())
        );
    }

    fn words(start: usize, words: &[&str]) -> (usize, Vec<String>) {
        (start, words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_slash_completes_commands() {
        assert_eq!(completed("/log"), words(0, &["/login", "/logout"]));
        assert_eq!(completed("/m"), words(0, &["/me", "/msg", "/mute", "/mutes"]));
        assert_eq!(completed_as(Rank::Other, "/m"), words(0, &["/me", "/msg"]));
        assert_eq!(completed("/x"), words(0, &[]));
        assert_eq!(completed("/ki"), words(0, &["/kick"]));
        assert_eq!(completed_as(Rank::Administrator, "/ki"), words(0, &["/kick"]));
        assert_eq!(completed_as(Rank::Other, "/ki"), words(0, &[]));
    }

    #[test]
    fn help_completes_commands_with_or_without_a_slash() {
        assert_eq!(completed("/help h"), words(6, &["help", "history"]));
        assert_eq!(completed("/help pa"), words(6, &["passwd"]));
        assert_eq!(completed("/HELP /PA"), words(6, &["/passwd"]));
        assert_eq!(completed("/help key"), words(6, &["keys"]));
        assert_eq!(completed_as(Rank::Other, "/help ki"), words(6, &[]));
        assert_eq!(completed("/help join bo"), words(11, &["Bob"]));
    }

    #[test]
    fn the_letter_case_of_a_command_does_not_count() {
        assert_eq!(completed("/JO"), words(0, &["/join"]));
        assert_eq!(completed("/JOIN b"), words(6, &["books"]));
    }

    #[test]
    fn a_room_argument_completes_rooms() {
        assert_eq!(completed("/join "), words(6, &["books", "lobby"]));
        assert_eq!(completed("/history 20 7 l"), words(14, &["lobby"]));
        assert_eq!(completed("/history b"), words(9, &["books"]));
        assert_eq!(completed("/join #b"), words(6, &["books"]));
        assert_eq!(completed("join b"), words(5, &["Bob", "bert"]));
    }

    #[test]
    fn everywhere_else_names_are_completed_in_any_letter_case() {
        assert_eq!(completed("/msg b"), words(5, &["Bob", "bert"]));
        assert_eq!(completed("/kick A"), words(6, &["alice"]));
        assert_eq!(completed("hello AL"), words(6, &["alice"]));
        assert_eq!(completed("bo"), words(0, &["Bob"]));
        assert_eq!(completed("hello @b"), words(6, &["@Bob", "@bert"]));
        assert_eq!(completed("hello (b"), words(7, &["Bob", "bert"]));
        assert_eq!(completed("\"@al"), words(1, &["@alice"]));
        assert_eq!(completed("é"), words(0, &[]));
        assert_eq!(completed("hello\u{3000}bo"), words(8, &["Bob"]));
    }
}
