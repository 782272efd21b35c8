//! Texts of several lines. Only the first line can make such a text a command, and the lines after it are
//! text. A later line that looks like a command is named before the text is sent.

use parse::Request;

use crate::conversation::Conversation;
use crate::input::{Input, is_text, without_slash};
use crate::nearest::{is_like_secret, is_path};
use crate::paste::FREE;
use crate::protocol::MESSAGE;
use crate::server_limits::ServerLimits;

/// The most lines of a text that was typed which need no question.
pub(crate) const TYPED: usize = 10;

/// A text of several lines, as the client understands it.
#[derive(Debug)]
pub(crate) struct Block {
    /// The text as one message, or what the first line alone means.
    pub(crate) first: Input,
    /// The commands in the text: the first line, if it is one, and the later lines that look like one.
    pub(crate) commands: Vec<String>,
    /// The later lines that look like commands and are unknown.
    pub(crate) unknown: Vec<String>,
    /// The error of the first later line that cannot be executed, with the number of that line.
    pub(crate) mistake: Option<String>,
    /// Whether a later line may contain a password.
    pub(crate) has_secret: bool,
    /// The number of lines.
    pub(crate) count: usize,
}

/// What a later line looks like.
enum Part {
    Text,
    Command(String),
    Unknown(String),
}

impl Block {
    /// The message that the text is, if its first line makes it one.
    pub(crate) fn message(&self) -> Option<&Request> {
        match &self.first {
            Input::Ask(request) | Input::Suspicious(request) if request.name == MESSAGE => {
                Some(request)
            }
            _ => None,
        }
    }

    /// Whether the person has to confirm the text before the client sends it as a message, although it is no paste: lines
    /// of it look like commands, or many lines are too long for one message, or hardly anybody types so many. The text
    /// may be a paste that they did not send and that Up has brought back.
    pub(crate) fn needs_question(&self, limits: ServerLimits) -> bool {
        let is_too_long = self.message().is_some_and(|message| limits.refuses(message).is_some());
        let is_divided = is_too_long && self.count > FREE;
        is_divided || self.count > TYPED || !self.commands.is_empty() || !self.unknown.is_empty()
    }

    /// Whether the lines can be executed one by one, as if the person had typed each.
    pub(crate) fn can_be_divided(&self) -> bool {
        !self.commands.is_empty() && self.mistake.is_none()
    }

    /// The commands and the unknown ones, in words; empty if there are none.
    pub(crate) fn named_commands(&self) -> String {
        let commands = match self.commands.as_slice() {
            [] => String::new(),
            [one] => format!("; 1 is a command: {one}"),
            more => format!("; {} are commands: {}", more.len(), more.join(", ")),
        };
        match self.unknown.as_slice() {
            [] => commands,
            [one] => format!("{commands}; {one} is no command"),
            more => format!("{commands}; {} are no commands", more.join(", ")),
        }
    }
}

impl Conversation {
    /// Parses a text of several lines.
    pub(crate) fn block(&self, text: &str) -> Block {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let mut block = Block {
            first: self.parse_input(text),
            commands: Vec::new(),
            unknown: Vec::new(),
            mistake: None,
            has_secret: false,
            count: text.lines().count(),
        };
        if block.message().is_none() {
            block.first = self.parse_part(first);
            block.commands.extend(name(first));
        } else if name(first).as_deref() == Some("/say") {
            // The person says that the whole text is one.
            return block;
        }
        let mut is_doubtful = false;
        for (line, number) in lines.zip(2..) {
            match self.part(line) {
                Part::Text => is_doubtful |= self.is_doubtful(line),
                Part::Command(name) => block.commands.push(name),
                Part::Unknown(name) => block.unknown.push(name),
            }
            if let Some(name) = name(line) {
                block.has_secret |= is_like_secret(&name, &self.known().catalogue);
            }
            let (Input::Mistake(why) | Input::Unknown(why) | Input::Exposed(why)) =
                self.parse_part(line)
            else {
                continue;
            };
            block.mistake.get_or_insert(format!("line {number}: {why}"));
        }
        block.first = match block.first {
            Input::Ask(request) if request.name == MESSAGE && is_doubtful => {
                Input::Suspicious(request)
            }
            first => first,
        };
        block
    }

    fn part(&self, line: &str) -> Part {
        let Some(name) = name(line) else { return Part::Text };
        let known = self.known();
        let word = known.catalogue.command(&name.replace('/', ""));
        let command = without_slash(line).unwrap_or_default();
        if known.catalogue.words(true).contains(&word) {
            Part::Command(format!("/{word}"))
        } else if is_path(command, &known.catalogue) || !command.starts_with(char::is_alphanumeric)
        {
            Part::Text
        } else {
            Part::Unknown(name)
        }
    }

    /// Whether a later line that begins without a slash looks like a mistyped whisper or a command with a
    /// password. A single word does not, and a comment of a program does not.
    fn is_doubtful(&self, line: &str) -> bool {
        let is_comment = line.trim_start().strip_prefix("//").is_some_and(|it| it.starts_with(' '));
        let is_sentence = line.trim().contains(char::is_whitespace);
        is_sentence && !is_comment && matches!(self.parse_part(line), Input::Suspicious(_))
    }
}

/// The first word of a line that begins with a slash, with one slash; `None` for a text.
fn name(line: &str) -> Option<String> {
    if is_text(line) {
        return None;
    }
    let mut words = without_slash(line)?.split_whitespace();
    Some(format!("/{}", words.next()?.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::testing::connected;
    use crate::protocol::text_of;

    fn block(text: &str) -> Block {
        let (_server, conversation, _receiver) = connected(true);
        conversation.known().me = Some("alice".to_owned());
        conversation.known().replace_names(["alice", "bob"].into_iter());
        conversation.block(text)
    }

    #[test]
    fn the_lines_after_the_first_are_text() {
        for text in [
            "int x = 1;\n// a comment\nint y = 2;",
            "a\n    // indented",
            "look\n/etc/passwd",
            "a\n/*\n * more\n */",
            "a\n/ b\n/",
            "a\nexit\n// tell the user",
        ] {
            let block = block(text);
            assert!(matches!(&block.first, Input::Ask(it) if text_of(it) == text), "{block:?}");
            assert!(block.named_commands().is_empty() && !block.has_secret, "{block:?}");
        }
    }

    #[test]
    fn commands_in_later_lines_are_named() {
        let named = |text| {
            let block = block(text);
            assert!(block.needs_question(ServerLimits::default()), "{block:?}");
            (block.named_commands(), block.can_be_divided(), block.has_secret)
        };
        let want = |text: &str, can, secret| (text.to_owned(), can, secret);
        assert_eq!(named("a\n /Join tea"), want("; 1 is a command: /join", true, false));
        assert_eq!(
            named("/join tea\n/msg bob hi\nb"),
            want("; 2 are commands: /join, /msg", true, false)
        );
        assert_eq!(
            named("a\n/names\n/fly away"),
            want("; 1 is a command: /names; /fly is no command", false, false)
        );
        assert_eq!(named("a\n/fly"), want("; /fly is no command", false, false));
        let secret = want("; 1 is a command: /login", false, true);
        assert_eq!(named("a\n/login alice secret"), secret);
        assert_eq!(named("a\n/ login alice secret"), secret);
        assert_eq!(
            named("a\n/register alice\nsecret"),
            want("; 1 is a command: /register", true, true)
        );
        assert_eq!(named("a\n/loign alice secret"), want("; /loign is no command", false, true));
    }

    #[test]
    fn a_mistake_in_a_later_line_is_known_before_the_first_is_executed() {
        let mistake = block("/join tea\nhi\n/kick").mistake.unwrap();
        assert!(mistake.starts_with("line 3: usage: /kick "), "{mistake}");
        assert_eq!(block("/join tea\nhi").mistake, None);
    }

    #[test]
    fn say_covers_all_lines() {
        let block = block("/say a\n/join tea");
        assert!(
            !block.needs_question(ServerLimits::default()) && !block.can_be_divided(),
            "{block:?}"
        );
        assert_eq!(block.message().map(text_of), Some("a\n/join tea"));
    }

    #[test]
    fn a_later_line_may_be_a_mistyped_whisper() {
        for text in ["hi\nmsg bob psst", "hi\nlogin bob hunter22", "hi\n\\msg bob psst"] {
            assert!(matches!(block(text).first, Input::Suspicious(_)), "{text:?}");
        }
    }
}
