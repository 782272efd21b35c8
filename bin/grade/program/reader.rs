//! The thread that reads the output of a program.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};

use super::output::{HAS_ENDED, STOP};
use super::registry;
use super::run::Run;

/// Number of reads before the thread looks at its second pipe again.
const PIECES: usize = 64;

/// The body of an `output-N` thread. It reads until no process can print any more and it has the order
/// `HAS_ENDED`, or until it has the order `STOP`. It reports the end of the program only after it has
/// read all earlier output.
pub(super) fn read(run: &Arc<Run>, mut output: File, mut orders: PipeReader) {
    let mut closed = false;
    let mut ended = false;
    let mut buffer = vec![0; 64 * 1024];
    while !(closed && ended) {
        wait(&output, closed, &orders);
        // The order is received before the read: by then, everything printed before the end is in the
        // pipe.
        let order = if can_read(&orders) { receive(&mut orders) } else { None };
        closed = closed || drain(run, &mut output, &mut buffer);
        match order {
            Some(HAS_ENDED) => {
                ended = true;
                run.has_ended();
            }
            Some(_) => break,
            None => {}
        }
    }
    run.change(|state| state.output.done = true);
}

/// Waits for output or for an order.
fn wait(output: &File, closed: bool, orders: &PipeReader) {
    // A closed pipe is always readable.
    let mut both = [PollFd::new(orders, PollFlags::IN), PollFd::new(output, PollFlags::IN)];
    let (first, _) = both.split_at_mut(if closed { 1 } else { 2 });
    // An interrupted wait only ends early.
    let _ = poll(first, None);
}

fn can_read(pipe: &PipeReader) -> bool {
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&now)), Ok(1))
}

fn receive(orders: &mut PipeReader) -> Option<u8> {
    let mut order = [STOP];
    // If no thread can send orders any more, this thread stops.
    match orders.read(&mut order) {
        Err(error) if error.kind() == ErrorKind::Interrupted => None,
        _ => Some(order[0]),
    }
}

/// Reads the output that is there now. Returns whether no more can follow.
fn drain(run: &Run, output: &mut File, buffer: &mut [u8]) -> bool {
    for _ in 0..PIECES {
        match output.read(buffer) {
            Ok(read @ 1..) => {
                #[expect(
                    clippy::indexing_slicing,
                    reason = "read returns a length within the buffer"
                )]
                let printed = &buffer[..read];
                if run.printed(printed) {
                    registry::wake();
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            // On Linux, reading a terminal that no process has open fails.
            Ok(_) | Err(_) => {
                run.change(|state| state.output.closed = true);
                return true;
            }
        }
    }
    false
}
