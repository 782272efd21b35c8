//! The right servers on which every transcript of a suite has to pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::built_in::BuiltIn;
use crate::own;
use crate::program::{Isolation, Sight};
use crate::shell::quoted;
use crate::subject::Subject;
use crate::wire::Dialect;

/// A right server in another language, for machines with Python.
#[cfg(feature = "mutants")]
const PYTHON: &str = include_str!("../tests/it/server.py");
#[cfg(not(feature = "mutants"))]
const PYTHON: &str = "";

/// A server that uses some freedoms.
struct Free {
    /// What the server is, after "a server that" or on its own.
    is: &'static str,
    /// The arguments of the server.
    arguments: &'static str,
    /// The sentence of `handout/transcripts.md` that allows it.
    allowed: &'static str,
}

/// The servers with freedoms. The first one does as little as it may. A transcript that depends on luck is
/// explained with the first one that does things at another time and on which it fails.
const FREE: [Free; 9] = [
    Free {
        is: "a server that does only what it has to",
        arguments: "--free quiet",
        allowed: NO_MORE,
    },
    Free {
        is: "a server that tells people who comes and goes",
        arguments: "",
        allowed: "tell people who comes and goes: begin with `ignore {\"response\":\"join\",…}` and \
                  `ignore {\"response\":\"leave\",…}`",
    },
    Free {
        is: "a server that adds keys",
        arguments: "--free quiet --free keys",
        allowed: "add keys to every response: end each object with `,…`",
    },
    Free {
        is: "a server that writes its JSON in another form",
        arguments: "--free quiet --free form",
        allowed: "The order of keys and\nwhite space between them mean nothing in received JSON.",
    },
    Free {
        is: "a server that chooses ids and texts of its own",
        arguments: "--free quiet --free words",
        allowed: "choose ids, timestamps, versions and free texts: write `\"…\"`, or a name such as `$first` if it must \
                  be the same twice",
    },
    Free {
        is: "a server that notices late who has gone",
        arguments: UNNOTICED,
        allowed: "take its time to notice that someone has gone: after `(hangs up)` or `(breaks off)`, write \
                  `alice < (nothing)` before anyone depends on it",
    },
    Free {
        is: "a server that lets messages overtake answers",
        arguments: OVERTAKEN,
        allowed: "send the answer to one request and the message of another person in either order: join them with `&`",
    },
    Free {
        is: "a server that answers late",
        arguments: LATE,
        allowed: "take its time before it answers: wait for an answer before someone else acts on it",
    },
    Free {
        is: "a server that uses all of these freedoms",
        arguments: "--free keys --free form --free words --free late --free overtaken --free unnoticed",
        allowed: ON_EVERY_ONE,
    },
];

/// The arguments of the servers that change the time of answers.
const LATE: &str = "--free quiet --free late";
const OVERTAKEN: &str = "--free quiet --free overtaken";
const UNNOTICED: &str = "--free quiet --free unnoticed";

/// The sentence for servers that do only what they have to.
const NO_MORE: &str = "do no more than the [requirements](protocol.md#what-a-server-has-to-do) say: expect no request, key or \
                       event that they do not name, such as `history`, `to`, `code`, or news of people";

/// The sentence for servers that were not written to use a freedom.
const ON_EVERY_ONE: &str = "It must fail on a wrong server, and pass on every right one, also one that\ndoes more than it has to.";

/// A right server.
pub(super) struct Right {
    /// What the server is, with its article.
    pub(super) is: String,
    /// The sentence of the page that allows what it does.
    pub(super) allowed: String,
    pub(super) subject: Subject,
    pub(super) uses: Uses,
}

/// What a right server does more than it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    /// At most one freedom, which changes neither the order nor the time of its answers.
    Content,
    /// The freedom to tell people who comes and goes.
    News,
    /// The freedom to change the order or the time of its answers.
    Time,
    /// The freedom to notice late who has gone.
    Departure,
    /// Several freedoms.
    Several,
}

/// The right servers on this machine.
pub(super) struct Rights {
    pub(super) all: Vec<Right>,
    /// The folder of the server in Python.
    _python: Option<TempDir>,
}

impl Rights {
    /// Finds the right servers. Strata's own and the one in Python take part if they are here.
    ///
    /// # Errors
    /// One line that names the error.
    pub(super) fn find(
        built_in: &BuiltIn,
        dialect: Dialect,
        is_isolated: bool,
        patience: Duration,
    ) -> Result<Rights, String> {
        let mut all: Vec<Right> = Vec::new();
        for Free { is, arguments, allowed } in FREE {
            let subject = built_in.server(dialect, arguments, patience);
            let uses = match arguments {
                OVERTAKEN | LATE => Uses::Time,
                UNNOTICED => Uses::Departure,
                "" => Uses::News,
                _ if arguments.starts_with("--free quiet") => Uses::Content,
                _ => Uses::Several,
            };
            all.push(Right { is: is.to_owned(), allowed: on_one_line(allowed), subject, uses });
        }
        let isolation = Isolation::find(is_isolated);
        let mut add = |is: &str, line: String, allowed: &str| {
            let folders = isolation.folders(None, &line, Sight::default())?;
            let usual = built_in.server(dialect, "", patience);
            let subject = Subject { line, folders, ..usual };
            let (is, allowed) = (is.to_owned(), on_one_line(allowed));
            all.push(Right { is, allowed, subject, uses: Uses::Several });
            Ok::<(), String>(())
        };
        if let Some(line) = own::server_if_present() {
            for engine in ["events", "threads"] {
                let line = format!("{line} --engine {engine}");
                add(&format!("Strata on {engine}"), line, ON_EVERY_ONE)?;
            }
        }
        let mut folder = None;
        if let Some(python) = python() {
            let cannot =
                |error: std::io::Error| format!("cannot write the server in Python: {error}");
            let made = tempfile::Builder::new().prefix("grade-right-").tempdir().map_err(cannot)?;
            // The program may run as another user.
            open_to_all(made.path()).map_err(cannot)?;
            let server = made.path().join("server.py");
            std::fs::write(&server, PYTHON).map_err(cannot)?;
            let [python, server] = [python, server].map(|path| quoted(&path.display().to_string()));
            let line = format!("{python} -S {server} {{port}} {{dialect}}");
            add("a server in Python", line, NO_MORE)?;
            folder = Some(made);
        }
        Ok(Rights { all, _python: folder })
    }
}

/// Lets every user read a folder.
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

/// The Python of the system, or another one of the search path.
fn python() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PathBuf::from("/usr/bin")).chain(std::env::split_paths(&path));
    let mut found = folders.map(|folder| folder.join("python3"));
    found.find(|it| it.is_absolute() && it.is_file())
}

/// A sentence without the line breaks and indentation of the page.
fn on_one_line(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_sentence() {
        for Free { is, allowed, .. } in FREE {
            let page = on_one_line(include_str!("../../../handout/transcripts.md"));
            assert!(page.contains(&on_one_line(allowed)), "{is}: {allowed}");
        }
    }
}
