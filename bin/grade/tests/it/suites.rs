//! `grade tests` and `grade harvest`: suites of transcripts against the servers inside `grade`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::selection;

/// The largest number of transcripts in a reference suite.
const MOST: usize = 12;

/// Runs `grade`. Returns the exit code and what it printed.
fn run(arguments: &[&str]) -> (i32, String) {
    let output =
        Command::new(assert_cmd::cargo::cargo_bin!("grade")).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!said.concat().contains("panicked"), "{}", said.concat());
    (output.status.code().unwrap(), said.concat())
}

/// A folder with these transcripts.
fn folder(transcripts: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), transcripts);
    folder
}

fn write(folder: &Path, transcripts: &[(&str, &str)]) {
    for (name, text) in transcripts {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The folder of a reference suite. The suite in `json` is the solution of a lab.
fn reference(dialect: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    match dialect {
        "json" => here.join("../course/solutions/00-tests-first/transcripts"),
        _ => here.join("tests/suite").join(dialect),
    }
}

/// alice is logged in, and a server may tell her who comes and goes.
const ALICE: &str = "\
ignore {\"response\":\"join\",…}
ignore {\"response\":\"leave\",…}
alice > {\"request\":\"login\",\"username\":\"alice\"}
alice < {\"response\":\"login\",\"username\":\"alice\",…}
";

/// bob, too.
const BOB: &str = "\
bob > {\"request\":\"login\",\"username\":\"bob\"}
bob < {\"response\":\"login\",\"username\":\"bob\",…}
";

fn catches_every_mutant(dialect: &str) {
    let suite = reference(dialect);
    let count = fs::read_dir(&suite).unwrap().count();
    assert!((1..=MOST).contains(&count), "{count} transcripts");
    let suite = suite.to_str().unwrap();
    let (code, said) = run(&["tests", suite, "--dialect", dialect]);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("not caught") && said.contains("points: 16 of 16"), "{said}");
}

/// The suite of one dialect, another one each day. `STRATA_MATRIX=all` tries all.
#[test]
#[ignore = "slow"]
fn the_reference_suite_catches_every_mutant() {
    let dialects = selection::one_in_turn(&super::DIALECTS, 0);
    dialects.into_iter().for_each(|dialect| catches_every_mutant(dialect));
}

/// Each round is a race between the server that notices a departure and the next request. One lost round is
/// enough, and a busy machine loses some on every server.
#[test]
#[ignore = "slow"]
fn a_transcript_that_hopes_for_a_quick_server_is_invalid() {
    let round = |number: usize| {
        format!(
            "bob{number} > {{\"request\":\"login\",\"username\":\"bob{number}\"}}\n\
             bob{number} < {{\"response\":\"login\",\"username\":\"bob{number}\",…}}\n\
             bob{number} > (hangs up)\n\
             alice > {{\"request\":\"names\"}}\n\
             alice < {{\"response\":\"names\",\"names\":[\"alice\"],…}}\n"
        )
    };
    let rounds = |count| -> String { (1..=count).map(round).collect() };
    let waits = round(1).replace("hangs up)\n", "hangs up)\nalice < (nothing)\n");
    let folder = folder(&[
        ("quick.chat", &format!("{ALICE}{}", rounds(3))),
        ("busy.chat", &format!("{ALICE}{}", rounds(10))),
        ("right.chat", &format!("{ALICE}{waits}")),
    ]);
    let (_, said) = run(&["tests", folder.path().to_str().unwrap()]);
    for file in ["quick.chat:", "busy.chat:"] {
        let late = said.lines().find(|line| line.contains(file)).unwrap();
        assert!(late.ends_with("on a server that notices late who has gone"), "{said}");
    }
    assert!(said.contains("allows it: take its time to notice"), "{said}");
    assert!(
        said.lines().any(|line| line.starts_with("valid") && line.ends_with("right.chat")),
        "{said}"
    );
}

/// No transcript here checks that two people have different names.
#[test]
#[ignore = "slow"]
fn a_suite_without_a_subject_misses_its_mutants() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["answers.chat", "backlog.chat", "logout.chat"] {
        fs::copy(reference("json").join(name), folder.path().join(name)).unwrap();
    }
    let (code, said) = run(&["tests", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("not caught  two people cannot have the same name"), "{said}");
    assert!(said.contains("(names)") && said.contains("(many people)"), "{said}");
    assert!(said.contains("3 of 3 transcripts are valid"), "{said}");
}

#[test]
fn the_reference_suites_have_the_one_form() {
    for dialect in ["json", "ktn14", "ktn15"] {
        let files = fs::read_dir(reference(dialect)).unwrap();
        let files: Vec<String> =
            files.map(|file| file.unwrap().path().to_str().unwrap().to_owned()).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (code, said) = run(&[&["play", "--fmt", "--check"], files.as_slice()].concat());
        assert_eq!(code, 0, "{said}");
    }
}

/// The right server on which a transcript fails, with the place where it does, and words of the sentence
/// that allows what the server does.
type Cause = (&'static str, &'static str);

/// Transcripts that demand too much, with their names. One of the causes is named.
fn too_much() -> Vec<(&'static str, String, Vec<Cause>)> {
    let talk = format!("{ALICE}{BOB}");
    vec![
        (
            "closed",
            "alice > {\"request\":\"login\",\"username\":\"alice\"}\n\
             alice < {\"response\":\"login\",\"username\":\"alice\",\"messages\":[]}\n"
                .to_owned(),
            vec![(":2:9, on a server that adds keys", "end each object with")],
        ),
        (
            "code",
            "alice > {\"request\":\"logout\"}\n\
             alice < {\"response\":\"logout\",\"error\":\"…\",\"code\":\"…\",…}\n"
                .to_owned(),
            vec![(
                ":2:49, on a server that does only what it has to",
                "expect no request, key or event that they do not name",
            )],
        ),
        (
            "form",
            "alice > {\"request\":\"names\"}\n\
             alice << {\"response\":\"names\",\"error\":\"You\n"
                .to_owned(),
            vec![(":2:10, on a server that adds keys", "add keys")],
        ),
        (
            "id",
            format!(
                "{ALICE}alice > {{\"request\":\"message\",\"message\":\"x\"}}\n\
                 alice < {{\"response\":\"message\",\"id\":1,…}}\n"
            ),
            vec![(":6:36, on a server that chooses ids", "choose ids")],
        ),
        (
            "words",
            format!(
                "{ALICE}alice > {{\"request\":\"message\"}}\n\
                 alice < {{\"response\":\"message\",\"error\":\"Missing argument: message\",…}}\n"
            ),
            vec![(":6:39, on a server that chooses ids and texts", "free texts")],
        ),
        (
            "news",
            talk.replace("ignore {\"response\":\"join\",…}\n", "")
                + "bob > {\"request\":\"message\",\"message\":\"x\"}\n\
                   alice < {\"response\":\"message\",\"message\":\"x\",…}\n",
            vec![(":7:21, on a server that tells people who comes and goes", "begin with `ignore")],
        ),
        (
            "order",
            // On most servers, names are listed before the message of alice comes.
            talk + "bob > {\"request\":\"names\"}\nalice > {\"request\":\"names\"}\n"
                + &"      + {\"request\":\"names\"}\n".repeat(2)
                + "      + {\"request\":\"message\",\"message\":\"x\"}\n\
                   bob < {\"response\":\"names\",…}\n\
                   bob < {\"response\":\"message\",\"message\":\"x\",…}\n",
            // Where names are listed late, with many processes on the machine, the message may come first too.
            vec![
                (":12:19, on a server that lets messages overtake answers", "join them with `&`"),
                (":12:19, on a server that answers late", "wait for an answer before someone else"),
            ],
        ),
    ]
}

#[test]
#[ignore = "slow"]
fn a_transcript_that_demands_too_much_is_invalid() {
    let cases = too_much();
    let folder = tempfile::tempdir().unwrap();
    for (name, text, _) in &cases {
        fs::write(folder.path().join(format!("{name}.chat")), text).unwrap();
    }
    let (code, said) = run(&["tests", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{said}");
    for (name, _, causes) in cases {
        let begin = said.find(&format!("/{name}.chat")).unwrap();
        let report = &said[begin..];
        let end = report.find("\ninvalid").unwrap_or(report.len());
        let report = &report[..end];
        let is_named = |(server, words): &Cause| report.contains(server) && report.contains(words);
        assert!(causes.iter().any(is_named), "{name}: {report}");
    }
    // What is invalid catches nothing.
    assert!(said.contains("0 of 7 transcripts are valid"), "{said}");
    assert!(said.contains("0 of 42 mutants caught"), "{said}");
    assert!(said.contains("points: 0 of 16"), "{said}");
}

#[test]
#[ignore = "slow"]
fn the_rubric_decides_what_is_told_about_a_mutant() {
    let text = format!(
        "{ALICE}alice > {{\"request\":\"message\",\"message\":\"x\"}}\n\
         alice < {{\"response\":\"message\",\"message\":\"x\",…}}\n"
    );
    let folder = folder(&[("echo.chat", &text)]);
    let rubric = folder.path().join("rubric.toml");
    let suite = folder.path().to_str().unwrap();
    let told = |tell: &str| {
        let usual = include_str!("../../../../handout/rubric.toml");
        fs::write(&rubric, usual.replace("tell = \"area\"", &format!("tell = \"{tell}\"")))
            .unwrap();
        run(&["tests", suite, "--rubric", rubric.to_str().unwrap()])
    };
    let (code, said) = told("description");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("caught      a message reaches its sender, too (echo.chat)"), "{said}");
    assert!(said.contains("not caught  number 31: puts the name of the receiver"), "{said}");
    let (code, said) = told("everything");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("rubric.toml") && said.contains("tell"), "{said}");
}

#[test]
fn a_suite_that_cannot_be_judged_is_named() {
    let step = "alice > (connects)\n";
    for (transcripts, what) in [
        (vec![], "there is no file that ends with .chat"),
        (vec![("a.chat", "alice > (hangs over)\n")], "a.chat:1:9: no action is called"),
        (
            vec![("a.chat", "dialect plain\nalice > (connects)\n")],
            "no servers for the dialect plain",
        ),
        (vec![("a.chat", step), ("b.chat", "dialect ktn14\nalice > (connects)\n")], "in ktn14"),
    ] {
        let folder = folder(&transcripts);
        let (code, said) = run(&["tests", folder.path().to_str().unwrap()]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(what), "{said}");
    }
    let (code, said) = run(&["tests", "/no/such/folder"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("/no/such/folder"), "{said}");
}

#[test]
#[ignore = "slow"]
fn a_harvest_counts_the_people_behind_each_misunderstanding() {
    let class = tempfile::tempdir().unwrap();
    let cases = too_much();
    let text = |name: &str| {
        let found = cases.iter().find(|(known, ..)| *known == name);
        found.map(|(_, text, _)| text.clone()).unwrap()
    };
    for (who, names) in [("ada", vec!["closed", "id"]), ("bert", vec!["closed"]), ("carl", vec![])]
    {
        let suite = class.path().join(who);
        fs::create_dir(&suite).unwrap();
        for name in names {
            fs::write(suite.join(format!("{name}.chat")), text(name)).unwrap();
        }
    }
    write(&class.path().join("bert"), &[("wrong.chat", "bert > (hangs over)\n")]);
    let (code, said) = run(&["harvest", class.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    for line in [
        "3 people and 4 transcripts: 0 valid, 3 invalid, 1 with wrong syntax, 0 undecided",
        "without a transcript: carl",
        "2 people in 2 transcripts: they fail on a server that adds keys",
        "  transcripts.md allows it: add keys to every response",
        "  they expected: \"login\" (2)",
        "1 person in 1 transcript: they fail on a server that chooses ids and texts of its own",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(said.find("2 people").unwrap() < said.find("1 person").unwrap(), "{said}");
    assert!(said.contains("wrong.chat:1:8: no action is called"), "{said}");
}
