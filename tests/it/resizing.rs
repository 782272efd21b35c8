//! The client in a terminal that changes its width.
//!
//! A model of a terminal obeys the output. Like most terminals it breaks its lines anew at each resize, and
//! keeps the lines that scroll away.

use avt::Terminal;
use expectrl::session::OsSession;
use expectrl::{Expect, NBytes};
use harness::clients::{empty_home, seen, spawn};
use harness::{Peer, Server, json};
use tempfile::TempDir;

use crate::rows::behind_time;

const ROWS: u16 = 12;
/// The end of a drawing of the editor.
const DRAWN: &str = "\x1b[?2026l";

/// A client in a terminal, and the model that shows its output.
struct Window {
    session: OsSession,
    terminal: Terminal,
    output: String,
}

impl Window {
    /// Starts the client of alice in a window of 80 columns.
    fn open(server: &Server, home: &TempDir) -> Window {
        let mut client = harness::client(home.path());
        client.args([&*server.address().to_string(), "--name", "alice", "--color", "never"]);
        // Otherwise the client may take the terminal for another one.
        for variable in ["STY", "XTERM_VERSION"] {
            client.env_remove(variable);
        }
        let terminal = Terminal::with_scrollback(80, ROWS.into(), None).unwrap();
        let mut window = Window { session: spawn(client), terminal, output: String::new() };
        window.resize(80);
        window
    }

    fn resize(&mut self, columns: u16) {
        self.terminal.resize(columns.into(), ROWS.into());
        self.session.get_process_mut().set_window_size(columns, ROWS).unwrap();
    }

    /// All lines, also those that have scrolled away, without the times of messages. A line that was broken
    /// at the edge of the window is one line, and so is a message that the client broke.
    fn lines(&self) -> Vec<String> {
        let mut lines = self.terminal.screen().text();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        // The client begins in the last row of the window.
        let free = lines.iter().take_while(|line| line.is_empty()).count();
        lines.drain(..free);
        let mut whole: Vec<String> = Vec::new();
        for line in lines {
            match (line.strip_prefix("   "), whole.last_mut()) {
                (Some(rest), Some(before)) => before.push_str(rest.trim_start()),
                _ => whole.push(behind_time(&line).unwrap_or(&line).to_owned()),
            }
        }
        whole
    }

    /// Waits until these are the last two lines, and the client has drawn all of them.
    fn ends_with(&mut self, above: &str, last: &str) {
        let want = [above.to_owned(), last.to_owned()];
        while !(self.output.ends_with(DRAWN) && self.lines().ends_with(&want)) {
            let read = seen(&mut self.session, NBytes(1), "the terminal shows both lines");
            let text = String::from_utf8_lossy(read.as_bytes());
            self.terminal.feed(&*text);
            self.output += &text;
            let home = self.terminal.cursor();
            let erases_all = self.output.ends_with("\x1b[J") && (home.col, home.row) == (0, 0);
            assert!(!erases_all, "tmux would keep the erased line in its history");
        }
    }
}

/// Types a line of this length, moves the cursor back, and resizes the window while bob talks.
fn nothing_is_erased_and_nothing_doubled(length: usize, back: usize, widths: &[u16]) {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let mut window = Window::open(&server, &home);
    window.ends_with("* also here: bob", "alice>");
    bob.hears(json!({"response": "join", "username": "alice"}));
    let line: String = ('a'..='z').cycle().take(length).collect();
    window.session.send(format!("{line}{}", "\x1b[D".repeat(back))).unwrap();
    let prompt = format!("alice> {line}");
    // The keys are read before the message.
    says(&mut bob, "ready");
    window.ends_with("bob: ready", &prompt);
    assert_eq!(window.terminal.cursor().col, (prompt.len() - back) % 80);

    let mut want =
        ["* you are alice", "* also here: bob", "bob: ready"].map(str::to_owned).to_vec();
    for (number, &width) in widths.iter().enumerate() {
        window.resize(width);
        // The message arrives before the client has redrawn its line.
        let said = format!("{number}{}", "y".repeat(number * 23));
        says(&mut bob, &said);
        want.push(format!("bob: {said}"));
        window.ends_with(want.last().unwrap(), &prompt);
    }
    want.push(prompt);
    let shown = window.lines();
    assert!(shown[0].starts_with("* connected to "), "{shown:#?}");
    assert_eq!(shown[1..], want);

    // The cursor is where it was, and the line is whole.
    window.session.send("|\r").unwrap();
    let (before, behind) = line.split_at(length - back);
    bob.hears(json!({"response": "message", "message": format!("{before}|{behind}")}));
}

fn says(bob: &mut Peer, text: &str) {
    bob.says(text);
    bob.hears(json!({"response": "message", "message": text}));
}

#[test]
fn a_long_line_survives_narrow_and_wide_windows() {
    nothing_is_erased_and_nothing_doubled(150, 0, &[40, 81, 27, 200, 80]);
}

#[test]
fn a_cursor_in_the_middle_of_the_line_stays_there() {
    nothing_is_erased_and_nothing_doubled(200, 100, &[39, 120, 30, 31, 80]);
}

#[test]
fn a_line_that_fills_its_rows_is_not_doubled() {
    // With its prompt of seven columns, the line fills one row of 80 columns, two of 40 and four of 20.
    nothing_is_erased_and_nothing_doubled(73, 0, &[40, 20, 80, 160, 20]);
}

#[test]
fn a_short_line_stays_one_line() {
    nothing_is_erased_and_nothing_doubled(5, 2, &[40, 10, 100]);
}

#[test]
fn a_line_that_gets_many_rows_leaves_none_of_them_in_the_history() {
    nothing_is_erased_and_nothing_doubled(140, 0, &[20, 80, 20, 100]);
}
