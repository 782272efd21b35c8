//! The reports about a submission: a text for people, and JSON for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::check::Verdict;
use crate::grading::{Graded, Mix};
use crate::lab::{Lab, POINTS};
use crate::list;

/// The text report.
pub(crate) fn text(name: &str, labs: &[&Lab], graded: &Graded) -> String {
    let mut text = format!("{name}\n");
    for lab in labs {
        let _ = writeln!(text, "\n{}", list::heading(lab));
        for outcome in graded.outcomes.get(&(lab.number, Mix::Yours)).into_iter().flatten() {
            if let Some(check) = lab.check(&outcome.id) {
                text.push_str(&list::line(check, &outcome.verdict));
            }
        }
        let earned = graded.points(lab, Mix::Yours).unwrap_or(0);
        let _ = writeln!(text, "  {}\n  {}", list::points(earned), graded.explanation(lab));
    }
    text.push('\n');
    text.push_str(&table(labs, graded));
    text
}

/// The table of layers: for each lab its points with each mix of layers.
fn table(labs: &[&Lab], graded: &Graded) -> String {
    let mixes = [Mix::Yours, Mix::Ours, Mix::All];
    let has = |mix: &Mix| labs.iter().any(|lab| graded.points(lab, *mix).is_some());
    let mixes: Vec<Mix> = mixes.into_iter().filter(has).collect();
    let mut text = format!("  {:4}  {:7}", "lab", "layer");
    for mix in &mixes {
        let _ = write!(text, "  {:>15}", mix.name());
    }
    for lab in labs {
        let _ = write!(text, "\n  {:4}  {:7}", lab.number, lab.about.layer.name());
        for mix in &mixes {
            let points = graded.points(lab, *mix).map_or("-".to_owned(), |it| it.to_string());
            let _ = write!(text, "  {points:>15}");
        }
    }
    let earned = total(labs, graded);
    let _ = writeln!(text, "\n  total: {earned} of {} points", labs.len() as u32 * POINTS);
    text
}

/// The points of all labs, each with the submission's layer between ours.
pub(crate) fn total(labs: &[&Lab], graded: &Graded) -> u32 {
    labs.iter().filter_map(|lab| graded.points(lab, Mix::Yours)).sum()
}

/// The report for programs.
pub(crate) fn json(name: &str, labs: &[&Lab], graded: &Graded) -> Value {
    let checks = |lab: &Lab| -> Vec<Value> {
        let outcomes = graded.outcomes.get(&(lab.number, Mix::Yours)).into_iter().flatten();
        outcomes
            .map(|outcome| {
                let (verdict, reason) = match &outcome.verdict {
                    Verdict::Passed => ("passed", None),
                    Verdict::Failed(reason) => ("failed", Some(reason)),
                    Verdict::Undecided(reason) => ("undecided", Some(reason)),
                };
                let points = lab.check(&outcome.id).map(|check| check.points);
                json!({"id": outcome.id, "verdict": verdict, "reason": reason, "points": points})
            })
            .collect()
    };
    let labs_of = |lab: &&Lab| {
        json!({
            "lab": lab.number,
            "title": lab.about.title,
            "layer": lab.about.layer.name(),
            "points": graded.points(lab, Mix::Yours),
            "points_ours_with_yours": graded.points(lab, Mix::Ours),
            "points_all_yours": graded.points(lab, Mix::All),
            "explanation": graded.explanation(lab),
            "checks": checks(lab),
        })
    };
    json!({
        "submission": name,
        "points": total(labs, graded),
        "possible": labs.len() as u32 * POINTS,
        "labs": labs.iter().map(labs_of).collect::<Vec<_>>(),
    })
}
