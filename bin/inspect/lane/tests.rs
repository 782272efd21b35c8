//! Tests of a lane: what its receiver gets, write by write.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use parse::{Limits, dialect};

use super::{Flushed, Fresh, Lane, Refusal, Written};
use crate::event::Rules;

/// A lane with a receiver that keeps each write.
struct Bench {
    lane: Lane,
    now: Instant,
    ids: u64,
    writes: Writes,
    told: Vec<Written>,
}

#[derive(Default)]
struct Writes(Vec<String>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bench {
    fn new(rules: Rules) -> Bench {
        let dialect = dialect::find("json", &Limits::default()).unwrap();
        let lane = Lane::new(dialect, rules, false);
        let (writes, told) = (Writes::default(), Vec::new());
        Bench { lane, now: Instant::now(), ids: 0, writes, told }
    }

    fn paused() -> Bench {
        let mut bench = Bench::new(Rules::default());
        bench.lane.pause(true);
        bench
    }

    fn reads(&mut self, text: &str) -> Vec<Fresh> {
        self.lane.receive(text.as_bytes(), 0.0, self.now, &mut self.ids)
    }

    /// Lets time pass until nothing more is due. Returns the writes, and the milliseconds that they took.
    fn flush(&mut self) -> (Vec<String>, u128) {
        let begin = self.now;
        while let Flushed::Until(due) =
            self.lane.flush(self.now, &mut self.writes, &mut self.told).unwrap()
        {
            self.now = due;
        }
        (std::mem::take(&mut self.writes.0), (self.now - begin).as_millis())
    }

    fn writes(&mut self) -> Vec<String> {
        self.flush().0
    }
}

#[test]
fn untouched_bytes_pass_read_by_read() {
    let mut bench = Bench::new(Rules::default());
    for read in ["one\ntw", "o\nthree\n", "fo", "ur", "\n"] {
        bench.reads(read);
        assert_eq!(bench.writes(), [read]);
    }
    assert_eq!(bench.told, [], "the page is told of changes only");
}

#[test]
fn a_frame_names_the_reads_that_brought_it() {
    let mut bench = Bench::new(Rules::default());
    assert_eq!(bench.reads("on").len(), 0);
    assert_eq!(bench.lane.open(), (2, 1));
    let fresh = bench.reads("e\ntwo\nth");
    let reads =
        |fresh: &Fresh| fresh.reads.iter().map(|it| (it.n, it.from, it.to)).collect::<Vec<_>>();
    assert_eq!(reads(&fresh[0]), [(1, 0, 2), (2, 2, 10)]);
    assert_eq!((reads(&fresh[1]), fresh[1].from), (vec![(2, 2, 10)], 4));
    assert_eq!(bench.lane.open(), (2, 1));
    for _ in 0..100 {
        bench.reads("x");
    }
    let fresh = bench.reads("\n");
    assert_eq!((fresh[0].brought, fresh[0].reads.len()), (102, super::READS));
    assert_eq!(fresh[0].reads.last().map(|read| read.n), Some(103));
}

#[test]
fn a_paused_lane_keeps_frames_and_a_step_sends_one() {
    let mut bench = Bench::paused();
    let fresh = bench.reads("one\ntwo\nth");
    assert!(fresh.iter().all(|fresh| fresh.held));
    assert_eq!(bench.writes(), [""; 0]);
    assert_eq!(bench.lane.step(), Ok(1));
    assert_eq!(bench.writes(), ["one\n"]);
    bench.lane.pause(false);
    assert_eq!(bench.writes(), ["two\n", "th"], "and the unfinished frame follows");
    bench.reads("ree\n");
    assert_eq!(bench.writes(), ["ree\n"]);
    assert_eq!(bench.lane.step(), Err(Refusal::Nothing));
}

#[test]
fn a_frame_that_has_begun_before_the_pause_keeps_its_rest() {
    let mut bench = Bench::new(Rules::default());
    bench.reads("be");
    assert_eq!(bench.writes(), ["be"]);
    bench.lane.pause(true);
    bench.reads("gun\n");
    assert_eq!(bench.writes(), [""; 0]);
    let begun = Refusal::Begun { frame: 1, sent: 2 };
    assert_eq!(bench.lane.double(1), Err(begun.clone()));
    assert_eq!(bench.lane.edit(1, vec![]), Err(begun));
    assert_eq!(bench.lane.step(), Ok(1));
    assert_eq!(bench.writes(), ["gun\n"]);
}

#[test]
fn held_frames_are_dropped_doubled_moved_and_edited() {
    let mut bench = Bench::paused();
    bench.reads("one\ntwo\nthree\nfour\n");
    bench.lane.drop_frame(2).unwrap();
    assert_eq!(bench.lane.drop_frame(2), Err(Refusal::NotHeld(2)));
    bench.lane.double(3).unwrap();
    bench.lane.shift(4, false).unwrap();
    bench.lane.shift(1, true).unwrap();
    assert_eq!(bench.lane.shift(3, false), Err(Refusal::NoNeighbour(3)));
    let new = bench.lane.encode("first");
    bench.lane.edit(1, new).unwrap();
    bench.lane.pause(false);
    assert_eq!(bench.writes(), ["three\n", "first\n", "four\n", "three\n"]);
}

#[test]
fn a_frame_is_cut_at_any_byte_and_stepped_piece_by_piece() {
    for at in 1..4 {
        let mut bench = Bench::paused();
        bench.reads("one\n");
        bench.lane.cut(1, at).unwrap();
        bench.lane.step().unwrap();
        assert_eq!(bench.writes(), [&"one\n"[..at]]);
        bench.lane.step().unwrap();
        assert_eq!(bench.writes(), [&"one\n"[at..]]);
        let parts: Vec<_> =
            bench.told.iter().map(|it| (it.parts[0].from, it.parts[0].to)).collect();
        assert_eq!(parts, [(0, at), (at, 4)]);
    }
    let mut bench = Bench::paused();
    bench.reads("one\n");
    bench.lane.cut(1, 2).unwrap();
    bench.lane.cut(1, 3).unwrap();
    bench.lane.cut(1, 2).unwrap();
    assert_eq!(bench.lane.waiting().0[0].cuts, [0, 3, 4], "a second cut joins the pieces");
    assert_eq!(bench.lane.cut(1, 4), Err(Refusal::Outside { frame: 1, at: 4, from: 0, to: 4 }));
    bench.lane.pause(false);
    assert_eq!(bench.flush(), (vec!["one".to_owned(), "\n".to_owned()], 20));
}

#[test]
fn the_next_frames_are_joined_into_one_write() {
    let mut bench = Bench::new(Rules::default());
    bench.lane.join(3);
    bench.reads("one\n");
    bench.reads("two\nth");
    assert_eq!(bench.writes(), [""; 0]);
    bench.reads("ree\nfour\n");
    assert_eq!(bench.writes(), ["one\ntwo\nthree\n", "four\n"]);
    bench.lane.join(2);
    bench.reads("five\n");
    bench.lane.end(bench.now, &mut 100);
    assert_eq!(bench.writes(), ["five\n"], "the end of the stream ends the wait");
}

#[test]
fn rules_cut_delay_and_dole_out_each_frame() {
    let mut bench = Bench::new(Rules { cut: Some(2), ..Rules::default() });
    bench.reads("one\nt");
    bench.reads("wo\n");
    assert_eq!(bench.flush().0, ["on", "e\n", "tw", "o\n"]);
    let mut bench = Bench::new(Rules { delay: Some(30), ..Rules::default() });
    bench.reads("one\n");
    assert_eq!(bench.flush(), (vec!["one\n".to_owned()], 30));
    let mut bench = Bench::new(Rules { bytewise: true, ..Rules::default() });
    bench.reads("one\n");
    assert_eq!(bench.flush(), (["o", "n", "e", "\n"].map(str::to_owned).to_vec(), 3));
    let told = bench.told.pop().map(|told| (told.bytes, told.chunk));
    assert_eq!((told, bench.told.len()), (Some((4, Some(1))), 0), "one event tells of all");
    bench.reads(&("y".repeat(2000) + "\n"));
    let (writes, _) = bench.flush();
    let (rest, bytes) = writes.split_last().unwrap();
    assert_eq!((bytes.concat().len(), bytes.len(), rest.len()), (1024, 1024, 977), "a long frame");
    bench.lane.set_rules(Rules::default());
    bench.reads("tw");
    assert_eq!(bench.writes(), ["tw"], "without rules, bytes pass as they come");
}

#[test]
fn a_delayed_frame_holds_up_the_frames_that_are_sent_later() {
    let mut bench = Bench::paused();
    bench.reads("one\ntwo\n");
    bench.lane.send(2, Duration::from_millis(50), bench.now).unwrap();
    bench.lane.step().unwrap();
    assert_eq!(bench.flush(), (vec!["two\n".to_owned(), "one\n".to_owned()], 50));
}

#[test]
fn a_closed_lane_drops_everything_and_a_full_one_stops_reading() {
    let mut bench = Bench::paused();
    bench.reads(&"x".repeat(super::WAITING / 1024 - 1));
    let line = "y".repeat(8000) + "\n";
    while !bench.lane.is_full() {
        bench.reads(&line);
        assert!(bench.ids < 10_000, "the lane never became full");
    }
    bench.lane.close();
    assert!(bench.lane.is_finished() && !bench.lane.is_full());
    assert_eq!(bench.reads("more\n").len(), 0);
    assert_eq!(bench.writes(), [""; 0]);
}

#[test]
fn the_end_of_the_stream_waits_for_held_frames() {
    let mut bench = Bench::paused();
    bench.reads("one\nha");
    let last = bench.lane.end(bench.now, &mut bench.ids);
    assert!(last[0].cut.fault.is_some() && last[0].held);
    assert!(!bench.lane.is_finished());
    bench.lane.pause(false);
    assert_eq!(bench.writes(), ["one\n", "ha"]);
    assert!(bench.lane.is_finished());
}
