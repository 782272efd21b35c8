//! Answers to questions, in the file `answers.toml` of the workspace.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Verdict;
use crate::hex;
use crate::lab::{ANSWERS as FILE, Check, Kind, Lab};

pub(super) fn run(root: &Path, lab: &Lab, checks: &[&Check]) -> Vec<Verdict> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|error| error.to_string());
    let answers = text.and_then(|text| text.parse::<toml::Table>().map_err(|it| it.to_string()));
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) => return vec![Verdict::Failed(format!("{FILE}: {error}")); checks.len()],
    };
    checks.iter().map(|check| verdict(lab.number, check, &answers)).collect()
}

fn verdict(lab: u32, check: &Check, answers: &toml::Table) -> Verdict {
    let Kind::Answer { key, sha256 } = &check.kind else {
        return Verdict::Undecided("it is no question".to_owned());
    };
    let answer = match answers.get(key) {
        None => return Verdict::Failed(format!("{FILE} has no key {key}")),
        Some(toml::Value::String(answer)) => answer.clone(),
        Some(value @ (toml::Value::Integer(_) | toml::Value::Boolean(_))) => value.to_string(),
        Some(_) => return Verdict::Failed(format!("{FILE}: {key} has to be a text or a number")),
    };
    let answer = normal(&answer);
    if answer.is_empty() {
        return Verdict::Failed(format!("{FILE}: {key} has no answer yet"));
    }
    match sha256.contains(&digest(lab, key, &answer)) {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("{FILE}: {key} is not {answer:?}")),
    }
}

/// The answer in lower case, with single spaces.
fn normal(answer: &str) -> String {
    answer.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The digest of an answer. Its text differs for each question, so that equal answers do not show.
fn digest(lab: u32, key: &str, answer: &str) -> String {
    hex::encode(&Sha256::digest(format!("strata lab {lab} {key} {answer}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(answers: &str) -> Verdict {
        let sha256 = vec![digest(1, "key", "two words")];
        let kind = Kind::Answer { key: "key".to_owned(), sha256 };
        let check = Check { id: "A-1".into(), title: "t".into(), points: 1, kind };
        verdict(1, &check, &answers.parse().unwrap())
    }

    #[test]
    fn an_answer_is_compared_without_case_and_spaces() {
        assert_eq!(checked("key = ' Two   WORDS '"), Verdict::Passed);
        let failed = |text: &str| Verdict::Failed(format!("answers.toml{text}"));
        assert_eq!(checked("key = 'three'"), failed(": key is not \"three\""));
        assert_eq!(checked("key = ''"), failed(": key has no answer yet"));
        assert_eq!(checked("other = 1"), failed(" has no key key"));
        assert_eq!(checked("key = [1]"), failed(": key has to be a text or a number"));
    }
}
