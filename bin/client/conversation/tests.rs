//! Tests of waiting for answers, on two threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::conversation::testing::{DEADLINE, connected};

/// A conversation in which the server has answered the client's own request.
fn conversation() -> (impl Sized, Conversation) {
    let (server, conversation, receiver) = connected(false);
    conversation.answered(&tagged(OWN));
    ((server, receiver), conversation)
}

fn tagged(tag: impl Into<Value>) -> Response {
    Response::ok("names", Dict::new()).tagged(Some(tag.into()))
}

fn ask(conversation: &Conversation) {
    conversation.ask(Request::new("names", Dict::new())).unwrap();
}

fn is_waiting(conversation: &Conversation) -> bool {
    !conversation.wait(Duration::ZERO)
}

#[test]
fn a_wait_is_over_when_every_request_is_answered() {
    let (_server, conversation) = conversation();
    assert!(!is_waiting(&conversation));
    ask(&conversation);
    ask(&conversation);
    conversation.ask_own("rooms");
    for answer in [2.into(), Value::from(OWN), 1.into()] {
        assert!(is_waiting(&conversation), "before {answer}");
        conversation.answered(&tagged(answer));
    }
    assert!(!is_waiting(&conversation));
}

#[test]
fn a_response_without_a_request_is_no_answer() {
    let (_server, conversation) = conversation();
    conversation.answered(&tagged(OWN));
    conversation.answered(&tagged(1));
    ask(&conversation);
    let event = Response::ok("notice", Dict::new());
    for strange in [event, tagged(2), tagged(-1), tagged(1.5), tagged("1"), tagged("other")] {
        conversation.answered(&strange);
        assert!(is_waiting(&conversation), "{strange:?}");
    }
    conversation.ask_own("rooms");
    conversation.answered(&tagged(1));
    conversation.answered(&tagged(1));
    assert!(is_waiting(&conversation), "the client's own request has no answer");
    conversation.answered(&tagged(OWN));
    assert!(!is_waiting(&conversation));
}

/// Whether `wake` wakes a thread that waits for an answer. Before it calls `wake`, it yields the processor
/// this number of times, so that the thread begins to wait.
fn is_woken(conversation: &Conversation, yields: u64, wake: impl Fn()) -> bool {
    ask(conversation);
    let (start, ready) = (Instant::now(), Barrier::new(2));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            ready.wait();
            conversation.wait(DEADLINE)
        });
        ready.wait();
        (0..yields).for_each(|_| thread::yield_now());
        wake();
        waiting.join().unwrap() && start.elapsed() < DEADLINE / 2
    })
}

// The tests repeat this, because now and then `wake` comes before the thread waits all the same.

#[test]
fn an_answer_wakes_the_thread_that_waits() {
    let (_server, conversation) = conversation();
    for number in 1..=50 {
        assert!(is_woken(&conversation, number, || conversation.answered(&tagged(number))));
    }
}

#[test]
fn the_end_of_the_connection_wakes_the_thread_that_waits() {
    for yields in 0..40 {
        let (_server, conversation) = conversation();
        assert!(is_woken(&conversation, yields, || drop(conversation.end(CloseReason::Finished))));
        assert!(!is_waiting(&conversation), "nothing will be answered");
    }
}

#[test]
fn the_end_of_the_connection_has_a_text() {
    let (_server, conversation) = conversation();
    let finished = conversation.end(CloseReason::Finished);
    assert_eq!(finished, "the server closed the connection");
    let reset = CloseReason::Broken(std::io::ErrorKind::ConnectionReset);
    let broke = "the connection to the server broke (connection reset)";
    assert_eq!(conversation.end(reset), broke);
    let bug = conversation.end(CloseReason::Bug);
    assert_eq!(bug, format!("the connection to the server has ended ({})", CloseReason::Bug));
}

#[test]
fn other_responses_do_not_extend_a_wait() {
    let (_server, conversation) = conversation();
    ask(&conversation);
    let (start, over) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) && start.elapsed() < DEADLINE {
                conversation.answered(&Response::ok("notice", Dict::new()));
            }
        });
        // The other thread is never kept from its processor for this long, even on a busy machine.
        let timeout = Duration::from_millis(500);
        let answered = conversation.wait(timeout);
        let took = start.elapsed();
        over.store(true, Ordering::Relaxed);
        assert!(!answered && took >= timeout && took < DEADLINE / 2, "{answered} after {took:?}");
    });
}
