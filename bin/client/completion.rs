//! What the line editor asks while a line is typed: completions, the rest of a usage, and how the line looks.

use std::borrow::Cow;
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Changeset, Context, GraphemeClusterMode, Helper};

use crate::candidates::{ADDRESSED, before_last_word, candidates, explains, wants_room};
use crate::conversation::Conversation;
use crate::draft::Draft;
use crate::keys::Continuing;
use crate::masking::Masking;
use crate::own_line::OwnLine;
use crate::recalled::Edits;
use crate::resizing::{Resizing, UP};
use crate::searching::Searching;
use crate::usage::Rest;

/// How long Tab waits for the server's list of rooms.
const ROOMS: Duration = Duration::from_millis(300);
/// How long Tab waits for the server to tell whether the person is an administrator.
const RANK: Duration = Duration::from_millis(300);

const JOINER: char = '\u{200d}';

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
            None => self.resizing.part_of_line().map_or_else(
                || without_joiners(line, mode()),
                |part| without_joiners(&part, mode()).into_owned().into(),
            ),
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
        let has_joiners = matches!(without_joiners(line, mode()), Cow::Owned(_));
        self.masking.is_on()
            || is_tall
            || has_joiners
            || (is_inserting && self.resizing.is_wrapped())
    }
}

/// How the editor counts the columns of joined emoji.
fn mode() -> GraphemeClusterMode {
    GraphemeClusterMode::from_env()
}

/// The line without the joiners of emoji. The editor counts the columns of each part of a joined emoji, and many
/// terminals show them as one: then the cursor would stand behind other characters than in the line.
fn without_joiners(line: &str, mode: GraphemeClusterMode) -> Cow<'_, str> {
    if !line.contains(JOINER) || mode == GraphemeClusterMode::Unicode {
        return line.into();
    }
    // Letters are joined for their shapes only, which does not change their columns.
    let mut parts = line.split(JOINER);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.starts_with(char::is_alphabetic) {
            shown.push(JOINER);
        }
        shown += part;
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_shown_in_its_parts_while_it_is_edited() {
        let mode = GraphemeClusterMode::WcWidth;
        let shown = |line| without_joiners(line, mode);
        assert_eq!(shown("a 👨\u{200d}👩\u{200d}👧 b"), "a 👨👩👧 b");
        assert_eq!(shown("🤷\u{200d}♂\u{fe0f}"), "🤷♂\u{fe0f}");
        for line in ["a 👍🏽", "ن\u{200d}ه"] {
            assert!(matches!(shown(line), Cow::Borrowed(_)) || shown(line) == line, "{line}");
        }
        let joined = "👨\u{200d}👩";
        assert_eq!(without_joiners(joined, GraphemeClusterMode::Unicode), joined);
    }

    #[test]
    fn a_completion_repeats_no_space_behind_the_cursor() {
        assert_eq!(repeated_end("bob ", " and x"), 1);
        assert_eq!(repeated_end("bob: ", ": hi"), 2);
        assert_eq!(repeated_end("bob: ", " hi"), 1);
        assert_eq!((repeated_end("bob ", ""), repeated_end("bo", "b and")), (0, 0));
    }
}
