//! Tests that a program's changes to its folder reach neither the submission nor the next program in
//! the same folder.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::folders;
use crate::program::Folders;

/// Larger than a file that is copied with one read.
const LARGE: usize = 1024 * 1024 + 1;

fn submission() -> tempfile::TempDir {
    let from = tempfile::tempdir().unwrap();
    let path = |name: &str| from.path().join(name);
    for folder in ["src", ".git", "src/__pycache__", ".venv/__pycache__", "strata-grade-other"] {
        fs::create_dir_all(path(folder)).unwrap();
        fs::write(path(folder).join("file"), folder).unwrap();
    }
    fs::write(path("server.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(path("server.sh"), Permissions::from_mode(0o755)).unwrap();
    fs::write(path("large"), vec![7; LARGE]).unwrap();
    symlink("src/file", path("inside")).unwrap();
    symlink(path("large"), path("absolute")).unwrap();
    symlink("../there", path("outside")).unwrap();
    from
}

/// Everything in a folder: the kind and the content of each entry.
fn contents(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            let inside = if about.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if about.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), (about.mode(), inside));
        }
    }
    found
}

#[test]
fn a_copy_is_complete_and_has_no_link_to_the_submission() {
    let from = submission();
    let folder = folders(from.path()).take().unwrap();
    let here = |name: &str| folder.path().join(name);
    let names: Vec<PathBuf> = contents(folder.path()).into_keys().collect();
    let want = [
        ".venv",
        ".venv/__pycache__",
        ".venv/__pycache__/file",
        "absolute",
        "inside",
        "large",
        "outside",
        "server.sh",
        "src",
        "src/file",
    ];
    assert_eq!(names, want.map(PathBuf::from));
    assert_eq!(fs::metadata(here("server.sh")).unwrap().mode() & 0o777, 0o755);
    assert!(!here("large").is_symlink());
    assert_eq!(fs::read(here("large")).unwrap(), vec![7; LARGE]);
    let from = fs::canonicalize(from.path()).unwrap();
    // `make` and Python decide by the time which files they compile again.
    for name in ["large", "server.sh"] {
        let modified = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(here(name)), modified(from.join(name)));
    }
    assert_eq!(fs::read_link(here("inside")).unwrap(), Path::new("src/file"));
    assert_eq!(fs::read_link(here("absolute")).unwrap(), here("large"));
    assert_eq!(fs::read_link(here("outside")).unwrap(), from.with_file_name("there"));
}

/// Overwrites the beginning of a file, and restores its time.
fn write_and_hide(path: &Path) {
    let before = fs::metadata(path).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(b"xx", 0).unwrap();
    let times = FileTimes::new().set_modified(before.modified().unwrap());
    file.set_times(times.set_accessed(before.accessed().unwrap())).unwrap();
}

#[test]
fn every_change_is_undone_and_never_reaches_the_submission() {
    type Harm = fn(&Path);
    let harms: &[(&str, Harm)] = &[
        ("a small file is written over", |it| write_and_hide(&it.join("server.sh"))),
        ("a large one", |it| write_and_hide(&it.join("large"))),
        ("one of a tool's", |it| write_and_hide(&it.join(".venv/__pycache__/file"))),
        ("one through a link", |it| write_and_hide(&it.join("absolute"))),
        ("one through a hard link elsewhere", |it| {
            let elsewhere = it.with_extension("elsewhere");
            fs::hard_link(it.join("large"), &elsewhere).unwrap();
            write_and_hide(&elsewhere);
            fs::remove_file(elsewhere).unwrap();
        }),
        ("a file is cut off", |it| fs::write(it.join("large"), "").unwrap()),
        ("a file is removed", |it| fs::remove_file(it.join("src/file")).unwrap()),
        ("a file cannot be run", |it| {
            fs::set_permissions(it.join("server.sh"), Permissions::from_mode(0o600)).unwrap();
        }),
        ("files are added", |it| {
            fs::create_dir_all(it.join("src/new/folder")).unwrap();
            fs::write(it.join("src/new/file"), "new").unwrap();
            fs::write(it.join("new"), "new").unwrap();
        }),
        ("files are exchanged", |it| {
            fs::rename(it.join("server.sh"), it.join("x")).unwrap();
            fs::rename(it.join("src/file"), it.join("server.sh")).unwrap();
            fs::rename(it.join("x"), it.join("src/file")).unwrap();
        }),
        ("a folder has another name", |it| fs::rename(it.join("src"), it.join("lib")).unwrap()),
        ("a folder becomes a link", |it| {
            fs::remove_dir_all(it.join("src")).unwrap();
            symlink(".venv", it.join("src")).unwrap();
        }),
        ("a folder becomes a file", |it| {
            fs::remove_dir_all(it.join("src")).unwrap();
            fs::write(it.join("src"), "").unwrap();
        }),
        ("a link leads elsewhere", |it| {
            fs::remove_file(it.join("inside")).unwrap();
            symlink("large", it.join("inside")).unwrap();
        }),
        ("nobody may look", |it| {
            fs::set_permissions(it.join("src"), Permissions::from_mode(0o0)).unwrap();
            fs::create_dir_all(it.join("a/b")).unwrap();
            fs::set_permissions(it.join("a"), Permissions::from_mode(0o0)).unwrap();
            fs::set_permissions(it, Permissions::from_mode(0o0)).unwrap();
        }),
        ("all is removed", |it| fs::remove_dir_all(it).unwrap()),
        ("the folder is another", |it| {
            fs::remove_dir_all(it).unwrap();
            fs::create_dir(it).unwrap();
        }),
        ("the folder is a link", |it| {
            fs::remove_dir_all(it).unwrap();
            symlink("/", it).unwrap();
        }),
    ];
    let from = submission();
    let submitted = contents(from.path());
    let all = folders(from.path());
    for (what, harm) in harms {
        let folder = all.take().unwrap();
        let path = folder.path().to_owned();
        let before = contents(&path);
        // Immediately, within the time stamp of the copies.
        harm(&path);
        drop(folder);
        let next = all.take().unwrap();
        let moved = |it: BTreeMap<PathBuf, (u32, Vec<u8>)>, from: &Path| {
            let from = from.as_os_str().as_encoded_bytes().to_owned();
            // A link into the copy contains the path of the copy.
            it.into_iter().map(move |(name, (mode, inside))| match inside.starts_with(&from) {
                true => (name, (mode, inside[from.len()..].to_vec())),
                false => (name, (mode, inside)),
            })
        };
        let after = contents(next.path());
        assert!(moved(after, next.path()).eq(moved(before, &path)), "{what}");
        assert_eq!(contents(from.path()), submitted, "{what}");
    }
}

#[test]
fn unchanged_files_are_not_copied_again() {
    let from = submission();
    let all = folders(from.path());
    let inode = |folder: &Path| fs::metadata(folder.join("large")).unwrap().ino();
    let first = all.take().unwrap();
    let second = all.take().unwrap();
    assert!(first.path() != second.path(), "two programs have a folder each");
    let (path, before) = (first.path().to_owned(), inode(first.path()));
    drop(second);
    drop(first);
    // A copy whose stamp equals the moment at which the folder was handed out is made again. Until the
    // clock of the file system advances, this happens every time.
    let until = super::deadline();
    let mut before = before;
    loop {
        let next = all.take().unwrap();
        assert_eq!(next.path(), path, "the folder is used again");
        let now = inode(&path);
        if now == before {
            return;
        }
        assert!(std::time::Instant::now() < until, "the file is copied each time");
        before = now;
    }
}

#[test]
fn a_folder_in_which_a_process_is_left_is_not_used_again() {
    let from = submission();
    let all = folders(from.path());
    let mut first = all.take().unwrap();
    let path = first.path().to_owned();
    first.spoil();
    drop(first);
    assert!(!path.exists());
    assert!(all.take().unwrap().path().exists());
}

#[test]
fn the_folders_are_removed_in_the_end() {
    let from = submission();
    let all = folders(from.path());
    let (first, second) = (all.take().unwrap(), all.take().unwrap());
    let paths = [first.path().to_owned(), second.path().to_owned()];
    drop(first);
    assert!(paths[0].exists());
    all.clear();
    assert!(!paths[0].exists() && paths[1].exists());
    drop(all);
    drop(second);
    assert!(!paths[1].exists());
}

#[test]
fn a_program_waits_while_all_folders_are_in_use() {
    let all = Folders::at_most(None, std::env::temp_dir(), 1);
    let first = all.take().unwrap();
    let path = first.path().to_owned();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let _second = all.take().unwrap();
            path.exists()
        });
        drop(first);
        assert!(!waits.join().unwrap(), "two folders are in use");
    });
}

#[test]
fn a_submission_without_files_is_an_empty_folder() {
    let all = Folders::of(None).unwrap();
    let first = all.take().unwrap();
    fs::write(first.path().join("file"), "").unwrap();
    drop(first);
    assert_eq!(fs::read_dir(all.take().unwrap().path()).unwrap().count(), 0);
}
