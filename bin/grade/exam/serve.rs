//! `grade exam serve`: the server of a student's exam.

use std::process::ExitCode;

use crate::arguments::ServeArguments;
use crate::exit::{USAGE, fail};
use crate::{built_in, file};

use super::pool;
use super::seal;

/// Opens the token with the code, and serves with the mistakes that it names.
pub(crate) fn serve(arguments: &ServeArguments) -> ExitCode {
    match mistakes(arguments) {
        Ok(bugs) => built_in::serve(&server_arguments(arguments.port, &bugs)),
        Err(error) => fail(USAGE, &error),
    }
}

fn mistakes(arguments: &ServeArguments) -> Result<Vec<String>, String> {
    let path = arguments.code.display();
    let code = file::read(&arguments.code).map_err(|error| {
        format!("{error}; write the code that the teacher announced into the file {path}")
    })?;
    if code.trim().is_empty() {
        return Err(format!("{path} is empty; write the code that the teacher announced into it"));
    }
    let opened = seal::open(&code, &arguments.token)?;
    let bugs: Vec<String> = opened.split_whitespace().map(str::to_owned).collect();
    if bugs.iter().any(|bug| pool::find(bug).is_none()) {
        return Err("this server was made by another version of grade".to_owned());
    }
    Ok(bugs)
}

/// The command line of the built-in server with these mistakes.
fn server_arguments(port: u16, bugs: &[String]) -> Vec<String> {
    let usual = ["--port", &port.to_string(), "--dialect", "json"].map(str::to_owned);
    let named = bugs.iter().flat_map(|bug| ["--bug".to_owned(), bug.clone()]);
    usual.into_iter().chain(named).collect()
}
