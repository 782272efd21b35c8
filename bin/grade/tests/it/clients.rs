//! Clients: Strata's client passes all checks, in a terminal and through pipes. A program that is
//! not a client gets a report that says so.

use std::io::Write;

use super::{grade, those};

/// The profile of Strata's own client, used through pipes.
pub(super) const PIPED: &str = r#"
terminal = false
login = "/login {name}"
say = "{text}"
names = "/names"
logout = "/logout"
leave = "/quit"
ready = "you are {name}"
"#;

/// Writes a profile into a file.
fn profile(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

pub(super) fn strata() -> String {
    let client = harness::program("client");
    format!(
        "XDG_CONFIG_HOME=$PWD XDG_STATE_HOME=$PWD '{}' {{host}}:{{port}} --no-reconnect",
        client.display()
    )
}

fn gets_full_marks(client: &str, profile: &str) {
    let (verdicts, code, said) = grade(&["--client", client, "--profile", profile]);
    assert_eq!((those(&verdicts, "passed").len(), code), (26, 0), "{said}");
}

#[test]
#[ignore = "slow"]
fn strata_gets_full_marks_in_a_terminal() {
    gets_full_marks(&strata(), concat!(env!("CARGO_MANIFEST_DIR"), "/../../handout/profile.toml"));
}

#[test]
#[ignore = "slow"]
fn strata_gets_full_marks_through_pipes() {
    gets_full_marks(&(strata() + " --backlog"), profile(PIPED).path().to_str().unwrap());
}

/// Features that the client does not have do not count.
#[test]
#[ignore = "slow"]
fn features_that_a_client_lacks_are_absent() {
    let less = PIPED.replace("names = \"/names\"\n", "").replace("logout = \"/logout\"\n", "");
    let less = less.replace("login = \"/login {name}\"\n", "");
    let less = profile(&less);
    let client = strata() + " --backlog --name {name}";
    let arguments = ["--client", &client, "--profile", less.path().to_str().unwrap()];
    let (verdicts, code, said) = grade(&arguments);
    assert_eq!(those(&verdicts, "absent"), ["SHOW-4", "SHOW-7", "TYPE-3", "TYPE-4"], "{said}");
    assert_eq!((those(&verdicts, "passed").len(), code), (22, 0), "{said}");
}

/// Grades a client that fails `OPEN-1`, and looks for `want` in the report.
fn fails_to_connect(client: &str, want: &str) {
    let profile = profile(PIPED);
    let profile = profile.path().to_str().unwrap();
    let (verdicts, code, said) = grade(&["--client", client, "--profile", profile, "--start", "2"]);
    assert_eq!(those(&verdicts, "failed"), ["OPEN-1"], "{said}");
    assert_eq!(code, 1);
    assert!(said.contains(want), "{want:?} is not in:\n{said}");
}

#[test]
fn a_client_that_exits_immediately() {
    fails_to_connect("echo what server; exit 3", "exit code 3");
    fails_to_connect("./there-is-no-such-client {port}", "there-is-no-such-client");
}

#[test]
fn a_client_that_never_connects() {
    fails_to_connect("cat", "the client does not connect within 2 s");
}

#[test]
#[ignore = "slow"]
fn a_client_that_sends_without_end() {
    // bash can open connections. Without bash the test is skipped.
    let floods = |what: &str| {
        format!("exec bash -c 'exec 3<>/dev/tcp/{{host}}/{{port}}; while :; do {what}; done >&3'")
    };
    if std::process::Command::new("bash").arg("--version").output().is_err() {
        eprintln!("skipped: no bash here");
        return;
    }
    let checks = ["--check", "TYPE-1", "--patience", "1"];
    let profile = profile(PIPED);
    for (what, want) in [
        (r#"printf "\n%.0s" 1 2 3 4 5 6 7 8 9"#, "nothing but newlines"),
        (r#"echo "{\"request\":\"help\"}""#, "more than 200 frames"),
        (r#"printf "x%.0s" 1 2 3 4 5 6 7 8 9"#, "no end of the message"),
    ] {
        let client = floods(what);
        let arguments = ["--client", &client, "--profile", profile.path().to_str().unwrap()];
        let (verdicts, code, said) = grade(&[&arguments[..], &checks].concat());
        assert_eq!((verdicts["TYPE-1"].as_str(), code), ("failed", 1), "{said}");
        assert!(said.contains(want), "{want:?} is not in:\n{said}");
    }
}

#[test]
#[ignore = "slow"]
fn a_client_that_prints_without_end() {
    fails_to_connect("yes", "printed more than");
}

#[test]
fn a_wrong_profile_is_refused_in_one_line() {
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
