//! The output of the grader: in a terminal its lines fit the width, elsewhere they are whole.

use expectrl::Expect;
use harness::clients::{spawn, until_end};

use super::{grade, mutants};

/// The output in a terminal of this width, without colours.
fn seen(columns: usize, arguments: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut grade = std::process::Command::new("sh");
    // The pseudo-terminal is created with another width, so the script sets the width after that.
    let words =
        format!("read go && stty cols {columns} && exec \"$0\" --server \"$1\" {arguments}");
    grade.args(["-c", &words]).arg(assert_cmd::cargo::cargo_bin!("grade"));
    grade.arg(mutants::line(Some("digits-refused"))).current_dir(folder.path());
    let mut session = spawn(grade);
    session.send_line("").unwrap();
    let all = until_end(&mut session);
    let mut plain = all.replace("\r\n", "\n").replace("\x1b[2K", "");
    for colour in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"] {
        plain = plain.replace(colour, "");
    }
    assert!(!plain.contains('\x1b'), "{plain:?}");
    plain
}

#[test]
#[ignore = "slow"]
fn nothing_is_wider_than_the_terminal() {
    for (columns, narrower, width) in [(50, 40, 50), (93, 50, 93), (400, 93, 120)] {
        let said = seen(columns, "--check LOGIN-3 --check LOGIN-4 --seed 7f3a");
        // A progress line is overwritten.
        let lines: Vec<&str> = said.split(['\n', '\r']).collect();
        let wide = lines.iter().filter(|line| !line.starts_with("Again: "));
        let widest = wide.map(|line| line.chars().count()).max().unwrap();
        assert!((narrower..=width).contains(&widest), "{widest} of {columns}: {said}");
        assert!(said.contains("LOGIN-3 failed"), "{said}");
    }
}

#[test]
fn results_stand_in_the_order_of_the_checks() {
    let server = mutants::line(Some("recv-is-message"));
    let wanted = ["MESSAGE-5", "FRAME-1", "LOGIN-5", "FRAME-2"];
    let checks: Vec<&str> = wanted.iter().flat_map(|id| ["--check", id]).collect();
    let (_, _, said) = grade(&[&["--server", &server], &checks[..]].concat());
    let want = [
        "[1/4] passed     LOGIN-5    A name MUST be refused",
        "[2/4] failed     FRAME-1    A request that arrives in two pieces",
        "[3/4] failed     FRAME-2    Several requests",
        "[4/4] skipped    MESSAGE-5  (needs FRAME-2) The messages of",
    ];
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(lines.len(), want.len(), "{said}");
    for (line, want) in lines.into_iter().zip(want) {
        assert!(line.starts_with(want) && line.ends_with('.'), "{want} is not in {said}");
    }
    // Both failures are one cause, and their reports are complete.
    assert!(said.contains("FRAME-1, FRAME-2, and a check that needs them: MESSAGE-5\n"), "{said}");
    assert_eq!(said.matches("\nHint: ").count(), 2, "{said}");
}

#[test]
fn the_rest_of_the_input_is_shown() {
    let server = mutants::line(Some("split-refused"));
    let (_, _, said) = grade(&["--server", &server, "--check", "FRAME-1"]);
    let place = |words: &str| said.rfind(words).unwrap_or_else(|| panic!("no {words:?} in {said}"));
    // On a busy machine, the mutant may refuse a first part only after the grader sent the rest.
    let early = place("ann receives: refused") < place("ann sends: the other ");
    assert_eq!(said.contains("This answer came before"), early, "{said}");
}
