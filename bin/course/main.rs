//! `course`: the labs of Strata, for students and for teachers.
//!
//! - `course` shows where a student is, and runs the checks of the current lab.
//! - `course check` runs all checks of a lab, `course watch` again whenever a file is saved.
//! - `course hint` reveals a hint, `course reset` empties holes, `course submit` packs the work.
//! - `course grade` and `course batch` grade submissions, layer by layer.
//! - `course starter` writes a workspace with holes; `course prove` proves that the labs are right.
//!
//! A lab is described by `handout/labs/NN-slug/lab.toml` ([`lab`]). Its holes are functions of the
//! reference whose bodies a starter does not have ([`code`], [`starter`]). Its checks are unit tests,
//! end-to-end tests, checks of `grade`, answers, and what `grade tests` says about a student's tests
//! ([`check`]). The tool depends on no layer: it works while a
//! student's layer does not compile.
//!
//! Exit codes: 0 all checks passed, 1 some failed, 2 wrong usage or an error.

mod arguments;
mod batch;
mod check;
mod code;
mod copy;
mod failure;
mod git;
mod grading;
mod hex;
mod hint;
#[cfg(test)]
mod house;
mod isolation;
mod lab;
mod list;
mod mutants;
mod place;
mod process;
mod progress;
mod prove;
mod report;
mod reset;
mod screen;
mod starter;
mod status;
mod submit;
mod swap;
mod watch;
mod wrong;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use arguments::{Arguments, Command};
use failure::Failure;
use lab::Lab;
use place::Place;
use screen::say;

/// The exit code if a check failed.
const FAILED: u8 = 1;
/// The exit code for wrong usage and for errors.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let arguments = arguments();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(failure) => {
            let _ = writeln!(anstream::stderr(), "course: {failure}");
            ExitCode::from(ERROR)
        }
    }
}

/// Reads the arguments. In a starter, the help does not list what only a teacher can do.
fn arguments() -> Arguments {
    let mut command = Arguments::command();
    if Place::find().is_ok_and(|place| place.starter.is_some()) {
        for name in ["starter", "grade", "batch", "prove", "mutants"] {
            command = command.mut_subcommand(name, |it| it.hide(true));
        }
    }
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Carries out a command. Returns whether all checks passed.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let place = Place::find()?;
    let labs = lab::all(&place.root)?;
    match &arguments.command {
        None => status::show(&place, &labs),
        Some(Command::Check(check)) => status::check(&place, &labs, check),
        Some(Command::Hint(hint)) => hint::show(&place, &labs, hint.lab),
        Some(Command::Watch(watch)) => watch::run(&place, &labs, watch.lab),
        Some(Command::Reset(reset)) => reset::run(&place, &labs, reset.lab),
        Some(Command::Submit(submit)) => submit::run(&place, &labs, submit),
        Some(Command::Starter(starter)) => make_starter(&place, &labs, starter),
        Some(Command::Grade(grade)) => batch::one(&place, &labs, grade),
        Some(Command::Batch(batch)) => batch::class(&place, &labs, batch),
        Some(Command::Mutants(mutants)) => mutants::run(&place, &labs, mutants),
        Some(Command::Prove(prove)) => prove::run(&place, &labs, prove),
    }
}

fn make_starter(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Starter,
) -> Result<bool, Failure> {
    if place.starter.is_some() {
        return Err(Failure::Message(
            "this is a starter; starters are made of the reference".into(),
        ));
    }
    if arguments.python {
        starter::write_python(&place.root, &arguments.folder)?;
        let folder = arguments.folder.display();
        say(&format!("wrote a starter in Python to {folder}; its README says what to do\n"));
        return Ok(true);
    }
    let upto = arguments.upto.unwrap_or(0);
    if arguments.upto.is_some() {
        lab::find(labs, upto)?;
    }
    let chosen: Vec<&Lab> = match arguments.lab {
        Some(number) => vec![lab::find(labs, number)?],
        None => labs.iter().filter(|lab| lab.number >= upto).collect(),
    };
    starter::write(&place.root, &chosen, labs, &arguments.folder)?;
    say(&format!(
        "wrote a starter with {} to {}; `cargo course` in it says what to do\n",
        match chosen.as_slice() {
            [one] => format!("lab {}", one.number),
            several => format!("{} labs", several.len()),
        },
        arguments.folder.display()
    ));
    Ok(true)
}
