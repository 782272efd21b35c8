//! The style of the output: lines for messages, events, errors and the prompt.
//!
//! No text of another person controls the terminal: control characters, escape sequences and
//! characters that reorder text are made visible.

use jiff::Timestamp;
use parse::{Dict, DictError, Response, Value};

use crate::bounded::shorten;
use crate::day;
use crate::lines::indented;
use crate::mentions::is_call;
use crate::palette::Palette;
use crate::protocol::{ACTION, OFFLINE, ROOM, TO, USERNAME};
use crate::rooms;
use crate::sanitize::clean;
use crate::stdio;
use crate::tables;
use crate::wrapping::wrap;

/// The most characters of a name in the prompt.
const PROMPT_NAME: usize = 40;

/// The style of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether to use colours.
    pub(crate) colour: bool,
    /// Whether to use bold and reversed text, which are no colours.
    pub(crate) emphasis: bool,
    /// Whether the output is a terminal. Then each message has its time, and the person's own messages
    /// stand where they were typed (`own_line.rs`), so the client does not repeat them. For scripts it is
    /// the other way round.
    pub(crate) terminal: bool,
    /// Whether each message has its exact time, for scripts.
    pub(crate) timestamps: bool,
    /// Whether to show the latest messages after a login or a join.
    pub(crate) backlog: bool,
    /// Whether to highlight [calls](is_call).
    pub(crate) mentions: bool,
    /// Whether the terminal's bell rings for calls.
    pub(crate) bell: bool,
}

const RED: &str = "\x1b[31m";
const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const REVERSE: &str = "\x1b[7m";
const RESET: &str = "\x1b[0m";
const BELL: &str = "\x07";

impl Style {
    /// The line for a message: `12:34 alice: hello`, or `alice -> bob: psst`. The name `me` becomes
    /// "you" in a whisper. An action is `12:34 * alice waves` on a terminal. Elsewhere it
    /// begins as a message does, `alice * waves`, because a script takes a line that begins with `*` for an event.
    pub(crate) fn message(
        self,
        message: &Dict,
        me: Option<&str>,
        palette: &Palette,
    ) -> Result<String, DictError> {
        self.message_after("", message, me, palette)
    }

    /// The line for a message behind another text.
    fn message_after(
        self,
        prefix: &str,
        message: &Dict,
        me: Option<&str>,
        palette: &Palette,
    ) -> Result<String, DictError> {
        let is_call = self.mentions && is_call(message, me)?;
        let coloured = |name: &str| {
            let name = self.name(name, palette);
            if is_call { self.emphasise(REVERSE, name) } else { name }
        };
        let you = |name: &str| {
            if me == Some(name) { "you".to_owned() } else { coloured(name) }
        };
        let username = message.string(USERNAME)?;
        let who = match message.optional_string(TO)? {
            Some(to) if me == Some(to) && message.get(OFFLINE) == Some(&Value::Bool(true)) => {
                format!("{} -> you (while you were away)", coloured(username))
            }
            Some(to) => format!("{} -> {}", you(username), you(to)),
            None => coloured(username),
        };
        let time = if self.terminal {
            self.time(message.optional_string("timestamp")?)
        } else if self.timestamps {
            // For a script the time is the first word.
            exact_time(message.optional_string("timestamp")?)
        } else {
            String::new()
        };
        let begin =
            if self.terminal { format!("{prefix}{time}") } else { format!("{time}{prefix}") };
        let (is_action, to) =
            (message.get(ACTION) == Some(&Value::Bool(true)), message.contains(TO));
        let room = match message.optional_string(ROOM)? {
            Some(room) => self.paint(DIM, &clean(&rooms::shown(room))) + " ",
            None => String::new(),
        };
        let before = if is_action && !self.terminal {
            format!("{begin}{room}{who} * ")
        } else if is_action {
            let who = if to { who + ": " } else { String::new() };
            format!("{begin}{room}{who}* {} ", coloured(username))
        } else {
            format!("{begin}{room}{who}: ")
        };
        let text = indented(&before, message.string("message")?, self.columns());
        let text = if is_call { self.emphasise(BOLD, text) } else { text };
        Ok(format!("{before}{text}"))
    }

    /// The line for a message that has just arrived: the bell may ring.
    pub(crate) fn new_message(
        self,
        message: &Dict,
        me: Option<&str>,
        palette: &Palette,
    ) -> Result<String, DictError> {
        let rings = self.bell && self.terminal && self.mentions && is_call(message, me)?;
        let line = self.message(message, me, palette)?;
        Ok(if rings { format!("{BELL}{line}") } else { line })
    }

    /// The line for a message with its id, which `/history` and the removal of a message need.
    pub(crate) fn numbered(
        self,
        message: &Dict,
        me: Option<&str>,
        palette: &Palette,
    ) -> Result<String, DictError> {
        let prefix = match message.optional_whole_number("id")? {
            Some(id) => self.paint(DIM, &format!("#{id}")) + " ",
            _ => String::new(),
        };
        self.message_after(&prefix, message, me, palette)
    }

    /// The line for an event.
    pub(crate) fn event(self, text: &str) -> String {
        self.paint(DIM, &self.marked("* ", text))
    }

    /// The line for an event that the person did not cause. On a terminal it has the time, as a message does.
    pub(crate) fn news(self, text: &str) -> String {
        let time = if self.terminal { format!("{} ", day::now()) } else { String::new() };
        self.paint(DIM, &self.marked(&format!("{time}* "), text))
    }

    /// A line with a mark before it. On a terminal a long one has several rows, all below the first.
    fn marked(self, mark: &str, text: &str) -> String {
        let line = clean(text);
        let row = |columns| wrap(&line, mark.len(), mark.len(), columns);
        format!("{mark}{}", self.columns().map(row).unwrap_or(line.clone()))
    }

    /// The width for which long lines are broken.
    fn columns(self) -> Option<usize> {
        if self.terminal { stdio::width() } else { None }
    }

    /// A text that is less important than the text around it.
    pub(crate) fn grey(self, text: &str) -> String {
        self.paint(DIM, text)
    }

    /// The line for an error.
    pub(crate) fn error(self, text: &str) -> String {
        self.paint(RED, &self.marked("! ", text))
    }

    /// The lines for a response that the client does not know.
    pub(crate) fn unknown(self, response: &Response, body: &Dict) -> Vec<String> {
        tables::lines(response, body).iter().map(|line| self.event(line)).collect()
    }

    /// The prompt, plain and coloured: the person's name, in its preferred colour, and room.
    pub(crate) fn prompt(self, me: Option<&str>, room: Option<&str>) -> (String, String) {
        let short = |name: &str| clean(&shorten(name, PROMPT_NAME));
        let name = me.map(short).unwrap_or_default();
        let room = room.map_or(String::new(), |room| rooms::shown(&short(room)));
        (format!("{name}{room}> "), format!("{}{room}> ", self.name(&name, &Palette::default())))
    }

    /// A name in its colour.
    fn name(self, name: &str, palette: &Palette) -> String {
        self.paint(&format!("\x1b[38;5;{}m", palette.colour(name)), &clean(name))
    }

    fn paint(self, colour: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("{colour}{text}{RESET}")
        } else {
            text.to_owned()
        }
    }

    /// A text that stands out, also without colours. It may have a colour.
    fn emphasise(self, how: &str, text: String) -> String {
        if !self.emphasis || text.is_empty() {
            text
        } else if text.ends_with(RESET) {
            format!("{how}{text}")
        } else {
            format!("{how}{text}{RESET}")
        }
    }

    /// The time of a message in the local time zone, with the date if it is not of today.
    fn time(self, timestamp: Option<&str>) -> String {
        let Some(said) = timestamp.and_then(day::local) else { return String::new() };
        self.paint(DIM, &day::short(&said)) + " "
    }
}

/// The time of a message for scripts. A server that sends none has sent the message just now.
fn exact_time(timestamp: Option<&str>) -> String {
    let said = timestamp.and_then(|text| text.parse::<Timestamp>().ok());
    format!("{:.3} ", said.unwrap_or_else(Timestamp::now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        colour: false,
        emphasis: false,
        terminal: false,
        timestamps: false,
        backlog: false,
        mentions: true,
        bell: false,
    };

    fn message(text: &str) -> Dict {
        Dict::new().with("username", "alice").with("message", text)
    }

    #[test]
    fn a_message_shows_its_sender_and_its_text() {
        assert_eq!(
            PLAIN.message(&message("hi"), None, &Palette::default()),
            Ok("alice: hi".to_owned())
        );
        let whisper = message("psst").with("to", "bob");
        let seen = |me| PLAIN.message(&whisper, Some(me), &Palette::default()).unwrap();
        assert_eq!(seen("alice"), "you -> bob: psst");
        assert_eq!(seen("bob"), "alice -> you: psst");
        let kept = whisper.with("offline", true);
        let seen = |me| PLAIN.message(&kept, Some(me), &Palette::default()).unwrap();
        assert_eq!(seen("bob"), "alice -> you (while you were away): psst");
        assert_eq!(seen("alice"), "you -> bob: psst");
    }

    #[test]
    fn a_script_gets_the_exact_time_of_a_message() {
        let exact = Style { timestamps: true, ..PLAIN };
        let shown = |message: &Dict| exact.message(message, None, &Palette::default()).unwrap();
        let seen = |time: &str| shown(&message("hi").with("timestamp", time));
        assert_eq!(seen("2026-01-02T03:04:05.006Z"), "2026-01-02T03:04:05.006Z alice: hi");
        assert_eq!(seen("2026-01-02T04:04:05+01:00"), "2026-01-02T03:04:05.000Z alice: hi");
        // Without a readable time, it is the time of now.
        for line in [seen("\x1b[2J"), shown(&message("hi"))] {
            let time = line.strip_suffix(" alice: hi").unwrap();
            assert!(time.parse::<Timestamp>().is_ok() && time.len() == 24, "{line}");
        }
    }

    #[test]
    fn an_action_begins_with_a_star_on_a_terminal_and_with_the_name_elsewhere() {
        let palette = Palette::default();
        let waves = message("waves").with("action", true);
        let watched = Style { terminal: true, ..PLAIN };
        assert_eq!(watched.message(&waves, None, &palette).unwrap(), "* alice waves");
        assert_eq!(PLAIN.message(&waves, None, &palette).unwrap(), "alice * waves");
        let in_tea = waves.clone().with("room", "tea");
        assert_eq!(PLAIN.message(&in_tea, None, &palette).unwrap(), "#tea alice * waves");
        let whisper = waves.with("to", "bob");
        let seen = watched.message(&whisper, Some("bob"), &palette).unwrap();
        assert_eq!(seen, "alice -> you: * alice waves");
        let seen = PLAIN.message(&whisper, Some("bob"), &palette).unwrap();
        assert_eq!(seen, "alice -> you * waves");
        let no_flag = message("waves").with("action", "true");
        assert_eq!(watched.message(&no_flag, None, &palette).unwrap(), "alice: waves");
        let both = message("waves\nand smiles").with("action", true);
        let seen = watched.message(&both, None, &palette).unwrap();
        assert_eq!(seen, "* alice waves\n        and smiles");
    }

    #[test]
    fn no_line_contains_a_control_character() {
        let evil = "a\x1b[2J\x07\r\nb\u{9b}31m\u{202e}\x7f\0c\td";
        let shown = PLAIN.message(&message(evil), None, &Palette::default()).unwrap();
        let shown = shown.replace("\n ", " ");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\t'), "{shown:?}");
        for shown in [PLAIN.event(evil), PLAIN.error(evil)] {
            assert!(!shown.chars().any(|c| c.is_control() && c != '\t'), "{shown:?}");
        }
    }

    #[test]
    fn a_prompt_is_short_and_contains_no_control_character() {
        let (plain, painted) = PLAIN.prompt(Some(&"w".repeat(70_000)), Some("\x1bc"));
        assert_eq!(plain, format!("{}…#^[c> ", "w".repeat(PROMPT_NAME - 1)));
        assert_eq!(painted, plain);
    }

    #[test]
    fn without_colours_there_are_no_escape_sequences() {
        let bright = Style { colour: true, ..PLAIN };
        assert!(bright.error("x").contains('\x1b'));
        assert!(
            bright.message(&message("hi"), None, &Palette::default()).unwrap().contains('\x1b')
        );
        assert_eq!(PLAIN.error("x"), "! x");
        assert_eq!(PLAIN.prompt(Some("alice"), None).1, "alice> ");
        assert_eq!(PLAIN.prompt(Some("alice"), Some("tea")).1, "alice#tea> ");
    }

    #[test]
    fn a_message_shows_its_room_and_in_the_history_its_id() {
        let message = message("hi").with("id", 17).with("room", "tea");
        assert_eq!(PLAIN.message(&message, None, &Palette::default()).unwrap(), "#tea alice: hi");
        let numbered = PLAIN.numbered(&message, None, &Palette::default());
        assert_eq!(numbered.unwrap(), "#17 #tea alice: hi");
    }

    #[test]
    fn a_call_is_highlighted_and_rings_when_it_arrives() {
        let bright = Style { colour: true, emphasis: true, terminal: true, bell: true, ..PLAIN };
        let palette = Palette::default();
        let shown =
            |text: &str, me| bright.new_message(&message(text), Some(me), &palette).unwrap();
        assert!(shown("hi Bob", "bob").starts_with("\x07\x1b[7m\x1b[38;5;"));
        assert!(shown("hi Bob", "bob").ends_with(": \x1b[1mhi Bob\x1b[0m"));
        for (text, me) in [("hi bobby", "bob"), ("I am alice", "ALICE")] {
            assert!(shown(text, me).ends_with(&format!("alice\x1b[0m: {text}")), "{text}");
            assert!(shown(text, me).starts_with("\x1b[38;5;"), "{text}");
        }
        let whisper = message("psst").with("to", "bob");
        assert!(bright.new_message(&whisper, Some("bob"), &palette).unwrap().starts_with('\x07'));
        // An old message does not ring, and without a terminal or the setting none does.
        assert!(!bright.numbered(&message("bob"), Some("bob"), &palette).unwrap().contains('\x07'));
        for quiet in [
            Style { terminal: false, ..bright },
            Style { mentions: false, ..bright },
            Style { bell: false, ..bright },
        ] {
            let line = quiet.new_message(&message("bob"), Some("bob"), &palette).unwrap();
            assert_eq!((line.contains('\x07'), line.contains(BOLD)), (false, quiet.mentions));
        }
    }

    #[test]
    fn a_call_is_highlighted_without_colours_unless_the_terminal_is_dumb() {
        let calm = Style { emphasis: true, terminal: true, ..PLAIN };
        let shown = |style: Style, message: &Dict| {
            style.message(message, Some("bob"), &Palette::default()).unwrap()
        };
        let whisper = message("psst").with("to", "bob");
        assert_eq!(shown(calm, &message("hi Bob")), "\x1b[7malice\x1b[0m: \x1b[1mhi Bob\x1b[0m");
        assert_eq!(shown(calm, &whisper), "\x1b[7malice\x1b[0m -> you: \x1b[1mpsst\x1b[0m");
        let waves = message("waves at bob").with("action", true);
        assert_eq!(shown(calm, &waves), "* \x1b[7malice\x1b[0m \x1b[1mwaves at bob\x1b[0m");
        for message in [message("hi"), message("hi bobby")] {
            assert!(!shown(calm, &message).contains('\x1b'));
        }
        let dumb = Style { emphasis: false, ..calm };
        assert_eq!(shown(dumb, &whisper), "alice -> you: psst");
    }

    #[test]
    fn an_unknown_response_is_shown_with_its_keys() {
        let body = Dict::new().with("sides", 6).with("text", "a\x1bb");
        let response = Response::ok("roll", body.clone());
        assert_eq!(PLAIN.unknown(&response, &body), ["* roll: sides: 6, text: a^[b"]);
    }
}
