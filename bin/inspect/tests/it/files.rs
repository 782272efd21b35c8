//! Files that the page shows step by step: transcripts and recordings.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use harness::{Value, json};

use crate::access::accessible;
use crate::bench::Inspect;
use crate::browser::Browser;
use crate::page::opened;

const TALK: &str = "alice > {\"request\":\"login\",\"username\":\"alice\"}\n\
    alice < {\"response\":\"login\",\"username\":\"alice\",…}\n\
    bob > {\"request\":\"login\",\"username\":\"bob\"}\n\
    bob < {\"response\":\"login\",…}\n\
    alice > {\"request\":\"message\",\n      | \"message\":\"hello\"}\n\
    bob < {\"response\":\"message\",\"message\":\"hello\",…}\n\
    alice < (ends)\n";

/// The number of arrows.
const ARROWS: &str = "document.querySelectorAll('.way').length";

/// Shows a file without any program.
fn shows(file: &Path) -> Inspect {
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    Inspect::run(nothing, &[file.to_str().unwrap()])
}

fn heads(browser: &mut Browser) -> Value {
    browser.value("[...document.querySelectorAll('.head b')].map((it) => it.textContent)")
}

pub(crate) fn a_transcript_is_opened(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("talk.chat");
    std::fs::write(&file, TALK).unwrap();
    let inspect = shows(&file);
    browser.resizes(1280, 800, "light");
    browser.opens(&inspect.url());
    // The first step is that alice connects.
    browser.sees("document.getElementById('state').textContent.includes('step 1 of 9')");
    assert_eq!(browser.value(ARROWS), 0);
    assert_eq!(heads(browser), json!(["alice", "bob", "server"]));
    browser.value("list.focus()");
    browser.presses("ArrowRight");
    browser.sees(&format!("{ARROWS} === 1 && view.chosen.label === 'login'"));
    browser.clicks("#next");
    browser.sees(&format!("{ARROWS} === 2 && view.chosen.kind === 'answer'"));
    browser.presses("ArrowLeft");
    browser.sees(&format!("{ARROWS} === 1"));
    browser.clicks("#previous");
    browser.sees(&format!("{ARROWS} === 0"));
    browser.presses("ArrowLeft");
    browser.sees("document.getElementById('state').textContent.includes('step 1 of 9')");
    browser.presses("a");
    browser.sees(&format!("{ARROWS} === 6"));
    let said = browser.value("[...document.querySelectorAll('.say')].map((it) => it.textContent)");
    assert_eq!(said[4], "1 frame in 2 reads: 21 + 19 bytes");
    assert_eq!(said[5], "in any number of reads");
    let times =
        browser.value("[...document.querySelectorAll('.time')].map((it) => it.textContent)");
    assert_eq!((&times[1], &times[8]), (&json!("line 1"), &json!("line 8")));
    let seen = "document.getElementById('pause').checkVisibility()";
    assert_eq!(browser.value(seen), false, "there is nothing to pause");
    browser.takes_a_picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect-file.png"));
    accessible(browser, &["next", "find", "list"]);
    browser.resizes(320, 640, "light");
    browser.sees("document.documentElement.scrollWidth <= innerWidth");
    browser.had_no_errors(&inspect.url());
}

pub(crate) fn a_transcript_is_opened_by_the_page(browser: &mut Browser) {
    let inspect = opened(browser, "json");
    let mut ends = inspect.connect();
    ends.client.sends("{\"request\":\"names\"}\n");
    browser.sees(&format!("{ARROWS} === 1"));
    let drops = |name: &str, text: &str| {
        format!(
            "{{ const data = new DataTransfer(); data.items.add(new File([{}], {}));\
             dispatchEvent(new DragEvent('drop', {{ dataTransfer: data }})); }}",
            json!(text),
            json!(name)
        )
    };
    browser.value(&drops("talk.chat", TALK));
    browser
        .sees("document.getElementById('state').textContent.startsWith('talk.chat · step 1 of 9')");
    browser.presses("a");
    browser.sees(&format!("{ARROWS} === 6"));
    // Frames of the program go on, and keys do nothing to them.
    ends.client.sends("{\"request\":\"names\"}\n");
    browser.sees("view.live.frames.size === 2");
    assert_eq!(browser.value(ARROWS), 6);
    browser.presses(" ");
    browser.sees("document.getElementById('notice').textContent.includes('this is a file')");
    browser.clicks("#shut");
    browser.sees(&format!("{ARROWS} === 2"));
    assert_eq!(browser.value("view.live.paused"), false);
    // An error stands in a dialog, with its place.
    browser.value(&drops("<b>.chat", "alice > {}\nalice > (flies)\n"));
    browser.sees("document.getElementById('dialog').open");
    let error = browser.value("document.querySelector('#body pre').textContent");
    let error = error.as_str().unwrap();
    assert!(error.starts_with("<b>.chat:2:9: no action is called (flies)"), "{error}");
    browser.presses("Escape");
    browser.value(&drops("long.chat", &"# long\n".repeat(200_000)));
    browser.sees("document.getElementById('notice').textContent.includes('up to 1 MiB')");
    assert_eq!(browser.value(ARROWS), 2);
    browser.had_no_errors(&inspect.url());
}

pub(crate) fn a_page_that_stands_alone_shows_a_recording(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.html");
    let hostile = "</script><script>window.hacked=1</script>";
    let frame = json!({
        "at": 1.5, "client": 1, "event": "frame", "frame": 1, "way": "up", "kind": "raw", "label": hostile,
        "from": 0, "size": 42, "text": format!("{hostile}\n"), "lead": 0, "trail": 1, "reads": [],
        "brought": 0, "held": false
    });
    let named = json!({"at": 0, "client": 1, "event": "named", "name": "eve"});
    // `grade` writes such events, too.
    let wrote = json!({"at": 1.5, "client": 1, "event": "wrote", "way": "up", "bytes": 42,
        "parts": [{"frame": 1, "from": 0, "to": 42}]});
    let wrong =
        json!({"at": 2, "client": 1, "event": "note", "text": "not as expected", "wrong": true});
    let events = [named, frame, wrote, wrong].map(|event| event.to_string());
    std::fs::write(&file, page::alone("LOGIN-3", &events)).unwrap();
    let url = format!("file://{}", file.display());
    browser.opens(&url);
    browser.sees(&format!("{ARROWS} === 1"));
    browser
        .sees("document.getElementById('state').textContent.startsWith('LOGIN-3 · all 2 steps')");
    browser.sees("document.querySelector('.say').textContent === 'sent in one write'");
    browser.sees("document.querySelector('.note.error').textContent === 'not as expected'");
    browser.presses("ArrowRight");
    browser.sees("view.chosen !== null");
    browser.presses("ArrowRight");
    browser.sees("document.querySelector('#chosen p.error').textContent === 'not as expected'");
    assert_eq!(browser.value("typeof window.hacked"), "undefined");
    assert_eq!(heads(browser), json!(["eve", "server"]));
    for hidden in ["pause", "save", "open", "shut"] {
        let seen = browser.value(&format!("document.getElementById('{hidden}').checkVisibility()"));
        assert_eq!(seen, false, "{hidden}");
    }
    browser.had_no_errors(&url);
}

#[test]
fn a_wrong_transcript_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.chat");
    std::fs::write(&file, "alice > {}\nalice > (flies)\n").unwrap();
    let run = |file: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_inspect")).arg(file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = run(&file);
    assert_eq!(code, Some(2));
    assert!(error.contains("wrong.chat:2:9: no action is called (flies)"), "{error}");
    let (code, error) = run(&folder.path().join("none.chat"));
    assert_eq!(code, Some(2));
    assert!(error.contains("cannot open") && error.contains("none.chat"), "{error}");
    let page = folder.path().join("report.html");
    std::fs::write(&page, page::alone("LOGIN-3", &[])).unwrap();
    let (code, error) = run(&page);
    assert_eq!(code, Some(2));
    assert!(error.contains("it is a page; open it in a browser"), "{error}");
    let (code, error) = run(Path::new("127.0.0.1:49512"));
    assert_eq!(code, Some(2));
    assert!(error.contains("for a server, write --to 127.0.0.1:49512"), "{error}");
}

#[test]
fn a_call_without_a_server_and_a_file_names_both() {
    let output = Command::new(env!("CARGO_BIN_EXE_inspect")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--to HOST:PORT\n") && error.contains("[OPTIONS] FILE"), "{error}");
}

#[test]
fn only_the_own_page_opens_files() {
    let inspect = Inspect::start("json");
    // Another thread records it.
    inspect.hears(1, &json!({"event": "started"}));
    let (page, token) = (inspect.page, &inspect.token);
    let body = json!({"name": "a.chat", "text": TALK}).to_string();
    let post = |path: &str, origin: &str| {
        inspect.http(&format!(
            "POST /{path}/open HTTP/1.1\r\nHost: {page}\r\nOrigin: {origin}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    let (status, answer) = post(token, &format!("http://{page}"));
    let answer: Value = answer.parse().unwrap();
    assert_eq!((status, &answer["events"][0]["listen"]), (200, &json!("a.chat")));
    assert_eq!(post(token, "http://evil.example").0, 403);
    assert_eq!(post(&"0".repeat(32), &format!("http://{page}")).0, 403);
    assert_eq!(inspect.events().len(), 1, "the record has nothing of it");
}
