//! The progress of a batch on the screen. On a terminal the table is redrawn in place; elsewhere there
//! is a line for each finished submission.
//!
//! Lines that have scrolled off a terminal cannot be redrawn. So if there are more submissions than
//! lines, finished ones are left standing, and only the rows below them are redrawn.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::table::{self, Table};
use super::tally::Tally;
use crate::report::{Ink, paint};
use crate::screen::{Size, say, size};

/// Disables line wrap while the table is drawn.
const CUT: &str = "\x1b[?7l";
const CONTINUE: &str = "\x1b[?7h";

/// Clears the rest of the old line, and the old lines below.
const CLEAR_REST: &str = "\x1b[K\n";
const CLEAR_BELOW: &str = "\x1b[J";

#[derive(Debug)]
pub(super) struct Board {
    terminal: bool,
    /// Indices of the submissions whose rows are left standing.
    settled: BTreeSet<usize>,
    /// Lengths of the lines that will be redrawn.
    drawn: Vec<usize>,
}

impl Board {
    pub(super) fn new(terminal: bool) -> Board {
        Board { terminal, settled: BTreeSet::new(), drawn: Vec::new() }
    }

    /// Shows the progress.
    pub(super) fn show(&mut self, tallies: &[Tally]) {
        if self.terminal {
            let frame = self.frame(tallies, size());
            let mut out = io::stdout().lock();
            // A closed output is no reason to stop grading.
            let _ = out.write_all(frame.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// Shows that the submission with this index has ended.
    pub(super) fn ended(&mut self, tallies: &[Tally], index: usize) {
        if self.terminal {
            return self.show(tallies);
        }
        #[expect(clippy::indexing_slicing, reason = "each submission has a tally")]
        let tally = &tallies[index];
        let over = tallies.iter().filter(|tally| tally.is_over()).count();
        say(&format!("[{over}/{}] {}", tallies.len(), table::line(tally)), false);
    }

    /// Shows the final results.
    pub(super) fn finish(&mut self, tallies: &[Tally], results: &str) {
        self.show(tallies);
        say(&format!("{}\n{results}", table::summary(tallies)), false);
    }

    /// The text that replaces the old table on a terminal of this size.
    fn frame(&mut self, tallies: &[Tally], size: Size) -> String {
        let table = Table::fitting(tallies, size.columns);
        let mut out = format!("{CUT}\r");
        // If the window has become narrower, an old line may take several lines.
        let lines = |length: &usize| length.div_ceil(size.columns.max(1)).max(1);
        let up: usize = self.drawn.iter().map(lines).sum();
        if up > 0 {
            // Writing into a string does not fail.
            let _ = write!(out, "\x1b[{up}A");
        }
        let heading = self.settled.is_empty().then(|| table.heading());
        // The heading, the line below the rows, and the line of the cursor need room, too.
        let room = size.rows.saturating_sub(3).max(1);
        let rows = |numbers: &[usize]| -> Vec<(Ink, String)> {
            #[expect(clippy::indexing_slicing, reason = "the numbers are indices of the tallies")]
            numbers.iter().map(|number| table.row(&tallies[*number])).collect()
        };
        let mut above = rows(&self.settle(tallies, room));
        let is_drawn = |number: &usize| !self.settled.contains(number);
        let mut drawn: Vec<usize> = (0..tallies.len()).filter(is_drawn).collect();
        let hidden = drawn.len().saturating_sub(room);
        drawn.truncate(room);
        let mut below = rows(&drawn);
        if hidden > 0 {
            below.push((Ink::Faint, format!("… and {hidden} more")));
        }
        // The heading stands above the first row, and stays with it.
        let under = if above.is_empty() { &mut below } else { &mut above };
        under.splice(0..0, heading);
        self.drawn = below.iter().map(|(_, line)| line.chars().count()).collect();
        // Each line is cleared as it is written: some terminals keep a cleared screen in their history.
        out += &(paint(&above, true) + &paint(&below, true)).replace('\n', CLEAR_REST);
        out + CLEAR_BELOW + CONTINUE
    }

    /// Leaves finished submissions standing until the others fit; returns the new ones.
    fn settle(&mut self, tallies: &[Tally], room: usize) -> Vec<usize> {
        let mut new = Vec::new();
        for (number, tally) in tallies.iter().enumerate() {
            if tallies.len() - self.settled.len() <= room {
                break;
            }
            if tally.is_over() && self.settled.insert(number) {
                new.push(number);
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tally::State;
    use crate::batch::tally::samples::tally;

    /// A terminal that understands exactly the sequences of a board, and keeps the lines that scroll
    /// off.
    struct Terminal {
        rows: usize,
        lines: Vec<String>,
        cursor: usize,
    }

    impl Terminal {
        fn write(&mut self, text: &str) {
            let text = text.strip_prefix("\x1b[?7l\r").unwrap();
            let text = text.strip_suffix("\x1b[J\x1b[?7h").unwrap();
            let up =
                text.split_once('A').and_then(|(up, _)| up.strip_prefix("\x1b[")?.parse().ok());
            let top = (self.lines.len() + 1).saturating_sub(self.rows);
            self.cursor = self.cursor.saturating_sub(up.unwrap_or(0)).max(top);
            let text = text.trim_start_matches(&format!("\x1b[{}A", up.unwrap_or(0)));
            self.lines.truncate(self.cursor);
            for line in text.lines() {
                let line = line.strip_suffix("\x1b[K").unwrap().trim_end_matches("\x1b[0m");
                let begin = if line.starts_with('\x1b') { line.find('m').unwrap() + 1 } else { 0 };
                self.lines.push(line[begin..].to_owned());
            }
            self.cursor = self.lines.len();
        }

        /// The first word of each line.
        fn words(&self) -> Vec<&str> {
            self.lines.iter().map(|line| line.split(' ').next().unwrap()).collect()
        }
    }

    /// Grades `count` submissions in pairs; the second of each pair ends first.
    fn grade(count: usize, size: Size) -> Terminal {
        let mut terminal = Terminal { rows: size.rows, lines: Vec::new(), cursor: 0 };
        let mut board = Board::new(true);
        let name = |number: usize| format!("n{number}");
        let mut tallies: Vec<Tally> =
            (0..count).map(|number| tally(&name(number), State::Waiting, &[])).collect();
        terminal.write(&board.frame(&tallies, size));
        for first in (0..count).step_by(2) {
            let pair = [first, first + 1].into_iter().filter(|number| *number < count);
            for state in [State::Running, State::Ended] {
                for number in pair.clone().rev() {
                    tallies[number].state = state;
                    terminal.write(&board.frame(&tallies, size));
                    let running = tallies.iter().filter(|it| it.state == State::Running);
                    for tally in running {
                        let shown = terminal.lines.iter().rev().take(size.rows);
                        let begin = format!("{} ", tally.name);
                        let here = |line: &&String| line.starts_with(&begin);
                        assert_eq!(shown.filter(here).count(), 1, "{:?}", terminal.lines);
                    }
                }
            }
        }
        terminal
    }

    #[test]
    fn all_rows_stand_in_order_if_they_fit() {
        let terminal = grade(5, Size { columns: 80, rows: 24 });
        assert_eq!(terminal.words(), ["submission", "n0", "n1", "n2", "n3", "n4"]);
    }

    #[test]
    fn in_a_small_window_each_row_ends_up_there_once() {
        for rows in 5..12 {
            let terminal = grade(20, Size { columns: 80, rows });
            let mut words = terminal.words();
            assert_eq!(words.remove(0), "submission");
            words.sort_unstable();
            let mut want: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
            want.sort_unstable();
            assert_eq!(words, want, "{rows} rows");
        }
    }

    #[test]
    fn rows_below_the_window_are_counted() {
        let mut board = Board::new(true);
        let tallies = vec![tally("ada", State::Waiting, &[]); 20];
        let frame = board.frame(&tallies, Size { columns: 80, rows: 10 });
        assert!(frame.contains("… and 13 more") && frame.lines().count() == 10, "{frame}");
    }

    #[test]
    fn lines_wrapped_by_a_narrower_window_are_redrawn() {
        let mut board = Board::new(true);
        let tallies = [tally("ada", State::Running, &[])];
        board.frame(&tallies, Size { columns: 80, rows: 24 });
        // "submission" and "ada" were drawn 67 columns wide.
        let frame = board.frame(&tallies, Size { columns: 40, rows: 24 });
        assert!(frame.starts_with("\x1b[?7l\r\x1b[4A"), "{frame:?}");
    }
}
