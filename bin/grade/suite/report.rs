//! The report of `grade tests`.

use transcript::Transcript;

use super::concepts::{self, CONCEPTS, Concept};
use super::judge::{Catch, Invalid, Validity};
use super::{Judged, name_of};
use crate::built_in::Mutant;
use crate::report::visible;
use crate::rubric::{Suites, Tell};
use crate::screen::{self, say};

/// Prints the report.
pub(super) fn show(judged: &Judged, rubric: &Suites) {
    let is_terminal = screen::width().is_some();
    lines(judged, rubric).iter().for_each(|line| say(&visible::line(line), is_terminal));
}

/// The concepts whose mutant was not caught.
pub(super) fn missed_concepts(judged: &Judged) -> Vec<&'static Concept> {
    let is_missed = |concept: &&Concept| {
        let found = judged.catches.iter().find(|(mutant, _)| mutant.name == concept.mutant);
        found.is_some_and(|(_, catch)| !matches!(catch, Catch::Caught(_)))
    };
    CONCEPTS.iter().filter(is_missed).collect()
}

fn lines(judged: &Judged, rubric: &Suites) -> Vec<String> {
    let mut lines = Vec::new();
    for (transcript, validity) in judged.transcripts.iter().zip(&judged.validity) {
        match validity {
            Validity::Valid => lines.push(format!("valid      {}", transcript.file)),
            Validity::Undecided(why) => {
                lines.push(format!("undecided  {}: {why}", transcript.file));
            }
            Validity::Invalid(invalid) => lines.extend(why_invalid(transcript, invalid)),
        }
    }
    let (valid, all) = (judged.valid(), judged.transcripts.len());
    lines.push(String::new());
    lines.push(format!(
        "{valid} of {}",
        counted(all, "transcript is valid", "transcripts are valid")
    ));
    lines.push(String::new());
    lines.push("concepts:".to_owned());
    for concept in &CONCEPTS {
        let found = judged.catches.iter().find(|(mutant, _)| mutant.name == concept.mutant);
        if let Some((_, catch)) = found {
            let by = by(judged, catch).map_or_else(String::new, |it| format!(" ({it})"));
            lines.push(format!("  {:<11} {}{by}", result(catch), concept.says));
        }
    }
    let caught = judged.caught(|_| true);
    lines.push(String::new());
    let of_all = counted(judged.catches.len(), "mutant caught", "mutants caught");
    lines.push(format!("{caught} of {of_all}"));
    let is_other = |(mutant, catch): &&(Mutant, Catch)| {
        !is_concept(mutant) && !matches!(catch, Catch::Caught(_))
    };
    for (mutant, catch) in judged.catches.iter().filter(is_other) {
        lines.push(format!("  {:<11} {}", result(catch), told(mutant, rubric.tell)));
    }
    let (earned, possible) = points(judged, rubric);
    lines.push(format!("points: {} of {}", shown(earned), shown(possible)));
    lines
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn is_concept(mutant: &Mutant) -> bool {
    CONCEPTS.iter().any(|concept| concept.mutant == mutant.name)
}

/// The result for a mutant, in words.
pub(super) fn result(catch: &Catch) -> &'static str {
    match catch {
        Catch::Caught(_) => "caught",
        Catch::Missed => "not caught",
        Catch::Undecided(_) => "undecided",
    }
}

/// The name of the transcript that caught a mutant.
pub(super) fn by(judged: &Judged, catch: &Catch) -> Option<String> {
    let Catch::Caught(number) = catch else { return None };
    let all = judged.transcripts.iter().zip(&judged.validity);
    let mut valid = all.filter(|(_, validity)| matches!(validity, Validity::Valid));
    valid.nth(*number).map(|(transcript, _)| name_of(&transcript.file))
}

/// What the rubric tells about a mutant that was not caught.
fn told(mutant: &Mutant, tell: Tell) -> String {
    let number = mutant.number;
    match tell {
        Tell::Number => format!("number {number}"),
        Tell::Area => format!("number {number} ({})", concepts::area(mutant.name)),
        Tell::Description => format!("number {number}: {}", mutant.summary),
    }
}

/// Why a transcript is invalid: the place, what happened, and what allows it.
pub(super) fn why_invalid(transcript: &Transcript, invalid: &Invalid) -> Vec<String> {
    let place = invalid.difference.as_ref().map(|difference| difference.place);
    let at = place.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
    let mut lines = vec![format!("invalid    {}{at}, on {}", transcript.file, invalid.server)];
    let excerpt = place.map_or_else(String::new, |place| transcript.excerpt(place));
    lines.extend(excerpt.lines().map(|line| format!("  {line}")));
    lines.push(format!("  expected: {}", invalid.expected));
    lines.push(format!("  but:      {}", invalid.got));
    let why = invalid.difference.as_ref().and_then(|difference| difference.why.as_ref());
    lines.extend(why.map(|why| format!("  {why}")));
    lines.push(format!("  transcripts.md allows it: {}", invalid.allowed));
    if invalid.fails > 1 {
        let others = counted(invalid.fails - 1, "other right server", "other right servers");
        lines.push(format!("  It also fails on {others}."));
    }
    lines
}

/// The points of a suite, and the most that there are.
pub(super) fn points(judged: &Judged, rubric: &Suites) -> (f64, f64) {
    let share = |some: usize, all: usize| if all == 0 { 0.0 } else { some as f64 / all as f64 };
    let valid = share(judged.valid(), judged.transcripts.len());
    let concepts = share(judged.caught(is_concept), CONCEPTS.len());
    let all = share(judged.caught(|_| true), judged.catches.len());
    let earned = rubric.valid * valid + rubric.concepts * concepts + rubric.all * all;
    (earned, rubric.valid + rubric.concepts + rubric.all)
}

/// Points with at most one decimal.
fn shown(points: f64) -> String {
    let text = format!("{points:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

impl Judged {
    /// Number of valid transcripts.
    fn valid(&self) -> usize {
        self.validity.iter().filter(|it| matches!(it, Validity::Valid)).count()
    }

    /// Number of caught mutants among these.
    fn caught(&self, which: impl Fn(&Mutant) -> bool) -> usize {
        let is_caught =
            |(mutant, catch): &&(Mutant, Catch)| which(mutant) && matches!(catch, Catch::Caught(_));
        self.catches.iter().filter(is_caught).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(number: usize, name: &'static str) -> Mutant {
        Mutant { number, name, summary: "does not send a message to its sender" }
    }

    fn judged(catches: Vec<(Mutant, Catch)>) -> Judged {
        let text = b"alice > (connects)\nalice < (nothing)\n";
        let dialect = transcript::Dialect::default();
        let parse = |file| transcript::parse(file, text, &dialect).unwrap();
        Judged {
            transcripts: vec![parse("t/a.chat"), parse("t/b.chat")],
            validity: vec![
                Validity::Invalid(Invalid {
                    server: "a server that adds keys".to_owned(),
                    allowed: "add keys".to_owned(),
                    difference: None,
                    expected: "nothing".to_owned(),
                    got: "a frame".to_owned(),
                    fails: 2,
                }),
                Validity::Valid,
            ],
            catches,
        }
    }

    #[test]
    fn a_caught_mutant_is_credited_to_a_valid_transcript() {
        let judged = judged(vec![(mutant(29, "no-echo"), Catch::Caught(0))]);
        let text = lines(&judged, &Suites::default()).join("\n");
        assert!(text.contains("caught      a message reaches its sender, too (b.chat)"), "{text}");
        assert!(text.contains("1 of 2 transcripts are valid"), "{text}");
        assert!(text.contains("It also fails on 1 other right server."), "{text}");
        assert!(missed_concepts(&judged).is_empty());
    }

    #[test]
    fn the_rubric_decides_what_a_student_is_told() {
        let judged = judged(vec![(mutant(12, "not-unique-at-all"), Catch::Missed)]);
        for (tell, has, has_not) in [
            (Tell::Number, "number 12", "(other)"),
            (Tell::Area, "number 12 (other)", "does not send"),
            (Tell::Description, "number 12: does not send a message to its sender", "(other)"),
        ] {
            let text = lines(&judged, &Suites { tell, ..Suites::default() }).join("\n");
            assert!(text.contains(has) && !text.contains(has_not), "{text}");
        }
    }

    #[test]
    fn programs_read_what_the_report_says() {
        let judged = judged(vec![
            (mutant(29, "no-echo"), Catch::Caught(0)),
            (mutant(30, "not-unique"), Catch::Missed),
            (mutant(31, "case-sensitive"), Catch::Undecided("busy".to_owned())),
        ]);
        let results = super::super::json::results(&judged, &Suites::default());
        let verdict = |number: usize| &results["transcripts"][number]["verdict"];
        assert_eq!((verdict(0), verdict(1)), (&"invalid".into(), &"valid".into()));
        assert_eq!(results["concepts"][0]["says"], "a message reaches its sender, too");
        assert_eq!(results["concepts"][0]["by"], "b.chat");
        let names = &results["areas"][0];
        assert_eq!((&names["area"], &names["caught"]), (&"names".into(), &0.into()));
        assert_eq!((&names["not caught"][0], &names["undecided"][0]), (&30.into(), &31.into()));
        assert_eq!((&results["caught"], &results["mutants"]), (&1.into(), &3.into()));
    }

    #[test]
    fn points_are_shares_of_what_the_rubric_gives() {
        let rubric = Suites { tell: Tell::Area, valid: 4.0, concepts: 8.0, all: 4.0 };
        let caught = vec![
            (mutant(29, "no-echo"), Catch::Caught(0)),
            (mutant(30, "not-unique"), Catch::Missed),
        ];
        assert_eq!(points(&judged(caught), &rubric), (2.0 + 1.0 + 2.0, 16.0));
        assert_eq!((shown(5.0), shown(2.25)), ("5".to_owned(), "2.2".to_owned()));
    }
}
