//! The price of a frame in processor time and memory, without commands.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::thread;

use harness::json;

use crate::bench::Inspect;

/// The frames that pass.
const FRAMES: u64 = 30_000;

/// The processor time of a process in milliseconds. The clock of the kernel ticks each 10 ms.
fn processor_time(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    ticks * 10
}

/// The most memory that a process has had, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "slow"]
fn a_frame_costs_less_than_a_tenth_of_a_millisecond_and_memory_is_bounded() {
    let inspect = Inspect::start("json");
    let ends = inspect.connect();
    let line = format!("{{\"request\":\"message\",\"message\":\"{}\"}}\n", "x".repeat(200));
    let mut sender = ends.client.0.try_clone().unwrap();
    let sends = thread::spawn(move || {
        (0..FRAMES).for_each(|_| sender.write_all(line.as_bytes()).unwrap());
    });
    let mut reader = BufReader::new(ends.server.0.try_clone().unwrap());
    let mut text = String::new();
    for _ in 0..FRAMES {
        text.clear();
        reader.read_line(&mut text).unwrap();
    }
    sends.join().unwrap();
    let (page, token) = (inspect.page, &inspect.token);
    harness::wait_until("the record has all frames", harness::DEADLINE, || {
        let path = format!("/{token}/lines?from={FRAMES}&count=1");
        inspect.http(&format!("GET {path} HTTP/1.1\r\nHost: {page}\r\n\r\n")).1.contains("at\"")
    });
    inspect.hears(1, &json!({"event": "frame", "frame": 1}));
    let microseconds = processor_time(inspect.process()) * 1000 / FRAMES;
    assert!(microseconds < 100, "a frame costs {microseconds} µs of processor time");
    let memory = memory(inspect.process());
    assert!(memory < 64 * 1024, "{memory} KiB");
}
