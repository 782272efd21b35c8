//! A check of `grade` that failed: its page and its recording in a real browser, and its transcript.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use harness::{DEADLINE, json, wait_until};

use crate::bench::Inspect;
use crate::browser::Browser;
use crate::page::pictures;

/// The line that starts one of the servers inside `grade`.
fn server(bug: &str) -> String {
    let grade = harness::program("grade");
    format!("'{}' built-in --port {{port}} --dialect {{dialect}} {bug}", grade.display())
}

/// Runs `grade` in a folder. Returns the exit code and the output.
fn grade(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut grade = Command::new(harness::program("grade"));
    let output = grade.args(arguments).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Checks that the place of the failure is selected and in view.
fn shows_the_failure(browser: &mut Browser) {
    browser.sees("view.chosen?.wrong && document.querySelector('.row[aria-selected=true] .note.error') !== null");
    browser.sees(
        "document.querySelector('.row[aria-selected=true]').getBoundingClientRect().bottom \
         <= list.getBoundingClientRect().bottom + 1",
    );
}

/// Steps through all rows with the key, and checks that each step shows one row more.
fn is_stepped_through(browser: &mut Browser) {
    let rows = browser.value("view.model.rows.length").as_u64().unwrap();
    assert!(rows > 9, "{rows} steps");
    // Five requests in one packet are five frames above one write.
    let said = "[...document.querySelectorAll('.say')].map((it) => it.textContent)";
    browser.sees(&format!(
        "{said}.filter((it) => it === 'sent in one write with 4 other frames').length === 5"
    ));
    browser.value("list.focus()");
    for step in 1..=rows {
        browser.presses("ArrowRight");
        browser.sees(&format!(
            "view.rows.length === {step} && view.chosen === view.rows.at(-1) \
             && document.getElementById('state').textContent.includes('step {step} of {rows}')"
        ));
    }
    // The last step says what was expected, in full.
    browser.sees(
        "document.querySelector('#chosen p.error')?.textContent.startsWith('not as expected at ')",
    );
    browser.sees("document.querySelectorAll('.row .way').length > 2");
    browser.presses("ArrowLeft");
    browser.sees(&format!("view.rows.length === {}", rows - 1));
    browser.presses("a");
    browser.sees(&format!("view.rows.length === {rows}"));
}

/// Presses the key of Save, and returns the path of the file.
fn saves(browser: &mut Browser, folder: &Path, name: &str) -> std::path::PathBuf {
    let file = folder.join(name);
    // It may be there from a save before.
    let _ = fs::remove_file(&file);
    let to = json!({"behavior": "allow", "downloadPath": folder});
    browser.call("Page.setDownloadBehavior", to);
    browser.presses("w");
    wait_until("the file is saved", DEADLINE, || {
        fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))
    });
    file
}

pub(crate) fn a_failed_check_is_stepped_through_and_saved(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let wrong = server("--bug recv-is-message");
    let arguments = ["--server", &wrong, "--check", "FRAME-2", "--patience", "1"];
    let more = ["--report", "reports", "--inspect"];
    let (code, said) = grade(folder.path(), &[&arguments[..], &more].concat());
    assert_eq!(code, Some(1), "{said}");
    let recordings = folder.path().join("reports/inspect");
    browser.resizes(1280, 800, "light");

    let page = format!("file://{}", recordings.join("FRAME-2.html").display());
    browser.opens(&page);
    shows_the_failure(browser);
    is_stepped_through(browser);
    pictures(browser, "graded");
    let alone = fs::read_to_string(saves(browser, folder.path(), "FRAME-2.chat")).unwrap();
    browser.had_no_errors(&page);

    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let events = recordings.join("FRAME-2.events");
    let inspect = Inspect::run(nothing, &[events.to_str().unwrap()]);
    browser.opens(&inspect.url());
    browser.sees("document.getElementById('state').textContent.startsWith('FRAME-2')");
    shows_the_failure(browser);
    is_stepped_through(browser);
    let file = saves(browser, folder.path(), "FRAME-2.chat");
    assert_eq!(fs::read_to_string(&file).unwrap(), alone);
    browser.had_no_errors(&inspect.url());

    // It is the program with the mistake that fails.
    let file = file.to_str().unwrap();
    let (code, said) = grade(folder.path(), &["play", file, "--server", &wrong, "--patience", "1"]);
    assert_eq!(code, Some(1), "{alone}{said}");
    let (code, said) = grade(folder.path(), &["play", file, "--server", &server("")]);
    assert_eq!(code, Some(0), "{alone}{said}");
}

pub(crate) fn a_check_without_a_transcript_says_why(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.html");
    let note =
        json!({"at": 1, "client": 0, "event": "note", "text": "not as expected", "wrong": true});
    let none = json!({"at": 0, "client": 0, "event": "transcript", "why": "<b>it is long</b>"});
    fs::write(&file, page::alone("LOGIN-3", &[note.to_string(), none.to_string()])).unwrap();
    let url = format!("file://{}", file.display());
    browser.opens(&url);
    browser.clicks("#save");
    browser.sees("document.getElementById('dialog').open");
    let said = browser.value("document.querySelector('#body p').textContent");
    assert_eq!(said, "<b>it is long</b>.");
    browser.presses("Escape");
    browser.had_no_errors(&url);
}
