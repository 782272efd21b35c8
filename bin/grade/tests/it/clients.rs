//! Clients: Strata's own gets full marks, however it is used, and what is no client gets a report that
//! says just that.

use std::io::Write;

use super::{grade, those};

/// How Strata's own client is used through pipes.
pub(super) const PIPED: &str = r#"
terminal = false
login = "/login {name}"
say = "{text}"
names = "/names"
logout = "/logout"
leave = "/quit"
ready = "you are {name}"
"#;

/// A file with this profile.
fn profile(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

pub(super) fn strata() -> String {
    let client = harness::program("client");
    format!("XDG_CONFIG_HOME=$PWD XDG_STATE_HOME=$PWD '{}' {{host}}:{{port}}", client.display())
}

fn gets_full_marks(profile: &str) {
    let (verdicts, code, said) = grade(&["--client", &strata(), "--profile", profile]);
    assert_eq!((those(&verdicts, "passed").len(), code), (26, 0), "{said}");
}

#[test]
fn ours_gets_full_marks_at_a_terminal() {
    gets_full_marks(concat!(env!("CARGO_MANIFEST_DIR"), "/../../handout/profile.toml"));
}

#[test]
fn ours_gets_full_marks_in_a_pipe() {
    gets_full_marks(profile(PIPED).path().to_str().unwrap());
}

/// What cannot be done with it does not count.
#[test]
fn what_a_client_does_not_have_is_absent() {
    let less = PIPED.replace("names = \"/names\"\n", "").replace("logout = \"/logout\"\n", "");
    let less = less.replace("login = \"/login {name}\"\n", "");
    let less = profile(&less);
    let client = strata() + " --name {name}";
    let arguments = ["--client", &client, "--profile", less.path().to_str().unwrap()];
    let (verdicts, code, said) = grade(&arguments);
    assert_eq!(those(&verdicts, "absent"), ["SHOW-4", "SHOW-7", "TYPE-3", "TYPE-4"], "{said}");
    assert_eq!((those(&verdicts, "passed").len(), code), (22, 0), "{said}");
}

/// The one check that fails, and what the report says of it.
fn says_just_that(client: &str, want: &str) {
    let profile = profile(PIPED);
    let profile = profile.path().to_str().unwrap();
    let (verdicts, code, said) = grade(&["--client", client, "--profile", profile, "--start", "2"]);
    assert_eq!(those(&verdicts, "failed"), ["OPEN-1"], "{said}");
    assert_eq!(code, 1);
    assert!(said.contains(want), "{want:?} is not in:\n{said}");
}

#[test]
fn one_that_ends_at_once() {
    says_just_that("echo what server; exit 3", "exit code 3");
    says_just_that("./there-is-no-such-client {port}", "there-is-no-such-client");
}

#[test]
fn one_that_never_connects() {
    says_just_that("cat", "nobody connects for 2 s");
}

#[test]
fn one_that_sends_without_end() {
    // Through bash, which can connect; where there is none this tells nothing.
    let floods = |what: &str| {
        format!("exec bash -c 'exec 3<>/dev/tcp/{{host}}/{{port}}; while :; do {what}; done >&3'")
    };
    if std::process::Command::new("bash").arg("--version").output().is_err() {
        eprintln!("skipped: no bash here");
        return;
    }
    let checks = ["--check", "TYPE-1", "--patience", "2"];
    let profile = profile(PIPED);
    for (what, want) in [
        (r#"printf "\n%.0s" 1 2 3 4 5 6 7 8 9"#, "more than 200 frames"),
        (r#"echo "{\"request\":\"help\"}""#, "more than 200 frames"),
        (r#"printf "x%.0s" 1 2 3 4 5 6 7 8 9"#, "nothing that would make them whole"),
    ] {
        let client = floods(what);
        let arguments = ["--client", &client, "--profile", profile.path().to_str().unwrap()];
        let (verdicts, code, said) = grade(&[&arguments[..], &checks].concat());
        assert_eq!((verdicts["TYPE-1"].as_str(), code), ("failed", 1), "{said}");
        assert!(said.contains(want), "{want:?} is not in:\n{said}");
    }
}

#[test]
fn one_that_prints_without_end() {
    says_just_that("yes", "printed more than");
}

#[test]
fn a_profile_that_cannot_be_used_is_refused_in_a_line() {
    for (text, want) in [
        ("say = '{text}'\nleave = 'q'", "there is no `login`"),
        ("login = '{name}'\nsay = '{text}'\nleave = 'q'\nhello = 'x'", "unknown field `hello`"),
    ] {
        let profile = profile(text);
        let mut grade = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        let arguments = ["--client", "true", "--profile"];
        let refused = grade.args(arguments).arg(profile.path()).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.starts_with("grade: ") && said.contains(want), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
