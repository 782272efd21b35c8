//! The results of `grade tests` for programs.

use serde_json::{Value, json};

use super::concepts::{self, CONCEPTS};
use super::judge::{Catch, Validity};
use super::report;
use super::{Judged, name_of};
use crate::report::visible;
use crate::rubric::Suites;

/// The results as JSON. They say no more about a mutant than the report does.
pub(super) fn results(judged: &Judged, rubric: &Suites) -> Value {
    let transcripts = judged.transcripts.iter().zip(&judged.validity);
    let transcripts = transcripts.map(|(transcript, validity)| {
        let (verdict, why) = match validity {
            Validity::Valid => ("valid", Vec::new()),
            Validity::Invalid(invalid) => ("invalid", report::why_invalid(transcript, invalid)),
            Validity::Undecided(why) => ("undecided", vec![why.clone()]),
        };
        // The text may be written by a student.
        let why: Vec<String> = why.iter().map(|line| visible::line(line)).collect();
        let file = visible::line(&name_of(&transcript.file));
        json!({"file": file, "verdict": verdict, "why": why})
    });
    let concepts = CONCEPTS.iter().filter_map(|concept| {
        let found = judged.catches.iter().find(|(mutant, _)| mutant.name == concept.mutant);
        let (_, catch) = found?;
        let by = report::by(judged, catch);
        Some(json!({"says": concept.says, "verdict": report::result(catch), "by": by}))
    });
    let areas = concepts::areas().filter_map(|area| {
        let of_area = |verdict: &str| -> Vec<usize> {
            let here = judged.catches.iter().filter(|(it, _)| concepts::area(it.name) == area);
            let with = here.filter(|(_, catch)| report::result(catch) == verdict);
            with.map(|(mutant, _)| mutant.number).collect()
        };
        let [caught, missed, undecided] = ["caught", "not caught", "undecided"].map(of_area);
        let count = caught.len() + missed.len() + undecided.len();
        let area = json!({
            "area": area,
            "caught": caught.len(),
            "not caught": missed,
            "undecided": undecided,
        });
        (count > 0).then_some(area)
    });
    let (earned, possible) = report::points(judged, rubric);
    json!({
        "transcripts": transcripts.collect::<Vec<_>>(),
        "concepts": concepts.collect::<Vec<_>>(),
        "areas": areas.collect::<Vec<_>>(),
        "caught": judged.catches.iter().filter(|(_, it)| matches!(it, Catch::Caught(_))).count(),
        "mutants": judged.catches.len(),
        "points": earned,
        "possible": possible,
    })
}
