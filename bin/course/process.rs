//! Programs that are run to their end, with a limit on time and output.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::failure::Failure;

/// Bytes of output of each kind that are kept; the rest is read and dropped.
const OUTPUT: usize = 8 * 1024 * 1024;

/// The end of a program, with its output.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if it was stopped because its time was over.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs a program. Stops its whole process group when the time is over.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Ended, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| Failure::Program { program: program.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(failed)?;
    let until = Instant::now() + limit;
    let (sender, read) = mpsc::sync_channel(2);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let streams: [Option<Box<dyn Read + Send>>; 2] =
        [stdout.map(|it| Box::new(it) as _), stderr.map(|it| Box::new(it) as _)];
    for (number, stream) in streams.into_iter().flatten().enumerate() {
        let sender = sender.clone();
        let read = move || {
            let _ = sender.send((number, collect(stream)));
        };
        thread::Builder::new().name("output".to_owned()).spawn(read).map_err(failed)?;
    }
    drop(sender);
    let mut output = [String::new(), String::new()];
    let mut is_late = false;
    for _ in 0..2 {
        let left = until.saturating_duration_since(Instant::now());
        let received = match read.recv_timeout(left) {
            Ok(received) => received,
            Err(_) => {
                is_late = true;
                stop(&child);
                let Ok(received) = read.recv() else { break };
                received
            }
        };
        if let Some(place) = output.get_mut(received.0) {
            *place = received.1;
        }
    }
    let status = child.wait().map_err(failed)?;
    let [stdout, stderr] = output;
    Ok(Ended { status: (!is_late).then_some(status), stdout, stderr })
}

/// Kills the group of a child that has not been waited for.
fn stop(child: &Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It fails if the group has ended just now.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn collect(mut stream: Box<dyn Read + Send>) -> String {
    let mut kept = Vec::new();
    let _ = stream.by_ref().take(OUTPUT as u64).read_to_end(&mut kept);
    let _ = io::copy(&mut stream, &mut io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Ended {
        run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn output_and_status_are_returned() {
        let ended = shell("echo one; echo two >&2; exit 3", Duration::from_secs(60));
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("one\n", "two\n"));
        assert_eq!(ended.status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_program_that_takes_too_long_is_stopped_with_its_children() {
        let ended = shell("echo begun; sleep 1000 & wait", Duration::from_millis(300));
        assert!(ended.status.is_none());
        assert_eq!(ended.stdout, "begun\n");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program"), Duration::from_secs(1)).unwrap_err();
        assert!(error.to_string().starts_with("cannot run no-such-program: "), "{error}");
    }
}
