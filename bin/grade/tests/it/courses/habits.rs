//! The habits of students: a table in the handout says in which course each is allowed, and which checks it
//! costs elsewhere.

use std::collections::BTreeMap;

use super::{COURSES, MORE, Run, listed, selection, with_each};

/// Number of cells of the table that are tried by default.
const FEW: usize = 2;

/// What a cell says when the habit costs nothing, and when the servers of the course cannot have it.
const ALLOWED: &str = "allowed";
const NONE: &str = "–";

/// A cell of the table: what a habit costs in a course.
#[derive(Debug)]
struct Cell {
    habit: String,
    /// Course of the server. The cell of Strata is about the server of the first course with the habit.
    course: &'static str,
    by_strata: bool,
    /// Checks that the habit fails.
    costs: Vec<String>,
}

/// The rows of the table: the cells beside each habit and its meaning.
fn rows() -> BTreeMap<String, Vec<String>> {
    let page = include_str!("../../../../../handout/grading.md");
    let lines = page.lines().skip_while(|line| !line.starts_with("| habit |")).skip(2);
    let rows = lines.map_while(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let rows = rows.map(|row| {
        let mut columns = row.split(" | ").map(str::to_owned);
        let name = columns.next().unwrap();
        (name.trim_end_matches('`').to_owned(), columns.collect())
    });
    rows.collect()
}

/// The cells of the table that name checks, or say that the habit is allowed.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (habit, columns) in rows() {
        let [_, of_courses @ .., strata] = columns.as_slice() else { panic!("{habit}") };
        let costs = |cell: &str| match cell {
            ALLOWED => Vec::new(),
            checks => checks.split(", ").map(str::to_owned).collect(),
        };
        let mut first = None;
        for ((course, _), cell) in COURSES.iter().zip(of_courses) {
            if cell != NONE {
                let habit = habit.clone();
                cells.push(Cell { habit, course, by_strata: false, costs: costs(cell) });
                first = first.or(Some(*course));
            }
        }
        let course = match habit.as_str() {
            // The server of 2014 has no names, so that this habit would take away what the handout demands.
            "unknown-ignored" => "ktn2015",
            _ => first.unwrap_or_else(|| panic!("no course has {habit}")),
        };
        cells.push(Cell { habit, course, by_strata: true, costs: costs(strata) });
    }
    cells
}

impl Cell {
    fn is_true(&self, number: usize) {
        let costs: Vec<&str> = self.costs.iter().map(String::as_str).collect();
        let server = format!("free.py --habit {}", self.habit);
        let more = MORE.iter().find(|(course, _)| *course == self.course).unwrap().1;
        let may_fail = if self.by_strata { more } else { &[] };
        let named = [costs.as_slice(), may_fail].concat();
        let checks = selection::SERVER.arguments(selection::turn() + number, &named);
        let run = Run::new(&server, self.course, &checks);
        if self.by_strata {
            run.by_strata().fails_beside(&costs, may_fail);
        } else {
            run.fails(&costs);
        }
    }
}

/// The table says what `free.py` says: which habits there are, what they are, and which course allows them.
#[test]
fn the_handout_has_the_table_of_habits() {
    let Some(listed) = listed("free.py") else { return };
    let mut rows = rows();
    for columns in &listed {
        let [name, courses, allowed, _, about] = columns.as_slice() else { panic!("{columns:?}") };
        let row = rows.remove(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        assert_eq!(row.len(), 2 + COURSES.len(), "{name}: {row:?}");
        assert_eq!(&row[0], about, "{name}");
        for ((course, _), cell) in COURSES.iter().zip(&row[1..]) {
            let has = |courses: &str| courses.split(',').any(|other| other == *course);
            match (has(courses), has(allowed)) {
                (_, true) => assert_eq!(cell, ALLOWED, "{name} in {course}"),
                (false, false) => assert_eq!(cell, NONE, "{name} in {course}"),
                (true, false) => assert!(cell.contains('-'), "{name} in {course}: {cell}"),
            }
        }
    }
    assert!(rows.is_empty(), "free.py has no such habits: {rows:?}");
    assert!(listed.len() >= 30, "too few habits: {}", listed.len());
}

/// What a habit costs in a course is in the table, and nothing else.
#[test]
#[ignore = "slow"]
fn habits_cost_what_the_table_says() {
    let cells = cells();
    let some = selection::in_turn(&cells, FEW);
    with_each(some.into_iter().enumerate(), |(number, cell)| cell.is_true(number));
}
