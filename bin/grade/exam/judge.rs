//! The judgement of a transcript, from the plays on right and wrong servers.

use super::pool::{Mistake, Pair};
use super::programs::{RIGHT, Server};

/// What a transcript shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// It cannot be played, for this reason.
    Unplayable(String),
    /// It fails on this right server, at this line.
    Invalid { server: &'static str, line: Option<usize> },
    /// It passes on the student's server.
    ShowsNothing,
    /// It shows this mistake, and not the other one.
    Shows(&'static Mistake),
    /// It fails on the server with either mistake.
    ShowsBoth,
    /// It fails on the student's server only, not on the servers with one mistake.
    OnlyTogether,
    /// The machine was to blame, for this reason.
    Undecided(String),
}

/// A play on one of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Play {
    pub(super) server: Server,
    pub(super) end: End,
}

/// How a play ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    /// The transcript fails, at this line if the server did start.
    Failed {
        line: Option<usize>,
    },
    /// The machine was to blame, for this reason.
    Undecided(String),
}

impl Finding {
    /// Judges a transcript from all plays of it.
    pub(super) fn of(pair: Pair, plays: &[Play]) -> Finding {
        let mut fails = Vec::new();
        for server in Server::all(pair) {
            let play = plays.iter().find(|play| play.server == server);
            match play.map(|play| &play.end) {
                Some(End::Passed) => fails.push(None),
                Some(End::Failed { line }) => fails.push(Some(*line)),
                Some(End::Undecided(why)) => return Finding::Undecided(why.clone()),
                None => return Finding::Undecided("it was not played".to_owned()),
            }
        }
        let (right, wrong) = fails.split_at(RIGHT.len());
        let failed = right.iter().zip(RIGHT).find_map(|(line, (is, _))| Some((is, (*line)?)));
        if let Some((server, line)) = failed {
            return Finding::Invalid { server, line };
        }
        let [first, second] = pair;
        match wrong {
            [None, ..] => Finding::ShowsNothing,
            [_, Some(_), None] => Finding::Shows(first),
            [_, None, Some(_)] => Finding::Shows(second),
            [_, Some(_), Some(_)] => Finding::ShowsBoth,
            _ => Finding::OnlyTogether,
        }
    }

    /// The finding in a few words, for the table of the class.
    pub(super) fn words(&self) -> String {
        match self {
            Finding::Unplayable(why) => why.clone(),
            Finding::Invalid { server, line: Some(line) } => {
                format!("invalid: fails in line {line} on {server}")
            }
            Finding::Invalid { server, line: None } => format!("invalid: fails on {server}"),
            Finding::ShowsNothing => "shows no mistake: passes on the student's server".to_owned(),
            Finding::Shows(mistake) => format!("shows {}", mistake.bug),
            Finding::ShowsBoth => {
                "fails because of both mistakes, so it shows neither alone".to_owned()
            }
            Finding::OnlyTogether => "fails only if a server has both mistakes".to_owned(),
            Finding::Undecided(why) => format!("undecided: {why}"),
        }
    }
}

/// The mistakes of the pair that these findings show, each once.
pub(super) fn shown(pair: Pair, findings: &[Finding]) -> Vec<&'static Mistake> {
    let is_shown = |mistake: &&'static Mistake| findings.contains(&Finding::Shows(mistake));
    pair.into_iter().filter(is_shown).collect()
}

#[cfg(test)]
mod tests {
    use super::super::pool::pairs;
    use super::*;

    /// The finding of a transcript that fails on these servers, by their places in [`Server::all`].
    fn finding(fails: &[usize]) -> Finding {
        let pair = pairs()[0];
        let plays: Vec<Play> = Server::all(pair)
            .into_iter()
            .enumerate()
            .map(|(number, server)| match fails.contains(&number) {
                true => Play { server, end: End::Failed { line: Some(7) } },
                false => Play { server, end: End::Passed },
            })
            .collect();
        Finding::of(pair, &plays)
    }

    #[test]
    fn a_transcript_shows_the_mistake_that_makes_it_fail() {
        let [first, second] = pairs()[0];
        assert_eq!(finding(&[3, 4]), Finding::Shows(first));
        assert_eq!(finding(&[3, 5]), Finding::Shows(second));
        assert_eq!(finding(&[3, 4, 5]), Finding::ShowsBoth);
        assert_eq!(finding(&[3]), Finding::OnlyTogether);
        assert_eq!(finding(&[]), Finding::ShowsNothing);
        assert_eq!(finding(&[4]), Finding::ShowsNothing);
        let invalid = finding(&[2, 3, 4]);
        assert_eq!(invalid, Finding::Invalid { server: RIGHT[2].0, line: Some(7) });
        assert!(
            invalid.words().starts_with("invalid: fails in line 7 on a right server that adds")
        );
    }

    #[test]
    fn a_missing_or_undecided_play_decides_nothing() {
        let pair = pairs()[0];
        assert!(matches!(Finding::of(pair, &[]), Finding::Undecided(_)));
        let plays: Vec<Play> = Server::all(pair)
            .into_iter()
            .map(|server| Play { server, end: End::Undecided("busy".to_owned()) })
            .collect();
        assert_eq!(Finding::of(pair, &plays), Finding::Undecided("busy".to_owned()));
    }

    #[test]
    fn a_mistake_that_is_shown_twice_counts_once() {
        let pair @ [first, second] = pairs()[0];
        let twice = [Finding::Shows(second), Finding::Shows(second)];
        assert_eq!(shown(pair, &twice), [second]);
        let both = [Finding::Shows(second), Finding::Shows(first)];
        assert_eq!(shown(pair, &both), [first, second]);
        assert_eq!(shown(pair, &[Finding::ShowsBoth, Finding::ShowsNothing]), [] as [&Mistake; 0]);
    }
}
