//! The mutants of a server: each bug fails exactly the checks that must find it.

use super::{grade, selection, those};

/// Command line of the plain server, with this bug or without a bug.
pub(super) fn line(bug: Option<&str>) -> String {
    let mutants = super::mutant("server");
    let line = format!("'{}' --port {{port}} --dialect {{dialect}}", mutants.display());
    bug.map_or_else(|| line.clone(), |bug| format!("{line} --bug {bug}"))
}

/// Generates a test for each bug from its name, its dialects, and the checks that fail.
macro_rules! bugs {
    ($($(#[$attribute:meta])* $test:ident $bug:literal in $dialects:tt fails $checks:tt)*) => {
        $(#[test]
        $(#[$attribute])*
        fn $test() {
            fails_exactly($bug, &$dialects, &$checks);
        })*

        /// Every bug, with the checks that find it.
        const BUGS: &[(&str, &[&str])] = &[$(($bug, &$checks)),*];
    };
}

const ALL: [&str; 3] = ["json", "ktn14", "ktn15"];
const KTN: [&str; 2] = ["ktn14", "ktn15"];
const NAMED: [&str; 2] = ["json", "ktn14"];
const JSON: [&str; 1] = ["json"];
const SIGNED: [&str; 1] = ["ktn15"];

fn fails_exactly(bug: &str, dialects: &[&str], checks: &[&str]) {
    let dialects = if selection::is_all() { dialects } else { &dialects[..1] };
    let index = BUGS.iter().position(|(name, _)| *name == bug).unwrap();
    let some = selection::SERVER.arguments(index, checks);
    for dialect in dialects {
        let server = line(Some(bug));
        let arguments =
            ["--server", &server, "--dialect", dialect, "--jobs", "16", "--patience", "2"];
        let (verdicts, code, said) = grade(&[&arguments, some.as_slice()].concat());
        assert_eq!(those(&verdicts, "failed"), checks, "{bug} in {dialect}:\n{said}");
        assert!(those(&verdicts, "undecided").is_empty(), "{bug} in {dialect}:\n{said}");
        assert_eq!(code, 1, "{said}");
        super::costs_little(bug, &said);
    }
}

bugs! {
    recv_is_message "recv-is-message" in ALL fails ["FRAME-1", "FRAME-2", "FRAME-3"]
    split_refused "split-refused" in ALL fails ["FRAME-1"]
    dies_over_read_size "dies-over-read-size" in ALL fails ["FRAME-3"]
    coalesces "coalesces" in KTN fails ["FRAME-5"]
    corrupts_quotes "corrupts-quotes" in ALL fails ["MESSAGE-6"]
    newline_missing "newline-missing" in JSON fails ["FRAME-6"]
    #[ignore = "slow"]
    spins_at_end "spins-at-end" in ALL fails ["END-1", "LEAVE-6", "NAMES-3"]
    name_not_freed "name-not-freed" in ALL fails ["LEAVE-6"]
    stops_at_dead_socket "stops-at-dead-socket" in ALL fails ["CROWD-3"]
    removes_sender "removes-sender" in ALL fails ["CROWD-3"]
    dead_user_blocks_login "dead-user-blocks-login" in ALL fails
        ["LEAVE-8"]
    leaver_crashes "leaver-crashes" in ALL fails
        ["CROWD-4"]
    names_lists_gone "names-lists-gone" in ALL fails ["NAMES-3"]
    #[ignore = "slow"]
    tells_strangers "tells-strangers" in ALL fails ["LEAVE-3", "MESSAGE-3"]
    #[ignore = "slow"]
    tells_strangers_late "tells-strangers-late" in ALL fails ["LEAVE-3", "MESSAGE-3"]
    greets "greets" in ALL fails ["START-1"]
    logout_keeps_login "logout-keeps-login" in ALL fails ["LEAVE-2"]
    logout_keeps_receiving "logout-keeps-receiving" in ALL fails ["LEAVE-3"]
    logout_unanswered "logout-unanswered" in ALL fails ["LEAVE-1"]
    second_login_takes_over "second-login-takes-over" in ALL fails ["LOGIN-11"]
    stranger_dropped "stranger-dropped" in ALL fails ["LEAVE-5", "MESSAGE-4"]
    not_unique "not-unique" in ALL fails ["LOGIN-9"]
    case_sensitive "case-sensitive" in ALL fails ["LOGIN-10"]
    prefix_match "prefix-match" in ALL fails ["LOGIN-5", "LOGIN-7", "LOGIN-8"]
    trailing_newline "trailing-newline" in ALL fails ["LOGIN-7"]
    digits_refused "digits-refused" in ALL fails ["LOGIN-3"]
    upper_case_refused "upper-case-refused" in ALL fails ["LOGIN-4"]
    empty_name_accepted "empty-name-accepted" in ALL fails ["LOGIN-6"]
    #[ignore = "slow"]
    non_ascii_accepted "non-ascii-accepted" in ALL fails ["LOGIN-8"]
    no_echo "no-echo" in ALL fails ["MESSAGE-2"]
    sender_is_receiver "sender-is-receiver" in ALL fails ["MESSAGE-1"]
    order_lost "order-lost" in ALL fails ["MESSAGE-5"]
    loses_under_load "loses-under-load" in ALL fails ["MESSAGE-8"]
    backlog_per_receiver "backlog-per-receiver" in ALL fails ["BACKLOG-1"]
    backlog_encoded_twice "backlog-encoded-twice" in ALL fails ["BACKLOG-1"]
    backlog_missing_when_empty "backlog-missing-when-empty" in NAMED fails ["BACKLOG-2"]
    silent_stalls_all "silent-stalls-all" in ALL fails ["CROWD-1"]
    slow_reader_stalls_all "slow-reader-stalls-all" in ALL fails ["CROWD-2"]
    rush_refused "rush-refused" in ALL fails ["CROWD-6"]
    missing_argument_closes "missing-argument-closes" in ALL fails ["PARSE-4"]
    unknown_ignored "unknown-ignored" in ALL fails ["PARSE-3"]
    error_on_success "error-on-success" in NAMED fails ["PARSE-1"]
    error_missing "error-missing" in ALL fails ["PARSE-2"]
    wrong_name_in_answer "wrong-name-in-answer" in NAMED fails ["PARSE-6"]
    #[ignore = "slow"]
    tag_dropped "tag-dropped" in JSON fails ["PARSE-7"]
    answers_as_user "answers-as-user" in SIGNED fails ["PARSE-9"]
}

#[test]
fn every_check_runs_with_a_mutant_that_must_pass_it() {
    selection::SERVER.gives_each_check_a_turn(BUGS.iter().map(|(_, checks)| *checks));
}

/// Every bug of the server has a test, and the handout says which checks find which bug.
#[test]
fn every_bug_has_a_test_and_the_handout_has_the_matrix() {
    let listed =
        std::process::Command::new(super::mutant("server")).arg("--bugs").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut matrix = String::new();
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let bug = words.next().unwrap();
        let what: Vec<&str> = words.skip(1).collect();
        let found = BUGS.iter().find(|(name, _)| *name == bug);
        let (_, checks) = found.unwrap_or_else(|| panic!("{bug} has no test"));
        matrix += &format!("| `{bug}` | {} | {} |\n", what.join(" "), checks.join(", "));
    }
    assert_eq!(listed.lines().count(), BUGS.len());
    let page = include_str!("../../../../handout/grading.md");
    assert!(page.contains(&matrix), "handout/grading.md does not contain this matrix:\n{matrix}");
}
