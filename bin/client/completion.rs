//! Tab: commands after a slash, names everywhere else.

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use crate::conversation::Conversation;

/// Completes from what the conversation knows at that moment.
pub(crate) struct Completion(pub(crate) Conversation);

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let known = self.0.known();
        let typed = line.get(..position).unwrap_or_default();
        Ok(candidates(typed, &known.catalogue.words(), known.here.iter()))
    }
}

/// Where the last word of what was typed begins, and what it can become.
fn candidates<'a>(
    typed: &str,
    commands: &[String],
    names: impl Iterator<Item = &'a String>,
) -> (usize, Vec<Pair>) {
    let start = typed.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let word = typed.get(start..).unwrap_or_default();
    let pair = |display: String| Pair { replacement: format!("{display} "), display };
    let pairs = match word.strip_prefix('/') {
        Some(begun) if start == 0 => {
            let fitting = commands.iter().filter(|command| command.starts_with(begun));
            fitting.map(|command| pair(format!("/{command}"))).collect()
        }
        _ => {
            let begins = |name: &&String| {
                name.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word))
            };
            names.filter(begins).map(|name| pair(name.clone())).collect()
        }
    };
    (start, pairs)
}

impl Helper for Completion {}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Hinter for Completion {
    type Hint = String;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(typed: &str) -> (usize, Vec<String>) {
        let commands = ["login", "logout", "msg"].map(str::to_owned);
        let names = ["Bob", "alice", "bert"].map(str::to_owned);
        let (start, pairs) = candidates(typed, &commands, names.iter());
        (start, pairs.into_iter().map(|pair| pair.display).collect())
    }

    fn words(start: usize, words: &[&str]) -> (usize, Vec<String>) {
        (start, words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_slash_completes_commands() {
        assert_eq!(completed("/log"), words(0, &["/login", "/logout"]));
        assert_eq!(completed("/"), words(0, &["/login", "/logout", "/msg"]));
        assert_eq!(completed("/x"), words(0, &[]));
    }

    #[test]
    fn everywhere_else_names_are_completed_in_any_case() {
        assert_eq!(completed("/msg b"), words(5, &["Bob", "bert"]));
        assert_eq!(completed("hello AL"), words(6, &["alice"]));
        assert_eq!(completed("bo"), words(0, &["Bob"]));
        assert_eq!(completed("é"), words(0, &[]));
    }
}
