//! Folding of repetitions: a report shows the first items, a count, and the last items.
//!
//! Two items are equal here if they differ only in numbers or in generated names.

use std::time::Duration;

use crate::trace::{Step, Trace, What};
use crate::verdict::{Difference, Outcome};

/// Greatest distance at which an equal item counts as a repetition.
const NEAR: usize = 24;

/// Shortest run that is folded: a line with a count would not be shorter than fewer items.
const FEW: usize = 2;

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The item at this place.
    One(usize),
    /// This many items between the part before and the part after, all like those around them.
    More(usize),
}

/// Folds each item that is equal to an earlier item and to a later one.
pub(super) fn fold<T: PartialEq>(all: &[T]) -> Vec<Part> {
    fold_around(all, None, (0, 0))
}

/// Folds like [`fold`], except the item at the place `kept`. At the place `gap`, `forgotten` items are
/// missing that were like their neighbours.
fn fold_around<T: PartialEq>(
    all: &[T],
    kept: Option<usize>,
    (gap, forgotten): (usize, usize),
) -> Vec<Part> {
    let is_near = |place: usize| forgotten > 0 && place.abs_diff(gap) < NEAR;
    let repeats = |place: usize, it: &T| {
        #[expect(clippy::indexing_slicing, reason = "place is an index of the list")]
        let (before, after) = (
            &all[place.saturating_sub(NEAR)..place],
            &all[place + 1..(place + 1 + NEAR).min(all.len())],
        );
        (before.contains(it) || place >= gap && is_near(place))
            && (after.contains(it) || place < gap && is_near(place))
    };
    let mut parts = Vec::new();
    let mut next = 0;
    for (place, it) in all.iter().enumerate() {
        if repeats(place, it) && kept != Some(place) {
            continue;
        }
        let missing = if next <= gap && gap <= place { forgotten } else { 0 } + place - next;
        if missing > FEW || missing > place - next {
            parts.push(Part::More(missing));
        } else {
            parts.extend((next..place).map(Part::One));
        }
        parts.push(Part::One(place));
        next = place + 1;
    }
    parts
}

/// The index of the first of the last `most` parts, and the number of items before it.
pub(super) fn last(parts: &[Part], most: usize) -> (usize, usize) {
    let mut first = parts.len().saturating_sub(most);
    // A count at the beginning would say less than the number of items left out.
    first += usize::from(first > 0 && matches!(parts.get(first), Some(Part::More(_))));
    (first, parts.iter().take(first).map(count).sum())
}

/// The number of items that a part stands for.
fn count(part: &Part) -> usize {
    match part {
        Part::One(_) => 1,
        Part::More(count) => *count,
    }
}

/// Greatest number of parts that are shown after the wrong answer.
const LATER: usize = 8;

/// The part of a trace that a report shows. It ends at the wrong answer. If the peer that received it
/// sent more after that, these are the rest of the input under test, and the excerpt ends at the last of
/// them.
pub(super) struct Excerpt<'a> {
    pub(super) steps: &'a [Step],
    pub(super) parts: Vec<Part>,
    /// The place of the wrong answer, if a peer received one.
    pub(super) wrong: Option<usize>,
    /// The number of steps after the excerpt.
    later: usize,
}

/// The parts of an excerpt for which a report has room.
pub(super) struct Window {
    /// The numbers of the first part and of the part after the last.
    pub(super) from: usize,
    pub(super) to: usize,
    /// The numbers of steps that are left out before and after.
    pub(super) before: usize,
    pub(super) after: usize,
}

impl<'a> Excerpt<'a> {
    pub(super) fn new(trace: &'a Trace, difference: Option<&Difference>) -> Excerpt<'a> {
        let wrong = difference.and_then(|difference| cause(trace, difference));
        let is_rest = |step: &Step| {
            let is_sent = matches!(step.what, What::Sent { .. });
            is_sent && difference.is_some_and(|difference| difference.who == step.who)
        };
        let end = wrong.map_or(trace.steps.len(), |wrong| {
            let rest = trace.steps.iter().rposition(is_rest);
            rest.map_or(wrong, |rest| rest.max(wrong)) + 1
        });
        #[expect(clippy::indexing_slicing, reason = "end is behind the place of a step")]
        let steps = &trace.steps[..end];
        let shapes: Vec<_> = steps.iter().map(|step| shape_of(trace, step)).collect();
        // All of the forgotten steps may belong to the later ones.
        let dropped =
            Some(trace.dropped()).filter(|(gap, _)| *gap < steps.len()).unwrap_or_default();
        let parts = fold_around(&shapes, wrong, dropped);
        Excerpt { steps, parts, wrong, later: trace.steps.len() - steps.len() }
    }

    /// The last `most` parts up to the wrong answer, and the first ones after it.
    pub(super) fn window(&self, most: usize) -> Window {
        let is_wrong = |part: &Part| self.wrong.is_some_and(|place| *part == Part::One(place));
        let split = self.parts.iter().position(is_wrong).map_or(self.parts.len(), |at| at + 1);
        let (head, tail) = self.parts.split_at(split);
        let (from, before) = last(head, most);
        let mut kept = tail.len().min(most).min(LATER);
        // A count at the end would say less than the number of items left out.
        kept -= usize::from(
            kept < tail.len() && kept > 0 && matches!(tail.get(kept - 1), Some(Part::More(_))),
        );
        let after = tail.iter().skip(kept).map(count).sum::<usize>() + self.later;
        Window { from, to: split + kept, before, after }
    }

    /// The place of the first step after the wrong answer that its receiver sent.
    pub(super) fn rest(&self) -> Option<usize> {
        let wrong = self.wrong?;
        let who = &self.steps.get(wrong)?.who;
        let is_rest = |step: &Step| matches!(step.what, What::Sent { .. }) && step.who == *who;
        let rest = self.steps.iter().skip(wrong + 1).position(is_rest)?;
        Some(wrong + 1 + rest)
    }

    /// The step at the place of a [`Part::One`].
    pub(super) fn step(&self, place: usize) -> &'a Step {
        #[expect(clippy::indexing_slicing, reason = "fold makes parts of these steps only")]
        &self.steps[place]
    }

    /// The time from the step before the part with this number to the step after it.
    pub(super) fn took(&self, number: usize) -> Duration {
        let at = |number: Option<usize>| match self.parts.get(number?)? {
            Part::One(place) => Some(self.step(*place).at),
            Part::More(_) => None,
        };
        let (from, to) = (at(number.checked_sub(1)), at(Some(number + 1)));
        from.zip(to).map_or(Duration::ZERO, |(from, to)| to.saturating_sub(from))
    }
}

/// The numbers of the step that received the wrong answer and of the first later step of its receiver.
/// `None` if the wrong answer is the last step that matters.
pub(super) fn early(outcome: &Outcome, difference: &Difference) -> Option<(usize, usize)> {
    let excerpt = Excerpt::new(&outcome.trace, Some(difference));
    let number = |place| outcome.trace.number(place);
    excerpt.wrong.map(number).zip(excerpt.rest().map(number))
}

/// The place of the step that received the wrong answer, if a peer received one.
pub(super) fn cause(trace: &Trace, difference: &Difference) -> Option<usize> {
    let place = trace.last()?;
    let step = trace.steps.get(place)?;
    let is_heard = matches!(step.what, What::Received { .. });
    (is_heard && step.who == difference.who).then_some(place)
}

/// A line that says how many more items there are, and how long they took.
pub(super) fn words(count: usize, what: &str, took: Duration) -> String {
    let took = match took.as_millis() {
        0..100 => String::new(),
        _ => format!(", in {:.1} s", took.as_secs_f64()),
    };
    format!("… {count} more {what} like these{took}")
}

/// A step without its numbers and generated names.
fn shape_of(trace: &Trace, step: &Step) -> (u8, String, String) {
    let kind = match step.what {
        What::Sent { .. } => 0,
        What::Received { .. } => 1,
        What::Did { .. } => 2,
    };
    let mut words = step.what.words().to_owned();
    for name in trace.names.iter().filter(|name| step.what.words().contains(*name)) {
        words = words.replace(name, "@");
    }
    (kind, shape(&step.who), shape(&words))
}

/// A text without its numbers: decimal numbers, and hexadecimal ones that begin with `0x`.
pub(super) fn shape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        out.push_str(before);
        out.push('#');
        rest = match number.strip_prefix("0x") {
            Some(hex) => hex.trim_start_matches(|c: char| c.is_ascii_hexdigit()),
            None => number.trim_start_matches(|c: char| c.is_ascii_digit()),
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::Part::{More, One};
    use super::*;
    use crate::report::samples::{difference, heard, sent};

    #[test]
    fn the_middle_of_a_repetition_is_folded() {
        assert_eq!(fold(&["a"; 60]), [One(0), More(58), One(59)]);
        let twos: Vec<char> = "abcdcdcdcdcde".chars().collect();
        assert_eq!(
            fold(&twos),
            [0, 1, 2, 3]
                .map(One)
                .into_iter()
                .chain([More(6)])
                .chain([10, 11, 12].map(One))
                .collect::<Vec<_>>()
        );
        // Items that repeat in another order each time are a repetition, too.
        let mixed: Vec<char> = "abcbacbcaabccba".chars().collect();
        assert_eq!(fold(&mixed), [One(0), One(1), One(2), More(9), One(12), One(13), One(14)]);
    }

    #[test]
    fn short_or_distant_repetitions_are_not_folded() {
        for all in ["", "a", "ab", "aaaa", "abab", "abcabcab", "abcdefgh"] {
            let all: Vec<char> = all.chars().collect();
            assert_eq!(fold(&all), (0..all.len()).map(One).collect::<Vec<_>>(), "{all:?}");
        }
        // These repetitions are too far apart.
        let far: Vec<usize> = (0..100).map(|number| number % (NEAR + 1)).collect();
        assert!(fold(&far).iter().all(|part| matches!(part, One(_))));
        // An item that occurs once stays between two repetitions.
        let new: Vec<char> = "aaaaaaXaaaaaa".chars().collect();
        assert_eq!(fold(&new), [One(0), More(5), One(6), More(5), One(12)]);
    }

    #[test]
    fn numbers_and_generated_names_are_ignored() {
        assert_eq!(shape("p17 of 500, at 0x7fAb and 07"), "p# of #, at # and #");
        assert_eq!(shape("no number"), "no number");
        let mut trace = Trace::new();
        for number in 0..20 {
            let name = format!("p{}", ["guro", "tase", "nilo"][number % 3].repeat(number + 1));
            trace.add_name(&name);
            trace.steps.push(sent(0, &format!("p{number}"), &format!("login as {name:?}"), b"x"));
        }
        assert_eq!(Excerpt::new(&trace, None).parts, [One(0), More(18), One(19)]);
        trace.names.clear();
        assert_eq!(Excerpt::new(&trace, None).parts.len(), 20);
    }

    #[test]
    fn forgotten_steps_are_counted() {
        let mut trace = Trace::new();
        for number in 0..100 {
            let words = format!("number {number}");
            trace.record("ann", What::Did { words });
            trace.shorten();
        }
        let last = trace.steps.len() - 1;
        assert_eq!(Excerpt::new(&trace, None).parts, [One(0), More(98), One(last)]);
        // Of a step that was repeated for each peer, the last repetition is among the forgotten ones.
        let mut trace = Trace::new();
        for what in ["connects", "asks"] {
            for number in 0..100 {
                trace.record(&format!("p{number}"), What::Did { words: what.to_owned() });
                trace.shorten();
            }
        }
        let last = trace.steps.len() - 1;
        assert_eq!(Excerpt::new(&trace, None).parts, [One(0), More(198), One(last)]);
    }

    /// A trace in which ann receives a wrong answer between steps that others and she send.
    fn early(after: &[&str]) -> Trace {
        let mut trace = Trace::new();
        let what = |words: &str| What::Sent { words: words.to_owned(), bytes: vec![b'x'] };
        trace.record("ann", what("half of it"));
        let came = std::time::Instant::now();
        while came == std::time::Instant::now() {}
        for who in after {
            trace.record(who, what(&format!("{who} sends {}", "x".repeat(trace.steps.len()))));
        }
        let refused = What::Received { words: "refused".to_owned(), bytes: vec![b'x'] };
        trace.record_at(came, "ann", refused);
        trace
    }

    #[test]
    fn the_rest_of_the_input_is_shown_after_the_wrong_answer() {
        let difference = difference("ann", "done", "refused");
        let shown = |after: &[&str], most: usize| {
            let trace = early(after);
            let excerpt = Excerpt::new(&trace, Some(&difference));
            let Window { from, to, before, after } = excerpt.window(most);
            assert_eq!(excerpt.wrong, Some(1));
            (from..to, before, after)
        };
        // What others sent later is left out, unless the rest of the input follows it.
        assert_eq!(shown(&["ben", "ben"], 24), (0..2, 0, 2));
        assert_eq!(shown(&["ben", "ann", "ben"], 24), (0..4, 0, 1));
        assert_eq!(shown(&["ann"; 40], 24), (0..2 + LATER, 0, 40 - LATER));
        assert_eq!(shown(&["ben", "ann"], 1), (1..3, 1, 1));
        let trace = early(&["ben", "ann"]);
        assert_eq!(Excerpt::new(&trace, Some(&difference)).rest(), Some(3));
    }

    #[test]
    fn all_steps_are_shown_if_an_answer_is_missing() {
        let trace = early(&["ann", "ben"]);
        let excerpt = Excerpt::new(&trace, Some(&difference("ben", "done", "nothing")));
        assert_eq!((excerpt.steps.len(), excerpt.later, excerpt.wrong), (4, 0, None));
        assert_eq!(excerpt.rest(), None);
    }

    #[test]
    fn a_folded_part_says_how_long_it_took() {
        let mut trace = Trace::new();
        trace.steps = (0..60).map(|at| heard(at * 30, "ann", "refused", b"x")).collect();
        let excerpt = Excerpt::new(&trace, None);
        assert_eq!(words(58, "steps", excerpt.took(1)), "… 58 more steps like these, in 1.8 s");
        assert_eq!(words(58, "steps", excerpt.took(0)), "… 58 more steps like these");
        // A list that would begin with a count begins after it.
        let window = |most| excerpt.window(most);
        let begins = [3, 2, 1].map(window).map(|window| (window.from, window.before));
        assert_eq!(begins, [(0, 0), (2, 59), (2, 59)]);
    }
}
