//! The tool `load`, as a real process against real servers: ours, its own relay, and some that
//! do it wrong on purpose, because a checker that never complains may only be deaf.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use assert_cmd::assert::Assert;
use assert_cmd::cargo::{cargo_bin, cargo_bin_cmd};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

/// No test waits longer than this for anything.
const DEADLINE: Duration = Duration::from_secs(60);

/// A short run, so that the tests are.
const SHORT: [&str; 2] = ["--seconds", "0.5"];

fn load<const N: usize>(arguments: [&str; N]) -> Assert {
    cargo_bin_cmd!("load").args(arguments).timeout(DEADLINE).assert()
}

/// What a run with `--json` has printed.
fn json(assert: &Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// Something happened, and everything was delivered as promised.
fn check_run(run: &Value) {
    assert!(run["deliveries"].as_u64().unwrap() > 0, "{run}");
    assert!(run["latency_ms"]["p50"].as_f64().unwrap() > 0.0, "{run}");
    assert!(run["latency_ms"]["max"].as_f64() >= run["latency_ms"]["p99"].as_f64(), "{run}");
    assert_eq!(run["violations"], 0, "{run}");
}

/// Our server, until it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Server {
        let mut command = Command::new(cargo_bin!("server"));
        command.args(["--listen", "127.0.0.1:0", "--data", ":memory:"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        let line = lines.recv_timeout(DEADLINE).unwrap();
        let address = line.split(' ').nth(2).unwrap().to_owned();
        Server { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, to be waited for with a deadline.
fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1024);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.try_send(line);
        }
    });
    receiver
}

#[test]
fn senders_take_turns_and_everything_is_delivered() {
    let server = Server::start();
    let [seconds, half] = SHORT;
    let assert =
        load([&server.address, "--clients", "20", "--senders", "4", seconds, half, "--json"]);
    let report = json(&assert.success());
    let run = &report["runs"][0];
    check_run(run);
    assert_eq!((&run["clients"], &run["senders"]), (&20.into(), &4.into()));
    assert_eq!(report["violations"], 0);
}

#[test]
fn a_rate_is_kept() {
    let server = Server::start();
    let assert = load([
        &server.address,
        "--clients",
        "5",
        "--senders",
        "3",
        "--rate",
        "200",
        "--size",
        "17",
        "--seconds",
        "1",
        "--json",
    ]);
    let report = json(&assert.success());
    let run = &report["runs"][0];
    check_run(run);
    assert_eq!(run["sent"], 200);
    let rate = run["messages_per_second"].as_f64().unwrap();
    assert!((199.0..=201.5).contains(&rate), "{run}");
}

#[test]
fn a_list_of_clients_is_measured_one_after_the_other_and_drawn() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plot.svg");
    let [seconds, half] = SHORT;
    load([&server.address, "--clients", "3,6", seconds, half, "--plot", file.to_str().unwrap()])
        .success()
        .stdout(contains("3 clients").and(contains("6 clients")).and(contains("violations  none")));
    let svg = std::fs::read_to_string(&file).unwrap();
    check_well_formed(&svg);
    for words in ["Latency of deliveries", "milliseconds", "Deliveries a second", "deliveries/s"] {
        assert!(svg.contains(words), "{words}");
    }
}

/// Every element is closed by its own name, and no `<` or `&` is left over.
fn check_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        let (tag, behind) = tag.split_once('>').unwrap();
        rest = behind;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    for entity in svg.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"];
        assert!(known.iter().any(|known| entity.starts_with(known)), "&{entity}");
    }
}

#[test]
fn the_limit_of_the_machine_is_measured_with_a_relay() {
    let [seconds, half] = SHORT;
    let assert = load(["limit", "--clients", "20", "--senders", "4", seconds, half, "--json"]);
    let report = json(&assert.success().stderr(contains("pinned")));
    check_run(&report["runs"][0]);
    assert_eq!(report["runs"][0]["subject"], "relay");
    let on_schedule = load(["limit", "--no-pin", "--clients", "5", "--rate", "100", seconds, half]);
    on_schedule.success().stdout(contains("violations  none")).stderr("");
}

#[test]
fn engines_are_compared_with_the_relay() {
    let [seconds, half] = SHORT;
    load([
        "compare",
        "--engines",
        "threads",
        "--rounds",
        "1",
        "--clients",
        "5",
        seconds,
        half,
        "--server",
        cargo_bin!("server").to_str().unwrap(),
        "--server-arg=--log",
        "--server-arg=error",
    ])
    .success()
    .stdout(contains("| clients | subject |").and(contains("threads")).and(contains("/ relay")));
}

#[test]
fn an_engine_that_the_server_does_not_know_is_wrong_usage() {
    let server = cargo_bin!("server").to_str().unwrap();
    load(["compare", "--engines", "steam", "--no-pin", "--server", server])
        .code(2)
        .stderr(contains("--engine steam refuses to start").and(predicate::function(one_line)));
}

#[test]
#[cfg(target_os = "linux")]
fn idle_clients_have_a_price() {
    let server = cargo_bin!("server").to_str().unwrap();
    let [seconds, half] = SHORT;
    let assert = load([
        "idle",
        "--clients",
        "20",
        "--engine",
        "threads",
        seconds,
        half,
        "--server",
        server,
        "--json",
    ]);
    let report = json(&assert.success());
    assert!(report["bytes_per_client"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report["processor_seconds"].as_f64().unwrap() < 0.5, "{report}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_and_what_it_started() {
    let mut command = Command::new(cargo_bin!("load"));
    command.args(["limit", "--seconds", "3600"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let log = lines(child.stderr.take().unwrap());
    assert!(log.recv_timeout(DEADLINE).unwrap().contains("pinned"));
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    // Its standard error is inherited by nobody: it ends when the process does.
    assert_eq!(log.recv_timeout(DEADLINE).unwrap(), "load: interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_a_server_gets_wrong_is_named() {
    for (wrong, named) in [
        (Wrong::Double, "repeated: l1, from l0: expected message 4, got message 3 again"),
        (Wrong::Swap, "out of order: l1, from l0: expected message 5, got message 3"),
        (Wrong::Drop, "missing: l1, from l0: expected message 3, it never came"),
        (Wrong::Corrupt, "damaged: l1: expected message 3 of l0 as it was sent, got \"000000"),
        (Wrong::Impersonate, "(said to be from l1)"),
    ] {
        let server = wrong_server(wrong);
        let address = server.to_string();
        let [seconds, half] = SHORT;
        load([
            &address,
            "--clients",
            "2",
            "--senders",
            "1",
            seconds,
            half,
            "--drain",
            "1",
            "--json",
        ])
        .code(1)
        .stderr(contains("1 violations").and(contains(named)))
        .stdout(contains("\"violations\":1"));
    }
}

#[test]
fn a_server_that_hangs_up_or_refuses_ends_the_run() {
    for (wrong, named) in [
        (Wrong::HangUp, "closed the connection of l"),
        (Wrong::Refuse, "l0 was refused: message: Too many requests"),
        (Wrong::Babble, "l1 got a line that is no JSON object"),
    ] {
        let address = wrong_server(wrong).to_string();
        load([&address, "--clients", "2", "--senders", "1"])
            .code(1)
            .stderr(contains(named).and(predicate::function(one_line)));
    }
    let taken = Server::start();
    let mut somebody = TcpStream::connect(&taken.address).unwrap();
    somebody.write_all(b"{\"request\":\"login\",\"username\":\"l1\"}\n").unwrap();
    let mut answer = String::new();
    somebody.set_read_timeout(Some(DEADLINE)).unwrap();
    BufReader::new(&somebody).read_line(&mut answer).unwrap();
    load([&taken.address, "--clients", "2"])
        .code(1)
        .stderr(contains("l1 was refused: login: Name already taken!"));
}

#[test]
fn nobody_there_is_exit_code_3() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    load([&free]).code(3).stderr(contains("cannot connect").and(predicate::function(one_line)));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    load(["localhost:1", "--size", "16"]).code(2).stderr(contains("at least 17 bytes"));
    load(["localhost:1", "--clients", "3", "--senders", "4"]).code(2).stderr(contains("more than"));
    load(["localhost"]).code(2).stderr(contains("HOST:PORT"));
    load([]).code(2).stderr(contains("Usage"));
    load(["--help"]).success().stdout(contains("compare").and(contains("relay ").not()));
}

fn one_line(text: &str) -> bool {
    text.lines().count() == 1 && text.starts_with("load: ")
}

/// What a server of the tests does wrong with the fourth message, and to l1 only.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    Double,
    Swap,
    Drop,
    Corrupt,
    Impersonate,
    HangUp,
    Refuse,
    Babble,
}

/// A chat for two that is right but for that.
struct WrongChat {
    wrong: Wrong,
    people: Vec<(String, TcpStream)>,
    messages: u64,
    held: String,
}

fn wrong_server(wrong: Wrong) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let people = Vec::new();
    let chat = Arc::new(Mutex::new(WrongChat { wrong, people, messages: 0, held: String::new() }));
    thread::spawn(move || {
        for stream in listener.incoming().take(2).flatten() {
            let chat = Arc::clone(&chat);
            thread::spawn(move || {
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                let mut name = String::new();
                let reader = BufReader::new(stream.try_clone().unwrap());
                for line in reader.lines().map_while(Result::ok) {
                    let request: Value = serde_json::from_str(&line).unwrap();
                    let mut chat = chat.lock().unwrap();
                    if let Some(username) = request["username"].as_str() {
                        name = username.to_owned();
                        chat.login(&name, stream.try_clone().unwrap());
                    } else {
                        chat.message(&name, request["message"].as_str().unwrap());
                    }
                }
            });
        }
    });
    address
}

impl WrongChat {
    fn login(&mut self, name: &str, mut stream: TcpStream) {
        for (_, other) in &mut self.people {
            let _ = writeln!(other, r#"{{"response":"join","username":"{name}","online":2}}"#);
        }
        let answer = format!(r#"{{"response":"login","username":"{name}","messages":[]}}"#);
        let _ = writeln!(stream, "{answer}");
        self.people.push((name.to_owned(), stream));
    }

    fn message(&mut self, from: &str, text: &str) {
        let number = self.messages;
        self.messages += 1;
        let line = |from: &str, text: &str| {
            format!(
                "{{\"response\":\"message\",\"id\":{number},\"username\":\"{from}\",\
                 \"message\":\"{text}\",\"timestamp\":\"1970-01-01T00:00:00.000Z\"}}\n"
            )
        };
        let right = line(from, text);
        for (name, stream) in &mut self.people {
            let said = match (name.as_str(), number, self.wrong) {
                ("l1", 3, Wrong::Double) => right.repeat(2),
                ("l1", 3, Wrong::Swap) => {
                    self.held = right.clone();
                    String::new()
                }
                ("l1", 4, Wrong::Swap) => format!("{right}{}", self.held),
                ("l1", 3, Wrong::Drop) => String::new(),
                ("l1", 3, Wrong::Corrupt) => line(from, &text.replace("cdef", "cdEf")),
                ("l1", 3, Wrong::Impersonate) => line("l1", text),
                ("l1", 3, Wrong::Babble) => "what?\n".to_owned(),
                ("l0", 3, Wrong::Refuse) => {
                    "{\"response\":\"message\",\"error\":\"Too many requests\"}\n".to_owned()
                }
                (_, 3, Wrong::HangUp) => {
                    let _ = stream.shutdown(std::net::Shutdown::Both);
                    String::new()
                }
                _ => right.clone(),
            };
            let _ = stream.write_all(said.as_bytes());
        }
    }
}
