//! The checks that run with a mutant: those that must find its bug, and one group of others in turn.
//!
//! So every check runs against mutants whose bug it must not find, and no mutant runs with all
//! checks. `STRATA_MATRIX=all` runs all checks with all mutants.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::SystemTime;

/// The checks of a server or of a client, in groups.
pub(super) struct Selection {
    /// Checks that most others depend on. If one of them fails, a run with all checks would skip
    /// most others, so they are the whole group of its bug. They are also a group for other bugs.
    base: &'static [&'static str],
    /// The remaining checks. If a check depends on another indirectly, through a check that is not
    /// in `base`, its group has that check, too. Otherwise the grader would not skip the first one
    /// when the other fails.
    groups: &'static [&'static [&'static str]],
}

pub(super) const SERVER: Selection = Selection {
    base: &[
        "START-1",
        "LOGIN-1",
        "PARSE-2",
        "PARSE-6",
        "MESSAGE-1",
        "MESSAGE-2",
        "MESSAGE-4",
        "FRAME-2",
        "LEAVE-1",
        "LEAVE-8",
        "CROWD-4",
    ],
    groups: &[
        &["LOGIN-2", "LOGIN-3", "LOGIN-12"],
        &["LOGIN-4", "LOGIN-9", "LOGIN-10"],
        &["LOGIN-5", "LOGIN-7", "LOGIN-8"],
        &["LOGIN-6", "LOGIN-11", "PARSE-4"],
        &["LOGIN-13", "PARSE-1", "PARSE-3", "PARSE-7", "PARSE-9"],
        &["CROWD-1", "FRAME-1", "FRAME-3", "FRAME-6"],
        &["FRAME-4", "FRAME-5", "MESSAGE-3", "PARSE-8"],
        &["LEAVE-2", "LEAVE-3", "LEAVE-4"],
        &["LEAVE-6", "LEAVE-7", "CROWD-5"],
        &["MESSAGE-5", "MESSAGE-6", "MESSAGE-8"],
        &["MESSAGE-7", "NAMES-1", "NAMES-2", "PARSE-5"],
        &["NAMES-3", "BACKLOG-1", "BACKLOG-2"],
        &["CROWD-2", "CROWD-3", "LEAVE-5"],
        &["CROWD-6", "END-1", "END-2"],
    ],
};

pub(super) const CLIENT: Selection = Selection {
    base: &["OPEN-1", "TYPE-1", "TYPE-2", "SHOW-1"],
    groups: &[
        &["OPEN-2", "QUIT-1", "QUIT-2"],
        &["QUIT-3", "TYPE-3", "SHOW-4"],
        &["TYPE-4", "TYPE-5", "TYPE-6"],
        &["SHOW-2", "SHOW-3", "STREAM-2"],
        &["SHOW-5", "SHOW-6", "SHOW-7"],
        &["STREAM-1", "STREAM-3", "STREAM-4"],
        &["HOSTILE-1", "HOSTILE-2"],
        &["HOSTILE-3", "HOSTILE-4"],
    ],
};

/// Whether the tests run all checks with all mutants.
pub(super) fn is_all() -> bool {
    std::env::var("STRATA_MATRIX").is_ok_and(|matrix| matrix == "all")
}

/// The number of today, by which tests choose a few runs of many. `STRATA_TURN` sets it, to repeat
/// the runs of another day.
pub(super) fn turn() -> usize {
    let given = std::env::var("STRATA_TURN").ok();
    let given = given.map(|turn| turn.parse().expect("STRATA_TURN must be a number"));
    given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        usize::try_from(now.as_secs() / (24 * 60 * 60)).unwrap()
    })
}

/// A few of these, which are others each day. `STRATA_MATRIX=all` chooses all.
pub(super) fn in_turn<T>(all: &[T], few: usize) -> Vec<&T> {
    if is_all() {
        return all.iter().collect();
    }
    let begin = turn() * few % all.len().max(1);
    all.iter().cycle().skip(begin).take(few.min(all.len())).collect()
}

/// One of these: the one that follows today's by this many positions. `STRATA_MATRIX=all` chooses all.
pub(super) fn one_in_turn<T>(all: &[T], position: usize) -> Vec<&T> {
    if is_all() {
        return all.iter().collect();
    }
    all.iter().cycle().skip((turn() + position) % all.len().max(1)).take(1).collect()
}

impl Selection {
    /// Arguments of the grader that select the checks for a bug, which must fail the checks `fails`.
    /// `index` is the position of the bug in its table.
    pub(super) fn arguments<'a>(&self, index: usize, fails: &[&'a str]) -> Vec<&'a str> {
        if is_all() {
            return Vec::new();
        }
        let others = self.others(index, fails);
        fails.iter().copied().chain(others).flat_map(|check| ["--check", check]).collect()
    }

    /// The checks of the group of this bug that must not fail.
    fn others(&self, index: usize, fails: &[&str]) -> Vec<&'static str> {
        let is_base = fails.iter().any(|check| self.base.contains(check));
        let turn = if is_base { 0 } else { index % (self.groups.len() + 1) };
        let group = turn.checked_sub(1).map_or(self.base, |turn| self.groups[turn]);
        group.iter().copied().filter(|check| !fails.contains(check)).collect()
    }

    /// Expects every check to run with a bug that it must not find. `bugs` has the checks that each
    /// bug fails, in the order of the table.
    pub(super) fn gives_each_check_a_turn<'a>(
        &self,
        bugs: impl IntoIterator<Item = &'a [&'a str]>,
    ) {
        let bugs = bugs.into_iter().enumerate();
        let run: BTreeSet<&str> =
            bugs.flat_map(|(index, fails)| self.others(index, fails)).collect();
        let all: BTreeSet<&str> = self.checks().collect();
        assert_eq!(run, all, "move a check or a bug, so that each group gets a turn");
    }

    fn checks(&self) -> impl Iterator<Item = &'static str> {
        self.base.iter().chain(self.groups.iter().copied().flatten()).copied()
    }
}

/// Ids of the checks that the grader lists.
fn listed() -> BTreeSet<String> {
    let listed = Command::new(assert_cmd::cargo::cargo_bin!("grade")).arg("--list").output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    listed.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn every_check_is_in_one_group() {
    let selected: Vec<String> = SERVER.checks().chain(CLIENT.checks()).map(str::to_owned).collect();
    assert_eq!(selected.iter().cloned().collect::<BTreeSet<_>>(), listed());
    assert_eq!(selected.len(), listed().len(), "a check is in two groups");
}
