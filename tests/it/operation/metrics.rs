//! `/metrics`: the format, the values after a known story, and hostile scrapers.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use assert_cmd::Command as Assert;
use harness::{DEADLINE, Server, json, wait_until};
use predicates::str::contains;

use super::scrape::{Samples, WITH_METRICS, exchange, get, metrics_of, scrape};
use crate::engines::on_each_engine;

/// Alice and bob talk, carol does not log in, and dave hangs up. Then the figures are exactly these.
/// Returns the address of the figures.
fn figures_of_a_story(server: &Server) -> SocketAddr {
    let metrics = metrics_of(server);
    let mut alice = server.login("alice");
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    for text in ["one", "two"] {
        alice.says(text);
        alice.hears(json!({"response": "message", "message": text}));
        bob.hears(json!({"response": "message", "message": text}));
    }
    alice.asks(json!({"request": "message", "message": "three", "tag": 3}));
    alice.hears(json!({"response": "message", "message": "three", "tag": 3}));
    bob.hears(json!({"response": "message", "message": "three"}));
    bob.asks(json!({"request": "message", "message": "psst", "to": "alice"}));
    alice.hears(json!({"response": "message", "message": "psst"}));
    bob.hears(json!({"response": "message", "message": "psst"}));
    let mut carol = server.connect();
    carol.asks(json!({"request": "version"}));
    carol.hears(json!({"response": "version"}));
    drop(server.connect());
    let wants = [
        ("strata_connections{dialect=\"json\",state=\"person\"}", 2.0),
        ("strata_connections{dialect=\"json\",state=\"new\"}", 1.0),
        ("strata_connections{dialect=\"json\",state=\"closing\"}", 0.0),
        ("strata_connections{dialect=\"plain\",state=\"person\"}", 0.0),
        ("strata_connections_opened_total", 4.0),
        ("strata_connections_closed_total{reason=\"asked\"}", 0.0),
        ("strata_connections_refused_total{limit=\"address\"}", 0.0),
        ("strata_frames_received_total", 7.0),
        ("strata_messages_total{kind=\"room\"}", 3.0),
        ("strata_messages_total{kind=\"whisper\"}", 1.0),
        // Three to both, and the whisper to both.
        ("strata_deliveries_total", 8.0),
        ("strata_outbox_bytes", 0.0),
        ("strata_commit_failures_total", 0.0),
        ("strata_queue_length{queue=\"log\"}", 0.0),
        ("strata_queue_length{queue=\"passwords\"}", 0.0),
        ("strata_log_lag_entries", 0.0),
        ("strata_connections_closed_total{reason=\"finished\"}", 1.0),
    ];
    // A client may have the last bytes before the server has counted them, and dave's end takes a moment.
    let mut figures = scrape(metrics);
    let until = Instant::now() + DEADLINE;
    let wrong =
        |figures: &Samples| wants.into_iter().find(|(name, want)| figures.get(*name) != Some(want));
    while let Some((name, want)) = wrong(&figures) {
        assert!(Instant::now() < until, "{name} is not {want} in {figures:#?}");
        figures = scrape(metrics);
    }
    let commits = figures["strata_commit_seconds_count"];
    assert!((4.0..=40.0).contains(&commits), "{commits} commits");
    assert!(figures["strata_commit_seconds_sum"] > 0.0);
    assert!(figures["strata_turn_seconds_count"] >= 8.0);
    let (_, text) = get(metrics, "/metrics");
    for name in ["alice", "bob", "carol", "psst", "lobby"] {
        assert!(!text.contains(name), "{name} is in the figures");
    }

    alice.asks(json!({"request": "logout"}));
    alice.hears(json!({"response": "logout"}));
    let figures = scrape(metrics);
    assert_eq!(figures["strata_connections{dialect=\"json\",state=\"person\"}"], 1.0);
    assert_eq!(figures["strata_connections{dialect=\"json\",state=\"new\"}"], 2.0);
    metrics
}

#[test]
fn the_figures_tell_a_story_on_each_engine() {
    on_each_engine(|engine| {
        figures_of_a_story(&Server::start_on_disk_with(engine, &WITH_METRICS));
    });
}

#[test]
fn the_figures_tell_a_story_on_redis() {
    let Some(server) = Server::start_on_redis(&WITH_METRICS) else { return };
    let figures = scrape(figures_of_a_story(&server));
    // Two logins, four messages and a logout.
    assert!(figures["strata_log_delay_seconds_count"] >= 7.0, "{figures:#?}");
    assert!(figures["strata_log_delay_seconds_sum"] > 0.0);
}

#[test]
fn a_peer_counts_under_the_dialect_that_it_turns_out_to_speak() {
    let arguments = ["--listen", "auto=127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let server = Server::start("events", &arguments);
    let metrics = metrics_of(&server);
    let mut peer = harness::Peer::connect(server.addresses[1]);
    wait_until("it is connected", DEADLINE, || {
        scrape(metrics)["strata_connections{dialect=\"auto\",state=\"new\"}"] == 1.0
    });
    peer.asks(json!({"request": "login", "username": "alice"}));
    peer.hears(json!({"response": "login"}));
    let figures = scrape(metrics);
    assert_eq!(figures["strata_connections{dialect=\"auto\",state=\"new\"}"], 0.0);
    assert_eq!(figures["strata_connections{dialect=\"json\",state=\"person\"}"], 1.0);
}

#[test]
fn bytes_that_wait_and_a_full_outbox_are_counted() {
    on_each_engine(|engine| {
        let server = Server::start(engine, &[&WITH_METRICS[..], &["--stall-limit", "60"]].concat());
        let metrics = metrics_of(&server);
        let mut alice = server.login("alice");
        let mut sleeper = server.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        alice.hears(json!({"response": "join", "username": "sleeper"}));
        let full = "strata_connections_closed_total{reason=\"outbox_full\"}";
        let mut most: f64 = 0.0;
        // The connection may be closed after the figures were read and before the next message.
        let mut leave = None;
        wait_until("the sleeper's outbox is full", DEADLINE, || {
            let figures = scrape(metrics);
            most = most.max(figures["strata_outbox_bytes"]);
            let is_full = figures[full] == 1.0;
            if !is_full && leave.is_none() {
                leave = alice.says_often(&"x".repeat(4096), 1);
            }
            is_full
        });
        let leave = leave.unwrap_or_else(|| alice.hears(json!({"response": "leave"})));
        assert_eq!((&leave["response"], &leave["username"]), (&json!("leave"), &json!("sleeper")));
        assert!(most > 4096.0, "{most} bytes waited at most");
    });
}

#[test]
fn promtool_accepts_the_figures() {
    let server = Server::start("events", &WITH_METRICS);
    let (_, text) = get(metrics_of(&server), "/metrics");
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        harness::skipped("this machine has no promtool");
        return;
    };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn other_requests_are_refused_by_their_status() {
    let server = Server::start("events", &WITH_METRICS);
    let metrics = metrics_of(&server);
    assert_eq!(get(metrics, "/").0, 404);
    assert_eq!(get(metrics, "/metrics?name[]=x").0, 200);
    let head = exchange(metrics, b"HEAD /healthz HTTP/1.0\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    for (request, status) in [
        (&b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n"[..], "405"),
        (b"{\"request\":\"login\"}\n", "400"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "400"),
    ] {
        let answer = exchange(metrics, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[test]
fn hostile_scrapers_delay_no_chat_and_end() {
    on_each_engine(|engine| {
        let server = Server::start(engine, &WITH_METRICS);
        let metrics = metrics_of(&server);
        // One says nothing, one sends a head without end, and one does not read.
        let _silent = TcpStream::connect(metrics).unwrap();
        let mut endless = TcpStream::connect(metrics).unwrap();
        let _ = endless.write_all(&b"GET / HTTP/1.1\r\nA: ".repeat(10));
        let _ = endless.write_all(&[b'x'; 64 * 1024]);
        let mut deaf = TcpStream::connect(metrics).unwrap();
        deaf.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
        let mut alice = server.login("alice");
        for number in 0..100 {
            alice.says(&number.to_string());
            alice.hears(json!({"response": "message", "message": number.to_string()}));
        }
        assert_eq!(scrape(metrics)["strata_messages_total{kind=\"room\"}"], 100.0);
    });
}

#[test]
#[ignore = "slow"]
fn a_thousand_scrapes_leave_nothing_behind() {
    let server = Server::start("events", &WITH_METRICS);
    let metrics = metrics_of(&server);
    let mut alice = server.login("alice");
    let before = scrape(metrics);
    for number in 0..1000 {
        let figures = scrape(metrics);
        if number % 100 == 0 {
            alice.says("still here");
            alice.hears(json!({"response": "message", "message": "still here"}));
            let open = "strata_connections{dialect=\"json\",state=\"person\"}";
            assert_eq!(figures[open], 1.0);
        }
    }
    let after = scrape(metrics);
    for name in ["process_open_fds", "strata_connections_opened_total"] {
        assert_eq!(before.get(name), after.get(name), "{name}");
    }
    let memory = "process_resident_memory_bytes";
    if let (Some(before), Some(after)) = (before.get(memory), after.get(memory)) {
        assert!(after - before < 4e6, "{before} bytes became {after}");
    }
}

#[test]
fn an_address_for_figures_is_checked() {
    let refuse = |address: &str, code: i32, says: &str| {
        let mut server = Assert::from_std(harness::server());
        server.args(["--listen", "127.0.0.1:0", "--data", ":memory:", "--metrics", address]);
        server.assert().code(code).stdout("").stderr(contains(says));
    };
    refuse("127.0.0.1", 2, "invalid value \"127.0.0.1\" for --metrics");
    refuse("nowhere.invalid:1", 2, "expected PORT or HOST:PORT, as in 127.0.0.1:9100");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refuse(&address, 3, &format!("cannot listen on {address} for --metrics: "));
    let server = Server::start("events", &["--metrics", "0"]);
    assert!(metrics_of(&server).ip().is_loopback());
    let server = Server::start("events", &["--metrics", "0.0.0.0:0"]);
    server.logs("other machines can read /metrics");
}
