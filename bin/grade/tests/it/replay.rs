//! Replays, and the report files.

use super::{grade, mutants};

/// The lines of a report that contain a frame.
fn frames(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.trim_start().starts_with('{')).collect()
}

#[test]
fn the_last_line_of_a_report_replays_the_check() {
    let server = mutants::line(Some("digits-refused"));
    let (_, _, first) = grade(&["--server", &server, "--check", "LOGIN-3", "--check", "LOGIN-4"]);
    let again = first.lines().find_map(|line| line.strip_prefix("Again: ")).expect("a line");
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", again])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let second = String::from_utf8(output.stdout).unwrap();
    assert!(second.contains("LOGIN-3 failed"), "{again}: {second}");
    assert!(!frames(&second).is_empty() && frames(&first) == frames(&second), "{first}\n{second}");
}

#[test]
fn the_command_for_a_student_names_no_folder_of_the_teacher() {
    let server = mutants::line(Some("digits-refused"));
    let submission = tempfile::tempdir().unwrap();
    let from = submission.path().to_str().unwrap();
    let student = ["--from", from, "--student", "ada", "--check", "LOGIN-3"];
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("grade"))
        .args([&["--server", &server], &student[..]].concat())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let again = said.lines().find(|line| line.starts_with("Again: ")).expect("a line");
    assert!(again.starts_with("Again: grade --server ") && !again.contains(from), "{again}");
}

#[test]
fn names_depend_only_on_the_student() {
    let server = mutants::line(Some("digits-refused"));
    let folder = tempfile::tempdir().unwrap();
    let frames_for = |student: &str| {
        let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("grade"))
            .args(["--server", &server, "--check", "LOGIN-3", "--student", student])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        frames(&said).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(frames_for("ada"), frames_for("ada"));
    assert_ne!(frames_for("ada"), frames_for("grace"));
}

#[test]
fn repeated_attempts_are_folded_in_the_report() {
    let server = mutants::line(Some("name-not-freed"));
    let (_, _, said) = grade(&["--server", &server, "--check", "LEAVE-6", "--patience", "1"]);
    assert!(said.contains(" more steps like these, in "), "{said}");
    // The first attempt and the last one.
    assert_eq!(said.matches("ben receives: refused:").count(), 2, "{said}");
    assert_eq!(said.matches("ben: connects").count(), 1, "{said}");
}

#[test]
fn all_reports_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("deep/report");
    let arguments =
        ["--server", &mutants::line(Some("digits-refused")), "--report", report.to_str().unwrap()];
    grade(&[&arguments[..], &["--check", "LOGIN-3", "--check", "LOGIN-4"]].concat());
    let read = |name: &str| std::fs::read_to_string(report.join(name)).unwrap();
    let gradescope: serde_json::Value = serde_json::from_str(&read("results.json")).unwrap();
    let tests = gradescope["tests"].as_array().unwrap();
    assert!(tests.iter().any(|test| test["name"].as_str().unwrap().starts_with("LOGIN-3")));
    let html = read("report.html");
    assert!(html.contains("<svg") && html.contains("LOGIN-3") && !html.contains("<script"));
    for name in ["report.txt", "result.json", "junit.xml", "ctrf-report.json", "results.tap"] {
        assert!(read(name).contains("LOGIN-3"), "{name}");
    }
}

#[test]
fn a_failed_check_has_a_recording_and_the_report_leads_to_it() {
    let server = mutants::line(Some("digits-refused"));
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    let run = |more: &[&str]| {
        let begin = ["--server", &server, "--check", "LOGIN-1", "--check", "LOGIN-3"];
        grade(&[&begin[..], &["--report", reports.to_str().unwrap()], more].concat())
    };
    let plain = run(&[]);
    assert!(!reports.join("inspect").exists() && !plain.2.contains("See it:"), "{}", plain.2);
    let recorded = run(&["--inspect"]);
    assert_eq!(plain.0, recorded.0, "a recording changes no verdict");
    let file = reports.join("inspect").join("LOGIN-3.events");
    let see = format!("See it: inspect {}", file.display());
    assert!(recorded.2.lines().any(|line| line == see), "{}", recorded.2);
    let mut names: Vec<_> = std::fs::read_dir(reports.join("inspect"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["LOGIN-3.events", "LOGIN-3.html"]);
    let events = std::fs::read_to_string(&file).unwrap();
    let events: Vec<serde_json::Value> =
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |key: &str, value: &str| events.iter().filter(|event| event[key] == value).count();
    assert!(count("way", "up") > 0 && count("kind", "error") == 1, "{events:?}");
    assert_eq!(events.iter().filter(|event| event["wrong"] == true).count(), 1);
    // Everything that arrived has its reads.
    let arrived = events.iter().filter(|event| event["way"] == "down");
    for frame in arrived {
        assert!(frame["brought"].as_u64() > Some(0), "{frame}");
    }
    let html = std::fs::read_to_string(reports.join("report.html")).unwrap();
    assert!(
        html.contains("<a href=\"inspect/LOGIN-3.html\">Open this failure in the inspector</a>")
    );
    let page = std::fs::read_to_string(reports.join("inspect/LOGIN-3.html")).unwrap();
    assert!(page.contains("id=\"recording\" data-name=\"LOGIN-3\""));
}
