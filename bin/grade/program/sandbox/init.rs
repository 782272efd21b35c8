//! The first process of a sandbox. It builds the file system, gives up its rights, runs the program,
//! reaps orphans, and makes sockets for the grader.
//!
//! It ends when the grader does, or when the grader says so; then the system ends every process of the
//! sandbox. No process of the sandbox can end or stop it.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, Signal, WaitOptions, getegid, geteuid, getrlimit,
    kill_process_group, set_dumpable_behavior, set_parent_process_death_signal, setrlimit, setsid,
    wait,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities,
    set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};
use socket2::{Domain, Protocol, Socket, Type};

use super::NOBODY;
use super::channel::Channel;
use super::ids::map_ids;
use super::message::{Given, News, Order, Setup, Wanted};
use super::owner::Owner;
use super::root::{HOME, build};
use crate::program::limits::most_threads;
use crate::program::terminal::Ends;
use crate::program::user::User;

/// The body of the first process. The grader is at the other end of the channel.
pub(super) fn run(channel: Channel) -> ExitCode {
    // This process leads no group, so that the call cannot fail. No signal for another group comes here.
    let _ = setsid();
    let Ok(Some((Order::Prepare(setup), files))) = channel.receive() else {
        return ExitCode::FAILURE;
    };
    // From here on the grader is the parent: it sends the order when the process that started this one has
    // ended.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    match prepare(&setup, files, &channel) {
        Ok((ready, sockets)) => obey(channel, &sockets, ready),
        Err(error) => {
            // If the grader is gone, nobody has to know.
            let _ = channel.send(&News::Refused(error), &[]);
        }
    }
    ExitCode::SUCCESS
}

/// What the program gets when it is started.
struct Ready {
    setup: Setup,
    reads: OwnedFd,
    prints: OwnedFd,
    /// The error output, if it is apart from the output.
    errors: Option<OwnedFd>,
}

/// Builds the sandbox. Returns what the program gets, and the channel for sockets.
fn prepare(
    setup: &Setup,
    files: Vec<OwnedFd>,
    channel: &Channel,
) -> Result<(Ready, Channel), String> {
    switch_on_loopback().map_err(|error| format!("the loopback device: {error}"))?;
    let is_root = geteuid().is_root();
    let owner = match is_root {
        true => Owner { user: NOBODY.user, group: NOBODY.group, is_given: true },
        false => Owner { user: geteuid().as_raw(), group: getegid().as_raw(), is_given: false },
    };
    build(setup, owner)?;
    // Servers of some courses listen on a port below 1024.
    let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    let in_user_namespace = !is_root || become_nobody()?;
    limit_threads(in_user_namespace.then_some(setup.threads));
    give_up_rights().map_err(|error| format!("the capabilities: {error}"))?;
    let mut files = files.into_iter();
    let sockets = files.next().ok_or("there is no channel for sockets")?;
    let sockets = Channel::of(sockets);
    if setup.at_terminal {
        let Ends { reads, prints, output, .. } =
            Ends::terminal().map_err(|error| format!("a terminal: {error}"))?;
        channel.send(&News::Ready, &[output.as_fd()]).map_err(|error| error.to_string())?;
        return Ok((Ready { setup: setup.clone(), reads, prints, errors: None }, sockets));
    }
    let (Some(reads), Some(prints)) = (files.next(), files.next()) else {
        return Err("there is no input or output".to_owned());
    };
    channel.send(&News::Ready, &[]).map_err(|error| error.to_string())?;
    Ok((Ready { setup: setup.clone(), reads, prints, errors: files.next() }, sockets))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(body);
    thread.map(drop).map_err(|error| format!("a thread: {error}"))
}

/// Gives up being root, and enters a user namespace if the system lets nobody do so. Returns whether it
/// does.
fn become_nobody() -> Result<bool, String> {
    let User { user: uid, group: gid } = NOBODY;
    let (user, group) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
    let changed = set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(group, group, group))
        .and_then(|()| set_thread_res_uid(user, user, user))
        // The change has cleared both.
        .and_then(|()| set_parent_process_death_signal(Some(Signal::KILL)))
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::Dumpable));
    changed.map_err(|error| format!("the user nobody: {error}"))?;
    // Without one, the program is still nobody, without any right.
    match unshare(CloneFlags::CLONE_NEWUSER) {
        Ok(()) => map_ids(uid, gid).map(|()| true),
        Err(_) => Ok(false),
    }
}

/// Limits the processes and threads of the program, so that one that forks without end leaves the
/// machine to others until the grader ends it.
fn limit_threads(in_user_namespace: Option<u64>) {
    let most = most_threads(in_user_namespace);
    // Where grade itself may have less, the program may have the same.
    let most = getrlimit(Resource::Nproc).maximum.map_or(most, |ours| ours.min(most));
    // Without this limit, the grader still counts the processes.
    let _ = setrlimit(Resource::Nproc, Rlimit { current: Some(most), maximum: Some(most) });
}

fn give_up_rights() -> rustix::io::Result<()> {
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    set_no_new_privs(true)?;
    // Otherwise the program could look into the files and the memory of this process.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

/// Switches on the only network device, over rtnetlink(7).
fn switch_on_loopback() -> io::Result<()> {
    const NETLINK: i32 = 16;
    const ROUTE: i32 = 0;
    const NEW_LINK: u16 = 16;
    const REQUEST_WITH_ANSWER: u16 = 1 | 4;
    const LOOPBACK: u32 = 1;
    const UP: u32 = 1;
    let mut question = Vec::new();
    question.extend(32_u32.to_ne_bytes());
    question.extend(NEW_LINK.to_ne_bytes());
    question.extend(REQUEST_WITH_ANSWER.to_ne_bytes());
    // The sequence number, and the kernel as the receiver.
    question.extend([0; 8]);
    // The family and the type of the device: any.
    question.extend([0; 4]);
    question.extend([LOOPBACK, UP, UP].iter().flat_map(|word| word.to_ne_bytes()));
    let socket = Socket::new(Domain::from(NETLINK), Type::RAW, Some(Protocol::from(ROUTE)))?;
    socket.send(&question)?;
    let mut answer = [0; 1024];
    let length = io::Read::read(&mut &socket, &mut answer)?;
    // The code of the error follows the header; zero means success.
    let code = answer.get(16..20).filter(|_| length >= 20).and_then(|it| it.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(code.wrapping_neg())),
        None => Err(io::Error::other("the answer is too short")),
    }
}

/// Makes a socket in this network, which the grader connects. Returns whether the grader gets an answer.
fn give_socket(channel: &Channel) -> bool {
    let Ok(Some((Wanted { domain, kind, protocol }, _))) = channel.receive() else { return false };
    let protocol = protocol.map(Protocol::from);
    let sent = match Socket::new(Domain::from(domain), Type::from(kind), protocol) {
        Ok(socket) => channel.send(&Given { error: None }, &[socket.as_fd()]),
        Err(error) => {
            let error = error.raw_os_error().or(Some(rustix::io::Errno::INVAL.raw_os_error()));
            channel.send(&Given { error }, &[])
        }
    };
    sent.is_ok()
}

/// Waits for the next order, and makes sockets meanwhile. `None` means that the grader has closed a channel.
fn next_order(channel: &Channel, sockets: &Channel) -> Option<Order> {
    loop {
        let mut waits = [channel, sockets].map(|it| PollFd::new(it, PollFlags::IN));
        match poll(&mut waits, None) {
            Err(rustix::io::Errno::INTR) => continue,
            waited => waited.ok()?,
        };
        let [ordered, wanted] = waits.map(|it| !it.revents().is_empty());
        if wanted && !give_socket(sockets) {
            return None;
        }
        if ordered {
            return channel.receive().ok()?.map(|(order, _)| order);
        }
    }
}

/// Obeys the grader until it closes the channel.
fn obey(channel: Channel, sockets: &Channel, ready: Ready) {
    let channel = Arc::new(channel);
    let mut ready = Some(ready);
    let mut group = None;
    while let Some(order) = next_order(&channel, sockets) {
        match order {
            Order::Prepare(_) => {}
            Order::Run { line, environment } => {
                let Some(ready) = ready.take() else { continue };
                match start(&line, &environment, ready) {
                    Ok(child) => {
                        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                        group = id;
                        let _ = channel.send(&News::Running, &[]);
                        let to = Arc::clone(&channel);
                        let reaping = spawn("reap", move || reap(id, &to));
                        if reaping.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        let _ = channel.send(&News::Refused(format!("sh: {error}")), &[]);
                    }
                }
            }
            Order::Terminate => {
                // A program that has ended needs no signal.
                let _ = group.map(|group| kill_process_group(group, Signal::TERM));
            }
        }
    }
}

/// Starts the program in a process group of its own, and in no session of the grader's. At a terminal,
/// it leads a session that the terminal controls.
fn start(line: &str, environment: &[(String, String)], ready: Ready) -> io::Result<Child> {
    let Ready { setup, reads, prints, errors } = ready;
    let errors = errors.as_ref().unwrap_or(&prints);
    let run = |mut command: Command| {
        command.args(["-c", line]).env_clear();
        command.env("PATH", &setup.path).env("HOME", HOME);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if setup.at_terminal {
            command.env("TERM", "xterm");
        }
        command.stdin(reads.try_clone()?);
        command.stdout(prints.try_clone()?).stderr(errors.try_clone()?).spawn()
    };
    if setup.at_terminal {
        let mut in_session = Command::new("setsid");
        in_session.args(["-c", "sh"]);
        match run(in_session) {
            // Without `setsid`, the program gets at least its own process group.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            started => return started,
        }
    }
    let mut in_group = Command::new("sh");
    in_group.process_group(0);
    run(in_group)
}

/// The body of the thread that waits for the end of processes, until none is left.
fn reap(program: Option<Pid>, channel: &Channel) {
    loop {
        let (id, status) = match wait(WaitOptions::empty()) {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(Some(ended)) => ended,
            Ok(None) | Err(_) => return,
        };
        if Some(id) != program {
            continue;
        }
        let news = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => News::Exited(code),
            (None, signal) => News::Killed(signal.unwrap_or(Signal::KILL.as_raw())),
        };
        let _ = channel.send(&news, &[]);
    }
}
