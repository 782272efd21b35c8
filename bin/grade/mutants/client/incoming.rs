//! The thread that reads the socket and shows each answer.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::atomic::Ordering::Relaxed;

use crate::answers::{self, Answer};
use crate::bugs::Bug;
use crate::frames::{Frames, READ_SIZE};
use crate::{Client, End};

/// Text that is shown at the end of the stream.
const HUNG_UP: &str = "the server has hung up";

/// Shows answers until the connection ends. Returns how it ended, unless a bug hides that.
#[expect(clippy::indexing_slicing, reason = "a read returns at most the length of its buffer")]
pub(crate) fn run(client: &Client, mut stream: &TcpStream) -> Option<End> {
    let bug = client.settings.bug;
    let mut frames = Frames::new(client.settings);
    let mut buffer = [0; READ_SIZE];
    let mut said = false;
    loop {
        let read = match stream.read(&mut buffer) {
            Ok(0) | Err(_) if bug == Bug::SpinsAtEnd => continue,
            Ok(0) | Err(_) if bug == Bug::SaysAndSpins => {
                if !std::mem::replace(&mut said, true) {
                    client.screen.line(&format!("-- {HUNG_UP}"));
                }
                continue;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) if bug == Bug::SilentAtEnd => return None,
            Ok(0) => return Some(End::Gone(HUNG_UP.to_owned())),
            Err(error) => return Some(End::Gone(format!("the connection broke: {error}"))),
            Ok(length) => &buffer[..length],
        };
        if bug == Bug::DiesOfHalfLetter
            && let Err(error) = std::str::from_utf8(read)
        {
            return Some(End::Died(error.to_string()));
        }
        for frame in frames.cut(read) {
            if let Some(died) = show(client, &frame) {
                return Some(died);
            }
        }
        client.screen.came();
    }
}

/// Shows one answer. Returns an end if a bug makes the client exit.
fn show(client: &Client, frame: &[u8]) -> Option<End> {
    let (dialect, bug) = (client.settings.dialect, client.settings.bug);
    let mut answers = answers::read(frame, dialect, client.asked_names.load(Relaxed));
    if bug == Bug::LastOfBacklog
        && let Some(last) = answers.pop()
    {
        answers.retain(|answer| !matches!(answer, Answer::Past { .. }));
        answers.push(last);
    }
    for answer in answers {
        if matches!(answer, Answer::Names(_) | Answer::Error(_)) {
            client.asked_names.store(false, Relaxed);
        }
        let dies = match answer {
            Answer::Unknown(_) => bug == Bug::DiesOfUnknown,
            Answer::Lacks { has_other: false, .. } => bug == Bug::DiesOfMissingKey,
            Answer::Lacks { has_other: true, .. } => bug == Bug::DiesOfNull,
            Answer::NoJson(_) => bug == Bug::DiesOfNoJson,
            _ => false,
        };
        if dies {
            return Some(End::Died(format!("{answer:?}")));
        }
        let is_error = matches!(answer, Answer::Error(_));
        if let Some(line) = line(client, answer) {
            client.screen.line(&line);
            if bug == Bug::ForgetsHalfLine {
                client.keyboard.forget();
            }
        }
        if is_error && bug == Bug::DiesOfError {
            return Some(End::Died("an error".to_owned()));
        }
    }
    None
}

/// The line for an answer; `None` if a bug hides it.
fn line(client: &Client, answer: Answer) -> Option<String> {
    Some(match (answer, client.settings.bug) {
        (Answer::Past { .. }, Bug::HidesBacklog)
        | (Answer::Names(_), Bug::HidesNames)
        | (Answer::Error(_), Bug::HidesErrors) => return None,
        (Answer::Said { text, .. }, Bug::HidesSender)
        | (Answer::Past { text, .. }, Bug::BacklogWithoutNames) => text,
        (Answer::Said { text, .. }, Bug::SenderIsSelf) => format!("{}: {text}", client.name()),
        (Answer::Said { by, text } | Answer::Past { by, text }, _) => format!("{by}: {text}"),
        (Answer::Names(names), _) => format!("here: {}", names.join(", ")),
        (Answer::News(news), _) => format!("-- {news}"),
        (Answer::Error(error), _) => format!("error: {error}"),
        (Answer::Unknown(kind), _) => format!("-- skipped: no answer is called {kind:?}"),
        (Answer::Lacks { key, .. }, _) => format!("-- skipped: an answer without its {key:?}"),
        (Answer::NoJson(why), _) => format!("-- skipped: no JSON: {why}"),
    })
}
