//! Tests that cargo builds and runs: building, running with a limit, and reading the results.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bench, LINES, Verdict};
use crate::failure::Failure;
use crate::lab::Target;
use crate::process;

/// Time for all tests of a program.
const RUN: Duration = Duration::from_secs(90);

/// The environment variable with the number of the lab that is checked.
const LAB: &str = "STRATA_LAB";

/// The environment variable that keeps `proptest` from writing files beside the code.
const NO_FILES: &str = "PROPTEST_DISABLE_FAILURE_PERSISTENCE";

/// Builds and runs these tests. Returns a verdict for each.
pub(crate) fn run(
    bench: &Bench,
    lab: u32,
    target: &Target,
    tests: &[&str],
) -> Result<Vec<Verdict>, Failure> {
    if let Some(verdict) = bench.build(&build(target))? {
        return Ok(vec![verdict; tests.len()]);
    }
    let mut arguments = vec!["test", "--offline"];
    arguments.extend(target.arguments());
    // A check may be a slow test, which runs only when it is asked for.
    arguments.extend(["--", "--include-ignored", "--exact"]);
    arguments.extend(tests);
    let variables = [(LAB, lab.to_string()), (NO_FILES, "true".to_owned())];
    let ran = process::run(&mut bench.cargo(&arguments, &variables), RUN)?;
    let results = Results::read(&ran.stdout);
    let is_late = ran.status.is_none();
    Ok(tests.iter().map(|test| results.verdict(test, is_late, &ran.stderr)).collect())
}

/// The arguments with which cargo builds these tests.
pub(super) fn build(target: &Target) -> Vec<&str> {
    let mut arguments = vec!["test", "--quiet", "--offline", "--no-run"];
    arguments.extend(target.arguments());
    arguments
}

/// The results of a test program.
#[derive(Debug, Default, PartialEq, Eq)]
struct Results {
    /// For each test that has ended, whether it passed.
    ended: BTreeMap<String, bool>,
    /// The output of each failed test.
    output: BTreeMap<String, String>,
    /// The test program has run to its end.
    is_whole: bool,
}

impl Results {
    /// Reads the output of a test program, in the stable format for people.
    fn read(stdout: &str) -> Results {
        let mut results = Results::default();
        let mut failed: Option<&str> = None;
        for line in stdout.lines() {
            let section = line.strip_prefix("---- ").and_then(|it| it.strip_suffix(" stdout ----"));
            if let Some(test) = section {
                failed = Some(test);
            } else if line == "failures:" || line.starts_with("test result: ") {
                failed = None;
                results.is_whole |= line != "failures:";
            } else if let Some(test) = failed {
                let output = results.output.entry(test.to_owned()).or_default();
                output.push_str(line);
                output.push('\n');
            } else if let Some((test, result)) =
                line.strip_prefix("test ").and_then(|line| line.rsplit_once(" ... "))
            {
                let name = test.split(" - should panic").next().unwrap_or(test);
                results.ended.insert(name.to_owned(), result == "ok");
            }
        }
        results
    }

    fn verdict(&self, test: &str, is_late: bool, stderr: &str) -> Verdict {
        match self.ended.get(test) {
            Some(true) => Verdict::Passed,
            Some(false) => {
                let output = self.output.get(test).map_or("", String::as_str);
                Verdict::Failed(cause(output))
            }
            None if is_late => {
                Verdict::Failed(format!("it does not end within {} s", RUN.as_secs()))
            }
            None if self.is_whole => Verdict::Undecided(format!("there is no test {test}")),
            // A crash or an abort, which need not be the fault of this test.
            None => Verdict::Failed(format!("the tests end too soon:\n{}", last_lines(stderr))),
        }
    }
}

/// Finds the cause in the output of a failed test: a hole, if one was reached, or what the panic says.
fn cause(output: &str) -> String {
    if let Some(hole) = output.lines().find(|line| line.contains("not yet implemented: lab ")) {
        let begin = hole.find("not yet implemented").unwrap_or(0);
        return hole[begin..].to_owned();
    }
    let lines = output.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let about: Vec<&str> = lines
        .skip_while(|line| !line.contains("panicked at "))
        .take_while(|line| !line.starts_with("stack backtrace:"))
        .filter(|line| !line.starts_with("note: "))
        .collect();
    let Some((head, message)) = about.split_first() else { return last_lines(output) };
    let place = head.split("panicked at ").nth(1).unwrap_or_default().trim_end_matches(':');
    let mut shown: Vec<&str> = message.iter().take(LINES).copied().collect();
    let place = format!("at {place}");
    shown.push(&place);
    shown.join("\n")
}

fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let dropped = lines.len().saturating_sub(LINES);
    lines.into_iter().skip(dropped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 4 tests
test a::right ... ok
test a::hole ... FAILED
test a::wrong ... FAILED
test a::panics - should panic ... ok

failures:

---- a::hole stdout ----

thread 'recv-1' (12) panicked at net/src/x.rs:5:9:
not yet implemented: lab 2: Decoder::decode

---- a::wrong stdout ----

thread 'a::wrong' (13) panicked at net/src/y.rs:7:9:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    a::hole
    a::wrong

test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 measured; 8 filtered out; finished in 0.00s
";

    #[test]
    fn each_test_has_its_verdict() {
        let results = Results::read(OUTPUT);
        let verdict = |test: &str| results.verdict(test, false, "");
        assert_eq!(verdict("a::right"), Verdict::Passed);
        assert_eq!(verdict("a::panics"), Verdict::Passed);
        let hole = "not yet implemented: lab 2: Decoder::decode".to_owned();
        assert_eq!(verdict("a::hole"), Verdict::Failed(hole));
        let wrong = "assertion `left == right` failed\n  left: 1\n right: 2\nat net/src/y.rs:7:9";
        assert_eq!(verdict("a::wrong"), Verdict::Failed(wrong.to_owned()));
        let missing = Verdict::Undecided("there is no test a::gone".to_owned());
        assert_eq!(verdict("a::gone"), missing);
    }

    #[test]
    fn a_test_that_does_not_end_has_failed() {
        let results = Results::read("running 2 tests\ntest a ... ok\n");
        assert_eq!(results.verdict("a", true, ""), Verdict::Passed);
        let late = Verdict::Failed("it does not end within 90 s".to_owned());
        assert_eq!(results.verdict("b", true, ""), late);
    }

    #[test]
    fn a_crash_shows_the_last_words() {
        let crash = Verdict::Failed("the tests end too soon:\nstack overflow".to_owned());
        for output in ["", "running 2 tests\ntest b ... ok\n"] {
            assert_eq!(Results::read(output).verdict("a", false, "stack overflow\n"), crash);
        }
    }
}
