//! The progress of a run on standard output: on a terminal one line that is overwritten, elsewhere a
//! line for each check, in the order of the checks.

use crate::check::Check;
use crate::report::{self, Entry, Graded, Style};
use crate::screen::{progress, say};

pub(super) struct Progress {
    label: String,
    ids: Vec<&'static str>,
    style: Style,
    /// Number of checks whose lines have been printed.
    printed: usize,
    /// The last remarks on the run and the program.
    intro: String,
}

impl Progress {
    pub(super) fn new(label: &str, checks: &[&'static Check], style: Style) -> Progress {
        let ids = checks.iter().map(|check| check.id).collect();
        Progress { label: label.to_owned(), ids, style, printed: 0, intro: String::new() }
    }

    /// Shows the result of a check. Elsewhere than on a terminal, it waits for the results of all checks
    /// before it.
    pub(super) fn show(&mut self, graded: &Graded, entry: &Entry) {
        self.introduce(graded);
        if self.style.colour {
            let line = report::line(&self.before(graded.results.len()), entry, self.style);
            return progress(line.trim_end(), true);
        }
        for line in self.next(graded) {
            progress(&line, false);
        }
    }

    /// Shows the results that still wait: an interrupted run has no results of some checks before them.
    pub(super) fn finish(&mut self, graded: &Graded) {
        self.introduce(graded);
        while !self.style.colour && self.printed < self.ids.len() {
            for line in self.next(graded) {
                progress(&line, false);
            }
            self.printed += 1;
        }
    }

    fn introduce(&mut self, graded: &Graded) {
        let intro = report::intro(graded, self.style);
        if intro != self.intro && !intro.is_empty() {
            let label = if self.label.is_empty() { "" } else { self.label.trim_end() };
            let line = if label.is_empty() { String::new() } else { format!("{label}:\n") };
            say(&(line + intro.trim_end()), self.style.colour);
        }
        self.intro = intro;
    }

    /// The lines of the checks from the first unprinted one to the first one without a result.
    fn next(&mut self, graded: &Graded) -> Vec<String> {
        let mut lines = Vec::new();
        let result = |id: &str| graded.results.iter().find(|entry| entry.id() == id);
        while let Some(entry) = self.ids.get(self.printed).and_then(|id| result(id)) {
            self.printed += 1;
            // Not for a terminal, so the line may be as long as it is.
            let style = Style { width: usize::MAX, ..self.style };
            let line = report::line(&self.before(self.printed), entry, style);
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// The beginning of a line: the label and a number.
    fn before(&self, number: usize) -> String {
        format!("[{}{number}/{}] ", self.label, self.ids.len())
    }
}
