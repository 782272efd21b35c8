//! Tests of the input and output of programs.

use std::io::ErrorKind;

use super::*;
use crate::program::Ended;

#[test]
fn input_arrives_unchanged_and_ends() {
    let program = start("cat; echo end");
    program.write(b"hello\n", deadline()).unwrap();
    assert_eq!(says(&program, "hello\n"), "hello\n");
    // More than a pipe holds.
    let much = "0123456789".repeat(30_000);
    program.write(much.as_bytes(), deadline()).unwrap();
    program.close_stdin();
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)));
    assert_eq!(program.output(), format!("hello\n{much}end\n"));
    let late = program.write(b"more", deadline()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_program_that_does_not_read_does_not_block_grade() {
    let program = start("sleep 1000");
    let error = program.write(&[b'x'; 1_000_000], soon()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    leaves_nothing(program, &[]);
}

#[test]
fn writing_to_an_ended_program_fails() {
    let program = start("true");
    program.wait_end(deadline()).unwrap();
    let error = program.write(b"hello\n", deadline()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn waiting_for_output_ends_when_the_output_is_closed() {
    let program = start("echo one; echo two >&2; exec >&- 2>&-; sleep 1000");
    assert!(program.wait_output(0, |output| contains(output, "two"), deadline()));
    assert_eq!(program.output(), "one\ntwo\n");
    let begin = Instant::now();
    assert!(!program.wait_output(0, |output| contains(output, "three"), deadline()));
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_eq!(program.trouble(), None);
}

#[test]
fn python_output_is_not_buffered() {
    let Some(python) = harness::python("sys") else {
        return harness::skipped("no python3 on this machine");
    };
    let program = start(&format!("'{}' -c 'print(\"hello\"); input()'", python.display()));
    says(&program, "hello");
    leaves_nothing(program, &[]);
}

#[test]
fn an_empty_command_is_an_error() {
    let from = tempfile::tempdir().unwrap();
    for line in ["", "  \t", "echo \0"] {
        let trouble = Program::start(line, &folders(from.path()), &Limits::default()).unwrap_err();
        assert!(matches!(trouble, Trouble::CannotStart(_)), "{trouble:?}");
    }
    // A submission that vanishes after it was found.
    let gone = folders(from.path());
    drop(from);
    let trouble = Program::start("true", &gone, &Limits::default()).unwrap_err();
    assert!(matches!(trouble, Trouble::CannotStart(_)), "{trouble:?}");
    assert!(Folders::of(Path::new("/nowhere/at/all")).is_err());
}

#[test]
fn a_program_at_a_terminal_reads_until_ctrl_d() {
    let from = tempfile::tempdir().unwrap();
    let line = "test -t 0 && test -t 1 && tty >/dev/null && stty size; cat; echo end";
    let (folders, limits) = (folders(from.path()), Limits::default());
    let program = Program::start_after(line, &folders, &limits, true, &mut |_| Ok(())).unwrap();
    drop(folders);
    says(&program, "50 500");
    program.write(b"hel", deadline()).unwrap();
    program.write(b"lo\n", deadline()).unwrap();
    // Once only: the terminal does not echo the input.
    assert_eq!(says(&program, "hello\r\n"), "50 500\r\nhello\r\n");
    program.close_stdin();
    assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)));
    assert_eq!(program.output(), "50 500\r\nhello\r\nend\r\n");
    leaves_nothing(program, &[]);
}
