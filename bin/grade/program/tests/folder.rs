//! Tests with programs and their work folders.

use super::*;
use crate::program::Ended;

#[test]
fn a_program_runs_in_a_copy_and_the_submission_stays_as_it_is() {
    let from = tempfile::tempdir().unwrap();
    fs::write(
        from.path().join("server.sh"),
        "#!/bin/sh\ncat data/greeting; echo $1 >data/greeting\n",
    )
    .unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(from.path().join("server.sh"), executable).unwrap();
    fs::create_dir(from.path().join("data")).unwrap();
    fs::write(from.path().join("data/greeting"), "hello\n").unwrap();
    for _ in 0..2 {
        let folders = folders(from.path());
        let program = Program::start("./server.sh 4711", &folders, &Limits::default()).unwrap();
        drop(folders);
        assert_eq!(program.wait_end(deadline()), Some(Ended::Code(0)), "{}", program.output());
        assert_eq!(program.output(), "hello\n");
        let written = program.run.folder.join("data/greeting");
        assert_eq!(fs::read_to_string(written).unwrap(), "4711\n");
        leaves_nothing(program, &[]);
    }
    assert_eq!(fs::read_to_string(from.path().join("data/greeting")).unwrap(), "hello\n");
}

#[test]
fn a_damaged_work_folder_is_removed() {
    let program =
        start("mkdir -p a/b/c && touch a/b/c/d && chmod 0 a/b a; rm -rf \"$PWD\"/x; echo ok");
    says(&program, "ok");
    leaves_nothing(program, &[]);
    let program = start("rm -rf \"$PWD\"; echo ok; exec sleep 1000");
    says(&program, "ok");
    leaves_nothing(program, &[]);
}
