//! Scenarios in front of a server that the test plays.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::*;
use crate::check::Function;
use crate::checks;
use crate::program::{Folders, Limits};
use crate::seed::Seed;
use crate::verdict::Difference;
use crate::wire::Response;

/// A scenario in front of this server. The program beside it only has to run.
fn scenario(server: &TcpListener, patience: Duration) -> Scenario {
    let program =
        Program::start("exec sleep 1000", &Folders::of(None).unwrap(), &Limits::default()).unwrap();
    let words = Seed::new("7f3a".to_owned()).words("LOGIN-1");
    let address = server.local_addr().unwrap();
    Scenario::new(Setup {
        program,
        address,
        dialect: Dialect::Json,
        course: Arc::new(Course::read("strata").unwrap()),
        vocabulary: Arc::default(),
        pace: Arc::default(),
        words,
        trace: Trace::new(),
        patience,
    })
}

fn server() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Reads one line.
fn line(stream: &mut TcpStream) {
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
    }
}

fn difference<T>(ended: Result<T, Stop>) -> Difference {
    match ended {
        Err(Stop::Failed(difference)) => difference,
        Err(Stop::Absent) => panic!("a server check cannot be absent"),
        Err(Stop::Undecided(why)) => panic!("{why}"),
        Ok(_) => panic!("the check passed"),
    }
}

const SOON: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

#[test]
fn an_answer_without_its_end_is_reported_as_incomplete() {
    for (sent, want) in [
        ("{\"response\":\"login\"", "the beginning of a JSON value without its end"),
        ("hello", "a message without a newline at its end"),
    ] {
        let server = server();
        let mut scenario = scenario(&server, SOON);
        let ann = scenario.connect("ann").unwrap();
        scenario.request(ann, Request::Login("ann".to_owned())).unwrap();
        let (mut stream, _) = server.accept().unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let found = difference(scenario.next_with_value(ann, "the answer"));
        assert_eq!(found.got, format!("{want}, and then nothing within 0.3 s: {sent}"));
        assert!(found.instead.is_some());
        let words: Vec<&str> = scenario.trace.steps.iter().map(|step| step.what.words()).collect();
        let want = ["connects", "login as \"ann\"", "an incomplete message"];
        assert_eq!(words, [&want[..], &["waits 0.3 s, and receives nothing more"]].concat());
    }
}

#[test]
fn an_answer_without_a_newline_is_read_all_the_same() {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let ann = scenario.connect("ann").unwrap();
    scenario.request(ann, Request::Login("ann".to_owned())).unwrap();
    let (mut stream, _) = server.accept().unwrap();
    stream.write_all(b"{\"response\":\"login\",\"messages\":[]}").unwrap();
    let (response, _) = scenario.next_with_value(ann, "the answer").unwrap();
    assert_eq!(response, Response::LoggedIn { backlog: Vec::new() });
}

#[test]
fn a_message_that_must_not_come_is_waited_for_as_long_as_the_slowest_one_took() {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let pace = Arc::clone(&scenario.pace);
    pace.record(Duration::from_millis(100));
    let ann = scenario.connect("ann").unwrap();
    let began = Instant::now();
    scenario.settle().unwrap();
    assert!(began.elapsed() >= pace.wait(), "{:?}", began.elapsed());
    let (mut stream, _) = server.accept().unwrap();
    stream
        .write_all(b"{\"response\":\"message\",\"username\":\"ben\",\"message\":\"hi\"}\n")
        .unwrap();
    let found = difference(scenario.expect_silence(ann));
    assert_eq!(
        (found.expected.as_str(), found.got.as_str()),
        ("no more messages", "ben says \"hi\"")
    );
}

#[test]
fn a_server_that_closes_in_the_middle_of_a_frame_is_reported() {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let ann = scenario.connect("ann").unwrap();
    scenario.request(ann, Request::Names).unwrap();
    let (mut stream, _) = server.accept().unwrap();
    line(&mut stream);
    stream.write_all(b"{\"resp").unwrap();
    drop(stream);
    let found = difference(scenario.next_with_value(ann, "an answer"));
    let want = "the beginning of a JSON value without its end, and then the server closed the connection: \
                {\"resp";
    assert_eq!(found.got, want);
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_that_accepts_no_connection_gets_a_hint() {
    let server = server();
    let mut scenario = scenario(&server, SOON);
    let ann = scenario.connect("ann").unwrap();
    let found = difference(scenario.log_in_as(ann, "ann"));
    assert_eq!(found.got, "nothing within 0.3 s: the server has not accepted the connection");
    assert!(found.instead.unwrap().contains("`accept`"));
    let (_stream, _) = server.accept().unwrap();
    let found = difference(scenario.next_with_value(ann, "an answer"));
    assert_eq!((found.got.as_str(), found.instead), ("nothing within 0.3 s", None));
}

#[test]
fn a_frame_received_before_a_send_precedes_it_in_the_trace() {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let (ann, ben) = (scenario.connect("ann").unwrap(), scenario.connect("ben").unwrap());
    let (mut to_ann, _) = server.accept().unwrap();
    let (mut to_ben, _) = server.accept().unwrap();
    to_ann
        .write_all(b"{\"response\":\"message\",\"username\":\"ben\",\"message\":\"hi\"}\n")
        .unwrap();
    scenario.request(ben, Request::Names).unwrap();
    to_ben.write_all(b"{\"response\":\"names\",\"names\":[]}\n").unwrap();
    // The frame for ann has arrived by now, and no check has looked at it.
    scenario.next_with_value(ben, "the names").unwrap();
    let deadline = Instant::now() + LONG;
    while !scenario.peer(ann).unwrap().has_queued() {
        assert!(Instant::now() < deadline, "the frame did not arrive");
        scenario.poll(None, deadline).unwrap();
    }
    scenario.request(ben, Request::Logout).unwrap();
    scenario.next_with_value(ann, "the message").unwrap();
    let words: Vec<&str> = scenario.trace.steps.iter().map(|step| step.what.words()).collect();
    let (message, logout) = ("ben says \"hi\"", "logout");
    let place = |wanted: &str| words.iter().position(|words| *words == wanted).unwrap();
    assert!(place(message) < place(logout), "{words:?}");
    assert_eq!(scenario.trace.last(), Some(place(message)), "{words:?}");
}

#[test]
fn frames_sent_to_another_user_are_in_the_trace_of_a_timeout() {
    let server = server();
    let mut scenario = scenario(&server, SOON);
    let (ann, ben) = (scenario.connect("ann").unwrap(), scenario.connect("ben").unwrap());
    let (_to_ann, _) = server.accept().unwrap();
    let (mut to_ben, _) = server.accept().unwrap();
    scenario.request(ann, Request::Say("hello".to_owned())).unwrap();
    let message = b"{\"response\":\"message\",\"username\":\"ann\",\"message\":\"hello\"}\n";
    to_ben.write_all(message).unwrap();
    let deadline = Instant::now() + LONG;
    while !scenario.peer(ben).unwrap().has_queued() {
        assert!(Instant::now() < deadline, "the frame did not arrive");
        scenario.poll(None, deadline).unwrap();
    }
    difference(scenario.next_with_value(ann, "a refusal"));
    let steps = scenario.trace.steps.iter().map(|step| (step.who.as_str(), step.what.words()));
    let steps: Vec<(&str, &str)> = steps.skip(2).collect();
    let waits = "waits 0.3 s, and receives nothing";
    assert_eq!(steps, [("ann", "say \"hello\""), ("ben", "ann says \"hello\""), ("ann", waits)]);
}

#[test]
fn a_closed_connection_is_the_last_step() {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let ann = scenario.connect("ann").unwrap();
    let (mut stream, _) = server.accept().unwrap();
    stream
        .write_all(b"{\"response\":\"message\",\"username\":\"ben\",\"message\":\"hi\"}\n")
        .unwrap();
    let deadline = Instant::now() + LONG;
    while !scenario.peer(ann).unwrap().has_queued() {
        assert!(Instant::now() < deadline, "the frame did not arrive");
        scenario.poll(None, deadline).unwrap();
    }
    scenario.request(ann, Request::Names).unwrap();
    line(&mut stream);
    drop(stream);
    let ended = loop {
        match scenario.skip_answers(ann) {
            Ok(()) => scenario.poll(None, deadline).unwrap(),
            ended => break ended,
        }
    };
    let found = difference(ended);
    assert_eq!(found.got, "the server closed the connection");
    let words: Vec<&str> = scenario.trace.steps.iter().map(|step| step.what.words()).collect();
    assert_eq!(words, ["connects", "ben says \"hi\"", "ask for the names", found.got.as_str()]);
    assert_eq!(scenario.trace.last(), Some(3));
}

/// Whether a server passes FRAME-6 that sends the answers to a login and a logout in these writes.
fn is_line_by_line(writes: [&'static [u8]; 2]) -> bool {
    let server = server();
    let mut scenario = scenario(&server, LONG);
    let serve = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut requests = BufReader::new(stream.try_clone().unwrap()).lines();
        for word in ["login", "logout"] {
            let Some(Ok(_)) = requests.next() else { return };
            let answer = format!("{{\"response\":\"{word}\",\"messages\":[]}}");
            for bytes in [answer.as_bytes(), writes[0], writes[1]] {
                // A check that fails closes the connection.
                let _ = stream.write_all(bytes);
            }
        }
        // Keeps the connection open until the check ends.
        let _ = requests.next();
    });
    let Function::Server(check) = checks::find("FRAME-6").unwrap().run else {
        panic!("FRAME-6 is a check of a server");
    };
    let passed = check(&mut scenario).is_ok();
    drop(scenario);
    serve.join().unwrap();
    passed
}

#[test]
fn an_object_and_its_newline_may_come_in_two_writes() {
    assert!(is_line_by_line([b"\n", b""]));
    assert!(is_line_by_line([b"\r", b"\n"]));
    assert!(!is_line_by_line([b"", b""]));
}
