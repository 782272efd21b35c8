//! Tests with programs that end, and with programs that refuse to end.

use std::thread;

use super::*;
use crate::program::Ended;

#[test]
fn a_program_may_choose_its_exit_code_on_sigterm() {
    let program = start("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    says(&program, "ready");
    assert_eq!(program.wait_end(soon()), None);
    program.ask_to_end();
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(7)));
    assert!(
        program.output().ends_with("bye\n"),
        "the last words are read before the end is reported"
    );
    leaves_nothing(program, &[]);
}

#[test]
fn a_program_can_be_asked_to_end_immediately() {
    let program = start("sleep 1000");
    program.ask_to_end();
    assert_eq!(program.wait_end(deadline()), Some(Ended::Signal(15)));
}

#[test]
fn a_program_that_ignores_signals_is_killed() {
    let program = start("trap '' TERM INT HUP; echo $$; sh -c 'echo $$; sleep 1000'; sleep 1000");
    let all = numbers(&program, 2);
    program.ask_to_end();
    assert_eq!(program.wait_end(soon()), None);
    program.kill();
    assert_eq!(program.wait_end(deadline()), Some(Ended::Signal(9)));
    // A second kill does no harm.
    program.kill();
    program.ask_to_end();
    leaves_nothing(program, &all);
}

#[test]
fn a_stopped_program_is_killed() {
    let program = start("echo $$; kill -STOP $$");
    let all = numbers(&program, 1);
    leaves_nothing(program, &all);
}

#[test]
fn a_daemon_does_not_outlive_its_program() {
    // A textbook daemon: a child, a session, another child, another folder, and no open files.
    let daemon = "echo $$; cd /; sleep 1000 </dev/null >/dev/null 2>&1 & echo $!";
    let program = start(&format!("(setsid sh -c '{daemon}' &)"));
    let all = numbers(&program, 2);
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)));
    leaves_nothing(program, &all);
}

#[test]
fn a_process_that_keeps_the_output_open_does_not_block_grade() {
    let program = start("setsid sh -c 'echo $$; exec sleep 1000' & echo last");
    let all = numbers(&program, 1);
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)));
    assert!(program.output().contains("last"));
    leaves_nothing(program, &all);
}

#[test]
fn unreaped_zombies_do_not_count_as_processes() {
    let limits = Limits { processes: 10, ..Limits::default() };
    // After `exec` the program does not know that it has children.
    let zombies = "n=0; while [ $n -lt 40 ]; do true & n=$((n + 1)); [ $((n % 4)) -ne 0 ] || sleep 0.05; done; echo all";
    let program = start_with(&format!("{zombies}; exec sleep 1000"), &limits);
    says(&program, "all");
    assert!(!program.wait_output(0, |_| false, soon()));
    assert_eq!(program.trouble(), None);
    leaves_nothing(program, &[]);
}

#[test]
fn a_program_has_no_shell_above_it_and_no_terminal() {
    let program = start("exec sleep 1000");
    let plain = start("sleep 1000");
    let until = deadline();
    for program in [&program, &plain] {
        let root = program.run.root.as_raw_nonzero().get();
        while fs::read_to_string(format!("/proc/{root}/comm")).unwrap() != "sleep\n" {
            assert!(Instant::now() < until);
            thread::yield_now();
        }
        let table = crate::program::processes::Table::read();
        let process = table.get(root).unwrap();
        assert_eq!((process.group, process.session), (root, root));
    }
}

#[test]
#[ignore = "slow"]
fn processes_of_parallel_programs_are_told_apart() {
    thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || {
                let line = format!("echo $$; setsid sh -c 'echo $$; echo I am {number}; exec sleep 1000' & read word; echo $word {number}; wait");
                let program = start(&line);
                let all = numbers(&program, 2);
                program.write(b"hello\n", deadline()).unwrap();
                says(&program, &format!("hello {number}\n"));
                assert_eq!(program.trouble(), None);
                leaves_nothing(program, &all);
            });
        }
    });
}

#[test]
fn killing_one_program_leaves_the_others_alone() {
    let stays = start("setsid sh -c 'echo $$; exec sleep 1000' & echo $$; wait");
    let all = numbers(&stays, 2);
    for _ in 0..10 {
        let goes = start("setsid sleep 1000 & echo ready; wait");
        says(&goes, "ready");
        leaves_nothing(goes, &[]);
    }
    assert_eq!(stays.trouble(), None);
    let left = traces("-", Path::new("/-"), &all);
    assert_eq!(left.len(), 2, "{left:#?}");
    leaves_nothing(stays, &all);
}
