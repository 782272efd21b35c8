//! The rows of `/help`: the commands of the server, and those of the client itself.

use super::{Catalogue, HELP, REPLY, SEARCH};
use crate::columns::lay_out;
use crate::protocol::HISTORY;

impl Catalogue {
    /// The lines that `/help` shows, laid out for a screen of this width. The commands of administrators
    /// are part of it if `admin` is set.
    pub(crate) fn help(&self, admin: bool, width: Option<usize>) -> Vec<String> {
        lay_out(&self.rows(admin), width)
    }

    /// The rows of `/help`: usages and summaries.
    pub(crate) fn rows(&self, admin: bool) -> Vec<(String, String)> {
        let own = |usage: &str, summary: &str| (usage.to_owned(), summary.to_owned());
        let offered = |admin: bool| {
            let entries = self.offered().filter(move |entry| entry.admin == admin);
            let entries = entries.filter(|entry| entry.request != HELP);
            entries.map(|entry| (entry.usage(), entry.described()))
        };
        let mut lines = vec![
            own("text", "Send the text to everyone in the room."),
            own("//text", "Send the text with one slash before it."),
            own("/msg NAME TEXT", "Send a message to one person only."),
        ];
        if self.find(REPLY).is_none() {
            lines.push(own("/r TEXT", "Answer the last whisper, after one more Enter."));
        }
        if self.find("me").is_none() {
            lines.push(own("/me TEXT", "Say what you do: others see \"* alice waves\"."));
        }
        if self.find("say").is_none() {
            lines.push(own("/say TEXT", "Send the text even if it looks like a mistyped command."));
        }
        lines.extend(offered(false));
        let of_client = [
            own("/ignore NAME", "Hide what this person says, in later runs too."),
            own("/unignore NAME", "Show what this person says again."),
            own("/ignored", "List the people whom you ignore."),
            own(
                "/reconnect",
                "Connect again now, and log in as before. While the client counts down to that, Enter alone does it, too.",
            ),
        ];
        let is_own = |usage: &str| {
            let word = usage.trim_start_matches('/').split(' ').next();
            word.is_none_or(|word| self.find(word).is_none())
        };
        if self.find(HISTORY).is_some() && self.find(SEARCH).is_none() {
            lines.push(own("/search TEXT", "Find earlier messages here, but no whispers."));
        }
        lines.extend(of_client.into_iter().filter(|(usage, _)| is_own(usage)));
        lines.push(own(
            "/help [COMMAND]",
            "List the commands, or explain one. /help keys lists the keys.",
        ));
        lines.push(own("/quit [REASON]", "Leave the chat, and tell the others why."));
        if admin && offered(true).next().is_some() {
            lines.push(own("For administrators:", ""));
            lines.extend(offered(true));
        }
        if self.left_out > 0 {
            lines.push(own(
                &format!("(more commands that cannot be typed here: {})", self.left_out),
                "",
            ));
        }
        lines
    }
}
