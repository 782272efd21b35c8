//! The experiments of lab 1, `handout/labs/01-frames-by-hand`.
//!
//! The test does each experiment with the real server and the real client, and compares the
//! results with the solution of the lab. A copy of the workspace for students has no solution; there
//! the test is skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::clients::empty_home;
use harness::{DEADLINE, Peer, Server, Value};

use crate::engines::on_each_engine;

/// Answers by their keys.
type Answers = BTreeMap<String, String>;

const LAB: &str = "handout/labs/01-frames-by-hand";
const SOLUTION: &str = "bin/course/solutions/01-frames-by-hand/answers.toml";

/// Reads a file of the workspace. Returns `None` if it does not exist.
fn read(file: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok()
}

/// The answers of the solution. Returns `None` in a copy of the workspace without solutions.
fn solution() -> Option<Answers> {
    match read(SOLUTION) {
        Some(text) => Some(toml::from_str(&text).unwrap()),
        None => {
            harness::skipped("this copy of the workspace has no solution of lab 1");
            None
        }
    }
}

/// Sends each part in a separate write, ends the sending direction, and returns everything that the
/// server sends.
fn transcript(address: SocketAddr, parts: &[&str]) -> String {
    let mut peer = Peer::connect(address);
    for part in parts {
        peer.sends(part.as_bytes());
    }
    peer.finishes();
    let mut heard = String::new();
    peer.stream().read_to_string(&mut heard).unwrap();
    heard
}

/// The value of a key in the last line of a transcript.
fn last(transcript: &str, key: &str) -> String {
    let line = transcript.lines().last().expect("an answer");
    let line: Value = serde_json::from_str(line).unwrap();
    match &line[key] {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn last_word(text: &str) -> String {
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn login(name: &str) -> String {
    format!(r#"{{"request":"login","username":"{name}"}}"#) + "\n"
}

fn message(text: &str) -> String {
    format!(r#"{{"request":"message","message":"{text}"}}"#) + "\n"
}

/// A frame of the dialect `header`.
fn with_header(text: &str) -> String {
    format!("{:<10}{text}", text.len())
}

/// Logs in `ann` and `ben` in the dialect `header`. Returns the header of the text of ben's message as
/// ann receives it.
fn header_of(text: &str, address: SocketAddr) -> String {
    let mut ann = Peer::connect(address);
    ann.sends(with_header("ann").as_bytes());
    // If ben is faster, ann gets his message as part of the history.
    let mut ben = Peer::connect(address);
    ben.sends((with_header("ben") + &with_header(text)).as_bytes());
    header_before(text, &mut ann)
}

/// Reads frames of the dialect `header` up to this text. Returns its header.
fn header_before(text: &str, peer: &mut Peer) -> String {
    let mut frames = peer.stream();
    loop {
        let mut header = [0; 10];
        frames.read_exact(&mut header).unwrap();
        let header = String::from_utf8(header.to_vec()).unwrap().trim_end().to_owned();
        let mut body = vec![0; header.parse().unwrap()];
        frames.read_exact(&mut body).unwrap();
        if body == text.as_bytes() {
            return header;
        }
    }
}

/// The name of the first request that the client sends.
fn first_request_of_the_client() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = harness::client(empty_home().path())
        .arg(listener.local_addr().unwrap().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let line = lines.find(|line| !line.is_empty()).expect("a request");
    let request: Value = serde_json::from_str(&line).unwrap();
    drop((lines, client.stdin.take()));
    client.wait().unwrap();
    request["request"].as_str().unwrap().to_owned()
}

/// Does all experiments. Returns the results, by the keys of the questions.
fn experiments(engine: &str) -> Answers {
    let others = ["--listen", "header=127.0.0.1:0", "--listen", "ktn15=127.0.0.1:0"];
    let server = Server::start(engine, &others);
    let [json, header, ktn15] = server.addresses[..] else { panic!("three listeners") };
    let version = "{\"request\":\"version\"}\n";
    let (begin, end) = version.split_at(15);
    let ask = |parts: &[&str]| transcript(json, parts);

    let join = "{\"request\":\"join\",\"room\":\"tea\"}\n";
    let in_tea = "{\"request\":\"message\",\"room\":\"tea\",\"message\":\"milk?\"}\n";
    let five = [&message("one"), &message("  "), join, in_tea, &message("two")].concat();
    let number = last(&ask(&[&login("ann"), &five]), "id");

    let pieces = ask(&[&[version, version, begin].concat(), end]).lines().count().to_string();
    let unfinished = last(&ask(&[version.trim_end()]), "code");
    let letters = last(&ask(&[&login("kim"), &message(&"é".repeat(2050))]), "code");
    let escaped = last(&ask(&[&login("lea"), &message(&r"\u00e9".repeat(2050))]), "code");
    let column = last(&ask(&["{\"request\":\"login\",\"username\":\"ann\",}\n"]), "error");
    let both = last(&ask(&[&login("max"), "{\"request\":\"login\"}\n"]), "code");
    let fraction = "{\"request\":\"history\",\"limit\":1.0}\n";
    let fraction = last(&ask(&[&login("ola"), fraction]), "error");
    let nine = "x\n".repeat(9);
    let strikes = ask(&[&nine, "\n", &nine]);
    let strikes = strikes.lines().filter(|line| line.contains(r#""code":"not-an-object""#)).count();

    let in_ktn15 =
        transcript(ktn15, &["{\"request\":\"login\",\"content\":\"kai\"}{\"request\":\"names\"}"]);
    assert!(in_ktn15.contains("kai"), "{in_ktn15}");

    let seen = [
        ("pieces", pieces),
        ("unfinished", unfinished),
        ("letters", letters),
        ("escaped", escaped),
        ("column", last_word(&column)),
        ("both", both),
        ("kind", last_word(&fraction)),
        ("strikes", strikes.to_string()),
        ("number", number),
        ("header", header_of("blåbær", header)),
        ("newlines", in_ktn15.matches('\n').count().to_string()),
        ("first", first_request_of_the_client()),
    ];
    seen.into_iter().map(|(key, answer)| (key.to_owned(), answer)).collect()
}

#[test]
fn the_answers_of_the_solution_are_those_of_the_real_programs() {
    let Some(solution) = solution() else { return };
    on_each_engine(|engine| assert_eq!(experiments(engine), solution));
}

/// A check of `lab.toml`.
#[derive(serde::Deserialize)]
struct Check {
    id: String,
    title: String,
    points: u32,
    answer: String,
    sha256: String,
}

#[derive(serde::Deserialize)]
struct Lab {
    checks: Vec<Check>,
}

fn lab() -> Lab {
    toml::from_str(&read(&format!("{LAB}/lab.toml")).unwrap()).unwrap()
}

#[test]
fn every_question_has_a_check_and_a_row_on_the_page() {
    let empty: Answers = toml::from_str(&read(&format!("{LAB}/answers.toml")).unwrap()).unwrap();
    assert!(empty.values().all(String::is_empty), "an answer stands in the file for students");
    let checks = lab().checks;
    let asked: BTreeSet<&str> = checks.iter().map(|check| check.answer.as_str()).collect();
    assert_eq!(empty.keys().map(String::as_str).collect::<BTreeSet<_>>(), asked);
    assert_eq!(checks.iter().map(|check| check.points).sum::<u32>(), 100);
    let page = read(&format!("{LAB}/README.md")).unwrap();
    for Check { id, title, points, answer, .. } in &checks {
        let row = format!("| {id} | `{answer}` | {title} | {points} |");
        assert!(page.contains(&row), "the page has no row {row}");
    }
}

#[test]
fn the_checksums_in_the_lab_are_those_of_the_solution() {
    let Some(solution) = solution() else { return };
    for Check { id, answer, sha256, .. } in lab().checks {
        let salted = format!("strata lab 1 {answer} {}", solution[&answer]);
        let Some(sum) = sum_of(&salted) else {
            return harness::skipped("this machine has no sha256sum");
        };
        assert_eq!(sum, sha256, "{id}: the checksum of the answer to {answer}");
    }
}

/// The description of a wrong solution.
#[derive(serde::Deserialize)]
struct Wrong {
    about: String,
    fails: Vec<String>,
}

#[test]
fn every_wrong_solution_fails_exactly_its_checks() {
    let Some(solution) = solution() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bin/course/wrong/01-frames-by-hand");
    let mut tried = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let wrong: Wrong = toml::from_str(&file("wrong.toml")).unwrap();
        let answers: Answers = toml::from_str(&file("answers.toml")).unwrap();
        let failing = lab()
            .checks
            .into_iter()
            .filter(|check| answers[&check.answer] != solution[&check.answer]);
        let failing: Vec<String> = failing.map(|check| check.id).collect();
        assert_eq!(failing, wrong.fails, "{}: {}", folder.display(), wrong.about);
        tried += 1;
    }
    assert!(tried >= 5, "the wrong solutions were not found");
}

/// The SHA-256 of a text as the program `sha256sum` computes it, or `None` without that program.
fn sum_of(text: &str) -> Option<String> {
    let mut program =
        Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    program.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = String::from_utf8(program.wait_with_output().ok()?.stdout).ok()?;
    output.split(' ').next().map(str::to_owned)
}
