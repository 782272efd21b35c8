//! `grade --inspect` for servers, for clients and for a folder of submissions: the recordings of failed
//! checks, their pages, and their transcripts.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::batch::{Course, server};
use super::{grade, mutant_clients, mutants};

/// The names of the files in a folder; none if it is missing.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn recordings(checks: &[&str]) -> BTreeSet<String> {
    let both = |id: &&str| ["events", "html"].map(|kind| format!("{id}.{kind}"));
    checks.iter().flat_map(both).collect()
}

/// The events of the recording of a check in a folder of reports.
fn events(reports: &Path, id: &str) -> Vec<Value> {
    let file = reports.join("inspect").join(format!("{id}.events"));
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks that a page has the events of the recording beside it, and no others.
fn has_its_page(reports: &Path, id: &str) {
    let page = reports.join("inspect").join(format!("{id}.html"));
    let page = std::fs::read_to_string(page).unwrap();
    let begin = format!("<script type=\"application/json\" id=\"recording\" data-name=\"{id}\">");
    let (_, rest) = page.split_once(&begin).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    assert_eq!(serde_json::from_str::<Vec<Value>>(json).unwrap(), events(reports, id));
}

/// The texts of all frames in one direction.
fn frames<'a>(events: &'a [Value], way: &str) -> Vec<&'a str> {
    let found = events.iter().filter(|it| it["event"] == "frame" && it["way"] == way);
    found.map(|frame| frame["text"].as_str().unwrap()).collect()
}

/// The place at which something else was expected.
fn wrong(events: &[Value]) -> &str {
    let mut found = events.iter().filter(|event| event["wrong"] == true);
    let text = found.next().unwrap()["text"].as_str().unwrap();
    assert_eq!(found.next(), None);
    text
}

#[test]
fn each_failed_check_of_a_client_has_a_recording_and_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    let mut profile = tempfile::NamedTempFile::new().unwrap();
    profile.write_all(mutant_clients::PROFILE.as_bytes()).unwrap();
    let client = mutant_clients::line(Some("first-word-only"));
    let (profile, report) = (profile.path().to_str().unwrap(), reports.to_str().unwrap());
    let (_, code, said) = grade(
        &[
            &["--client", &client, "--profile", profile, "--report", report, "--inspect"][..],
            &["--check", "OPEN-1", "--check", "TYPE-2", "--patience", "2"],
        ]
        .concat(),
    );
    assert_eq!(code, 1, "{said}");
    assert_eq!(names(&reports.join("inspect")), recordings(&["TYPE-2"]), "{said}");
    has_its_page(&reports, "TYPE-2");
    let events = events(&reports, "TYPE-2");
    // The last column is the client, and the grader plays its server.
    assert_eq!(events[0]["program"], "client");
    assert!(events.iter().any(|event| event["name"] == "server"), "{events:?}");
    let sent = frames(&events, "down");
    assert!(sent.iter().any(|text| text.contains("\"request\":\"message\"")), "{events:?}");
    assert!(wrong(&events).starts_with("not as expected at "), "{events:?}");
    let saved = events.iter().find(|event| event["event"] == "transcript").unwrap();
    assert_eq!(saved["why"], "a transcript cannot type on the keyboard of a client");
    let html = std::fs::read_to_string(reports.join("report.html")).unwrap();
    assert!(html.contains("<a href=\"inspect/TYPE-2.html\">"));
}

#[test]
fn each_submission_has_its_recordings_among_its_reports() {
    let course = Course::new("inspect = true\nsubmissions = 2");
    let strange = "=1, <b>\"x\"";
    course.hand_in("ada", &server(None));
    for name in ["ben", strange] {
        course.hand_in(name, &server(Some("digits-refused")));
    }
    // The recording of an earlier run, whose check passes now.
    std::fs::create_dir_all(course.path("reports/ada/inspect")).unwrap();
    course.write("reports/ada/inspect/LOGIN-3.events", "{}");
    course.write("reports/ada/inspect/LOGIN-3.html", "old");
    let (_, output) = course.grade(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let reports = |name: &str| course.path("reports").join(name);
    assert_eq!(names(&reports("ada").join("inspect")), recordings(&[]));
    for name in ["ben", strange] {
        let reports = reports(name);
        assert_eq!(names(&reports.join("inspect")), recordings(&["LOGIN-3"]));
        has_its_page(&reports, "LOGIN-3");
        let events = events(&reports, "LOGIN-3");
        assert!(wrong(&events).contains("expected a successful login, got refused"), "{events:?}");
        assert!(frames(&events, "up")[0].contains("42\"}"), "{events:?}");
        // The student has the folder of reports, and no other one of the teacher.
        let report = std::fs::read_to_string(reports.join("report.txt")).unwrap();
        assert!(report.contains("See it: inspect inspect/LOGIN-3.events\n"), "{report}");
    }
    let all: BTreeSet<String> = names(&course.path("reports"));
    assert_eq!(all, ["ada", "ben", strange].map(str::to_owned).into(), "and nothing beside them");
    // Students with different names get different names for their users.
    let of = |name: &str| frames(&events(&reports(name), "LOGIN-3"), "up")[0].to_owned();
    assert_ne!(of("ben"), of(strange));
}

/// Plays a transcript against a server. Returns the exit code and the output.
fn plays(file: &Path, server: &str) -> (i32, String) {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("grade"))
        .args(["play", "--patience", "1", "--server", server])
        .arg(file)
        .current_dir(file.parent().unwrap())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// The bugs, each with a check that finds it: a wrong answer, a piece, a packet of several, a silence, an
/// end, a missing answer, and a long frame.
const SAVED: [(&str, &str); 7] = [
    ("digits-refused", "LOGIN-3"),
    ("recv-is-message", "FRAME-1"),
    ("recv-is-message", "FRAME-2"),
    ("logout-keeps-receiving", "LEAVE-3"),
    ("missing-argument-closes", "PARSE-4"),
    ("no-echo", "MESSAGE-2"),
    ("dies-over-read-size", "FRAME-3"),
];

/// Saves the transcript of a check that finds a bug, and plays it against the wrong server and a right one.
fn fails_again_and_passes(bug: &str, check: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (report, wrong) = (folder.path().to_str().unwrap(), mutants::line(Some(bug)));
    let arguments = ["--server", &wrong, "--check", check, "--patience", "1"];
    let (_, _, said) = grade(&[&arguments[..], &["--report", report, "--inspect"]].concat());
    let events = events(folder.path(), check);
    let saved = events.iter().find(|event| event["event"] == "transcript").unwrap();
    let text = saved["text"].as_str().unwrap_or_else(|| panic!("{bug}: {saved}: {said}"));
    let file = folder.path().join("saved.chat");
    std::fs::write(&file, text).unwrap();
    let (code, said) = plays(&file, &wrong);
    assert_eq!(code, 1, "{bug} passes {text}{said}");
    let (code, said) = plays(&file, &mutants::line(None));
    assert_eq!(code, 0, "a right server fails {text}{said}");
}

#[test]
#[ignore = "slow"]
fn the_transcript_of_a_failed_check_fails_again_and_passes_on_a_right_server() {
    std::thread::scope(|scope| {
        for (bug, check) in SAVED {
            scope.spawn(move || fails_again_and_passes(bug, check));
        }
    });
}

#[test]
fn a_check_that_no_transcript_can_tell_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().to_str().unwrap();
    let server = mutants::line(Some("digits-refused"));
    let arguments = ["--server", &server, "--dialect", "ktn15", "--check", "LOGIN-3"];
    grade(&[&arguments[..], &["--report", report, "--inspect"]].concat());
    let events = events(folder.path(), "LOGIN-3");
    let saved = events.iter().find(|event| event["event"] == "transcript").unwrap();
    let why = json!("only in the dialect json does every right server answer in one form");
    assert_eq!((&saved["why"], saved.get("text")), (&why, None));
}
