//! The fork server: one process for all sandboxes of a grader, which starts their first processes.
//!
//! It is the grader's own program with a hidden argument. Only a process with one thread can enter a new
//! user namespace or fork without danger, and the grader has many. To start a program takes the system
//! five times as long as to copy a process, so the fork server is started once, and copied for each sandbox.
//!
//! It knows no secret and no submission. It only passes on the channel of each sandbox, and ends when the
//! grader does.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use fork::{Fork, fork, redirect_stdio};
use nix::sched::{CloneFlags, unshare};
use rustix::process::{Pid, PidfdFlags, WaitOptions, getegid, geteuid, pidfd_open, waitpid};

use super::channel::Channel;
use super::ids::map_ids;
use super::init;
use super::message::{Forked, News, Start};

/// The number of the first file that is not standard input, output or error.
const FIRST_OTHER: i32 = 3;

/// The body of the fork server and of its copies. Its standard input is the channel to the grader.
pub(super) fn run() -> ExitCode {
    close_others();
    assert!(has_one_thread(), "a process with several threads must not be copied");
    let Ok(grader) = take_input().map(Channel::of) else { return ExitCode::FAILURE };
    while let Ok(Some((Start {}, mut files))) = grader.receive() {
        let Some(channel) = files.pop().map(Channel::of) else { continue };
        match fork() {
            Ok(Fork::Child) => {
                drop(grader);
                return start(channel);
            }
            Ok(Fork::Parent(copy)) => wait(copy),
            // If the grader is gone, nobody has to know.
            Err(error) => drop(channel.send(&News::Refused(format!("fork: {error}")), &[])),
        }
        drop(channel);
        if grader.send(&Forked {}, &[]).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// The body of a copy: enters the namespaces of a sandbox, starts its first process, and ends, so that the
/// grader becomes the parent of the first process.
fn start(channel: Channel) -> ExitCode {
    let init = match leave_namespaces() {
        Ok(()) => fork().map_err(|error| format!("the first process: {error}")),
        Err(error) => Err(error),
    };
    let sent = match init {
        Ok(Fork::Child) => return init::run(channel),
        Ok(Fork::Parent(init)) => announce(init, &channel),
        Err(error) => Err(error),
    };
    if let Err(error) = sent {
        // If the grader is gone, nobody has to know.
        let _ = channel.send(&News::Refused(error), &[]);
    }
    ExitCode::SUCCESS
}

/// Gives the grader a handle on the first process.
fn announce(init: i32, channel: &Channel) -> Result<(), String> {
    let handle = Pid::from_raw(init).ok_or(rustix::io::Errno::SRCH);
    let handle = handle.and_then(|id| pidfd_open(id, PidfdFlags::empty()));
    let handle = handle.map_err(|error| format!("pidfd_open: {error}"))?;
    channel.send(&News::Begun(init), &[handle.as_fd()]).map_err(|error| error.to_string())
}

/// Waits for the end of a copy, which takes about a millisecond.
fn wait(copy: i32) {
    while matches!(waitpid(Pid::from_raw(copy), WaitOptions::empty()), Err(rustix::io::Errno::INTR))
    {
    }
}

/// Enters new namespaces. Root needs no user namespace to do so; the first process enters one later,
/// when it has given up its rights.
fn leave_namespaces() -> Result<(), String> {
    let (user, group) = (geteuid(), getegid().as_raw());
    let mut flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    if !user.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags).map_err(|error| format!("unshare: {}", error.desc()))?;
    if user.is_root() { Ok(()) } else { map_ids(user.as_raw(), group) }
}

/// Closes every file that the grader got from its own parent.
fn close_others() {
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let others: Vec<i32> = open.filter(|number| *number >= FIRST_OTHER).collect();
    for number in others {
        // The folder that was just read is among them, and closed already.
        let _ = nix::unistd::close(number);
    }
}

fn has_one_thread() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

/// Takes the standard input as a file, and leaves an empty one. Otherwise each copy would keep it open.
fn take_input() -> io::Result<OwnedFd> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    redirect_stdio()?;
    Ok(input)
}
