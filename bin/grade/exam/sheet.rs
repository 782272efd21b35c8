//! The results of a class: a table for the screen, and a CSV file.

use super::check::{Answer, Checked};
use super::judge::{Finding, shown};
use crate::csv;
use crate::report::paragraph::clip;

/// Width of the names in the table.
const NAME: usize = 24;

/// The columns of the CSV file.
const COLUMNS: [&str; 12] = [
    "name",
    "folder",
    "found",
    "first mistake",
    "second mistake",
    "one.chat",
    "one: sentence",
    "one: same file as",
    "two.chat",
    "two: sentence",
    "two: same file as",
    "status",
];

/// The mistakes that a student has shown.
fn found(checked: &Checked) -> usize {
    let findings = checked.answers.each_ref().map(|answer| answer.finding.clone());
    shown(checked.exam.pair, &findings).len()
}

/// What the table says about an answer.
fn words(answer: &Answer) -> String {
    let mut words = answer.finding.words();
    if answer.hand_in.as_ref().is_some_and(|hand_in| hand_in.sentence.is_none()) {
        words += "; no sentence";
    }
    if let Some(owner) = &answer.same_as {
        words += &format!("; the same file as {owner}");
    }
    words
}

/// The table: two lines for each student, and a line for the class.
pub(super) fn table(all: &[Checked]) -> String {
    let mut lines = Vec::new();
    for checked in all {
        let [one, two] = &checked.answers;
        let name = clip(&checked.exam.student.name, NAME);
        let count = format!("{} of 2", found(checked));
        lines.push(format!("{name:NAME$}  {count}  one: {}", words(one)));
        lines.push(format!("{:NAME$}          two: {}", "", words(two)));
    }
    let counts = [2, 1, 0].map(|count| all.iter().filter(|it| found(it) == count).count());
    let [both, one, none] = counts;
    lines.push(format!(
        "{} exams: {both} show both mistakes, {one} show one, {none} show none",
        all.len()
    ));
    lines.join("\n")
}

/// The text of the CSV file.
pub(super) fn csv(all: &[Checked]) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(row));
    csv::text(&rows)
}

fn row(checked: &Checked) -> Vec<String> {
    let student = &checked.exam.student;
    let [first, second] = checked.exam.pair;
    let mut row = vec![
        csv::harmless(&student.name),
        student.folder.clone(),
        found(checked).to_string(),
        first.bug.to_owned(),
        second.bug.to_owned(),
    ];
    for answer in &checked.answers {
        let sentence = answer.hand_in.as_ref().and_then(|it| it.sentence.as_deref());
        row.push(csv::harmless(&answer.finding.words()));
        row.push(csv::harmless(sentence.unwrap_or_default()));
        row.push(csv::harmless(answer.same_as.as_deref().unwrap_or_default()));
    }
    let is_undecided = |answer: &Answer| matches!(answer.finding, Finding::Undecided(_));
    let undecided = checked.answers.iter().any(is_undecided);
    row.push(if undecided { "undecided" } else { "checked" }.to_owned());
    row
}

#[cfg(test)]
mod tests {
    use super::super::class::Student;
    use super::super::folder::Exam;
    use super::super::pool::pairs;
    use super::*;

    fn answer(finding: Finding) -> Answer {
        Answer { hand_in: None, finding, difference: None, same_as: Some("=Eve".to_owned()) }
    }

    fn checked(name: &str, findings: [Finding; 2]) -> Checked {
        let student = Student { name: name.to_owned(), folder: "001-x".to_owned() };
        Checked { exam: Exam { student, pair: pairs()[0] }, answers: findings.map(answer) }
    }

    #[test]
    fn each_mistake_counts_once() {
        let [first, second] = pairs()[0];
        let all = [
            checked("Ada", [Finding::Shows(first), Finding::Shows(second)]),
            checked("Bob", [Finding::Shows(first), Finding::Shows(first)]),
            checked("Cy", [Finding::ShowsBoth, Finding::Undecided("busy".to_owned())]),
        ];
        let table = table(&all);
        let end = "3 exams: 1 show both mistakes, 1 show one, 1 show none";
        assert!(table.ends_with(end) && table.contains("the same file as =Eve"), "{table}");
        let rows = csv::rows(&csv(&all)).unwrap();
        let found: Vec<&str> = rows.iter().map(|row| row[2].as_str()).collect();
        assert_eq!(found, ["found", "2", "1", "0"]);
        let status: Vec<&str> = rows.iter().map(|row| row[11].as_str()).collect();
        assert_eq!(status, ["status", "checked", "checked", "undecided"]);
        assert!(rows[1].contains(&"'=Eve".to_owned()));
    }
}
