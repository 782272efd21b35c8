//! Completion with Tab: commands after a slash, rooms for a room argument, names everywhere else.

use std::borrow::Cow;
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Changeset, Context, Helper};

use crate::catalogue::{Catalogue, HELP};
use crate::conversation::{Conversation, Known};
use crate::draft::Draft;
use crate::keys::Continuing;
use crate::masking::Masking;
use crate::own_line::OwnLine;
use crate::protocol::{LEAVE, ROOM};
use crate::recalled::Edits;
use crate::resizing::{Resizing, UP};
use crate::rooms::written;
use crate::searching::Searching;
use crate::usage::{KEYS, Rest};

/// How long Tab waits for the server's list of rooms.
const ROOMS: Duration = Duration::from_millis(300);
/// How long Tab waits for the server to tell whether the person is an administrator.
const RANK: Duration = Duration::from_millis(300);

/// The command that ends an ignoring.
const UNIGNORE: &str = "unignore";
/// Follows the name of a person whom a message addresses.
const ADDRESSED: &str = ": ";

/// Completes from the current state of the conversation, and hides secret input.
pub(crate) struct Completion {
    pub(crate) conversation: Conversation,
    pub(crate) masking: Masking,
    pub(crate) searching: Searching,
    pub(crate) continuing: Continuing,
    pub(crate) draft: Draft,
    pub(crate) edits: Edits,
    pub(crate) resizing: Resizing,
    pub(crate) own_line: OwnLine,
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if self.masking.is_on() {
            // `Masking` triggers a completion to clear the line.
            let nothing = Pair { display: String::new(), replacement: String::new() };
            return Ok((0, vec![nothing]));
        }
        if self.continuing.take() {
            let newline = Pair { display: String::new(), replacement: "\n".to_owned() };
            // The cursor is behind the backslash.
            return Ok((position.saturating_sub(1), vec![newline]));
        }
        let (text, _) = line.split_at(position);
        if wants_room(before_last_word(text).0, &self.conversation.known().catalogue) {
            // The server announces a room to its members only, so the client asks for the list.
            self.conversation.ask_own("rooms");
            self.conversation.wait(ROOMS);
        }
        let (before, _) = before_last_word(text);
        if (text.starts_with('/') && before.is_empty()) || explains(before) {
            self.conversation.find_rank(RANK);
        }
        Ok(candidates(text, &self.conversation.known()))
    }

    /// Inserts a completion. An end of it that stands behind the cursor already is not repeated.
    fn update(&self, line: &mut LineBuffer, start: usize, elected: &str, changes: &mut Changeset) {
        let end = line.pos();
        let (_, behind) = line.split_at(end);
        let repeated = repeated_end(elected, behind);
        let (new, _) = elected.split_at(elected.len() - repeated);
        line.replace(start..end, new, changes);
        line.set_pos(line.pos() + repeated);
    }
}

/// The number of bytes at the end of a completion with which the text behind the cursor begins.
fn repeated_end(elected: &str, behind: &str) -> usize {
    let repeated =
        [ADDRESSED, " "].into_iter().find(|end| elected.ends_with(end) && behind.starts_with(end));
    repeated.map_or(0, str::len)
}

/// Splits the text before its last word, which may be empty.
fn before_last_word(text: &str) -> (&str, &str) {
    let before = text.trim_end_matches(|character: char| !character.is_whitespace());
    text.split_at(before.len())
}

/// Returns the start of the last word, and the completions for it.
fn candidates(text: &str, known: &Known) -> (usize, Vec<Pair>) {
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
    (start, pairs)
}

/// Whether the word begins with this text, in any letter case.
fn begins(word: &str, begun: &str) -> bool {
    word.get(..begun.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(begun))
}

/// Whether the next word is the command that `/help` explains.
fn explains(before: &str) -> bool {
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
fn wants_room(before: &str, catalogue: &Catalogue) -> bool {
    let mut words = before.split_whitespace();
    let command = words.next().and_then(|word| word.strip_prefix('/'));
    let entry = command.and_then(|command| catalogue.find(&catalogue.command(command)));
    let arguments = entry.and_then(|entry| entry.arguments.get(words.count()..));
    // A room may stand where an optional number may.
    let mut arguments = arguments.unwrap_or_default().iter();
    let next = arguments.find(|argument| !argument.number || argument.required);
    next.is_some_and(|argument| argument.name == ROOM)
}

impl Completion {
    /// Notes the line: for the next editor, and for a resize.
    fn note(&self, line: &str, position: usize) {
        self.draft.note(line, position);
        self.resizing.line(line, position);
    }
}

impl Helper for Completion {}

impl Validator for Completion {
    /// Accepts each line. If the line is a message, the editor draws it once more, as that message. It also does
    /// if the window was too low for the line, so that the line stands in the scrollback as a whole.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let is_entered = self.own_line.is_entered() && !self.masking.is_on();
        let text = self.continuing.text_of(context.input());
        let message = is_entered.then(|| self.conversation.own_message(&text)).flatten();
        let is_tall = self.resizing.show_whole();
        let is_message = message.is_some();
        if let Some(mut message) = message {
            if self.resizing.ends_row() {
                // The editor begins a new row behind a line that fills its rows.
                message += UP;
            }
            self.own_line.replace(message);
        }
        // A text makes the editor draw the line. It also draws it when it moves the cursor to the end, so
        // in the middle of the line it needs none.
        let is_at_end = self.draft.get().1.is_empty();
        Ok(ValidationResult::Valid((is_at_end && (is_message || is_tall)).then(String::new)))
    }
}

impl Hinter for Completion {
    type Hint = Rest;

    /// Returns the rest of the usage of a command, at the end of the line and if there are colours:
    /// without grey, it would look like a part of the line. The editor calls this after each change, so
    /// it is the place to note the line.
    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Rest> {
        self.note(line, position);
        if self.masking.is_on() {
            return None;
        }
        self.edits.note(context.history(), context.history_index(), line);
        let is_wanted = position == line.len() && self.conversation.style().colour;
        let known = self.conversation.known();
        is_wanted.then(|| known.catalogue.hint(line, known.may_administrate())).flatten()
    }
}

impl Highlighter for Completion {
    /// Returns the prompt unchanged, or nothing for a message, which has its sender. The editor calls this
    /// with each prompt, so it is the place to note the prompt of a search.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        default: bool,
    ) -> Cow<'b, str> {
        self.searching.note(!default);
        self.resizing.shown((!default).then_some(prompt));
        if self.own_line.message().is_some() {
            return "".into();
        }
        if self.masking.is_on() {
            return prompt.into();
        }
        let prompt = self.resizing.part_of_prompt().map_or(prompt.into(), Cow::Owned);
        match default.then(|| self.searching.take_above()) {
            Some(above) if !above.is_empty() => Cow::Owned(above + &prompt),
            _ => prompt,
        }
    }

    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.own_line.message() {
            Some(message) => message.into(),
            None if self.masking.is_on() => self.masking.hide(line),
            None => self.resizing.part_of_line().map_or(line.into(), Cow::Owned),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.resizing.hint(hint);
        Cow::Owned(self.conversation.style().grey(hint))
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.note(line, position);
        if self.own_line.message().is_some() {
            return true;
        }
        // Otherwise the editor prints a new character directly: without `highlight`, and behind its own
        // newline if it begins a row. Then a resize would not join the rows.
        let is_inserting = kind != CmdKind::MoveCursor;
        // Otherwise the editor moves the cursor in the window only, and not in the line.
        let is_tall = self.resizing.is_tall();
        self.masking.is_on() || is_tall || (is_inserting && self.resizing.is_wrapped())
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_completion_repeats_no_space_behind_the_cursor() {
        assert_eq!(repeated_end("bob ", " and x"), 1);
        assert_eq!(repeated_end("bob: ", ": hi"), 2);
        assert_eq!(repeated_end("bob: ", " hi"), 1);
        assert_eq!((repeated_end("bob ", ""), repeated_end("bo", "b and")), (0, 0));
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
        assert_eq!(completed("é"), words(0, &[]));
        assert_eq!(completed("hello\u{3000}bo"), words(8, &["Bob"]));
    }
}
