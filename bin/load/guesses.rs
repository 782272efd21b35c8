//! The wrong logins of a storm. They are sent on schedule, and every answer is counted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::arguments::Storm;
use crate::crowd::{self, Crowd, PATIENCE};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::pace::Pace;
use crate::progress::Progress;

/// The shortest wait. The logins that are due after it are sent together.
const TURN: Duration = Duration::from_millis(5);

/// The answers to the wrong logins, each with its count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(BTreeMap<String, u64>);

/// Connects and sends on `connected`. After a message on `begin` it sends all wrong logins and returns
/// the answers. If `begin` closes, it returns no answers.
pub(crate) fn make(
    address: SocketAddr,
    storm: &Storm,
    interrupt: Interrupt,
    connected: &SyncSender<()>,
    begin: &Receiver<()>,
) -> Result<Answers, Failure> {
    let names = crowd::names("stranger", storm.connections);
    // The clients that chat use the progress line of the terminal.
    let per_source = storm.connections.div_ceil(storm.addresses);
    let (mut crowd, _) = Crowd::connect_from(
        per_source,
        &[address],
        None,
        names,
        interrupt,
        &mut Progress::hidden(),
    )?;
    let mut answers = Answers::default();
    let _ = connected.send(());
    if begin.recv().is_err() {
        return Ok(answers);
    }
    let all = u64::from(storm.wrong_logins.get());
    let mut pace = Pace::new(crowd.now(), all as f64 / storm.duration().as_secs_f64());
    let mut sent = 0;
    let mut heard = Instant::now();
    while answers.count() < all {
        while sent < all
            && let Some((index, _)) = pace.due(crowd.now())
        {
            crowd.send((index % u64::from(storm.connections)) as u32, &wrong_login(index))?;
            sent += 1;
        }
        // Their exact time does not matter. A busy loop would take processor time from the clients that
        // are measured.
        crowd.wait(pace.wait(crowd.now()).max(TURN))?;
        while crowd.serve(|_, lines, _| answers.count_answers(lines))?.is_some() {
            heard = Instant::now();
        }
        if heard.elapsed() > PATIENCE {
            let count = answers.count();
            return Err(Failure::Broken(format!(
                "{count} of {sent} wrong logins were answered, and then none for {} s",
                PATIENCE.as_secs()
            )));
        }
    }
    Ok(answers)
}

/// A login under an unused name.
fn wrong_login(index: u64) -> Vec<u8> {
    let login = json!({
        "request": "login",
        "username": format!("guess{index}"),
        "password": format!("password{index}"),
    });
    format!("{login}\n").into_bytes()
}

impl Answers {
    /// The number of answers.
    pub(crate) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Adds the counts of other answers.
    pub(crate) fn add(&mut self, more: &Answers) {
        for (text, count) in &more.0 {
            *self.0.entry(text.clone()).or_default() += count;
        }
    }

    /// The answers with their counts, in descending order.
    pub(crate) fn most_first(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> =
            self.0.iter().map(|(text, count)| (text.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }

    /// Counts received answers.
    ///
    /// # Errors
    /// If a line is not a refusal: a wrong password must not log a client in.
    fn count_answers(&mut self, lines: &[u8]) -> Result<(), Failure> {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let answer: Value = serde_json::from_slice(line).unwrap_or_default();
            let word = |key| answer.get(key).and_then(Value::as_str);
            let (Some("login"), Some(error)) = (word("response"), word("error")) else {
                let line = String::from_utf8_lossy(line);
                return Err(Failure::Broken(format!("a wrong login was answered: {line}")));
            };
            // The same answer may name different numbers of seconds.
            let words = error.split(|letter: char| letter.is_ascii_digit());
            let words: Vec<&str> = words.filter(|words| !words.is_empty()).collect();
            *self.0.entry(words.join("…")).or_default() += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_and_other_answers_are_errors() {
        let mut answers = Answers::default();
        let refusal = |text| format!("{}\n", json!({"response": "login", "error": text}));
        let lines = refusal("Wrong password!")
            + &refusal("Too many wrong passwords, try again in 31 s!")
            + &refusal("Too many wrong passwords, try again in 7 s!");
        answers.count_answers(lines.as_bytes()).unwrap();
        let waiting = "Too many wrong passwords, try again in … s!";
        assert_eq!(answers.most_first(), [(waiting, 2), ("Wrong password!", 1)]);
        assert_eq!(answers.count(), 3);
        for wrong in [
            r#"{"response":"login","username":"guess1","messages":[]}"#,
            r#"{"response":"error","error":"Flooded"}"#,
            "hello",
        ] {
            let error = answers.count_answers(wrong.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("a wrong login was answered: {wrong}"));
        }
    }
}
