//! The outer process of a sandbox. It leaves the namespaces of the grader, starts the first process of
//! the new ones, and waits for its end.
//!
//! It is the grader's own program with a hidden argument, because only a process with one thread can
//! enter a new user namespace, and the grader has many.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Command, ExitCode, Stdio};

use nix::sched::{CloneFlags, unshare};
use rustix::process::{Pid, PidfdFlags, getegid, geteuid, pidfd_open};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, configure_capability_in_ambient_set,
    set_capabilities,
};

use super::INIT;
use super::channel::Channel;
use super::message::News;

/// What the first process needs for mounting, for the overlay's own files, and for switching the
/// loopback device on.
const NEEDED: [CapabilitySet; 5] = [
    CapabilitySet::SYS_ADMIN,
    CapabilitySet::NET_ADMIN,
    CapabilitySet::CHOWN,
    CapabilitySet::DAC_OVERRIDE,
    CapabilitySet::FOWNER,
];

/// The number of the first file that is not standard input, output or error.
const FIRST_OTHER: i32 = 3;

/// The body of the outer process. Its standard input is the channel to the grader.
pub(super) fn run() -> ExitCode {
    close_others();
    let Ok(channel) = io::stdin().as_fd().try_clone_to_owned().map(Channel::of) else {
        return ExitCode::FAILURE;
    };
    match start(&channel) {
        Ok(mut init) => {
            let _ = init.wait();
        }
        Err(error) => {
            // If the grader is gone, nobody has to know.
            let _ = channel.send(&News::Refused(error), &[]);
        }
    }
    ExitCode::SUCCESS
}

fn start(channel: &Channel) -> Result<std::process::Child, String> {
    let is_root = geteuid().is_root();
    leave_namespaces(is_root)?;
    let mut init = Command::new("/proc/self/exe");
    init.arg(INIT).env_clear().stdin(Stdio::inherit());
    init.stdout(Stdio::null()).stderr(Stdio::null());
    let init = init.spawn().map_err(|error| format!("the first process: {error}"))?;
    let handle = i32::try_from(init.id()).ok().and_then(Pid::from_raw);
    let handle = handle.ok_or(rustix::io::Errno::SRCH);
    let handle = handle.and_then(|id| pidfd_open(id, PidfdFlags::empty()));
    let handle = handle.map_err(|error| format!("pidfd_open: {error}"))?;
    channel.send(&News::Begun, &[handle.as_fd()]).map_err(|error| error.to_string())?;
    Ok(init)
}

/// Enters new namespaces. Root needs no user namespace to do so; the first process enters one later,
/// when it has given up its rights.
fn leave_namespaces(is_root: bool) -> Result<(), String> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let mut flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    if !is_root {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags).map_err(|error| format!("unshare: {}", error.desc()))?;
    if !is_root {
        map_ids(user, group)?;
        keep_rights().map_err(|error| format!("the capabilities: {error}"))?;
    }
    Ok(())
}

/// Maps the ids of the user to themselves, in a new user namespace.
pub(super) fn map_ids(user: u32, group: u32) -> Result<(), String> {
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        let path = format!("/proc/self/{file}");
        fs::write(&path, text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Lets the next program keep the rights that this process has in its namespaces.
fn keep_rights() -> rustix::io::Result<()> {
    let ours = capabilities(None)?;
    set_capabilities(None, CapabilitySets { inheritable: ours.permitted, ..ours })?;
    NEEDED.into_iter().try_for_each(|right| configure_capability_in_ambient_set(right, true))
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

/// The standard input, as a file.
pub(super) fn input() -> io::Result<std::os::fd::OwnedFd> {
    let input = io::stdin();
    let input: BorrowedFd<'_> = input.as_fd();
    input.try_clone_to_owned()
}
