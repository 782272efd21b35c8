//! Starts a graded program in a sandbox.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};

use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::handle::{First, Program};
use super::network::Network;
use super::output::HAS_ENDED;
use super::registry;
use super::run::Run;
use super::sandbox::{Enclosure, Sandbox, Seen};
use super::start::{Launch, adopt_orphans, read_output, thread, with_exec};
use super::terminal::Ends;
use super::trouble::{Ended, Trouble};

impl Program {
    /// Starts the program of this launch in a sandbox.
    pub(super) fn start_enclosed(
        mut launch: Launch<'_>,
        sandbox: &Sandbox,
        open: &mut dyn FnMut(&Network) -> io::Result<()>,
    ) -> Result<Program, Trouble> {
        let cannot =
            |what: &str, error: io::Error| Trouble::CannotStart(format!("{what}: {error}"));
        let refused = |why: String| Trouble::CannotStart(format!("its sandbox: {why}"));
        let ends = match launch.ends.take() {
            // The sandbox has terminals of its own.
            None if launch.at_terminal => None,
            None => Some(Ends::pipes().map_err(|error| cannot("a pipe", error))?),
            given => given,
        };
        let (receives, orders) = io::pipe().map_err(|error| cannot("a pipe", error))?;
        let (enclosure, outside) = Enclosure::new().map_err(|error| cannot("a channel", error))?;
        let enclosure = Arc::new(enclosure);
        // The process that starts the first one of the sandbox ends at once.
        adopt_orphans();
        let mut started = None;
        let run = registry::enter(|| {
            let (root, sockets) = enclosure.begin(outside).map_err(refused)?;
            started = Some(sockets);
            let (mark, folder) = (String::new(), sandbox.work().to_owned());
            let run = Run::new(root, mark, folder, launch.limits, orders, Some(&enclosure));
            Ok(Arc::new(run))
        })?;
        launch.limits.lay_on(run.root, true);
        // From here on, every path ends the program.
        let program = Program {
            run: Arc::clone(&run),
            first: Mutex::new(Some(First::Orphan(run.root))),
            stdin: Mutex::default(),
            at_terminal: launch.at_terminal,
            folder: None,
        };
        let prepare = || -> Result<(File, File), Trouble> {
            let sockets = started.ok_or_else(|| refused("it has no channel".to_owned()))?;
            let setup = sandbox.setup(launch.at_terminal, launch.limits.threads);
            let setup = setup.map_err(|error| cannot("a copy of the submission", error))?;
            let (typing, output) = enclosure.prepare(setup, ends, sockets).map_err(refused)?;
            rustix::io::ioctl_fionbio(&typing, true).map_err(|error| refused(error.to_string()))?;
            open(&program.network()).map_err(|error| cannot("a socket in its sandbox", error))?;
            let line = with_exec(launch.line);
            enclosure.run(&line, &launch.environment()).map_err(refused)?;
            Ok((typing, output))
        };
        let prepared = prepare().and_then(|(typing, output)| {
            *super::handle::lock(&program.stdin) = Some(typing);
            read_output(&run, output, receives)
        });
        let watching = prepared.and_then(|()| {
            let (watches, enclosure) = (Arc::clone(&run), Arc::clone(&enclosure));
            thread("wait", &run, move || watch(&watches, &enclosure))
        });
        if let Err(trouble) = watching {
            // No thread will set these, and the cleanup waits for them.
            run.change(|state| state.output.done = true);
            enclosure.kill();
            watch(&run, &enclosure);
            return Err(trouble);
        }
        Ok(program)
    }
}

/// The body of a `wait-N` thread: waits for the end of the program, and then for that of its sandbox.
fn watch(run: &Run, enclosure: &Enclosure) {
    while let Seen::End(ended) = enclosure.watch() {
        run.change(|state| state.exit = state.exit.or(Some(ended)));
        run.order(HAS_ENDED);
    }
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(run.root), how), Err(rustix::io::Errno::INTR)) {}
    let is_new = run.change(|state| {
        state.is_over = true;
        let is_new = state.exit.is_none();
        state.exit.get_or_insert(Ended::Signal(rustix::process::Signal::KILL.as_raw()));
        is_new
    });
    if is_new {
        run.order(HAS_ENDED);
    }
}
