//! The control groups of the grader: their limits on processes and memory, and how often a limit was
//! hit. A container is a control group, and so is a job of a batch system.
//!
//! Both versions are read: see cgroup(7), and the kernel's `cgroup-v2.rst` for the files. The graded
//! programs are in the same groups.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the grader's groups, from its own up to the highest visible one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cgroups {
    pids: Vec<PathBuf>,
    memory: Vec<PathBuf>,
}

/// Counters of limits that were hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Processes or threads that could not start.
    refused: u64,
    /// Processes killed for lack of memory, or refused memory.
    out_of_memory: u64,
    /// Times that memory was full, but was freed in time.
    full: u64,
}

/// A resource that was short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortage {
    Processes,
    Memory,
    /// Memory was freed in time. That may have cost time, but nothing else.
    Slow,
}

/// Number of processes and threads that may still start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) left: u64,
    pub(crate) limit: u64,
}

impl Shortage {
    /// The reason why a check that failed while it ran alone is undecided. `None` if the shortage
    /// cannot explain the failure.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Shortage::Processes => Some(
                "the machine let no more processes or threads start (pids.max of its cgroup), although \
                 this check ran alone",
            ),
            Shortage::Memory => Some(
                "the machine had no memory left (memory.max of its cgroup), although this check ran \
                 alone",
            ),
            Shortage::Slow => None,
        }
    }
}

impl Cgroups {
    /// The groups of this process; none on a system without control groups.
    pub(crate) fn ours() -> Cgroups {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Cgroups::of(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"))
    }

    /// Parses the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
    fn of(cgroup: &str, mounts: &str) -> Cgroups {
        let folders = |controller: &str| {
            let lines = cgroup.lines().filter_map(|line| {
                // `8:pids:/path`, or `0::/path` for all controllers of version 2.
                let (_, line) = line.split_once(':')?;
                let (controllers, path) = line.split_once(':')?;
                let is_two = controllers.is_empty();
                (is_two || controllers.split(',').any(|it| it == controller))
                    .then_some((is_two, path))
            });
            lines.flat_map(|(is_two, path)| chain(mounts, controller, is_two, path)).collect()
        };
        Cgroups { pids: folders("pids"), memory: folders("memory") }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for folder in &self.pids {
            counts.refused += number_of(&folder.join("pids.events"), &["max"]);
        }
        for folder in &self.memory {
            let events = folder.join("memory.events");
            counts.out_of_memory += number_of(&events, &["oom", "oom_kill", "oom_group_kill"]);
            counts.full += number_of(&events, &["max"]);
            // Version 1.
            counts.out_of_memory += number_of(&folder.join("memory.oom_control"), &["oom_kill"]);
            counts.full += number(&folder.join("memory.failcnt")).unwrap_or(0);
        }
        counts
    }

    /// The room in the group that has least; `None` without a limit.
    pub(crate) fn room(&self) -> Option<Room> {
        let rooms = self.pids.iter().filter_map(|folder| {
            // `max` is not a number: there is no limit.
            let limit = number(&folder.join("pids.max"))?;
            let left = limit.saturating_sub(number(&folder.join("pids.current"))?);
            Some(Room { left, limit })
        });
        rooms.min_by_key(|room| room.left)
    }
}

impl Counts {
    /// The resource that was short since then.
    pub(crate) fn since(self, before: Counts) -> Option<Shortage> {
        if self.refused > before.refused {
            Some(Shortage::Processes)
        } else if self.out_of_memory > before.out_of_memory {
            Some(Shortage::Memory)
        } else {
            (self.full > before.full).then_some(Shortage::Slow)
        }
    }
}

/// The folder of a group at the mount point of this controller, and the folders above it.
fn chain(mounts: &str, controller: &str, is_two: bool, path: &str) -> Vec<PathBuf> {
    let mount = mounts.lines().find_map(|line| {
        // `32 31 0:29 ROOT POINT OPTIONS - cgroup SOURCE rw,pids`, see proc_pid_mountinfo(5).
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1)?);
        let is_it = match is_two {
            true => kind == "cgroup2",
            false => kind == "cgroup" && options.split(',').any(|it| it == controller),
        };
        let mut before = before.split(' ').skip(3);
        is_it.then_some((before.next()?, Path::new(before.next()?)))
    });
    let Some((root, point)) = mount else { return Vec::new() };
    // In a container the path may come from outside; then the mount point is the group.
    let inside = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
    let folder = point.join(inside);
    let folder = if folder.is_dir() { folder.as_path() } else { point };
    let above = folder.ancestors().take_while(|above| above.starts_with(point));
    above.map(Path::to_owned).collect()
}

/// The sum of the numbers behind these words, in a file of lines such as `max 3`.
fn number_of(file: &Path, words: &[&str]) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let meant = lines.filter(|(word, _)| words.contains(word));
    meant.filter_map(|(_, number)| number.trim().parse::<u64>().ok()).sum()
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(tempfile::TempDir);

    impl Fake {
        fn new(files: &[(&str, &str)]) -> Fake {
            let fake = Fake(tempfile::tempdir().unwrap());
            files.iter().for_each(|(file, text)| fake.write(file, text));
            fake
        }

        fn write(&self, file: &str, text: &str) {
            let path = self.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn path(&self, file: &str) -> PathBuf {
            self.0.path().join(file)
        }

        /// A line of the mount table, of version 2, or of these controllers of version 1.
        fn mount(&self, point: &str, root: &str, controllers: Option<&str>) -> String {
            let point = self.path(point).display().to_string();
            match controllers {
                None => {
                    format!("30 20 0:2 {root} {point} rw,relatime shared:9 - cgroup2 cgroup2 rw")
                }
                Some(them) => format!("31 20 0:3 {root} {point} rw - cgroup cgroup rw,{them}"),
            }
        }
    }

    #[test]
    fn version_2_is_read_from_the_own_group_up_to_the_highest() {
        let fake = Fake::new(&[
            ("job/grade/pids.max", "max\n"),
            ("job/grade/pids.current", "12\n"),
            ("job/grade/pids.events", "max 1\n"),
            ("job/pids.max", "100\n"),
            ("job/pids.current", "60\n"),
            ("job/pids.events", "max 2\n"),
            ("job/memory.events", "low 9\nhigh 9\nmax 4\noom 1\noom_kill 1\noom_group_kill 0\n"),
        ]);
        let ours = Cgroups::of("0::/job/grade\n", &fake.mount("", "/", None));
        let all = ["job/grade", "job", ""].map(|folder| fake.path(folder));
        assert_eq!(
            ours.pids.iter().map(|it| it.join("")).collect::<Vec<_>>(),
            all.map(|it| it.join(""))
        );
        assert_eq!(ours.room(), Some(Room { left: 40, limit: 100 }));
        let before = ours.counts();
        assert_eq!(before, Counts { refused: 3, out_of_memory: 2, full: 4 });
        assert_eq!(ours.counts().since(before), None);
        fake.write("job/memory.events", "low 99\nhigh 99\nmax 5\noom 1\noom_kill 1\n");
        assert_eq!(ours.counts().since(before), Some(Shortage::Slow));
        fake.write("job/memory.events", "max 5\noom 1\noom_kill 2\n");
        assert_eq!(ours.counts().since(before), Some(Shortage::Memory));
        fake.write("job/grade/pids.events", "max 2\n");
        assert_eq!(ours.counts().since(before), Some(Shortage::Processes));
        fake.write("job/pids.current", "300\n");
        assert_eq!(ours.room(), Some(Room { left: 0, limit: 100 }));
    }

    #[test]
    fn version_1_has_a_folder_for_each_controller() {
        let fake = Fake::new(&[
            ("pids/job/pids.max", "50\n"),
            ("pids/job/pids.current", "20\n"),
            ("pids/job/pids.events", "max 7\n"),
            ("memory/job/memory.failcnt", "3\n"),
            ("memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
        ]);
        let mounts = [("memory", "cpu,memory"), ("pids", "pids")];
        let mounts = mounts.map(|(point, them)| fake.mount(point, "/", Some(them))).join("\n");
        let ours = Cgroups::of("9:cpu,memory:/job\n8:pids:/job\n0::/\n", &mounts);
        assert_eq!(ours.room(), Some(Room { left: 30, limit: 50 }));
        assert_eq!(ours.counts(), Counts { refused: 7, out_of_memory: 2, full: 3 });
    }

    #[test]
    fn in_a_container_the_mount_point_is_the_group() {
        let files = [("pids.max", "50\n"), ("pids.current", "20\n")];
        let fake = Fake::new(&files);
        for (path, root) in [("/", "/"), ("/docker/abc", "/docker/abc"), ("/../other", "/x")] {
            let ours = Cgroups::of(&format!("0::{path}\n"), &fake.mount("", root, None));
            assert_eq!(ours.room(), Some(Room { left: 30, limit: 50 }), "{path}");
        }
        let none = Cgroups::of("", "");
        assert_eq!((none.room(), none.counts()), (None, Counts::default()));
    }
}
