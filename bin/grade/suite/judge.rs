//! Plays a suite: on every right server, and on mutants until one of its transcripts fails.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use transcript::{Difference, Transcript};

use super::right::{Right, Rights, Uses};
use crate::built_in::{BuiltIn, Mutant};
use crate::play::play;
use crate::scenario::Haste;
use crate::subject::Subject;
use crate::verdict::Verdict;
use crate::wire::Dialect;

/// Longest wait for an answer of a mutant. Many mutants do not answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a transcript is played again on a server on which it has passed, perhaps with luck.
const TRIES: usize = 3;

/// The verdict on a server, and where the transcript differs, if it does.
type Play = (Verdict, Option<Difference>);

/// Whether a transcript is valid.
#[derive(Debug)]
pub(super) enum Validity {
    Valid,
    Invalid(Invalid),
    /// The machine kept grade from finding out.
    Undecided(String),
}

/// The first right server on which a transcript fails.
#[derive(Debug)]
pub(super) struct Invalid {
    /// The server, with its article.
    pub(super) server: String,
    /// The sentence of the page that allows what the server does.
    pub(super) allowed: String,
    /// What the server did; `None` if the difference has no place in the transcript.
    pub(super) difference: Option<Difference>,
    /// The expected and the actual behaviour, in words.
    pub(super) expected: String,
    pub(super) got: String,
    /// Number of right servers on which it fails.
    pub(super) fails: usize,
}

/// What a suite does about one mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Catch {
    /// The transcript with this index fails.
    Caught(usize),
    Missed,
    /// The machine kept grade from finding out.
    Undecided(String),
}

/// The validity of each transcript.
pub(super) fn validity(
    transcripts: &[Transcript],
    rights: &Rights,
    jobs: usize,
    stop: &AtomicBool,
) -> Vec<Validity> {
    let servers = rights.all.len();
    let play_on = |transcript: &Transcript, right: &Right, haste: Haste| -> Play {
        let played = play(&right.subject, transcript, haste, stop);
        (played.outcome.verdict, played.difference)
    };
    let on_one = |number: usize| {
        let (transcript, right) =
            (transcripts.get(number / servers), rights.all.get(number % servers));
        let (transcript, right) = transcript.zip(right)?;
        Some(play_on(transcript, right, Haste::AsWritten))
    };
    let is_undecided = |played: &Option<Play>| {
        matches!(played, Some((Verdict::Undecided { .. }, _))) && !stop.load(Ordering::Relaxed)
    };
    let plays = until_decided(jobs, transcripts.len() * servers, on_one, is_undecided);
    let mut plays = plays.into_iter().map(Option::flatten);
    let mut on_all = || -> Vec<Play> {
        let interrupted = || (Verdict::Undecided { why: "interrupted".to_owned() }, None);
        plays.by_ref().take(servers).map(|played| played.unwrap_or_else(interrupted)).collect()
    };
    let of_one = |transcript: &Transcript| {
        let plays = on_all();
        let play_again = |right: &Right, haste| play_on(transcript, right, haste);
        of_plays(transcript.has_departure(), &rights.all, plays, play_again)
    };
    transcripts.iter().map(of_one).collect()
}

/// The validity of a transcript that was played on all right servers.
fn of_plays(
    has_departure: bool,
    rights: &[Right],
    plays: Vec<Play>,
    play_again: impl Fn(&Right, Haste) -> Play,
) -> Validity {
    let is_passed = |(right, (verdict, _)): (&Right, &Play)| {
        right.uses == Uses::Content && *verdict == Verdict::Passed
    };
    // A transcript that fails on some of these servers only may depend on luck. If it fails on all of them, it may
    // have had none. The cause shows on a server that does things at another time.
    let some_pass = rights.iter().zip(&plays).any(is_passed);
    let mut failed = Vec::new();
    let mut undecided = None;
    for (right, (verdict, difference)) in rights.iter().zip(plays) {
        match verdict {
            Verdict::Failed(failure) => failed.push((right, failure, difference)),
            Verdict::Undecided { why } => undecided = Some(why),
            _ => {}
        }
    }
    let is_of_time =
        |right: &Right| right.uses == Uses::Time || has_departure && right.uses == Uses::Departure;
    let fails_unhurried =
        |right: &Right| matches!(play_again(right, Haste::Unhurried), (Verdict::Failed(_), _));
    let is_of_content =
        |right: &Right| matches!(right.uses, Uses::Content | Uses::News) && fails_unhurried(right);
    let mut of_time = failed.iter().position(|(right, ..)| is_of_time(right));
    let of_content = failed.iter().position(|(right, ..)| is_of_content(right));
    if !failed.is_empty() && of_time.or(of_content).is_none() {
        // It may have passed with luck on a server that would explain it.
        let servers = rights.iter().filter(|right| is_of_time(right));
        let explained =
            servers.cycle().take(TRIES * rights.len()).find_map(|right| {
                match play_again(right, Haste::AsWritten) {
                    (Verdict::Failed(failure), difference) => Some((right, failure, difference)),
                    _ => None,
                }
            });
        of_time = explained.is_some().then_some(failed.len());
        failed.extend(explained);
    }
    let fails = failed.len();
    let cause = of_time.filter(|_| some_pass || of_content.is_none()).or(of_content);
    match (failed.into_iter().nth(cause.unwrap_or(0)), undecided) {
        (Some((right, failure, difference)), _) => Validity::Invalid(Invalid {
            server: right.is.clone(),
            allowed: right.allowed.clone(),
            difference,
            expected: failure.expected,
            got: failure.got,
            fails,
        }),
        (None, Some(why)) => Validity::Undecided(why),
        (None, None) => Validity::Valid,
    }
}

/// What these transcripts do about each mutant.
pub(super) fn thoroughness(
    transcripts: &[&Transcript],
    mutants: &[Mutant],
    (built_in, dialect): (&BuiltIn, Dialect),
    jobs: usize,
    stop: &AtomicBool,
) -> Vec<Catch> {
    // The number of mutants that each transcript has caught: a transcript that catches many is tried first.
    let catches: Vec<AtomicUsize> = transcripts.iter().map(|_| AtomicUsize::new(0)).collect();
    let on_one = |number: usize| {
        let mutant = mutants.get(number)?;
        let subject = built_in.server(dialect, &format!("--bug {}", mutant.name), PATIENCE);
        Some(catch(transcripts, &catches, &subject, stop))
    };
    let is_undecided = |found: &Option<Catch>| {
        matches!(found, Some(Catch::Undecided(_))) && !stop.load(Ordering::Relaxed)
    };
    let found = until_decided(jobs, mutants.len(), on_one, is_undecided);
    let interrupted = || Catch::Undecided("interrupted".to_owned());
    found.into_iter().map(|found| found.flatten().unwrap_or_else(interrupted)).collect()
}

fn catch(
    transcripts: &[&Transcript],
    catches: &[AtomicUsize],
    subject: &Subject,
    stop: &AtomicBool,
) -> Catch {
    let mut found = Catch::Missed;
    let mut left: Vec<usize> = (0..transcripts.len()).collect();
    while !stop.load(Ordering::Relaxed) {
        let count = |it: &usize| catches.get(*it).map_or(0, |it| it.load(Ordering::Relaxed));
        let best =
            left.iter().enumerate().max_by_key(|(place, it)| (count(it), usize::MAX - place));
        let Some((place, _)) = best else { return found };
        let number = left.remove(place);
        let Some(transcript) = transcripts.get(number) else { continue };
        match play(subject, transcript, Haste::AsWritten, stop).outcome.verdict {
            Verdict::Failed(_) => {
                if let Some(count) = catches.get(number) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                return Catch::Caught(number);
            }
            Verdict::Undecided { why } => found = Catch::Undecided(why),
            _ => {}
        }
    }
    Catch::Undecided("interrupted".to_owned())
}

/// As [`in_parallel`], and then once more, alone, whatever is undecided: a program that spins gets too little
/// of a processor while others run beside it.
fn until_decided<T: Send>(
    jobs: usize,
    count: usize,
    work: impl Fn(usize) -> Option<T> + Sync,
    is_undecided: impl Fn(&Option<T>) -> bool,
) -> Vec<Option<Option<T>>> {
    let mut results = in_parallel(jobs, count, &work);
    for (number, result) in results.iter_mut().enumerate() {
        if result.as_ref().is_some_and(&is_undecided) {
            *result = Some(work(number));
        }
    }
    results
}

/// Calls a function with each number below `count` on several threads. Returns the results in order; a
/// result is `None` if the system had no thread for it.
pub(super) fn in_parallel<T: Send>(
    jobs: usize,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let result = work(number);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = results.get_mut(number) {
                *slot = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        for number in 0..jobs.min(count) {
            // With fewer threads, the others do more.
            let _ = thread::Builder::new().name(format!("suite-{number}")).spawn_scoped(scope, run);
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "mutants")]
    use crate::stop::Stop;

    #[cfg(feature = "mutants")]
    #[test]
    fn a_transcript_of_luck_is_explained_with_the_server_that_takes_its_time() {
        let built_in = BuiltIn::find(false).unwrap();
        let rights = Rights::find(&built_in, Dialect::Json, false, PATIENCE).unwrap().all;
        let failed = || match Stop::differs("alice", "a", "b") {
            Stop::Failed(difference) => (Verdict::Failed(difference), None),
            other => panic!("{other:?}"),
        };
        let passed = || (Verdict::Passed, None);
        let server = |has_departure: bool, is_of_time: bool| {
            let plays = rights.iter().map(|_| failed()).collect();
            let play_again = |right: &Right, haste| {
                assert!(matches!(right.uses, Uses::Content | Uses::News), "{}", right.is);
                assert_eq!(haste, Haste::Unhurried);
                if is_of_time { passed() } else { failed() }
            };
            match of_plays(has_departure, &rights, plays, play_again) {
                Validity::Invalid(invalid) => invalid.server,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(server(true, true), "a server that notices late who has gone");
        assert_eq!(server(false, true), "a server that lets messages overtake answers");
        assert_eq!(server(true, false), "a server that does only what it has to");
        assert_eq!(server(false, false), "a server that does only what it has to");

        // It passed with luck on the server that lets messages overtake answers, and once more. Where it
        // failed, nothing explains that: there it passes if people take their time.
        for on in [
            "a server that uses all of these freedoms",
            "a server that notices late who has gone",
            "a server that adds keys",
        ] {
            let plays = rights.iter().map(|right| if right.is == on { failed() } else { passed() });
            let tries = AtomicUsize::new(0);
            let play_again = |right: &Right, haste| {
                if haste == Haste::Unhurried {
                    return passed();
                }
                assert_eq!(right.uses, Uses::Time);
                if tries.fetch_add(1, Ordering::Relaxed) == 2 { failed() } else { passed() }
            };
            let validity = of_plays(false, &rights, plays.collect(), play_again);
            let Validity::Invalid(Invalid { server, fails, .. }) = validity else {
                panic!("valid: {on}")
            };
            let explained = ("a server that lets messages overtake answers", 2);
            assert_eq!((server.as_str(), fails), explained, "{on}");
        }
    }

    #[test]
    fn what_is_undecided_beside_others_is_repeated_alone() {
        let (running, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // An odd result stands for an undecided one.
        let barrier = std::sync::Barrier::new(2);
        let work = |number: usize| {
            let is_first = calls.fetch_add(1, Ordering::Relaxed) < 2;
            running.fetch_add(1, Ordering::Relaxed);
            if is_first {
                barrier.wait();
            }
            let others = running.load(Ordering::Relaxed) - 1;
            if is_first {
                barrier.wait();
            }
            running.fetch_sub(1, Ordering::Relaxed);
            Some(2 * number + usize::from(others > 0))
        };
        let results = until_decided(2, 2, work, |it| it.is_some_and(|it| it % 2 == 1));
        assert_eq!(results, [Some(Some(0)), Some(Some(2))]);
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn results_have_the_order_of_their_numbers() {
        let results = in_parallel(3, 20, |number| number * 2);
        let want: Vec<Option<usize>> = (0..20).map(|number| Some(number * 2)).collect();
        assert_eq!(results, want);
        assert!(in_parallel(3, 0, |number| number).is_empty());
    }
}
