//! The tool `load` as a real process, with real servers: Strata, the relay, and servers that do one
//! thing wrong. The last kind shows that the tool finds violations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod wrong;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use assert_cmd::assert::Assert;
use assert_cmd::cargo::{cargo_bin, cargo_bin_cmd};
use predicates::prelude::*;
use predicates::str::contains;

use harness::{DEADLINE, Server, Value};
use wrong::Wrong;

/// Runs the tool with these arguments, separated by spaces. The deadline is long, because the tool and a
/// server share the processors with other tests.
fn load(line: &str) -> Assert {
    cargo_bin_cmd!("load").args(line.split_whitespace()).timeout(DEADLINE * 4).assert()
}

/// Starts a Strata server.
fn server() -> Server {
    Server::start("threads", &[])
}

/// The output of a run with `--json`.
fn json(assert: &Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// Checks that a run has deliveries and no violations.
fn check_run(run: &Value) {
    assert!(run["deliveries"].as_u64().unwrap() > 0, "{run}");
    assert!(run["latency_ms"]["p50"].as_f64().unwrap() > 0.0, "{run}");
    assert!(run["latency_ms"]["max"].as_f64() >= run["latency_ms"]["p99"].as_f64(), "{run}");
    assert_eq!(run["violations"], 0, "{run}");
}

/// Whether the text is one line that begins with the name of the tool.
fn one_line(text: &str) -> bool {
    text.lines().count() == 1 && text.starts_with("load: ")
}

#[test]
fn all_texts_of_a_closed_loop_are_delivered() {
    let server = server();
    let to = server.address();
    let assert = load(&format!("{to} --clients 20 --senders 4 --seconds 0.2 --json"));
    let report = json(&assert.success());
    let run = &report["runs"][0];
    check_run(run);
    assert_eq!((&run["clients"], &run["senders"]), (&20.into(), &4.into()));
    assert_eq!(report["violations"], 0);
}

#[test]
fn a_fixed_rate_is_kept() {
    let server = server();
    let to = server.address();
    let assert =
        load(&format!("{to} --clients 5 --senders 3 --rate 200 --size 17 --seconds 1 --json"));
    let report = json(&assert.success());
    let run = &report["runs"][0];
    check_run(run);
    assert_eq!(run["sent"], 200);
    let rate = run["messages_per_second"].as_f64().unwrap();
    assert!((199.0..=201.5).contains(&rate), "{run}");
}

#[test]
fn a_list_of_clients_is_measured_in_turn_and_drawn() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plot.svg");
    let (to, plot) = (server.address(), file.display());
    load(&format!("{to} --clients 3,6 --seconds 0.2 --plot {plot}"))
        .success()
        .stdout(contains("3 clients").and(contains("6 clients")).and(contains("violations  none")));
    let svg = std::fs::read_to_string(&file).unwrap();
    check_well_formed(&svg);
    for words in ["Latency of deliveries", "milliseconds", "Deliveries a second", "deliveries/s"] {
        assert!(svg.contains(words), "{words}");
    }
}

/// Checks that every element is closed by its name, and that every `&` begins an entity.
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
fn limit_measures_a_relay() {
    let assert = load("limit --clients 20 --senders 4 --seconds 0.2 --json");
    let report = json(&assert.success().stderr(contains("pinned")));
    check_run(&report["runs"][0]);
    assert_eq!(report["runs"][0]["subject"], "relay");
    load("limit --no-pin --clients 5 --rate 100 --seconds 0.2")
        .success()
        .stdout(contains("violations  none"))
        .stderr("");
}

#[test]
fn compare_prints_a_table_with_the_relay() {
    let log = "--server-arg=--log --server-arg=error";
    load(&format!("compare --engines threads --rounds 1 --clients 5 --seconds 0.2 {log}"))
        .success()
        .stdout(
            contains("| clients | subject |").and(contains("threads")).and(contains("/ relay")),
        );
}

#[test]
fn compare_measures_servers_with_tags_and_on_a_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display();
    let few = "--rounds 1 --clients 2 --senders 1 --rate 100 --seconds 0.3 --json";
    let tagged = load(&format!("compare --engines events --tags {few}"));
    let report = json(&tagged.success());
    assert_eq!(report["results"][2]["subject"], "events with tags");
    assert!(report["results"][2]["ratios"]["events"].as_f64().unwrap() > 0.0, "{report}");
    let assert = load(&format!("compare --engines events --data :memory:,{place} {few}"));
    let report = json(&assert.success());
    let subjects: Vec<&Value> =
        report["results"].as_array().unwrap().iter().map(|result| &result["subject"]).collect();
    assert_eq!(subjects, ["relay", "events", &format!("events {place}")]);
    assert!(report["results"][2]["ratios"]["events"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(report["syncs"][0]["place"], place.to_string());
    assert!(report["syncs"][0]["p50_ms"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the folder is empty again");
    load("compare --data /nowhere/at/all")
        .code(2)
        .stderr(contains("cannot make a folder in /nowhere/at/all"));
}

#[test]
fn compare_measures_a_server_with_a_trace_and_with_a_reader() {
    let few = "--rounds 1 --clients 2 --senders 1 --rate 100 --seconds 0.3 --json";
    let report = json(&load(&format!("compare --engines events --trace {few}")).success());
    let results = report["results"].as_array().unwrap();
    let subjects: Vec<&Value> = results.iter().map(|result| &result["subject"]).collect();
    assert_eq!(subjects, ["relay", "events", "events with a trace", "events with a reader"]);
    assert!(results[3]["ratios"]["events"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report["trace_lines"]["read"].as_u64().unwrap() > 100, "{report}");
}

#[test]
#[ignore = "slow"]
fn storm_measures_a_chat_and_counts_the_answers_to_wrong_logins() {
    let few = "--people 5 --rate 50 --wrong-logins 40 --connections 40 --seconds 0.5 --rounds 1";
    let report = json(&load(&format!("storm {few} --addresses 1 --json")).success());
    check_run(&report["quiet"][0]);
    check_run(&report["storm"][0]);
    let answers = report["answers"].as_object().unwrap();
    assert_eq!(answers.values().filter_map(Value::as_u64).sum::<u64>(), 40, "{report}");
    assert!(answers["Wrong password!"].as_u64().unwrap() > 0, "{report}");
    load(&format!("storm {few} --no-pin --server-arg=--guests --server-arg=off"))
        .code(1)
        .stderr(contains("was refused: login: Wrong password!"));
}

#[test]
fn tls_is_compared_with_plain_connections() {
    let few = "--rounds 1 --clients 4 --senders 2 --rate 100 --seconds 0.3 --json";
    for engine in harness::ENGINES {
        let report = json(&load(&format!("compare --engines {engine} --tls {few}")).success());
        let result = &report["results"][2];
        assert_eq!(result["subject"], format!("{engine} over TLS"));
        assert!(result["ratios"][engine].as_f64().unwrap() > 0.0, "{report}");
        check_run(&result["runs"][0]);
    }
}

#[test]
fn handshakes_measures_a_chat_while_others_connect() {
    let few = "--people 5 --rate 50 --handshakes 60 --seconds 0.3 --rounds 1";
    let report = json(&load(&format!("handshakes {few} --json")).success());
    check_run(&report["quiet"][0]);
    check_run(&report["storm"][0]);
    assert!(report["handshake_p50_ms"].as_f64().unwrap() > 0.0, "{report}");
    // A server without TLS is no server for this.
    let plain = server();
    load(&format!("{} --tls --clients 2 --senders 1 --seconds 0.5", plain.address()))
        .code(3)
        .stderr(contains("load: "));
    load(&format!("handshakes {few}")).success().stdout(contains("60 handshakes in each of 1"));
}

#[test]
fn several_compares_servers_on_one_redis_with_one_server() {
    if !cfg!(target_os = "linux") {
        load("several").code(2).stderr(contains("which only Linux has"));
        return harness::skipped("only Linux shows in /proc what a process costs");
    }
    let nowhere = "several --redis /nowhere/redis-server --rounds 1";
    load(nowhere).code(2).stderr(contains("cannot start /nowhere/redis-server: No such file"));
    load("several --clients 2 --senders 1").code(2).stderr(contains("--servers 3 is more than"));
    if Command::new("redis-server").arg("--version").output().is_err() {
        return harness::skipped("there is no redis-server");
    }
    let folder = tempfile::tempdir().unwrap();
    let few = "--servers 2 --rounds 1 --clients 6 --senders 3 --seconds 0.4";
    let assert = load(&format!("several {few} --data {} --json", folder.path().display()));
    let report = json(&assert.success());
    assert_eq!(report["violations"], 0, "{report}");
    let figure = |of: usize, name: &str| report["results"][of][name].as_f64().unwrap();
    for (of, subject, servers) in [(0, "SQLite", 1.0), (1, "Redis", 2.0)] {
        let result = &report["results"][of];
        check_run(&result["runs"][0]);
        assert_eq!((&result["subject"], figure(of, "servers")), (&subject.into(), servers));
        assert!(figure(of, "deliveries_per_server_second") > 0.0, "{report}");
        assert!(result["latency_ms"]["p50"].as_f64().unwrap() > 0.0, "{report}");
    }
    assert_eq!(figure(0, "redis_seconds"), 0.0, "{report}");
    assert!(figure(1, "round_trip_ms") > 0.0, "{report}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the folder is empty again");
}

#[test]
fn an_unknown_engine_is_wrong_usage() {
    load("compare --engines steam --no-pin")
        .code(2)
        .stderr(contains("--engine steam refuses to start").and(predicate::function(one_line)));
}

#[test]
fn idle_clients_cost_memory_and_processor_time() {
    if !cfg!(target_os = "linux") {
        load("idle").code(2).stderr(contains("which only Linux has"));
        return harness::skipped("only Linux shows in /proc what a process costs");
    }
    let assert = load("idle --clients 20 --engine threads --seconds 0.5 --json");
    let report = json(&assert.success());
    assert!(report["bytes_per_client"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report["processor_seconds"].as_f64().unwrap() < 0.5, "{report}");
    assert!(report["hold_seconds"].as_f64().unwrap() > 0.0, "{report}");
}

#[test]
fn ctrl_c_ends_the_tool() {
    let mut command = Command::new(cargo_bin!("load"));
    command.args(["limit", "--seconds", "3600"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (sender, log) = mpsc::sync_channel(100);
    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let _ = sender.try_send(line);
        }
    });
    // The tool prints this line after it has installed its signal handlers.
    assert!(log.recv_timeout(DEADLINE).unwrap().contains("pinned"));
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(log.recv_timeout(DEADLINE).unwrap(), "load: interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn every_violation_of_a_server_is_named() {
    for (wrong, named) in [
        (Wrong::Double, "repeated: l1, from l0: expected message 4, got message 3 again"),
        (Wrong::Swap, "out of order: l1, from l0: expected message 5, got message 3"),
        (Wrong::Drop, "missing: l1, from l0: expected message 3, it never came"),
        (Wrong::Corrupt, "damaged: l1: expected message 3 of l0 as it was sent, got \"000000"),
        (Wrong::Impersonate, "(said to be from l1)"),
    ] {
        let to = wrong::server(wrong);
        load(&format!("{to} --clients 2 --senders 1 --rate 40 --seconds 0.5 --drain 1 --json"))
            .code(1)
            .stderr(contains("1 violations").and(contains(named)))
            .stdout(contains("\"violations\":1"));
    }
}

#[test]
fn a_server_that_closes_or_refuses_ends_the_run() {
    for (wrong, named) in [
        (Wrong::HangUp, "closed the connection of l"),
        (Wrong::Refuse, "l0 was refused: message: Too many requests"),
        (Wrong::Babble, "l1 got a line that is no JSON object"),
    ] {
        let to = wrong::server(wrong);
        load(&format!("{to} --clients 2 --senders 1"))
            .code(1)
            .stderr(contains(named).and(predicate::function(one_line)));
    }
    let server = server();
    let _somebody = server.login("l1");
    load(&format!("{} --clients 2", server.address()))
        .code(1)
        .stderr(contains("l1 was refused: login: Name already taken!"));
}

#[test]
fn a_refused_connection_is_exit_code_3() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    load(&free.to_string())
        .code(3)
        .stderr(contains("cannot connect").and(predicate::function(one_line)));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    load("localhost:1 --size 16").code(2).stderr(contains("at least 17 bytes"));
    load("localhost:1 --clients 3 --senders 4").code(2).stderr(contains("more than"));
    load("localhost").code(2).stderr(contains("HOST:PORT"));
    load("").code(2).stderr(contains("Usage"));
    load("--help").success().stdout(contains("compare").and(contains("relay ").not()));
}
