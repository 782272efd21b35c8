//! The lines of `/help`.

use std::time::Duration;

use crate::catalogue::{Catalogue, PROBE, WHISPER};
use crate::columns::{broken, side_by_side};
use crate::conversation::{Conversation, Known};
use crate::nearest::unknown_command;
use crate::protocol::HISTORY;
use crate::rank::Rank;

/// What a person has to know before they rely on a whisper.
const NOT_KEPT: &str = "Whispers are not in the history: no command shows one again.";
/// How long `/help` waits for the server.
const PATIENCE: Duration = Duration::from_secs(1);

/// The end of the list without summaries.
const SHORT: &str = "/help COMMAND explains one; a higher window shows a line about each.";

impl Known {
    /// Whether the person may use the commands of administrators, as far as the client knows.
    pub(crate) fn may_administrate(&self) -> bool {
        match self.rank {
            Rank::Administrator => true,
            Rank::Other => false,
            // A person who is not logged in has no rank.
            Rank::Unknown => self.me.is_some() || !self.catalogue.can_probe(),
        }
    }
}

impl Catalogue {
    /// The usages that `/help` shows in a window in which most of the summaries have no place.
    fn short_help(&self, admin: bool, width: usize) -> Vec<String> {
        let rows = self.rows(admin);
        // A heading has no summary, and a line of its own.
        let groups = rows.chunk_by(|row, next| !row.1.is_empty() && !next.1.is_empty());
        let usages = groups.map(|group| group.iter().map(|(usage, _)| usage.as_str()));
        let mut lines: Vec<String> = usages.flat_map(|group| side_by_side(group, width)).collect();
        lines.extend(broken(SHORT, width));
        lines
    }
}

impl Conversation {
    /// The lines that `/help` shows, laid out for a window of this size. It asks the server whether the person
    /// is an administrator, if the server has such commands.
    pub(crate) fn help(&self, width: Option<usize>, height: Option<usize>) -> Vec<String> {
        self.find_rank(PATIENCE);
        let known = self.known();
        let admin = known.may_administrate();
        let mut lines = known.catalogue.help(admin, width);
        let (Some(width), Some(height)) = (width, height) else { return lines };
        // The prompt takes a row, too.
        let room = height.saturating_sub(1);
        if lines.len() > room * 3 / 2 {
            return known.catalogue.short_help(admin, width);
        }
        if lines.len() > room {
            lines.push(self.style().event("this list begins above the window"));
        }
        lines
    }

    /// Asks the server whether the person is an administrator, if the client does not know it.
    pub(crate) fn find_rank(&self, patience: Duration) {
        let known = self.known();
        let is_open = known.rank == Rank::Unknown && known.catalogue.can_probe();
        if is_open && known.me.is_some() {
            drop(known);
            self.ask_own(PROBE);
            self.wait(patience);
        }
    }

    /// The lines that `/help COMMAND` shows, or the line of an error.
    pub(crate) fn explain(&self, command: &str, width: Option<usize>) -> Vec<String> {
        let known = self.known();
        let mut explained = known.catalogue.explain(command, width);
        if let Some(lines) = &mut explained {
            let name = &*known.catalogue.command(command.trim_start_matches('/'));
            // A server that tells its limits follows the protocol in this, too.
            let told = match (name, known.limits.history) {
                (HISTORY, Some(most)) => {
                    Some(format!("This server sends at most {most} messages in one answer."))
                }
                (WHISPER, Some(_)) => Some(NOT_KEPT.to_owned()),
                _ => None,
            };
            let aliases = known.catalogue.aliases(name).join(", /");
            let also = (!aliases.is_empty()).then(|| format!("Other words for it: /{aliases}."));
            let width = width.unwrap_or(usize::MAX);
            lines.extend(told.iter().chain(&also).flat_map(|told| broken(told, width)));
        }
        let unknown = unknown_command(command, &known.catalogue);
        drop(known);
        explained.unwrap_or_else(|| vec![self.mistake(&unknown)])
    }
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Value};

    use super::*;
    use crate::catalogue::Secrets;
    use crate::conversation::testing::connected;

    #[test]
    fn the_help_for_a_low_window_has_every_usage() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        let lines = catalogue.short_help(false, 80);
        assert!(lines.len() < 15, "{lines:#?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
        let all = lines.join("\n");
        let heading = "For administrators:".to_owned();
        assert!(catalogue.short_help(true, 80).contains(&heading));
        assert!(catalogue.rows(false).iter().all(|(usage, _)| all.contains(usage)), "{all}");
    }

    #[test]
    fn no_line_of_help_is_wider_than_a_narrow_window() {
        let (_server, conversation, _receiver) = connected(true);
        // A command that cannot be typed is counted in another line.
        let command = Dict::new().with("request", "a b").with("summary", "No word.");
        let command = Value::from(command.with("arguments", Value::Array(vec![])));
        let answer = Dict::new().with("help", vec![command]);
        let of_server = Catalogue::from_help(&answer, Secrets::Asked).unwrap();
        for catalogue in [Catalogue::built_in(Secrets::Asked), of_server] {
            conversation.known().catalogue = catalogue;
            for width in [24, 33, 40, 57] {
                let mut lines = conversation.known().catalogue.short_help(true, width);
                lines.extend(conversation.known().catalogue.help(true, Some(width)));
                let words = conversation.known().catalogue.words(true);
                let words = words.iter().map(String::as_str).chain(["keys"]);
                words.for_each(|word| lines.extend(conversation.explain(word, Some(width))));
                let wide: Vec<_> = lines.iter().filter(|it| it.chars().count() > width).collect();
                assert_eq!(wide, [""; 0], "{width}");
            }
        }
    }

    #[test]
    fn the_help_about_the_history_has_the_limit_that_the_server_tells() {
        let (_server, conversation, _receiver) = connected(true);
        let last = |command: &str, width| -> [String; 2] {
            let mut lines = conversation.explain(command, width);
            lines.split_off(lines.len() - 2).try_into().unwrap()
        };
        let words = "Other words for it: /backlog, /scrollback.";
        let [room, also] = last("history", None);
        assert!(room.starts_with("  ROOM ") && also == words, "{room} {also}");
        conversation.known().limits.history = Some(100);
        let told = "This server sends at most 100 messages in one answer.";
        for command in ["history", "/History"] {
            assert_eq!(last(command, None), [told, words]);
        }
        assert!(last("version", Some(20)).iter().all(|line| !line.contains("words")));
        assert_eq!(last("msg", None)[0], NOT_KEPT);
        assert!(last("join", None)[0].starts_with("  ROOM "));
    }

    #[test]
    fn a_list_that_is_higher_than_the_window_says_so_or_is_short() {
        let (_server, conversation, _receiver) = connected(true);
        let last = |height| conversation.help(Some(80), height).pop().unwrap();
        let count = conversation.help(Some(80), None).len();
        assert_eq!(last(Some(count + 1)), last(None));
        assert_eq!(last(Some(count)), "* this list begins above the window");
        assert_eq!(last(Some(15)), SHORT);
    }
}
