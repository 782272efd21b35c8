//! The table of all submissions, laid out for a given width. In a narrow one, the titles get shorter,
//! then the names; then only checks and points remain.

use super::tally::{State, Tally};
use crate::report::paragraph::clip;
use crate::report::visible;
use crate::report::{Ink, tidy};

/// A column right of the names.
struct Column {
    title: &'static str,
    width: usize,
    cell: fn(&Tally) -> String,
}

const WIDE: &[Column] = &[
    Column { title: "checks", width: 8, cell: checks },
    Column { title: "passed", width: 8, cell: |tally| tally.count("passed").to_string() },
    Column { title: "failed", width: 8, cell: |tally| tally.count("failed").to_string() },
    Column { title: "skipped", width: 9, cell: |tally| tally.count("skipped").to_string() },
    Column { title: "undecided", width: 11, cell: |tally| tally.count("undecided").to_string() },
    Column { title: "points", width: 13, cell: points },
];

const MIDDLE: &[Column] = &[
    Column { title: "checks", width: 8, cell: checks },
    Column { title: "pass", width: 6, cell: |tally| tally.count("passed").to_string() },
    Column { title: "fail", width: 6, cell: |tally| tally.count("failed").to_string() },
    Column { title: "skip", width: 6, cell: |tally| tally.count("skipped").to_string() },
    Column { title: "und", width: 5, cell: |tally| tally.count("undecided").to_string() },
    Column { title: "points", width: 13, cell: points },
];

const NARROW: &[Column] = &[
    Column { title: "checks", width: 8, cell: checks },
    Column { title: "points", width: 13, cell: points },
];

fn checks(tally: &Tally) -> String {
    format!("{}/{}", tally.done(), tally.total)
}

fn points(tally: &Tally) -> String {
    format!("{}/{}", tidy(tally.points.earned), tidy(tally.points.possible))
}

/// Width of a name below which a narrower table is chosen.
const NAME: usize = 16;

/// The layout of the table.
pub(super) struct Table {
    columns: &'static [Column],
    name: usize,
    width: usize,
}

impl Table {
    pub(super) fn fitting(tallies: &[Tally], columns: usize) -> Table {
        // Some terminals wrap a line that fills the last column.
        let width = columns.saturating_sub(1);
        let length = |tally: &Tally| visible::line(&tally.name).chars().count();
        let longest = tallies.iter().map(length).max().unwrap_or_default().max(TITLE.len());
        let left = |columns: &[Column]| {
            width.saturating_sub(columns.iter().map(|column| column.width).sum::<usize>())
        };
        let fits = |columns: &&&'static [Column]| left(columns) >= longest.min(NAME);
        let columns = [WIDE, MIDDLE, NARROW].iter().find(fits).copied().unwrap_or(NARROW);
        Table { columns, name: longest.min(left(columns).max(1)), width }
    }

    pub(super) fn heading(&self) -> (Ink, String) {
        self.line(Ink::Faint, TITLE, |column| column.title.to_owned())
    }

    pub(super) fn row(&self, tally: &Tally) -> (Ink, String) {
        let full = tally.points.earned >= tally.points.possible;
        let (ink, instead) = match tally.state {
            State::Waiting => (Ink::Faint, Some("waits")),
            State::Running => (Ink::Heading, None),
            State::Ended if !tally.is_graded() => (Ink::Bad, None),
            State::Ended if full => (Ink::Good, None),
            State::Ended => (Ink::Plain, None),
            State::Lost => (Ink::Bad, Some("lost")),
        };
        // The word stands in the first column, and the others stay empty.
        let mut word = instead;
        self.line(ink, &visible::line(&tally.name), |column| match instead {
            None => (column.cell)(tally),
            Some(_) => word.take().unwrap_or("").to_owned(),
        })
    }

    fn line(
        &self,
        ink: Ink,
        name: &str,
        mut cell: impl FnMut(&'static Column) -> String,
    ) -> (Ink, String) {
        let mut line = format!("{:<width$}", clip(name, self.name), width = self.name);
        for column in self.columns {
            line += &format!("{:>width$}", cell(column), width = column.width);
        }
        (ink, clip(line.trim_end(), self.width))
    }
}

const TITLE: &str = "submission";

/// One line about a finished submission, for an output that is not a terminal.
pub(super) fn line(tally: &Tally) -> String {
    let counts = ["passed", "failed", "skipped", "undecided", "absent"].into_iter();
    let counts = counts.map(|verdict| (tally.count(verdict), verdict));
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    let (name, status) = (visible::line(&tally.name), tally.status());
    match tally.state {
        State::Ended => {
            format!("{name}: {status}, {}; {}", tally.points.words(), counts.join(", "))
        }
        _ => format!("{name}: {status}"),
    }
}

/// One line about all submissions.
pub(super) fn summary(tallies: &[Tally]) -> String {
    let counts = ["graded", "undecided", "unfinished", "not graded"]
        .map(|status| (tallies.iter().filter(|tally| tally.status() == status).count(), status));
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = some.map(|(count, status)| format!("{count} {status}")).collect();
    let word = if tallies.len() == 1 { "submission" } else { "submissions" };
    format!("{} {word}: {}.", tallies.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tally::samples::tally;

    fn tallies() -> Vec<Tally> {
        let half = [("A-1", "passed"), ("A-2", "failed"), ("A-3", "skipped")];
        vec![
            tally("ada", State::Ended, &half.map(|(id, _)| (id, "passed"))),
            tally("an endless name of Theodora", State::Ended, &half),
            tally("c\x1b[2J", State::Running, &half[..1]),
            tally("dora", State::Waiting, &[]),
            tally("eve", State::Lost, &half),
        ]
    }

    fn lines(columns: usize) -> Vec<String> {
        let table = Table::fitting(&tallies(), columns);
        let rows = tallies().iter().map(|tally| table.row(tally).1).collect::<Vec<_>>();
        [vec![table.heading().1], rows].concat()
    }

    #[test]
    fn each_submission_has_a_row() {
        assert_eq!(
            lines(100),
            [
                "submission                   checks  passed  failed  skipped  undecided       points",
                "ada                             3/3       3       0        0          0          3/3",
                "an endless name of Theodora     3/3       1       1        1          0          1/3",
                "c␛[2J                           1/3       1       0        0          0          1/1",
                "dora                          waits",
                "eve                            lost",
            ]
        );
    }

    #[test]
    fn a_narrow_table_has_fewer_columns() {
        assert_eq!(
            lines(80)[2],
            "an endless name of Th…     3/3       1       1        1          0          1/3"
        );
        assert_eq!(lines(61)[2], "an endless name…     3/3     1     1     1    0          1/3");
        assert_eq!(lines(40)[2], "an endless name o…     3/3          1/3");
        for columns in 1..120 {
            let lines = lines(columns);
            assert!(lines.iter().all(|line| line.chars().count() <= columns), "{lines:?}");
        }
    }

    #[test]
    fn colours_mark_rows_that_need_attention() {
        let table = Table::fitting(&tallies(), 80);
        let inks: Vec<Ink> = tallies().iter().map(|tally| table.row(tally).0).collect();
        assert_eq!(inks, [Ink::Good, Ink::Plain, Ink::Heading, Ink::Faint, Ink::Bad]);
        let unfinished = tally("x", State::Ended, &[("A-1", "passed")]);
        assert_eq!(table.row(&unfinished).0, Ink::Bad);
    }

    #[test]
    fn a_line_summarizes_a_submission() {
        let lines: Vec<String> = tallies().iter().map(line).collect();
        assert_eq!(lines[0], "ada: graded, 3 of 3 points; 3 passed");
        assert_eq!(
            lines[1],
            "an endless name of Theodora: graded, 1 of 3 points; 1 passed, 1 failed, 1 skipped"
        );
        assert_eq!(lines[4], "eve: not graded");
        assert_eq!(summary(&tallies()), "5 submissions: 2 graded, 3 not graded.");
    }
}
