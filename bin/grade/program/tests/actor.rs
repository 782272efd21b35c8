//! This test program in another process: as a graded server, or as a grader that is alone with its
//! programs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::program::kill_all;

/// The variable that names the actor's role; without it, the actor does nothing.
const ROLE: &str = "STRATA_TEST_ROLE";

fn executable() -> String {
    std::env::current_exe().unwrap().to_str().unwrap().to_owned()
}

/// A shell command that plays this role.
pub(super) fn line(role: &str) -> String {
    format!("{ROLE}='{role}' '{}' --exact {} --nocapture", executable(), name())
}

/// The name of the test below.
fn name() -> String {
    let (_, path) = module_path!().split_once("::").unwrap();
    format!("{path}::actor")
}

/// Plays this role, and returns its output.
fn play(role: &str) -> String {
    let mut command = Command::new(executable());
    command.args(["--exact", &name(), "--nocapture"]).env(ROLE, role);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn actor() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut words = role.split(' ');
    match words.next().unwrap() {
        "listen" => listen(words.next().unwrap(), words.next().unwrap().parse().unwrap()),
        "kill_all" => ends_all(),
        "hide" => nothing_hides(),
        other => panic!("{other}"),
    }
}

/// A server that listens at this address after some milliseconds, and prints each message.
fn listen(address: &str, after: u64) {
    pause(after);
    let listener = TcpListener::bind(address).unwrap();
    eprintln!("listening");
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut text = String::new();
        let read = stream.read_to_string(&mut text);
        eprintln!("a client says {text:?}, {read:?}");
        let _ = stream.write_all(b"bye");
    }
}

fn pause(milliseconds: u64) {
    let (_keep, never) = mpsc::sync_channel::<()>(0);
    let _ = never.recv_timeout(Duration::from_millis(milliseconds));
}

#[test]
fn kill_all_ends_every_program() {
    assert!(play("kill_all").contains("all ended"));
}

/// As on Ctrl-C: some threads wait for programs while another ends all of them.
fn ends_all() {
    let programs: Vec<Program> = (0..5)
        .map(|_| start("trap '' TERM; setsid sleep 1000 & echo $!; echo $$; sleep 1000"))
        .collect();
    let all: Vec<i32> = programs.iter().flat_map(|program| numbers(program, 2)).collect();
    thread::scope(|scope| {
        let waits = scope.spawn(|| programs[0].wait_listening(1, deadline(), &|| false));
        let reads = scope.spawn(|| programs[1].wait_output(0, |_| false, deadline()));
        let ends = scope.spawn(|| programs[2].wait_end(deadline()));
        kill_all();
        assert_eq!(waits.join().unwrap(), Err(Trouble::Interrupted));
        assert!(!reads.join().unwrap());
        assert!(ends.join().unwrap().is_some());
    });
    assert!(programs.iter().all(|program| program.trouble() == Some(Trouble::Interrupted)));
    let from = tempfile::tempdir().unwrap();
    let again = Program::start("echo no", &folders(from.path()), &Limits::default());
    assert_eq!(again.map(|_| ()), Err(Trouble::Interrupted));
    for program in programs {
        leaves_nothing(program, &[]);
    }
    let left = traces("-", Path::new("/-"), &all);
    assert!(left.is_empty(), "{left:#?}");
    println!("all ended");
}

#[test]
fn a_process_that_hides_is_found() {
    assert!(play("hide").contains("nothing left"));
}

/// A daemon that also clears its environment and changes its folder. It is recognised only because
/// there is no other program.
fn nothing_hides() {
    let hides = "env -i setsid sh -c 'cd / && (sleep 1000 & echo $!); echo $$' & wait";
    let programs: Vec<Program> = (0..4).map(|_| start(hides)).collect();
    let mut all = Vec::new();
    for program in &programs {
        all.extend(numbers(program, 2));
        program.wait_end(deadline()).unwrap();
    }
    drop(programs);
    let left = traces("-", Path::new("/-"), &all);
    assert!(left.is_empty(), "{left:#?}");
    let table = crate::program::processes::Table::read();
    let children: Vec<_> = table.children(i32::try_from(std::process::id()).unwrap()).collect();
    assert!(children.is_empty(), "{children:#?}");
    println!("nothing left");
}
