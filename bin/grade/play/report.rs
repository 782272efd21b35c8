//! The report of `grade play`.

use transcript::Transcript;

use super::Played;
use crate::arguments::{DEFAULT_COURSE, PlayArguments};
use crate::report::{self, About, Points, Style};
use crate::screen::{self, say};
use crate::session::replay;
use crate::shell::quoted;
use crate::verdict::Verdict;

/// Width of a report that no terminal shows.
const WIDTH: usize = 100;

/// Prints the result of one transcript, with the first difference.
pub(super) fn show(
    arguments: &PlayArguments,
    transcript: &Transcript,
    played: &Played,
    program: &'static str,
) {
    let terminal = screen::width();
    let style = Style { width: terminal.unwrap_or(WIDTH), colour: terminal.is_some() };
    let (file, outcome) = (&transcript.file, &played.outcome);
    let text = match &outcome.verdict {
        Verdict::Passed => format!("passed     {file}"),
        verdict => {
            let place = played.difference.as_ref().map(|difference| difference.place);
            let at = place.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
            let heading = format!("{:<10} {file}{at}", verdict.name());
            let mut shown: Vec<String> = place.map_or_else(Vec::new, |place| {
                transcript.excerpt(place).lines().map(str::to_owned).collect()
            });
            let why = played.difference.as_ref().and_then(|difference| difference.why.as_ref());
            shown.extend(why.map(|why| format!("  {why}")));
            report::played(&heading, &shown, &about(arguments, file, program), outcome, style)
        }
    };
    say(text.trim_end(), style.colour);
}

/// Prints how many transcripts passed.
pub(super) fn summary(verdicts: &[Verdict]) {
    let passed = verdicts.iter().filter(|verdict| **verdict == Verdict::Passed).count();
    let undecided =
        verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Undecided { .. })).count();
    let s = if verdicts.len() == 1 { "" } else { "s" };
    let mut line = format!("{passed} of {} transcript{s} passed", verdicts.len());
    if undecided > 0 {
        line += &format!(", {undecided} undecided");
    }
    say(&line, screen::width().is_some());
}

fn about(arguments: &PlayArguments, file: &str, program: &'static str) -> About {
    About {
        program,
        requirement: String::new(),
        layer: None,
        rationale: "",
        hint: "",
        points: Points { earned: 0.0, possible: 0.0 },
        visibility: report::Visibility::default(),
        stage: String::new(),
        replay: command(arguments, file),
        recording: None,
    }
}

/// The command that plays one transcript again.
fn command(arguments: &PlayArguments, file: &str) -> String {
    let path = |path: &std::path::PathBuf| path.display().to_string();
    let course = Some(arguments.course.clone()).filter(|course| course != DEFAULT_COURSE);
    let given = [
        ("server", arguments.server.clone()),
        ("client", arguments.client.clone()),
        ("profile", arguments.profile.as_ref().map(path)),
        ("from", arguments.from.as_ref().map(path)),
        ("user", arguments.user.clone()),
        ("port", arguments.port.map(|port| port.to_string())),
        ("course", course),
        ("dialect", arguments.dialect.clone()),
    ];
    let given = given.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
    let given = given.map(|(flag, value)| format!(" --{flag} {}", quoted(&value)));
    let visible = arguments.visible.iter().map(|it| format!(" --visible {}", quoted(&path(it))));
    let beside = arguments.no_isolation.then(|| " --no-isolation".to_owned());
    let given: String = given.chain(visible).chain(beside).collect();
    format!("{} play {}{given}", quoted(&replay::program()), quoted(file))
}
