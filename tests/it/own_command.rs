//! The checks of lab 11, `handout/labs/11-your-command`, on any command that the student designed.
//!
//! `commands.txt` of the lab does not list an own command. When there is no own command, these
//! tests are skipped, except in a check of the lab: the course sets `STRATA_LAB` to its number, and
//! then they fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command as Program;

use app::commands::{Access, COMMANDS, Command, Kind};
use harness::clients::{empty_home, script};
use harness::examples::play;
use harness::{Peer, Server, Value, json};
use transcript::{Action, Bindings, Transcript};

use crate::engines::on_each_engine;
use crate::protocol::{is_explained, of_json, parse, send};

/// The commands of Strata, without those of a student.
const REFERENCE: &str = include_str!("../../handout/labs/11-your-command/commands.txt");

/// The least number of unit tests of an own command.
const TESTS_LEAST: usize = 3;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The own commands. The list is empty if the test has nothing to do.
///
/// # Panics
/// If there is no own command and lab 11 is being checked.
fn own_commands() -> Vec<&'static Command> {
    let is_own = |command: &&Command| REFERENCE.lines().all(|name| name != command.name);
    let own: Vec<&Command> = COMMANDS.iter().filter(is_own).collect();
    if own.is_empty() {
        let is_checked = std::env::var("STRATA_LAB").is_ok_and(|lab| lab == "11");
        assert!(!is_checked, "the command table has no command of your own");
        harness::skipped("there is no command beyond those of Strata");
    }
    own
}

/// The examples on the page that send the request of a command.
fn examples_of(command: &Command) -> Vec<Transcript> {
    let examples = of_json().into_iter();
    let own: Vec<Transcript> = examples.filter(|example| sends(example, command)).collect();
    assert!(!own.is_empty(), "handout/protocol.md has no example of {}", command.name);
    own
}

/// Whether an example sends the request of a command.
fn sends(example: &Transcript, command: &Command) -> bool {
    let frames = example.steps.iter().filter_map(|step| match &step.action {
        Action::Sends(sent) => sent.whole_frames(&Bindings::default()),
        _ => None,
    });
    frames.flatten().any(|frame| is_for(&String::from_utf8_lossy(&frame), command))
}

fn is_for(request: &str, command: &Command) -> bool {
    serde_json::from_str(request).is_ok_and(|request: Value| request["request"] == command.name)
}

/// A request with all arguments. It passes the checks of the command table. A text is the name `bob`,
/// so that a command that reaches a person reaches one in [`two`].
fn with_all_arguments(command: &Command) -> Value {
    let mut request = json!({"request": command.name});
    for argument in command.arguments {
        request[argument.name] = match argument.kind {
            Kind::Text => json!("bob"),
            Kind::Number => json!(1),
            Kind::Flag => json!(true),
        };
    }
    request
}

/// Two people who are logged in and have read everything.
fn two(server: &Server) -> (Peer, Peer) {
    let mut alice = server.login("alice");
    let bob = server.login("bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    (alice, bob)
}

/// Sends a request with a tag and a request for the version after it. Returns all responses up to the
/// answer to the latter.
fn responses(peer: &mut Peer, request: &Value) -> Vec<Value> {
    let fence = json!({"request": "version", "tag": "after"});
    peer.sends(format!("{request}\n{fence}\n").as_bytes());
    let mut heard = Vec::new();
    loop {
        let response = parse(&peer.line());
        if response["tag"] == "after" {
            return heard;
        }
        heard.push(response);
    }
}

/// Takes the only answer to a request with the tag `own` from the responses.
fn only_answer<'a>(responses: &'a [Value], request: &Value) -> &'a Value {
    let mut answers = responses.iter().filter(|response| response["tag"] == "own");
    let answer = answers.next();
    let answer = answer.unwrap_or_else(|| panic!("no answer to {request}, only {responses:?}"));
    assert!(answers.next().is_none(), "two answers to {request}: {responses:?}");
    assert_eq!(answer["response"], request["request"], "the answer names its request");
    answer
}

#[test]
fn help_lists_it() {
    for command in own_commands() {
        on_each_engine(|engine| {
            let server = Server::start(engine, &[]);
            let mut peer = server.connect();
            peer.asks(json!({"request": "help"}));
            let help = peer.hears(json!({"response": "help"}));
            let entries = help["help"].as_array().unwrap();
            let entry = entries.iter().find(|entry| entry["request"] == command.name);
            let entry = entry.unwrap_or_else(|| panic!("help does not list {}", command.name));
            let arguments = entry["arguments"].as_array().unwrap();
            assert!(!arguments.is_empty(), "the command table names no argument: {entry}");
            let summary = entry["summary"].as_str().unwrap();
            assert!(
                summary.len() >= 10 && summary.ends_with('.'),
                "the summary is not a sentence: {summary:?}"
            );
        });
        let has_login = matches!(command.access, Access::LoggedIn | Access::Present);
        assert!(has_login, "the command is not for people who are logged in: {:?}", command.access);
    }
}

/// Runs the unit tests of `app` with these arguments of the test program. Returns the output.
fn unit_tests(arguments: &[&str]) -> String {
    let output = Program::new(env!("CARGO"))
        .args(["test", "--offline", "--package", "app", "--lib", "--"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn it_has_unit_tests() {
    for command in own_commands() {
        let tests = format!("commands::{}::tests::", command.name);
        let said = unit_tests(&[&tests]);
        let passed =
            said.lines().filter(|line| line.contains(&tests) && line.ends_with(" ... ok")).count();
        assert!(passed >= TESTS_LEAST, "{passed} unit tests, not {TESTS_LEAST}:\n{said}");
    }
}

#[test]
fn the_protocol_explains_it() {
    for command in own_commands() {
        let section = is_explained(command);
        let answers = |with_error: bool| {
            let mut written = section.lines().filter_map(|line| line.split_once(" < "));
            written.any(|(_, what)| {
                let response: Value = serde_json::from_str(what).unwrap_or_default();
                response["response"] == command.name
                    && response.get("error").is_some() == with_error
            })
        };
        assert!(answers(false), "no example in the section shows a request that succeeds");
        assert!(answers(true), "no example in the section shows a request that fails");
        let prose = section.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic()));
        let words: usize = prose.map(|line| line.split_whitespace().count()).sum();
        assert!(words >= 15, "the section explains {} in {words} words", command.name);
    }
}

#[test]
fn its_examples_run_as_written() {
    for command in own_commands() {
        for example in examples_of(command) {
            on_each_engine(|engine| {
                play(&Server::start_on_disk_with(engine, &[]), &example, send);
            });
        }
    }
}

#[test]
fn a_request_before_login_is_refused() {
    for command in own_commands() {
        on_each_engine(|engine| {
            let server = Server::start(engine, &[]);
            let mut alice = server.login("alice");
            let mut stranger = server.connect();
            stranger.asks(with_all_arguments(command));
            let refusal = json!({
                "response": command.name,
                "error": "You are not logged in!",
                "code": "not-logged-in",
            });
            stranger.hears(refusal);
            stranger.has_heard_everything();
            alice.has_heard_everything();
        });
    }
}

#[test]
fn a_missing_or_wrong_argument_is_refused() {
    for command in own_commands() {
        assert!(!command.arguments.is_empty(), "the command table names no argument");
        on_each_engine(|engine| {
            let server = Server::start(engine, &[]);
            for argument in command.arguments {
                let mut alice = server.login(&format!("alice_{}", argument.name));
                let mut wrong = with_all_arguments(command);
                wrong[argument.name] = json!(true);
                wrong["tag"] = json!("own");
                let heard = responses(&mut alice, &wrong);
                let answer = only_answer(&heard, &wrong);
                assert_eq!(answer["code"], "wrong-type", "{answer}");
                let mut missing = wrong;
                missing.as_object_mut().unwrap().shift_remove(argument.name);
                let heard = responses(&mut alice, &missing);
                let answer = only_answer(&heard, &missing);
                let is_refused = answer["code"] == "missing-argument";
                assert_eq!(is_refused, argument.required, "without {}: {answer}", argument.name);
            }
        });
    }
}

/// Sends an own request with a tag, between two others in one write. Checks that the three answers
/// have their order and their tags. Returns the other responses, without the tag.
fn between_two_others(peer: &mut Peer, line: &str, command: &Command) -> Vec<Value> {
    let mut request = parse(line);
    let had_tag = request.get("tag").is_some();
    if !had_tag {
        request["tag"] = json!("own");
    }
    peer.sends(b"{\"request\":\"version\",\"tag\":\"before\"}\n");
    let before = parse(&peer.line());
    assert_eq!(before["tag"], "before", "a response that the example does not have: {before}");
    let mut heard = responses(peer, &request);
    let mut answers = heard.iter_mut().filter(|response| response.get("tag") == request.get("tag"));
    let answer = answers.next().unwrap_or_else(|| panic!("no answer with the tag of {request}"));
    assert_eq!(answer["response"], command.name, "the answer to {request}");
    if !had_tag {
        answer.as_object_mut().unwrap().shift_remove("tag");
    }
    assert!(answers.next().is_none(), "two answers with the tag of {request}");
    heard
}

#[test]
fn it_works_with_tags_and_between_other_requests() {
    for command in own_commands() {
        for example in examples_of(command) {
            on_each_engine(|engine| {
                let server = Server::start_on_disk_with(engine, &[]);
                play(&server, &example, |peer, bytes| {
                    let line = String::from_utf8_lossy(bytes);
                    if !is_for(&line, command) {
                        return send(peer, bytes);
                    }
                    let heard = between_two_others(peer, &line, command);
                    heard.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
                });
            });
        }
    }
}

/// Values that a careless or hostile client sends for an argument of this kind.
fn odd_values(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Text => vec![
            json!(""),
            json!("   "),
            json!("ALICE"),
            json!("bob"),
            json!("nobody"),
            json!("x".repeat(4096)),
            json!("é".repeat(1500)),
            json!("\u{1b}[2J"),
            json!("two\nlines"),
            json!("\u{202e}\u{2028}"),
            json!("\"quoted\" {braces} \\"),
        ],
        Kind::Number => vec![json!(0), json!(1), json!(u32::MAX), json!(u64::MAX)],
        Kind::Flag => vec![json!(true), json!(false)],
    }
}

/// Checks that no string in a response has a character that a terminal obeys.
fn is_harmless(value: &Value) {
    match value {
        Value::String(text) => {
            let is_obeyed = |c: char| c.is_control() || "\u{202e}\u{2028}".contains(c);
            assert!(!text.contains(is_obeyed), "a terminal would obey {text:?}");
        }
        Value::Array(values) => values.iter().for_each(is_harmless),
        Value::Object(dict) => dict.values().for_each(is_harmless),
        _ => {}
    }
}

#[test]
fn it_answers_every_input_and_does_no_harm() {
    for command in own_commands() {
        on_each_engine(|engine| {
            let server = Server::start(engine, &[]);
            let (mut alice, mut bob) = two(&server);
            let codes: BTreeSet<&str> = app::errors().map(|(code, _)| code).collect();
            for argument in command.arguments {
                for value in odd_values(argument.kind) {
                    let mut request = with_all_arguments(command);
                    request[argument.name] = value;
                    request["tag"] = json!("own");
                    let heard = responses(&mut alice, &request);
                    let answer = only_answer(&heard, &request);
                    if answer.get("error").is_some() {
                        let code = answer["code"].as_str().unwrap_or_default();
                        assert!(codes.contains(code), "help does not list the code of {answer}");
                    }
                    heard.iter().for_each(is_harmless);
                    let others = responses(&mut bob, &json!({"request": "version"}));
                    others.iter().for_each(is_harmless);
                }
            }
            assert!(alice.is_served() && bob.is_served(), "the server still serves both");
        });
    }
}

#[test]
fn the_client_offers_it() {
    for command in own_commands() {
        let server = Server::start("events", &[]);
        let address = server.address().to_string();
        let (said, code) = script(empty_home().path(), &[&address], "/login alice\n/help\n");
        assert_eq!(code, 0, "{said}");
        let entry = format!("/{} ", command.name);
        let line = said.lines().find(|line| line.starts_with(&entry));
        let line = line.unwrap_or_else(|| panic!("/help does not show {entry}:\n{said}"));
        assert!(line.ends_with(command.summary), "{line}");
    }
}

#[test]
fn everything_else_works_as_before() {
    let own = own_commands();
    if own.is_empty() {
        return;
    }
    let skipped: Vec<String> =
        own.iter().map(|command| format!("commands::{}::tests::", command.name)).collect();
    let arguments: Vec<&str> = skipped.iter().flat_map(|tests| ["--skip", tests]).collect();
    unit_tests(&arguments);
    for example in of_json() {
        if !own.iter().any(|command| sends(&example, command)) {
            play(&Server::start_on_disk(&[]), &example, send);
        }
    }
}

#[test]
fn the_list_of_stratas_commands_is_current() {
    let listed: BTreeSet<&str> = REFERENCE.lines().collect();
    let known: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert!(listed.is_subset(&known), "commands.txt lists a command that does not exist");
    // A student's copy has no solutions, and may have own commands.
    if fs::exists(root().join("bin/course/solutions")).unwrap() {
        assert_eq!(listed, known, "handout/labs/11-your-command/commands.txt");
    }
}
