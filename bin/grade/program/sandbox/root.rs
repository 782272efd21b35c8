//! The file system of a sandbox: a fresh one in memory, with the visible files and folders of the
//! machine, read only, and the submission, with everything that the program writes beside it in memory.

use std::ffi::{CString, OsStr};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    mount_change, mount_remount, unmount,
};
use rustix::process::{chdir, pivot_root};

use super::message::Setup;
use super::owner::Owner;

/// The folder under which the sandbox is built. Every system has it, and nothing else is in it inside.
const BASE: &str = "/tmp";

/// Everything that one program may write, in bytes, and the number of its files.
const SIZE: &str = "mode=0755,size=536870912,nr_inodes=200000";

/// Folders that programs expect to write to; each has a folder in memory.
const WRITABLE: [(&str, &str); 2] = [("/scratch/tmp", "tmp"), ("/scratch/shm", "dev/shm")];

/// The home of the program.
pub(super) const HOME: &str = "/tmp/home";

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// An error, with the step that failed.
pub(super) type Result<T> = std::result::Result<T, String>;

pub(super) fn step<T, E: std::fmt::Display>(
    what: impl std::fmt::Display,
    result: std::result::Result<T, E>,
) -> Result<T> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// Builds the file system, and makes it the root of this process.
pub(super) fn build(setup: &Setup, owner: Owner) -> Result<()> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("a private mount of /", mount_change("/", private))?;
    let plain = MountFlags::NOSUID | MountFlags::NODEV;
    memory(Path::new(BASE), SIZE)?;
    step("old", fs::create_dir(Path::new(BASE).join("old")))?;
    step("pivot_root", pivot_root(BASE, format!("{BASE}/old").as_str()))?;
    step("/", chdir("/"))?;
    for folder in ["/new", "/lower", "/scratch/tmp", "/scratch/shm", "/scratch/up", "/scratch/work"]
    {
        step(folder, fs::create_dir_all(folder))?;
    }
    for (folder, _) in WRITABLE {
        step(folder, fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)))?;
    }
    let home = format!("/scratch{HOME}");
    step(&home, fs::create_dir(&home))?;
    owner.take(Path::new(&home))?;
    step("a mount of the root", mount_bind("/new", "/new"))?;
    // Before what is visible, which may lie in one of these folders.
    for (source, target) in WRITABLE {
        let target = Path::new("/new").join(target);
        make_folder(&target)?;
        step(target.display(), mount_bind(source, &target))?;
    }
    for visible in &setup.visible {
        let target = inside(&visible.target);
        match &visible.link {
            Some(link) => step(target.display(), symlink(link, &target))?,
            None => show(&outside(&visible.source), &target)?,
        }
    }
    devices()?;
    make_folder(Path::new("/new/proc"))?;
    step("/proc", mount("proc", "/new/proc", "proc", plain | MountFlags::NOEXEC, None))?;
    for hidden in &setup.hidden {
        if inside(hidden).is_dir() {
            memory(&inside(hidden), "mode=0755,size=65536")?;
        } else if inside(hidden).is_file() {
            step(inside(hidden).display(), mount_bind("/new/dev/null", inside(hidden)))?;
        }
    }
    if !is_writable(Path::new(&setup.work), setup) {
        submission(setup, owner)?;
    }
    for folder in &setup.writable {
        show(&outside(&folder.source), &inside(&folder.target))?;
    }
    // The walk through the submission stays out of the folders that are mounted in it.
    if !is_writable(Path::new(&setup.work), setup) && setup.given.is_empty() {
        owner.take_all(&inside(&setup.work))?;
    }
    for folder in &setup.writable {
        owner.take_all(&inside(&folder.target))?;
    }
    step("the old root", fs::create_dir("/new/.old"))?;
    step("pivot_root", pivot_root("/new", "/new/.old"))?;
    step("/", chdir("/"))?;
    step("the old root", unmount("/.old", UnmountFlags::DETACH))?;
    step("the old root", fs::remove_dir("/.old"))?;
    lock(setup)?;
    step(Path::new(&setup.work).display(), chdir(Path::new(&setup.work)))
}

/// The place of a path of the machine, while the sandbox is built.
fn outside(path: &OsStr) -> PathBuf {
    Path::new("/old").join(Path::new(path).strip_prefix("/").unwrap_or(Path::new(path)))
}

/// The place of a path of the sandbox, while it is built.
fn inside(path: &OsStr) -> PathBuf {
    Path::new("/new").join(Path::new(path).strip_prefix("/").unwrap_or(Path::new(path)))
}

/// Mounts a file system in memory.
fn memory(at: &Path, options: &str) -> Result<()> {
    let options = step("the options", CString::new(options))?;
    let plain = MountFlags::NOSUID | MountFlags::NODEV;
    step(at.display(), mount("tmpfs", at, "tmpfs", plain, options.as_c_str()))
}

fn make_folder(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o755).create(path);
    step(path.display(), made)
}

/// Makes a file or a folder of the machine appear at this place.
fn show(source: &Path, target: &Path) -> Result<()> {
    let Ok(about) = fs::metadata(source) else { return Ok(()) };
    if about.is_dir() {
        make_folder(target)?;
        return step(target.display(), mount_bind_recursive(source, target));
    }
    make_folder(target.parent().unwrap_or(target))?;
    if !target.exists() {
        step(target.display(), File::create_new(target).map(drop))?;
    }
    step(target.display(), mount_bind(source, target))
}

/// The devices that programs expect, and terminals of the sandbox's own.
fn devices() -> Result<()> {
    for name in DEVICES {
        show(&Path::new("/old/dev").join(name), &Path::new("/new/dev").join(name))?;
    }
    make_folder(Path::new("/new/dev/pts"))?;
    let options = c"newinstance,ptmxmode=0666,mode=0620";
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    step("/dev/pts", mount("devpts", "/new/dev/pts", "devpts", flags, options))?;
    for (link, to) in [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        step(link, symlink(to, Path::new("/new/dev").join(link)))?;
    }
    Ok(())
}

/// Shows the submission; what the program writes into it stays in memory.
fn submission(setup: &Setup, owner: Owner) -> Result<()> {
    let target = inside(&setup.work);
    make_folder(&target)?;
    // The upper folder decides who owns the work folder.
    owner.take(Path::new("/scratch/up"))?;
    if setup.submission.is_empty() {
        return step(target.display(), mount_bind("/scratch/up", &target));
    }
    let is_given = !setup.given.is_empty();
    let source = outside(if is_given { &setup.given } else { &setup.submission });
    // A path without characters that would mean something in the options of the mount.
    step(source.display(), mount_bind(&source, "/lower"))?;
    let layers = "lowerdir=/lower,upperdir=/scratch/up,workdir=/scratch/work";
    // With `metacopy`, giving a file to another owner does not copy its content.
    let ways: &[&str] = if owner.is_given { &[",metacopy=on", ""] } else { &[",userxattr", ""] };
    let plain = MountFlags::NOSUID | MountFlags::NODEV;
    let is_overlaid = ways.iter().any(|way| {
        CString::new(format!("{layers}{way}"))
            .is_ok_and(|it| mount("overlay", &target, "overlay", plain, it.as_c_str()).is_ok())
    });
    if !is_overlaid {
        step("a copy of the submission", copy(Path::new("/lower"), Path::new("/scratch/up")))?;
        step(target.display(), mount_bind("/scratch/up", &target))?;
    }
    Ok(())
}

/// Copies the content of a folder, with its modes and times, and with links as they are.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, from, to) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir(&to)?;
            copy(&from, &to)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_file() {
            fs::copy(&from, &to)?;
            File::open(&to)?.set_modified(fs::metadata(&from)?.modified()?)?;
        }
    }
    Ok(())
}

/// Returns whether this place is in a real folder that the program may write.
fn is_writable(place: &Path, setup: &Setup) -> bool {
    setup.writable.iter().any(|folder| place.starts_with(&folder.target))
}

/// Makes everything read only that the program must not write.
fn lock(setup: &Setup) -> Result<()> {
    let mounts = step("mountinfo", fs::read_to_string("/proc/self/mountinfo"))?;
    let open: Vec<&Path> = WRITABLE.iter().map(|(_, target)| Path::new(*target)).collect();
    for line in mounts.lines() {
        // `ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS ...`, see proc_pid_mountinfo(5).
        let mut fields = line.split(' ').skip(4);
        let (Some(place), Some(options)) = (fields.next(), fields.next()) else { continue };
        let place = unescaped(place);
        let name = place.strip_prefix("/").unwrap_or(&place);
        let is_open = open.contains(&name)
            || ["dev/pts", "proc"].iter().any(|it| name == Path::new(it))
            || place.as_os_str() == setup.work
            || is_writable(&place, setup)
            || (name.starts_with("dev") && name != Path::new("dev"));
        if is_open || options.split(',').any(|option| option == "ro") {
            continue;
        }
        let flags = options
            .split(',')
            .fold(MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID, |flags, option| {
                flags | flag(option)
            });
        step(place.display(), mount_remount(&place, flags, c""))?;
    }
    Ok(())
}

/// A flag that a mount has and must keep: in a user namespace the system refuses to drop one.
fn flag(option: &str) -> MountFlags {
    match option {
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        "noatime" => MountFlags::NOATIME,
        "nodiratime" => MountFlags::NODIRATIME,
        "relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    }
}

/// A path as in a table of mounts, where white space is three octal digits.
fn unescaped(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;

    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|it| std::str::from_utf8(it).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(|_| *first == b'\\') {
            Some(code) => {
                bytes.push(code);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_in_a_path_is_read_back() {
        assert_eq!(unescaped("/a\\040b\\134/c"), Path::new("/a b\\/c"));
        assert_eq!(unescaped("/a\\04"), Path::new("/a\\04"));
    }
}
