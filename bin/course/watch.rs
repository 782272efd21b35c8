//! Checking again whenever a file is saved.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecursiveMode, Watcher};

use crate::check::{Report, Verdict};
use crate::failure::Failure;
use crate::lab::{self, Lab};
use crate::list;
use crate::place::Place;
use crate::progress::Progress;
use crate::screen::say;
use crate::status;

/// The watched folders, relative to the workspace, with everything in them.
const WATCHED: [&str; 7] = ["net", "parse", "app", "bin", "tests", "handout", lab::TRANSCRIPTS];

/// Time without a further change after which the checks begin: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Checks a lab, and again after each change of a file, until the program is interrupted.
pub(crate) fn run(place: &Place, labs: &[Lab], number: Option<u32>) -> Result<bool, Failure> {
    // One change waits; more say the same.
    let (sender, changes) = mpsc::sync_channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_change(&event)) {
            let _ = sender.try_send(());
        }
    })
    .map_err(|error| Failure::Message(format!("cannot watch files: {error}")))?;
    for part in WATCHED.map(|part| place.root.join(part)) {
        if part.is_dir() {
            watch(&mut watcher, &part, RecursiveMode::Recursive)?;
        }
    }
    watch(&mut watcher, &place.root, RecursiveMode::NonRecursive)?;
    loop {
        check(place, labs, number)?;
        say("\nwaiting for a change; Ctrl-C ends\n");
        if !wait(&changes) {
            return Ok(true);
        }
    }
}

fn watch(watcher: &mut impl Watcher, path: &Path, mode: RecursiveMode) -> Result<(), Failure> {
    let failed = |error| Failure::Message(format!("cannot watch {}: {error}", path.display()));
    watcher.watch(path, mode).map_err(failed)
}

/// Returns whether an event is a change of a file that the checks read.
fn is_change(event: &Event) -> bool {
    let is_read = |path: &PathBuf| {
        path.extension()
            .is_some_and(|it| ["rs", "md", "toml", "chat"].iter().any(|read| it == *read))
            && path.parent().is_none_or(|folder| !folder.ends_with(crate::progress::FOLDER))
    };
    let is_answers = |path: &PathBuf| path.ends_with(lab::ANSWERS);
    // The tool itself changes times.
    let is_content =
        !matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
    is_content && event.paths.iter().any(|path| is_read(path) || is_answers(path))
}

/// Waits for a change, and until there are no more. Returns whether there can be others.
fn wait(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    while changes.recv_timeout(QUIET).is_ok() {}
    true
}

/// Runs the checks of a lab until one fails, with a bar that grows.
fn check(place: &Place, labs: &[Lab], number: Option<u32>) -> Result<(), Failure> {
    let open = status::open(place, labs);
    let mut progress = Progress::read(&place.root);
    progress.forget_changed(&place.root, labs);
    let lab = match number {
        Some(number) => lab::find(labs, number)?,
        None => match status::current(&open, &progress).or(open.last().copied()) {
            Some(lab) => lab,
            None => return Err(Failure::Message("this workspace has no labs".to_owned())),
        },
    };
    let is_terminal = std::io::stdout().is_terminal();
    if is_terminal {
        // Clears the screen, and begins at its top.
        say("\x1b[2J\x1b[H");
    }
    say(&format!("{}\n", list::heading(lab)));
    let begun = Instant::now();
    let mut earned = 0;
    let mut report = |news: Report<'_>| match news {
        Report::Begins(group) if is_terminal => {
            say(&format!("\r\x1b[K{} … {group}", list::points(earned)));
        }
        Report::Ended(check, Verdict::Passed) => earned += check.points,
        _ => {}
    };
    let outcomes = status::run(place, lab, true, &mut progress, &mut report)?;
    let took = begun.elapsed().as_secs_f64();
    say(&format!(
        "{}{}, {took:.1} s\n",
        if is_terminal { "\r\x1b[K" } else { "" },
        list::points(earned)
    ));
    say(&status::next(lab, &outcomes));
    Ok(())
}
