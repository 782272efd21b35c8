//! Words of other chat clients for commands of this one. They work here, too.

use crate::catalogue::{Catalogue, REPLY, WHISPER};

/// The words, each with the command that it stands for. A command of the server that has such a name comes first.
const ALIASES: [(&str, &[&str]); 11] = [
    (WHISPER, &["w", "whisper", "tell", "m", "message", "query", "pm", "dm", "priv", "privmsg"]),
    ("join", &["j", "enter", "channel"]),
    ("leave", &["p", "part"]),
    ("names", &["n", "who", "users", "people", "online"]),
    ("rooms", &["list", "ls", "channels"]),
    ("me", &["em", "emote", "action"]),
    ("history", &["backlog", "scrollback"]),
    (REPLY, &["reply"]),
    ("search", &["lastlog", "find", "grep"]),
    ("ignore", &["block"]),
    ("quit", &["q", "exit", "bye", "signoff"]),
];

impl Catalogue {
    /// The command that a person means by this word: the one of this name in any letter case, or the one that the
    /// word stands for in other clients.
    pub(crate) fn command(&self, typed: &str) -> String {
        let word = self.word(typed);
        if self.words(true).contains(&word) {
            return word;
        }
        let alias = ALIASES.iter().find(|(_, words)| words.contains(&&*word));
        alias.map_or(word, |(command, _)| (*command).to_owned())
    }

    /// The words that stand for this command here. A word that is a command itself does not.
    pub(crate) fn aliases(&self, command: &str) -> Vec<&'static str> {
        let words = ALIASES.iter().filter(|(name, _)| *name == command);
        let words = words.flat_map(|(_, words)| words.iter().copied());
        // With words behind it, `/q` is a whisper.
        let words = words.filter(|word| *word != "q");
        words.filter(|word| self.command(word) == command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Secrets;

    #[test]
    fn every_word_of_another_client_stands_for_a_command() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        for (command, words) in ALIASES {
            assert_eq!(catalogue.command(command), command);
            for word in words {
                assert!(!catalogue.words(true).contains(&(*word).to_owned()), "{word}");
                assert_eq!(catalogue.command(&word.to_uppercase()), command);
            }
        }
        assert_eq!(catalogue.command("fly"), "fly");
        assert_eq!(catalogue.aliases("leave"), ["p", "part"]);
        assert!(catalogue.aliases("fly").is_empty());
    }
}
