//! Tests of the runner, over a wire in memory.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::parser::parse;

/// A server in memory: a function gets each write, and says what arrives for whom.
struct Memory<F> {
    serve: F,
    arriving: BTreeMap<String, VecDeque<Incoming>>,
    /// Everything that the runner did, in order.
    log: Vec<String>,
    connect: Result<(), Fault>,
}

type Arrivals = Vec<(&'static str, Incoming)>;

impl<F: FnMut(&str, &[u8]) -> Arrivals> Memory<F> {
    fn new(serve: F) -> Memory<F> {
        Memory { serve, arriving: BTreeMap::new(), log: Vec::new(), connect: Ok(()) }
    }

    fn serve(&mut self, who: &str, bytes: &[u8]) {
        for (to, incoming) in (self.serve)(who, bytes) {
            self.arriving.entry(to.to_owned()).or_default().push_back(incoming);
        }
    }
}

impl<F: FnMut(&str, &[u8]) -> Arrivals> Wire for Memory<F> {
    fn connect(&mut self, who: &str, dialect: &Dialect) -> Result<(), Fault> {
        self.log.push(format!("{who} connects in {dialect}"));
        self.connect.clone()
    }

    fn send(&mut self, who: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.log.push(format!("{who} sends {}", String::from_utf8_lossy(bytes)));
        self.serve(who, bytes);
        Ok(())
    }

    fn between_pieces(&mut self, who: &str) -> Result<(), Fault> {
        self.log.push(format!("{who} waits"));
        Ok(())
    }

    fn receive(&mut self, who: &str) -> Result<Incoming, Fault> {
        self.arrived(who)
    }

    fn arrived(&mut self, who: &str) -> Result<Incoming, Fault> {
        let next = self.arriving.get_mut(who).and_then(VecDeque::pop_front);
        Ok(next.unwrap_or(Incoming::Nothing))
    }

    fn settle(&mut self) -> Result<(), Fault> {
        self.log.push("everything arrives".to_owned());
        Ok(())
    }

    fn stop_sending(&mut self, who: &str) {
        self.log.push(format!("{who} stops sending"));
        self.serve(who, b"");
    }

    fn hang_up(&mut self, who: &str) {
        self.log.push(format!("{who} hangs up"));
    }

    fn break_off(&mut self, who: &str) {
        self.log.push(format!("{who} breaks off"));
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(3)
    }
}

fn bytes(text: &str) -> Incoming {
    Incoming::Bytes(text.as_bytes().to_vec())
}

fn parsed(text: &str) -> Transcript {
    parse("t.chat", text.as_bytes(), &Dialect::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Plays a transcript. alice receives these reads once she sends something.
fn outcome(text: &str, reads: &[&str]) -> Outcome {
    let reads: Vec<Incoming> = reads
        .iter()
        .map(|read| match *read {
            "closed" => Incoming::Closed,
            "broken" => Incoming::Broken,
            read => bytes(read),
        })
        .collect();
    let mut reads = Some(reads);
    let serve = move |_: &str, _: &[u8]| {
        reads.take().into_iter().flatten().map(|read| ("alice", read)).collect()
    };
    play(&parsed(text), &Rules::default(), &mut Memory::new(serve))
}

/// The line, the column, the expected frame, the received one and the reason of the difference.
fn difference(text: &str, reads: &[&str]) -> (usize, usize, String, String, String) {
    match outcome(text, reads) {
        Outcome::Differs(it) => {
            (it.place.line, it.place.column, it.expected, it.received, it.why.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn passes(text: &str, reads: &[&str]) {
    assert_eq!(outcome(text, reads), Outcome::Passed);
}

#[track_caller]
fn differs(text: &str, reads: &[&str], (line, column): (usize, usize), received: &str, why: &str) {
    let (at_line, at_column, _, got, because) = difference(text, reads);
    assert_eq!(
        ((at_line, at_column), got.as_str(), because.as_str()),
        ((line, column), received, why)
    );
}

const HI: &str = "alice > {}\nalice < {\"a\":1}\nalice < {\"b\":\"é\"}\n";

#[test]
fn frames_are_expected_in_order_however_they_are_cut() {
    let stream = "{\"a\":1}\n{\"b\":\"é\"}\n";
    for at in (0..=stream.len()).filter(|at| stream.is_char_boundary(*at)) {
        let (first, second) = stream.split_at(at);
        let reads: Vec<&str> = [first, second].into_iter().filter(|it| !it.is_empty()).collect();
        passes(HI, &reads);
    }
    differs(HI, &["{\"b\":\"é\"}\n"], (2, 14), "{\"b\":\"é\"}", "the key \"a\" is missing");
    differs(HI, &["{\"a\":1}\n{\"b\":\"e\"}\n"], (3, 14), "{\"b\":\"e\"}", "\"b\": received \"e\"");
    differs(HI, &["{\"a\":1}\n"], (3, 9), "nothing within 3 s", "");
    differs(HI, &["{\"a\":1}\n", "closed"], (3, 9), "the server closes the connection", "");
    let received =
        "the beginning of a frame without its end: {\"b\"; then the server resets the connection";
    differs(HI, &["{\"a\":1}\n{\"b\"", "broken"], (3, 9), received, "");
}

#[test]
fn frames_with_a_mark_come_in_any_order() {
    let text = "alice > {}\nalice < {\"a\":1}\n      & {\"b\":$x}\nalice < {\"c\":$x}\n";
    passes(text, &["{\"a\":1}\n{\"b\":2}\n{\"c\":2}\n"]);
    passes(text, &["{\"b\":2}\n{\"a\":1}\n{\"c\":2}\n"]);
    let why = "\"c\": expected $x, which is 2, received 3";
    differs(text, &["{\"b\":2}\n{\"a\":1}\n{\"c\":3}\n"], (4, 14), "{\"c\":3}", why);
    let (line, _, expected, ..) = difference(text, &["{\"c\":2}\n"]);
    assert_eq!((line, expected.as_str()), (2, "{\"a\":1} & {\"b\":$x}"));
}

#[test]
fn ignored_frames_come_at_any_time() {
    let text = "ignore {\"news\":…}\nalice > {}\nalice < {\"a\":1}\nalice < {\"news\":2}\nalice < (nothing)\n\
                alice < (ends)\n";
    let all = "{\"news\":1}\n{\"a\":1}\n{\"news\":2}\n{\"news\":3}\n";
    let difference = difference(text, &[all]);
    assert_eq!((difference.0, difference.3.as_str()), (6, "nothing within 3 s"));
    let text = text.replace("alice < (nothing)\n", "");
    passes(&text, &[all, "closed"]);
}

#[test]
fn nothing_is_expected_after_everything_has_arrived() {
    let text = "alice > {}\nalice < {\"a\":1}\nalice < (nothing)\nalice < (nothing)\n";
    passes(text, &["{\"a\":1}\n"]);
    differs(text, &["{\"a\":1}\n{\"b\":1}\n"], (3, 9), "{\"b\":1}", "");
    differs(text, &["{\"a\":1}\n", "closed"], (3, 9), "the server closes the connection", "");
    let begin = "the beginning of a frame without its end: {; then ";
    differs(text, &["{\"a\":1}\n{"], (3, 9), begin, "");
    let mut memory = Memory::new(|_: &str, _: &[u8]| vec![("alice", bytes("{\"a\":1}\n"))]);
    assert_eq!(play(&parsed(text), &Rules::default(), &mut memory), Outcome::Passed);
    let waits = memory.log.iter().filter(|line| *line == "everything arrives").count();
    assert_eq!(waits, 1, "the second silence needs no second wait");
}

#[test]
fn a_connection_ends_in_one_way_or_in_any() {
    for (action, closed, broken) in
        [("(hangs up)", true, false), ("(breaks off)", false, true), ("(ends)", true, true)]
    {
        let text = format!("alice > {{}}\nalice < {action}\n");
        for (end, passes) in [("closed", closed), ("broken", broken), ("{}\n", false)] {
            assert_eq!(outcome(&text, &[end]) == Outcome::Passed, passes, "{action} {end}");
        }
    }
}

#[test]
fn raw_bytes_are_compared_without_frames() {
    let text = "alice >> \\x00\nalice << {\"a\":1}\\r\\n\nalice < {}\n";
    passes(text, &["{\"a\"", ":1}\r\n{}\n"]);
    differs(text, &["{\"a\":1}\n{}"], (2, 10), "{\"a\":1}\\n{", "");
    differs(
        text,
        &["{\"a\":1}\r", "closed"],
        (2, 10),
        "{\"a\":1}\\r, then the server closes the connection",
        "",
    );
}

#[test]
fn a_person_sends_pieces_frames_together_and_bound_values() {
    let text = "dialect header\ncarol speaks json\nalice > ann\nalice < server: ${word} there\nalice > x${word}\n      | y\n\
                carol > {}\n      + {\"a\":\"${word}\"}\nalice > (stops sending)\ncarol > (breaks off)\ncarol > {}\n\
                carol > (hangs up)\n";
    let mut reply = Some(vec![("alice", bytes("6         server8         hi there"))]);
    let mut memory = Memory::new(move |_: &str, _: &[u8]| reply.take().unwrap_or_default());
    assert_eq!(play(&parsed(text), &Rules::default(), &mut memory), Outcome::Passed);
    let want = [
        "alice connects in header",
        "alice sends 3         ann",
        "alice sends 4         xhi",
        "alice waits",
        "alice sends y",
        "carol connects in json",
        "carol sends {}\n{\"a\":\"hi\"}\n",
        "alice stops sending",
        "carol breaks off",
        "carol connects in json",
        "carol sends {}\n",
        "carol hangs up",
    ];
    assert_eq!(memory.log, want);
}

#[test]
fn rules_demand_the_order_of_keys_single_reads_and_an_end_without_more() {
    let play_by = |rules: &Rules, text: &str, reads: &'static [&'static str]| {
        let mut reads = Some(reads);
        let serve = move |_: &str, bytes: &[u8]| -> Arrivals {
            let reads = reads.take().into_iter().flatten();
            let arrivals = reads.map(|read| ("alice", super::tests::bytes(read)));
            let end = bytes.is_empty().then_some(("alice", Incoming::Closed));
            arrivals.chain(end).collect()
        };
        play(&parsed(text), rules, &mut Memory::new(serve)) == Outcome::Passed
    };
    let rules = |key_order, one_read| Rules { key_order, one_read, farewell: None };
    let text = "alice > {}\nalice < {\"a\":1,\"b\":2}\n";
    assert!(play_by(&rules(false, false), text, &["{\"b\":2,\"a\":1}\n"]));
    assert!(!play_by(&rules(true, false), text, &["{\"b\":2,\"a\":1}\n"]));
    let text = "dialect ktn14\nalice > {}\nalice < {}\nalice < {}\n";
    assert!(play_by(&rules(false, false), text, &["{}{}"]));
    assert!(!play_by(&rules(false, true), text, &["{}{}"]));
    let leave = Expects::json("{\"response\":\"leave\",…}").unwrap();
    let farewell = Rules { farewell: Some(vec![leave]), ..Rules::default() };
    let text = "alice > {}\nalice < {\"a\":1}\n";
    assert!(play_by(&farewell, text, &["{\"a\":1}\n{\"response\":\"leave\",\"b\":2}\n"]));
    assert!(!play_by(&farewell, text, &["{\"a\":1}\n{\"response\":\"join\"}\n"]));
}

#[test]
fn a_fault_of_the_program_differs_and_a_fault_of_the_machine_decides_nothing() {
    let mut memory = Memory::new(|_: &str, _: &[u8]| Vec::new());
    memory.connect = Err(Fault::Machine("no ports".to_owned()));
    let played = play(&parsed("alice > {}"), &Rules::default(), &mut memory);
    assert_eq!(played, Outcome::Undecided("no ports".to_owned()));
    memory.connect = Err(Fault::Program("it refuses".to_owned()));
    let Outcome::Differs(it) = play(&parsed("alice > {}"), &Rules::default(), &mut memory) else {
        panic!("a difference")
    };
    assert_eq!(
        (it.expected.as_str(), it.received.as_str()),
        ("the server accepts the connection", "it refuses")
    );
}

#[test]
fn ten_thousand_lines_are_played() {
    let text = "alice > {\"n\":1}\nalice < {\"n\":1}\n".repeat(5000);
    let mut memory =
        Memory::new(|_: &str, sent: &[u8]| vec![("alice", Incoming::Bytes(sent.to_vec()))]);
    assert_eq!(play(&parsed(&text), &Rules::default(), &mut memory), Outcome::Passed);
    assert_eq!(memory.log.len(), 5001);
}
