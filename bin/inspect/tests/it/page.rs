//! The page in a real browser. One browser tells all stories, because its start is slow.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use harness::json;

use crate::access::{axe, rows_and_dialogs_are_accessible};
use crate::bench::{Ends, Inspect};
use crate::browser::{Browser, program};
use crate::files;
use crate::graded;
use crate::inside::the_hops_of_a_server;

/// The frames of the model.
const FRAMES: &str = "view.model.rows.filter((row) => row.note === undefined)";

#[test]
#[ignore = "slow"]
fn the_page_in_a_real_browser() {
    let Some(program) = program() else {
        return harness::skipped("there is no chromium");
    };
    let mut browser = Browser::start(&program);
    two_clients_talk(&mut browser);
    frames_are_held_and_changed(&mut browser);
    hostile_frames_are_text(&mut browser);
    ten_thousand_frames(&mut browser);
    a_recording_is_shown(&mut browser);
    files::a_transcript_is_opened(&mut browser);
    files::a_transcript_is_opened_by_the_page(&mut browser);
    files::a_page_that_stands_alone_shows_a_recording(&mut browser);
    graded::a_failed_check_is_stepped_through_and_saved(&mut browser);
    graded::a_check_without_a_transcript_says_why(&mut browser);
    for engine in harness::ENGINES {
        the_hops_of_a_server(&mut browser, engine);
    }
}

pub(crate) fn opened(browser: &mut Browser, dialect: &str) -> Inspect {
    let inspect = Inspect::start(dialect);
    browser.resizes(1280, 800, "light");
    browser.opens(&inspect.url());
    browser.sees("view.status === 'live'");
    inspect
}

fn login(ends: &mut Ends, name: &str) {
    let request = format!("{{\"request\":\"login\",\"username\":\"{name}\",\"tag\":1}}\n");
    ends.client.sends(&request);
    ends.server.hears(&request);
    let answer = format!("{{\"response\":\"login\",\"username\":\"{name}\",\"tag\":1}}\n");
    ends.server.sends(&answer);
    ends.client.hears(&answer);
}

fn two_clients_talk(browser: &mut Browser) {
    let inspect = opened(browser, "auto");
    browser.sees("!document.getElementById('empty').hidden");
    let (mut alice, mut bob) = (inspect.connect(), inspect.connect());
    login(&mut alice, "alice");
    login(&mut bob, "bob");
    let join = "{\"response\":\"join\",\"username\":\"bob\"}\n";
    alice.server.sends(join);
    alice.client.hears(join);
    browser.sees(&format!("{FRAMES}.length === 5"));
    // A frame in two reads, and two frames in one read.
    let (first, second) = ("{\"request\":\"message\",", "\"message\":\"hello bob\",\"tag\":2}\n");
    alice.client.sends(first);
    alice.server.hears(first);
    browser.sees("document.getElementById('state').textContent.includes('21 bytes of an unfinished frame from alice')");
    alice.client.sends(second);
    alice.server.hears(second);
    let message = "{\"response\":\"message\",\"username\":\"alice\",\"message\":\"hello bob\"}\n";
    let both = format!("{message}{{\"response\":\"leave\",\"username\":\"carol\"}}\n");
    bob.server.sends(&both);
    bob.client.hears(&both);
    bob.server.sends("{\"response\":\"error\",\"error\":\"The name is taken.\"}\n");
    bob.client.hears("{\"response\":\"error\",\"error\":\"The name is taken.\"}\n");
    browser.sees(&format!("{FRAMES}.length === 9"));
    browser.sees("document.querySelectorAll('.way').length === 9");
    let kinds = browser.value(&format!("{FRAMES}.map((row) => row.kind)"));
    let want =
        ["request", "answer", "request", "answer", "news", "request", "news", "news", "error"];
    assert_eq!(kinds, json!(want));
    let heads =
        browser.value("[...document.querySelectorAll('.head b')].map((it) => it.textContent)");
    assert_eq!(heads, json!(["alice", "bob", "server"]));
    let said = browser.value("[...document.querySelectorAll('.say')].map((it) => it.textContent)");
    assert_eq!(said[5], "1 frame in 2 reads: 21 + 31 bytes");
    assert!(said[6].as_str().unwrap().ends_with("more than this frame"), "{said}");
    let saved =
        browser.value("fetch(document.getElementById('save').href).then((it) => it.text())");
    let saved = saved.as_str().unwrap();
    for step in [
        r#"alice > {"request":"login","username":"alice","tag":1}"#,
        r#"alice >> {"request":"message","#,
        r#"bob < {"response":"message","username":"alice","message":"hello bob",…}"#,
    ] {
        assert!(saved.lines().any(|line| line == step), "no {step} in {saved}");
    }
    // A frame is unfolded by mouse and by key, and its text is unchanged but for white space.
    browser.value("list.focus()");
    browser.presses("Home");
    browser.sees("list.scrollTop < 100 && view.chosen.frame === 1");
    browser.clicks(".row.passed .text");
    browser
        .sees("document.querySelector('pre')?.textContent.includes('\"request\": \"login\",\\n')");
    browser.presses("Enter");
    browser.sees("document.querySelector('pre') === null");
    // The filter finds persons, kinds and texts.
    browser.clicks("#find");
    browser.call("Input.insertText", json!({"text": "hello"}));
    browser.sees("document.querySelectorAll('.way').length === 2");
    browser.value("document.getElementById('find').value = ''; document.getElementById('find').oninput({target: {value: ''}}); list.focus()");
    browser.sees("document.querySelectorAll('.way').length === 9");
    pictures(browser, "inspect");
    rows_and_dialogs_are_accessible(browser);
    axe(browser);
    browser.had_no_errors(&inspect.url());
}

/// Takes pictures at three sizes, for a person to look at.
pub(crate) fn pictures(browser: &mut Browser, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (size, width, height, colours) in [
        ("phone", 320, 640, "light"),
        ("laptop", 1280, 800, "dark"),
        ("projector", 1920, 1080, "light"),
    ] {
        browser.resizes(width, height, colours);
        browser.sees("view.elements.size > 0");
        browser.sees("document.documentElement.scrollWidth <= innerWidth");
        browser.takes_a_picture(&folder.join(format!("{name}-{size}.png")));
    }
    browser.resizes(1280, 800, "light");
}

/// Waits until this many frames are held in the page.
fn sees_held(browser: &mut Browser, count: usize) {
    browser.sees(&format!("document.querySelectorAll('.row.held').length === {count}"));
}

/// Selects the held frame of this place, from 0.
fn selects(browser: &mut Browser, place: usize) {
    browser.value(&format!("choose(heldRows(view.model)[{place}])"));
    browser.sees("!document.querySelector('#hands button').disabled");
}

/// A request to send this message.
fn says(text: &str) -> String {
    format!("{{\"request\":\"message\",\"message\":\"{text}\"}}\n")
}

fn frames_are_held_and_changed(browser: &mut Browser) {
    let inspect = opened(browser, "json");
    let mut ends = inspect.connect();
    login(&mut ends, "alice");
    browser.sees(&format!("{FRAMES}.length === 2"));
    browser.value("list.focus()");
    browser.presses(" ");
    browser.sees("document.getElementById('pause').getAttribute('aria-pressed') === 'true'");
    let texts = ["one", "two", "three", "four", "five", "six"].map(says);
    for (index, frame) in texts.iter().enumerate() {
        ends.client.sends(frame);
        sees_held(browser, index + 1);
    }
    let [one, two, _, four, five, _] = &texts;
    ends.server.hears_nothing();
    // Step.
    browser.presses("s");
    ends.server.hears(one);
    sees_held(browser, 5);
    // Cut at byte 20, and step twice.
    selects(browser, 0);
    browser.value("{ const cut = document.getElementById('cut'); cut.value = 20; cut.oninput(); }");
    browser.presses("c");
    browser.sees("document.querySelectorAll('.plan').length === 2");
    browser.presses("s");
    assert_eq!(ends.server.read(), two[..20]);
    browser.sees("document.querySelectorAll('.w').length > 0");
    browser.resizes(1280, 800, "dark");
    browser.takes_a_picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect-hands.png"));
    browser.resizes(1280, 800, "light");
    browser.presses("s");
    assert_eq!(ends.server.read(), two[20..]);
    sees_held(browser, 4);
    // Drop, by mouse.
    selects(browser, 0);
    browser.clicks("#hands button:nth-child(2)");
    browser.sees("document.querySelectorAll('.row.dropped').length === 1");
    // Reorder: five before four.
    selects(browser, 1);
    browser.presses("[");
    // Edit six.
    selects(browser, 2);
    browser.presses("e");
    browser.sees("document.getElementById('dialog').open");
    browser.value("document.querySelector('textarea').value = 'seven'");
    browser.clicks("#ok");
    browser.sees("document.querySelector('.row.held .say').textContent !== '' && view.chosen.did.length === 1");
    ends.server.hears_nothing();
    browser.value("list.focus()");
    browser.presses(" ");
    ends.server.hears(format!("{five}{four}seven\n"));
    sees_held(browser, 0);
    // One direction of one person, by mouse.
    browser.clicks(".head button:nth-of-type(2)");
    browser.sees("document.querySelector('.head button:nth-of-type(2)').getAttribute('aria-pressed') === 'true'");
    ends.server.sends("down\n");
    sees_held(browser, 1);
    ends.client.hears_nothing();
    browser.presses("?");
    browser.sees("document.getElementById('dialog').open && document.querySelectorAll('dialog tr').length > 20");
    browser.presses("Escape");
    browser.sees("!document.getElementById('dialog').open");
    browser.clicks(".head button:nth-of-type(2)");
    ends.client.hears("down\n");
    // A preset, with its dialog.
    browser.value("list.focus()");
    browser.presses("p");
    browser.sees("document.getElementById('dialog').open");
    browser.clicks("#ok");
    browser.sees("view.model.lanes.get('1down').rules.cut === 7");
    ends.server.sends("0123456789\n");
    assert_eq!(ends.client.read(), "0123456");
    ends.client.hears("789\n");
    browser.sees("document.getElementById('notice').textContent === ''");
    browser.had_no_errors(&inspect.url());
}

fn hostile_frames_are_text(browser: &mut Browser) {
    let inspect = opened(browser, "json");
    let mut ends = inspect.connect();
    let script = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>";
    let hostile = [
        format!("{{\"request\":\"login\",\"username\":\"{script}\"}}\n"),
        format!("{script}\n"),
        "\u{202e}evil\u{0}\u{1b}[31m\u{7f}\n".to_owned(),
        format!("{{\"request\":\"__proto__\",\"constructor\":\"{}\"}}\n", "[".repeat(3000)),
        format!("{}\n", "x".repeat(1 << 20)),
    ];
    for frame in &hostile {
        ends.client.sends(frame);
        ends.server.hears(frame);
    }
    ends.client.sends(b"\xff\xfe\xc3\x28\n");
    ends.server.hears(b"\xff\xfe\xc3\x28\n");
    browser
        .sees(&format!("{FRAMES}.length >= 6 && view.model.rows.at(-1).text.includes('\\ufffd')"));
    browser.value("for (const row of view.model.rows) { choose(row); toggle(row); } refresh()");
    browser.sees("document.body.textContent.includes('<script>window.hacked=1')");
    browser.sees("document.body.textContent.includes('<U+202E>evil\\u2400\\u241b[31m')");
    assert_eq!(browser.value("typeof window.hacked"), "undefined");
    assert_eq!(
        browser.value("document.querySelectorAll('main script, main img, header img').length"),
        0
    );
    pictures(browser, "hostile");
    browser.had_no_errors(&inspect.url());
}

fn ten_thousand_frames(browser: &mut Browser) {
    let inspect = opened(browser, "json");
    let mut ends = inspect.connect();
    let line = "{\"request\":\"message\",\"message\":\"hello\"}\n";
    let mut sender = ends.client.0.try_clone().unwrap();
    let sends = std::thread::spawn(move || {
        (0..10_000).for_each(|_| sender.write_all(line.as_bytes()).unwrap());
    });
    ends.server.hears(line.repeat(10_000));
    sends.join().unwrap();
    browser.sees(&format!("{FRAMES}.length === 10000"));
    let elements = browser.value("document.querySelectorAll('.row').length").as_u64().unwrap();
    assert!(elements < 60, "{elements} rows are elements");
    let took = browser.value("(() => { const begin = performance.now(); refresh(); return performance.now() - begin; })()");
    let took = Duration::from_secs_f64(took.as_f64().unwrap() / 1000.0);
    assert!(took < Duration::from_secs(1), "the page takes {took:?} for one drawing");
    browser.value("list.focus()");
    browser.presses("Home");
    browser.sees("list.scrollTop < 200 && view.chosen.frame === 1");
    browser.presses("f");
    browser.sees("list.scrollTop > 100000");
    pictures(browser, "many");
    browser.had_no_errors(&inspect.url());
}

fn a_recording_is_shown(browser: &mut Browser) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.events");
    let frame = |number: u64| {
        format!(
            "{{\"at\":1.5,\"client\":1,\"event\":\"frame\",\"frame\":{number},\"way\":\"up\",\"kind\":\"request\",\
             \"label\":\"names\",\"from\":0,\"size\":3,\"text\":\"{{}}\\n\",\"lead\":0,\"trail\":1,\"reads\":[],\
             \"brought\":0,\"held\":false}}\n"
        )
    };
    std::fs::write(&file, (1..=21_000).map(frame).collect::<String>()).unwrap();
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let inspect = Inspect::run(nothing, &["--replay", file.to_str().unwrap()]);
    browser.opens(&inspect.url());
    browser.sees(&format!("{FRAMES}.length === 20000 && {FRAMES}[0].frame === 1001"));
    browser.value("list.focus()");
    browser.presses("Home");
    browser.sees("!document.getElementById('earlier').hidden");
    browser.clicks("#earlier");
    browser.sees(&format!("{FRAMES}.length === 21000 && {FRAMES}[0].frame === 1"));
    browser.presses(" ");
    browser.sees("document.getElementById('notice').textContent.includes('this is a recording')");
    browser.had_no_errors(&inspect.url());
}
