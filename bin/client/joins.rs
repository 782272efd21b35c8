//! Which people who come and go are shown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::rooms::shown;
use crate::sanitize::is_word;

/// How long a person who spoke is of interest.
const LATELY: Duration = Duration::from_secs(15 * 60);
/// How long counted moves are held before they are shown without another line.
const HELD: Duration = Duration::from_secs(10);
/// The most people whom one line names.
const NAMED: usize = 10;
/// The most people whose last words are remembered.
const SPEAKERS: usize = 1000;

/// The setting `joins` of the configuration file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shown {
    /// Everyone who comes or goes.
    #[default]
    All,
    /// People who spoke lately; several within a short time and without another line between them are counted,
    /// except a single one. People whom an administrator makes leave are shown, too.
    Smart,
    /// Nobody.
    Off,
}

/// A person who comes or goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move<'a> {
    pub(crate) name: &'a str,
    /// The room, or `None` for the chat.
    pub(crate) room: Option<&'a str>,
    pub(crate) comes: bool,
    /// The number of people who are there afterwards.
    pub(crate) online: u64,
    /// The act of an administrator that makes the person leave the chat, if the server names one.
    pub(crate) departure: Option<&'a str>,
    /// Why the person leaves the chat, if they or the administrator said so.
    pub(crate) reason: Option<&'a str>,
}

impl Move<'_> {
    /// What happens to the person, if an administrator makes them leave the chat.
    pub(crate) fn expulsion(self) -> Option<&'static str> {
        match self.departure? {
            "kicked" => Some("was kicked"),
            "banned" => Some("was banned"),
            _ => None,
        }
    }
}

/// The people who spoke lately, and the run of moves after the last other line.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    pub(crate) shown: Shown,
    /// When each person spoke last, by name in lower case.
    spoke: BTreeMap<String, Instant>,
    run: Option<Run>,
}

/// Moves in one place. The first was shown at once, and so was the opposite move of the same person if it was
/// the second; the others are counted.
#[derive(Debug)]
struct Run {
    room: Option<String>,
    /// The person whose move was shown, until another move follows.
    first: Option<String>,
    came: u64,
    went: u64,
    online: u64,
    /// The text for the last move.
    last: String,
    /// When the first move was counted, if one was.
    since: Option<Instant>,
}

impl Joins {
    /// Notes that a person spoke at this time, if their name is a plain word.
    pub(crate) fn note_speaker(&mut self, name: &str, when: Instant) {
        if self.spoke.len() >= SPEAKERS {
            self.spoke.retain(|_, when| when.elapsed() < LATELY);
        }
        if self.shown == Shown::Smart && self.spoke.len() < SPEAKERS && is_word(name) {
            // The history of a room has what the person said before they spoke elsewhere.
            let spoke = self.spoke.entry(name.to_lowercase()).or_insert(when);
            *spoke = when.max(*spoke);
        }
    }

    /// Whether this person spoke lately.
    fn is_recent(&self, name: &str, now: Instant) -> bool {
        let spoke = self.spoke.get(&name.to_lowercase());
        spoke.is_some_and(|when| now.saturating_duration_since(*when) < LATELY)
    }

    /// The texts to show for a move, at this time.
    pub(crate) fn show(&mut self, what: Move<'_>, now: Instant) -> Vec<String> {
        match self.shown {
            Shown::All => vec![describe(what)],
            Shown::Smart if what.expulsion().is_some() => {
                self.end_run().into_iter().chain([describe(what)]).collect()
            }
            Shown::Smart if self.is_recent(what.name, now) => self.add_to_run(what, now),
            Shown::Smart | Shown::Off => vec![],
        }
    }

    /// The text for people who did not come back after the connection was lost, if there are any to show.
    pub(crate) fn describe_missing(&self, mut names: Vec<String>, now: Instant) -> Option<String> {
        names.retain(|name| match self.shown {
            Shown::All => true,
            Shown::Smart => self.is_recent(name, now),
            Shown::Off => false,
        });
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        names.truncate(NAMED);
        (!names.is_empty()).then(|| format!("no longer here: {}{more}", names.join(", ")))
    }

    fn add_to_run(&mut self, what: Move<'_>, now: Instant) -> Vec<String> {
        match &mut self.run {
            Some(run) if run.room.as_deref() == what.room => {
                let first = run.first.take();
                if first.is_some_and(|first| first.eq_ignore_ascii_case(what.name)) {
                    return vec![describe(what)];
                }
                let count = if what.comes { &mut run.came } else { &mut run.went };
                *count += 1;
                run.since.get_or_insert(now);
                run.online = what.online;
                run.last = describe(what);
                vec![]
            }
            _ => {
                let mut texts: Vec<String> = self.end_run().into_iter().collect();
                let room = what.room.map(str::to_owned);
                let (first, online) = (Some(what.name.to_owned()), what.online);
                let last = describe(what);
                texts.push(last.clone());
                self.run = Some(Run { room, first, came: 0, went: 0, online, last, since: None });
                texts
            }
        }
    }

    /// Ends the run if its moves have been held for long. Returns the text of [`end_run`](Joins::end_run).
    pub(crate) fn end_old_run(&mut self, now: Instant) -> Option<String> {
        let since = self.run.as_ref().and_then(|run| run.since)?;
        if now.saturating_duration_since(since) < HELD { None } else { self.end_run() }
    }

    /// Ends the run, because another line follows. Returns the text that counts the moves which were
    /// not shown, such as `3 joined, 1 left (5 online)`. A single one has its usual text.
    pub(crate) fn end_run(&mut self) -> Option<String> {
        let Run { room, came, went, online, last, .. } = self.run.take()?;
        if came + went == 1 {
            return Some(last);
        }
        let comes = if room.is_some() { "entered" } else { "joined" };
        let counts = [(came, comes), (went, "left")].into_iter().filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, verb)| format!("{count} {verb}")).collect::<Vec<_>>();
        let place =
            room.map_or(format!("{online} online"), |room| format!("{online} in {}", shown(&room)));
        (!counts.is_empty()).then(|| format!("{} ({place})", counts.join(", ")))
    }
}

/// The text for one move.
fn describe(what: Move<'_>) -> String {
    let Move { name, online, .. } = what;
    match (what.room, what.comes) {
        (None, true) => format!("{name} joined ({online} online)"),
        (None, false) => {
            let reason = what.reason.map_or(String::new(), |reason| format!(" ({reason})"));
            let leaves = what.expulsion().unwrap_or("left");
            format!("{name} {leaves}{reason} ({online} online)")
        }
        (Some(room), true) => format!("{name} entered {} ({online} there)", shown(room)),
        (Some(room), false) => format!("{name} left {} ({online} there)", shown(room)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joins(shown: Shown) -> (Joins, Instant) {
        let (mut joins, now) = (Joins { shown, ..Joins::default() }, Instant::now());
        ["bob", "Carol", "dave"].iter().for_each(|name| joins.note_speaker(name, now));
        (joins, now)
    }

    fn moves(name: &str, comes: bool) -> Move<'_> {
        Move { name, room: None, comes, online: 5, departure: None, reason: None }
    }

    #[test]
    fn everyone_or_nobody_is_shown() {
        let (mut all, now) = joins(Shown::All);
        for _ in 0..2 {
            assert_eq!(all.show(moves("erin", true), now), ["erin joined (5 online)"]);
        }
        let leave = Move { reason: Some("so long"), ..moves("erin", false) };
        assert_eq!(all.show(leave, now), ["erin left (so long) (5 online)"]);
        assert_eq!(all.end_run(), None);
        let (mut off, now) = joins(Shown::Off);
        assert!(off.show(moves("bob", false), now).is_empty() && off.end_run().is_none());
    }

    #[test]
    fn smart_shows_who_spoke_lately_and_counts_the_rest_of_a_run() {
        let (mut smart, now) = joins(Shown::Smart);
        assert!(smart.show(moves("erin", true), now).is_empty());
        assert_eq!(smart.show(moves("BOB", false), now), ["BOB left (5 online)"]);
        assert_eq!(smart.end_run(), None);
        assert_eq!(smart.show(moves("bob", true), now), ["bob joined (5 online)"]);
        for (name, comes) in [
            ("carol", false),
            ("carol", true),
            ("dave", false),
            ("erin", false),
            ("dave", true),
            ("bob", true),
        ] {
            assert!(smart.show(moves(name, comes), now).is_empty());
        }
        let tea = Move { room: Some("tea"), ..moves("bob", true) };
        let want = ["3 joined, 2 left (5 online)", "bob entered #tea (5 there)"];
        assert_eq!(smart.show(tea, now), want);
        let carol = Move { name: "carol", comes: false, ..tea };
        assert!(smart.show(carol, now).is_empty());
        assert_eq!(smart.end_run().as_deref(), Some("carol left #tea (5 there)"));
        let later = now + LATELY;
        assert!(smart.show(moves("bob", false), later).is_empty());
    }

    #[test]
    fn older_words_do_not_make_a_speaker_silent() {
        let (mut smart, now) = joins(Shown::Smart);
        smart.note_speaker("bob", now.checked_sub(LATELY).unwrap());
        assert_eq!(smart.show(moves("bob", false), now), ["bob left (5 online)"]);
    }

    #[test]
    fn a_kicked_or_banned_person_is_named() {
        let kicked = Move { departure: Some("kicked"), ..moves("erin", false) };
        let (mut all, now) = joins(Shown::All);
        assert_eq!(all.show(kicked, now), ["erin was kicked (5 online)"]);
        let banned = Move { departure: Some("banned"), reason: Some("spam"), ..kicked };
        assert_eq!(all.show(banned, now), ["erin was banned (spam) (5 online)"]);
        let unknown = Move { departure: Some("sold"), ..kicked };
        assert_eq!(all.show(unknown, now), ["erin left (5 online)"]);
        let (mut smart, now) = joins(Shown::Smart);
        smart.show(moves("bob", false), now);
        smart.show(moves("carol", false), now);
        let want = ["carol left (5 online)", "erin was kicked (5 online)"];
        assert_eq!(smart.show(kicked, now), want);
        let (mut off, now) = joins(Shown::Off);
        assert_eq!(off.show(kicked, now), [""; 0]);
    }

    #[test]
    fn smart_names_a_person_who_leaves_and_comes_back_once() {
        let (mut smart, now) = joins(Shown::Smart);
        assert_eq!(smart.show(moves("bob", false), now), ["bob left (5 online)"]);
        assert_eq!(smart.show(moves("bob", true), now), ["bob joined (5 online)"]);
        for comes in [false, true] {
            assert!(smart.show(moves("bob", comes), now).is_empty());
        }
        assert_eq!(smart.end_run().as_deref(), Some("1 joined, 1 left (5 online)"));
    }

    #[test]
    fn counted_moves_are_shown_after_a_while_without_another_line() {
        let (mut smart, now) = joins(Shown::Smart);
        smart.show(moves("bob", false), now);
        assert_eq!(smart.end_old_run(now + 2 * HELD), None, "this one was shown");
        smart.show(moves("carol", false), now);
        smart.show(moves("bob", true), now + HELD / 2);
        assert_eq!(smart.end_old_run(now + HELD / 2), None);
        let counted = smart.end_old_run(now + HELD);
        assert_eq!(counted.as_deref(), Some("1 joined, 1 left (5 online)"));
        assert_eq!(smart.end_old_run(now + 2 * HELD), None);
        assert_eq!(smart.show(moves("dave", false), now + HELD), ["dave left (5 online)"]);
    }

    #[test]
    fn a_long_list_of_missing_people_is_cut() {
        let (all, now) = joins(Shown::All);
        let people = |count| (0..count).map(|number| format!("n{number}")).collect();
        let text = "no longer here: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9";
        assert_eq!(all.describe_missing(people(10), now).as_deref(), Some(text));
        let cut = format!("{text} and 2 more");
        assert_eq!(all.describe_missing(people(12), now), Some(cut));
        assert_eq!(all.describe_missing(Vec::new(), now), None);
    }

    #[test]
    fn the_remembered_speakers_are_bounded() {
        let (mut smart, now) = joins(Shown::Smart);
        (0..2 * SPEAKERS).for_each(|number| smart.note_speaker(&format!("n{number}"), now));
        assert_eq!(smart.spoke.len(), SPEAKERS);
        let mut empty = Joins { shown: Shown::Smart, ..Joins::default() };
        empty.note_speaker(&"n".repeat(70_000), now);
        assert!(empty.spoke.is_empty());
    }
}
