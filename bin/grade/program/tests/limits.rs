//! Tests with programs that exceed a limit.

use super::*;
use crate::program::Ended;

#[test]
fn endless_output_ends_the_program_and_its_end_is_kept() {
    let limits = Limits { output: 10_000, ..Limits::default() };
    let program = start_with("while :; do echo on and on; done", &limits);
    assert_eq!(trouble(&program), Trouble::TooMuchOutput { limit: 10_000 });
    let output = program.output();
    assert!(output.len() < 11_000 && output.contains("were left out]\n"), "{}", output.len());
    leaves_nothing(program, &[]);
}

#[test]
fn fast_output_ends_the_program() {
    let program = start("yes | tee /dev/stderr");
    assert_eq!(trouble(&program), Trouble::TooMuchOutput { limit: 4 * 1024 * 1024 });
    leaves_nothing(program, &[]);
}

#[test]
fn output_up_to_the_limit_is_allowed() {
    let limits = Limits { output: 300_000, ..Limits::default() };
    let program = start_with("head -c 300000 /dev/zero | tr '\\0' x", &limits);
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)));
    assert_eq!(program.output(), "x".repeat(300_000));
}

#[test]
fn too_many_processes_end_the_program() {
    let limits = Limits { processes: 20, ..Limits::default() };
    // The bomb is finite, so that it does no harm if the limit fails.
    let bomb = "n=0; while [ $n -lt 200 ]; do sleep 1000 & n=$((n + 1)); done; wait";
    let program = start_with(bomb, &limits);
    let trouble = trouble(&program);
    let Trouble::TooManyProcesses { limit: 20, found } = trouble else { panic!("{trouble:?}") };
    assert!(found > 20);
    leaves_nothing(program, &[]);
}

#[test]
fn too_many_processes_in_other_sessions_end_the_program() {
    let limits = Limits { processes: 20, ..Limits::default() };
    let bomb = "n=0; while [ $n -lt 200 ]; do setsid sleep 1000 & n=$((n + 1)); done; wait";
    let program = start_with(bomb, &limits);
    assert!(matches!(trouble(&program), Trouble::TooManyProcesses { limit: 20, .. }));
    leaves_nothing(program, &[]);
}

#[test]
fn orphans_of_an_ended_program_are_still_watched() {
    let limits = Limits { processes: 5, ..Limits::default() };
    let program = start_with("for n in 1 2 3 4 5 6 7 8 9; do setsid sleep 1000 & done", &limits);
    program.wait_end(deadline()).unwrap();
    let until = deadline();
    let is_over = |it: &Program| matches!(it.trouble(), Some(Trouble::TooManyProcesses { .. }));
    while !is_over(&program) {
        assert!(Instant::now() < until, "{:?}", program.trouble());
        std::thread::yield_now();
    }
    leaves_nothing(program, &[]);
}

/// A shell that allocates this many megabytes.
fn hoard(megabytes: usize) -> String {
    format!("x=$(head -c {megabytes}000000 /dev/zero | tr '\\0' x)")
}

#[test]
#[ignore = "slow"]
fn too_much_memory_ends_the_program() {
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let program = start_with(&format!("{}; sleep 1000; echo $x", hoard(100)), &limits);
    let trouble = trouble(&program);
    let Trouble::TooMuchMemory { found, .. } = trouble else { panic!("{trouble:?}") };
    assert!(found > 64 << 20);
    leaves_nothing(program, &[]);
}

#[test]
fn shared_memory_counts_once() {
    let limits = Limits { memory: 200 << 20, ..Limits::default() };
    // Subshells, which share the memory of the shell.
    let program = start_with(
        &format!(
            "{}; for n in 1 2 3 4 5 6; do (sleep 1000; echo $x) & done; echo all; wait",
            hoard(40)
        ),
        &limits,
    );
    says(&program, "all");
    assert!(!program.wait_output(0, |_| false, soon()));
    assert_eq!(program.trouble(), None);
    leaves_nothing(program, &[]);
}

#[test]
#[ignore = "slow"]
fn endless_computing_ends_the_program_and_shows_in_its_load() {
    let limits = Limits { cpu: Duration::from_millis(400), ..Limits::default() };
    let program = start_with("while :; do :; done", &limits);
    let sleeper = start("sleep 1000");
    assert_eq!(trouble(&program), Trouble::TooMuchComputing { limit: limits.cpu });
    assert!(program.load().unwrap().computed > limits.cpu);
    assert!(sleeper.load().unwrap().computed < limits.cpu / 2);
    leaves_nothing(program, &[]);
}

#[test]
fn an_endless_program_is_ended() {
    let limits = Limits { time: Duration::from_millis(300), ..Limits::default() };
    let program = start_with("sleep 1000", &limits);
    assert_eq!(trouble(&program), Trouble::TooLong { limit: limits.time });
    leaves_nothing(program, &[]);
}

#[test]
#[ignore = "slow"]
fn processor_time_of_ended_children_counts() {
    let spins = "n=0; while [ $n -lt 100000 ]; do n=$((n + 1)); done";
    // The shell reaps the first child, and grade reaps the second.
    let program = start(&format!("sh -c '{spins}'; (setsid sh -c '{spins}; echo done' &)"));
    says(&program, "done");
    program.wait_end(deadline()).unwrap();
    let before = program.load().unwrap().computed;
    assert!(before >= Duration::from_millis(20), "{before:?}");
    program.kill();
    assert!(program.load().unwrap().computed >= before);
}

#[test]
fn file_size_and_open_files_are_limited() {
    let limits = Limits { file_size: 100_000, files: 50, ..Limits::default() };
    let program = start_with("ulimit -n; ulimit -c; exec cat /dev/zero >large", &limits);
    assert_eq!(program.wait_end(deadline()), Some(Ended::Signal(25)));
    assert_eq!(program.output(), "50\n0\n");
    assert!(program.trouble().unwrap().to_string().contains("above its limit"));
    assert_eq!(fs::metadata(program.run.folder.join("large")).unwrap().len(), 100_000);
}
