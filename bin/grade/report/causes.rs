//! What costs points: the failed checks, grouped by their probable cause, and the checks that were skipped
//! because of them.

use serde_json::Value;

use super::crash::Crash;
use super::{Entry, Graded, fold, paragraph, points, visible};
use crate::trace::{Step, Trace, What};
use crate::verdict::{Difference, Verdict};

/// Greatest length of an answer that is shown beside a requirement.
const GOT: usize = 100;

/// Failed checks with one probable cause, and the consequences.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    /// The failed checks.
    pub(super) failed: Vec<&'static str>,
    /// Checks that were skipped because they need one of the failed ones.
    pub(super) skipped: Vec<&'static str>,
    /// Points lost by all of these checks together.
    pub(super) lost: f64,
    /// The cause in words. Of a single check without a visible cause, the requirement and
    /// what came instead.
    pub(super) words: String,
    /// Whether the checks have so much in common that one report explains them all.
    is_sure: bool,
}

/// The visible cause of a failure. Equal causes are probably one fault.
#[derive(Debug, Clone, PartialEq)]
enum Reason {
    Crash(Crash),
    /// The program has ended or was killed, in these words.
    Ended(String),
    /// An answer is missing, to the same kind of request.
    Silence {
        got: String,
        request: String,
        expected: String,
    },
    /// A request was answered with an error.
    Refused {
        response: String,
        error: String,
    },
    /// An answer has these keys instead of what was expected.
    Answered {
        response: String,
        keys: Vec<String>,
        expected: String,
    },
    /// An answer is not a JSON object.
    Unreadable,
}

impl Cause {
    /// The points lost: `−9 points`.
    pub(super) fn cost(&self) -> String {
        let amount = points::amount(self.lost);
        if self.lost > 0.0 { format!("−{amount}") } else { amount }
    }

    /// The number of skipped checks, as the end of a sentence that begins with the failed ones.
    pub(super) fn and_skipped(&self) -> String {
        let them = if self.failed.len() == 1 { "it" } else { "them" };
        match self.skipped.len() {
            0 => String::new(),
            1 => format!(", and a check that needs {them}: "),
            count => format!(", and {count} checks that need {them}: "),
        }
    }

    /// The check whose report explains the failure of this one, too.
    pub(super) fn explained_by(&self, id: &str) -> Option<&'static str> {
        let first = self.failed.first().copied()?;
        (self.is_sure && first != id && self.failed.contains(&id)).then_some(first)
    }
}

impl Graded {
    /// What costs points, the dearest cause first.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let passed = self.results.iter().filter(|entry| *entry.verdict() == Verdict::Passed);
        // What the program also prints when a check passes explains no failure.
        let usual: Vec<&Crash> = passed.flat_map(|entry| &entry.crashes).collect();
        let mut groups: Vec<(Option<Reason>, Vec<&Entry>)> = Vec::new();
        for entry in &self.results {
            let Verdict::Failed(difference) = entry.verdict() else { continue };
            let crash = entry.crashes.iter().find(|crash| !usual.contains(crash));
            let reason = match crash {
                Some(crash) => Some(Reason::Crash(crash.clone())),
                None => reason(&entry.outcome.trace, difference),
            };
            match groups.iter_mut().find(|(other, _)| other.is_some() && *other == reason) {
                Some((_, entries)) => entries.push(entry),
                None => groups.push((reason, vec![entry])),
            }
        }
        let cause = |(reason, failed)| self.cause(reason, failed);
        let mut causes: Vec<Cause> = groups.into_iter().filter_map(cause).collect();
        causes.sort_by(|one, other| other.lost.total_cmp(&one.lost));
        causes
    }

    fn cause(&self, reason: Option<Reason>, failed: Vec<&Entry>) -> Option<Cause> {
        let first = failed.first()?;
        let Verdict::Failed(difference) = first.verdict() else { return None };
        let follows = |other: &&Entry| {
            let root = self.root(other).id();
            matches!(other.verdict(), Verdict::Skipped { .. })
                && failed.iter().any(|entry| entry.id() == root)
        };
        let skipped: Vec<&Entry> = self.results.iter().filter(follows).collect();
        let is_alone = failed.len() == 1;
        // An answer can be missing for many reasons.
        let is_sure = matches!(reason, Some(Reason::Crash(_) | Reason::Ended(_)));
        let known = match reason {
            Some(Reason::Crash(crash)) => Some(visible::line(&crash.words())),
            Some(Reason::Ended(_)) => Some(super::short(&difference.got)),
            _ => None,
        };
        let words = match (is_alone, known) {
            (true, Some(words)) => words,
            (true, None) => {
                let got = paragraph::shorten(&visible::line(&difference.got), GOT);
                format!("{} Got: {got}", visible::line(&first.about.requirement))
            }
            (false, Some(words)) => format!("Probably one cause: {words}"),
            (false, None) => {
                let (who, id) = (visible::line(&difference.who), first.id());
                let [expected, got] =
                    [&difference.expected, &difference.got].map(|it| super::short(it));
                format!("Probably one cause. In {id}, {who} expected {expected}, and got {got}")
            }
        };
        let ids = |entries: &[&Entry]| entries.iter().map(|entry| entry.id()).collect();
        Some(Cause {
            failed: ids(&failed),
            skipped: ids(&skipped),
            lost: failed.iter().map(|entry| entry.about.points.lost()).sum::<f64>()
                + self.sum(skipped.iter().copied()).lost(),
            words,
            is_sure,
        })
    }

    /// The checks that cost points or do not count, although they did not fail and need no check that
    /// failed; each with the reason.
    pub(super) fn undecided(&self) -> Vec<(&Entry, String)> {
        let reason = |entry: &'_ Entry| match entry.verdict() {
            Verdict::Undecided { .. } => Some(entry.reason()),
            Verdict::Skipped { after } => {
                let is_failed = matches!(self.root(entry).verdict(), Verdict::Failed(_));
                (!is_failed).then(|| format!("skipped (needs {after})"))
            }
            _ => None,
        };
        self.results.iter().filter_map(|entry| Some((entry, reason(entry)?))).collect()
    }
}

/// The reason for a failure, as far as the trace shows it.
fn reason(trace: &Trace, difference: &Difference) -> Option<Reason> {
    let kind = |text: &str| kind(text, &trace.names);
    let expected = kind(&difference.expected);
    if difference.ended {
        return Some(Reason::Ended(kind(&difference.got)));
    }
    let Some(wrong) = fold::cause(trace, difference).and_then(|place| trace.steps.get(place))
    else {
        let is_sent = |step: &&Step| matches!(step.what, What::Sent { .. });
        let by_them = |step: &&Step| is_sent(step) && step.who == difference.who;
        let request = trace.steps.iter().rfind(by_them);
        let request = request.or_else(|| trace.steps.iter().rfind(is_sent));
        let request = request.map_or_else(String::new, |step| unquoted(&kind(step.what.words())));
        let (got, expected) = (kind(&difference.got), unquoted(&expected));
        return Some(Reason::Silence { got, request, expected });
    };
    let Ok(Value::Object(answer)) = serde_json::from_slice(wrong.what.bytes()) else {
        return Some(Reason::Unreadable);
    };
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let response = text("response");
    // In ktn15 the text of an error is the content.
    let error =
        if response == "error" { [text("error"), text("content")].concat() } else { text("error") };
    if !error.is_empty() {
        // Details such as the place in the input stand behind a colon.
        let error = kind(error.split(':').next().unwrap_or_default());
        return Some(Reason::Refused { response, error });
    }
    let mut keys: Vec<String> = answer.keys().cloned().collect();
    keys.sort_unstable();
    Some(Reason::Answered { response, keys, expected })
}

/// A text without the parts that differ from check to check: numbers, generated names, folders.
fn kind(text: &str, names: &[String]) -> String {
    let named = names.iter().fold(text.to_owned(), |text, name| text.replace(name, "@"));
    fold::shape(&paragraph::without_folders(&named))
}

/// A text without its quotations: generated texts stand in quotes.
fn unquoted(text: &str) -> String {
    text.split('"').step_by(2).collect::<Vec<_>>().join("…")
}

/// The ids of the checks; of a run of consecutive ids, only the first and the last.
pub(super) fn ids(ids: &[&str]) -> String {
    let taken = |id: &&str| -> Option<(String, u32)> {
        let (area, number) = id.rsplit_once('-')?;
        Some((area.to_owned(), number.parse().ok()?))
    };
    let follow = |one: &&str, other: &&str| match (taken(one), taken(other)) {
        (Some((area, number)), Some(next)) => {
            number.checked_add(1).is_some_and(|number| next == (area, number))
        }
        _ => false,
    };
    let runs = ids.chunk_by(|one, other| follow(one, other));
    let words = |run: &[&str]| match (run, run.last().and_then(taken)) {
        ([first, _, _, ..], Some((_, last))) => format!("{first} to {last}"),
        _ => run.join(", "),
    };
    runs.map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
