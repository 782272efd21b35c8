//! Where a student is: the checks of a lab, and an overview of all labs.

use std::fmt::Write;

use crate::arguments;
use crate::check::{self, Bench, Outcome, Report, Verdict};
use crate::failure::Failure;
use crate::lab::{self, Check, Lab};
use crate::list;
use crate::place::Place;
use crate::progress::Progress;
use crate::screen::say;

/// Runs the checks of the current lab until one fails, and shows the overview.
pub(crate) fn show(place: &Place, labs: &[Lab]) -> Result<bool, Failure> {
    let mut progress = Progress::read(&place.root);
    progress.forget_changed(&place.root, labs);
    let labs = open(place, labs);
    let Some(current) = current(&labs, &progress) else {
        say(&overview(&labs, &progress, None));
        say(
            "All labs passed when they were last checked. `cargo course check --all` checks them again,\n",
        );
        say("and `cargo course submit` writes the file that you hand in.\n");
        return Ok(true);
    };
    say(&format!("checking lab {} …\n", current.number));
    let outcomes = run(place, current, true, &mut progress, &mut |_| {})?;
    say(&overview(&labs, &progress, Some(current)));
    say(&next(current, &outcomes));
    Ok(progress.is_done(current))
}

/// Runs all checks of a lab, or of all labs, and shows them as one list.
pub(crate) fn check(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Check,
) -> Result<bool, Failure> {
    let open = open(place, labs);
    let mut progress = Progress::read(&place.root);
    progress.forget_changed(&place.root, labs);
    let chosen: Vec<&Lab> = match arguments.lab {
        Some(number) => vec![lab::find(labs, number)?],
        None if arguments.all => open,
        None => current(&open, &progress).or(open.last().copied()).into_iter().collect(),
    };
    let mut all_passed = true;
    for lab in chosen {
        say(&format!("{}\n", list::heading(lab)));
        let mut last = Verdict::Passed;
        let mut report = |news: Report<'_>| match news {
            Report::Begins(group) => say(&format!("  … {group}\n")),
            // An error of the compiler is the reason of many failures, and long.
            Report::Ended(check, verdict) if *verdict != Verdict::Passed && *verdict == last => {
                say(&list::line(check, &verdict.because("(as above)")));
            }
            Report::Ended(check, verdict) => {
                say(&list::line(check, verdict));
                if *verdict != Verdict::Passed {
                    last.clone_from(verdict);
                }
            }
        };
        run(place, lab, false, &mut progress, &mut report)?;
        say(&format!("  {}\n\n", list::points(progress.points(lab))));
        all_passed &= progress.is_done(lab);
    }
    Ok(all_passed)
}

/// Runs the checks of a lab, until one fails if `stop_early`, and records the results.
pub(crate) fn run(
    place: &Place,
    lab: &Lab,
    stop_early: bool,
    progress: &mut Progress,
    report: &mut dyn FnMut(Report<'_>),
) -> Result<Vec<Outcome>, Failure> {
    let checks: Vec<&Check> = lab.about.checks.iter().collect();
    progress.touch_changed(&place.root, lab)?;
    let outcomes = check::run(&Bench::of(&place.root), lab, &checks, stop_early, report)?;
    progress.record(lab, &outcomes);
    progress.write(&place.root)?;
    Ok(outcomes)
}

/// The labs of this workspace: in a starter the labs with open holes, in the reference all.
pub(crate) fn open<'l>(place: &Place, labs: &'l [Lab]) -> Vec<&'l Lab> {
    let is_open = |lab: &&Lab| match &place.starter {
        Some(starter) => starter.labs.contains(&lab.number),
        None => true,
    };
    labs.iter().filter(is_open).collect()
}

/// The first lab that is not done.
pub(crate) fn current<'l>(labs: &[&'l Lab], progress: &Progress) -> Option<&'l Lab> {
    labs.iter().find(|lab| !progress.is_done(lab)).copied()
}

fn overview(labs: &[&Lab], progress: &Progress, current: Option<&Lab>) -> String {
    let mut text = String::new();
    for lab in labs {
        let is_current = current.is_some_and(|current| current.number == lab.number);
        let word = match () {
            () if progress.is_done(lab) => "done",
            () if is_current => "> now",
            () => "",
        };
        let points = progress.points(lab);
        let Lab { number, about, .. } = lab;
        let _ = writeln!(text, "  {word:5}  {number:2}  {:40}  {points:3}", about.title);
    }
    text
}

/// What to do next in a lab.
pub(crate) fn next(lab: &Lab, outcomes: &[Outcome]) -> String {
    let mut text = format!("\n{}\n  {}\n", list::heading(lab), lab.about.goal);
    let failed = outcomes.iter().find(|outcome| outcome.verdict != Verdict::Passed);
    match failed.and_then(|outcome| Some((lab.check(&outcome.id)?, &outcome.verdict))) {
        Some((check, verdict)) => {
            text.push_str("\nThe first check that does not pass:\n");
            text.push_str(&list::line(check, verdict));
        }
        None => text.push_str("\nThis lab is done.\n"),
    }
    let _ = writeln!(text, "\nThe page: {}", lab.page().display());
    let _ = writeln!(text, "All checks: cargo course check    a hint: cargo course hint");
    text
}
