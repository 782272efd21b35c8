//! A line with more rows than the window.

use avt::Terminal;
use expectrl::session::OsSession;
use expectrl::{Expect, NBytes};
use harness::clients::{seen, until};
use harness::{Peer, Server, json};
use tempfile::TempDir;

use crate::rows::behind_time;
use crate::terminal::alice_at_a_terminal;

const COLUMNS: usize = 40;
const ROWS: usize = 8;

/// A client in a low window, and the model of a terminal that shows its output.
struct Low {
    session: OsSession,
    terminal: Terminal,
}

impl Low {
    /// Sends keys, and waits until the window shows these rows, with the cursor in this column and row.
    fn shows(&mut self, keys: &str, rows: &[String], cursor: (usize, usize)) {
        self.session.send(keys).unwrap();
        let place = |terminal: &Terminal| (terminal.cursor().col, terminal.cursor().row);
        while !(self.window() == rows && place(&self.terminal) == cursor) {
            let what = format!("the window shows {rows:?} with the cursor at {cursor:?}");
            let read = seen(&mut self.session, NBytes(1), &what);
            self.terminal.feed(&*String::from_utf8_lossy(read.as_bytes()));
        }
    }

    fn window(&self) -> Vec<String> {
        let lines = self.terminal.screen().visible_lines();
        lines.map(|line| line.text().trim_end().to_owned()).collect()
    }

    /// Waits until one of the lines is this one.
    fn has(&mut self, want: &str) {
        while !self.lines().iter().any(|line| line == want) {
            let read = seen(&mut self.session, NBytes(1), want);
            self.terminal.feed(&*String::from_utf8_lossy(read.as_bytes()));
        }
    }

    /// All lines, with the lines that have scrolled away.
    fn lines(&self) -> Vec<String> {
        let lines = self.terminal.screen().text();
        lines.iter().map(|line| behind_time(line).unwrap_or(line).to_owned()).collect()
    }
}

/// The rows of a text in a window of so many columns.
fn rows(text: &str, columns: usize) -> Vec<String> {
    let rows = text.as_bytes().chunks(columns);
    rows.map(|row| String::from_utf8_lossy(row).into_owned()).collect()
}

/// A prompt and a text, which fill so many rows. Each row has its number.
fn line(count: usize) -> String {
    let mut line = "alice> ".to_owned();
    for number in 0..count {
        line += &format!("{number:02}");
        line.extend(std::iter::repeat_n('.', (number + 1) * COLUMNS - line.len()));
    }
    line
}

fn pasted(line: &str) -> String {
    format!("\x1b[200~{}\x1b[201~", line.strip_prefix("alice> ").unwrap())
}

/// Alice's client in a low window, below a message of bob.
fn open() -> (Server, Peer, TempDir, Low) {
    let (server, mut bob, home, mut session) = alice_at_a_terminal();
    session.get_process_mut().set_window_size(COLUMNS as u16, ROWS as u16).unwrap();
    bob.says("before");
    bob.hears(json!({"response": "message", "message": "before"}));
    let mut terminal = Terminal::with_scrollback(COLUMNS, ROWS, None).unwrap();
    terminal.feed(until(&mut session, "bob: before\r\n"));
    (server, bob, home, Low { session, terminal })
}

#[test]
fn the_window_shows_the_row_of_the_cursor() {
    let (_server, mut bob, _home, mut low) = open();
    let mut want = rows(&(line(19) + "end"), COLUMNS);
    low.shows(&pasted(&want.concat()), &want[12..], (3, 7));
    // Ctrl-A moves to the beginning, and Ctrl-E to the end.
    low.shows("\x01", &want[..8], (7, 0));
    low.shows("\x1b[C", &want[..8], (8, 0));
    low.shows("\x05", &want[12..], (3, 7));
    low.shows("\x1b[D", &want[12..], (2, 7));
    // Alt-B moves to the beginning of a word, which is a row.
    low.shows(&"\x1bb".repeat(9), &want[11..19], (0, 0));
    // The typed text appears where the cursor is.
    want[11].replace_range(..1, "x");
    low.shows("\x1b[3~x", &want[11..19], (1, 0));
    bob.says("meanwhile");
    bob.hears(json!({"response": "message", "message": "meanwhile"}));
    low.has("bob: meanwhile");
    low.shows("", &want[11..19], (1, 0));
    // Behind a full row the cursor is in the next one.
    want[19].clear();
    low.shows("\x05\x7f\x7f\x7f", &want[12..], (0, 7));
    low.shows("\x01", &want[..8], (7, 0));
    // One row after the cursor's row is not in the window.
    low.shows(&format!("\x05{}", "\x1bb".repeat(7)), &want[12..], (0, 0));
    low.shows("\x1b[D", &want[11..19], (39, 0));
    // No row has scrolled away, so the line is in the scrollback only as the message that was sent.
    low.session.send("\r").unwrap();
    let text = want.concat().split_off("alice> ".len());
    bob.hears(json!({"response": "message", "message": text}));
    bob.says("after");
    low.has("bob: after");
    let lines = low.lines();
    for once in ["bob: before", "bob: meanwhile", "bob: after", "alice: 00"] {
        let count = lines.iter().filter(|line| line.starts_with(once)).count();
        assert_eq!(count, 1, "{once}: {lines:#?}");
    }
    let rows = lines.iter().filter(|line| line.contains("....")).count();
    let indent = "12:34 alice: ".len();
    assert_eq!(rows, text.len().div_ceil(COLUMNS - indent), "{lines:#?}");
}

#[test]
fn a_line_that_is_higher_than_the_window_is_shown_once_in_a_wider_one() {
    let typed = line(19) + "end";
    let (narrow, wide) = (rows(&typed, COLUMNS), rows(&typed, 2 * COLUMNS));
    let (first, last) = ((7, 0), (43, 7));
    for (key, before, after, cursor) in
        [("\x05", &narrow[12..], &wide[2..], last), ("\x01", &narrow[..8], &wide[..8], first)]
    {
        let (_server, _bob, _home, mut low) = open();
        low.shows(&pasted(&typed), &narrow[12..], (3, 7));
        let column = if key == "\x01" { first } else { (3, 7) };
        low.shows(key, before, column);
        low.terminal.resize(2 * COLUMNS, ROWS);
        low.session.get_process_mut().set_window_size(2 * COLUMNS as u16, ROWS as u16).unwrap();
        low.shows("", after, cursor);
        let lines = low.lines();
        for once in ["bob: before", "alice> 00"] {
            let count = lines.iter().filter(|line| line.starts_with(once)).count();
            let want = usize::from(once.starts_with("bob") || key == "\x01");
            assert_eq!(count, want, "{once}: {lines:#?}");
        }
    }
}
