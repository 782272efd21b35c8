//! The processes of the system, read from `/proc` on Linux. On other systems the table is empty.

use std::collections::HashMap;
#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::ErrorKind;
#[cfg(target_os = "linux")]
use std::io::Read;
use std::path::Path;

/// Greatest number of searches for processes whose parent is missing. Two are enough, unless processes
/// come and go constantly.
#[cfg(target_os = "linux")]
const ROUNDS: usize = 20;

/// With more threads than this, a process is compared with the number of all processes of the system.
#[cfg(target_os = "linux")]
const FEW_THREADS: u64 = 32;

/// Longer than any line of `/proc/N/stat`.
#[cfg(target_os = "linux")]
const STAT: usize = 2048;

/// The facts that grade needs about a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// The process is a zombie: it has ended, and its parent has not asked for its exit status.
    pub(super) ended: bool,
    /// The start time; it distinguishes the process from another with the same id.
    pub(super) born: u64,
    /// Processor time of the process and of its reaped children, in ticks.
    pub(super) ticks: u64,
    pub(super) pages: u64,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no /proc elsewhere"))]
    pub(super) threads: u64,
}

/// All processes at one moment.
#[derive(Debug, Default)]
pub(super) struct Table {
    processes: HashMap<i32, Process>,
    children: HashMap<i32, Vec<i32>>,
}

impl Table {
    #[cfg(target_os = "linux")]
    pub(super) fn read() -> Table {
        let mut processes = HashMap::new();
        processes.extend(ids().filter_map(read).map(|process| (process.id, process)));
        // Reading takes a while. During that time some processes end, whose children get another
        // parent, and some start.
        for _ in 0..ROUNDS {
            let lost: Vec<(i32, i32)> = processes
                .values()
                .filter(|process| process.parent != 0 && !processes.contains_key(&process.parent))
                .map(|process| (process.id, process.parent))
                .collect();
            if lost.is_empty() {
                break;
            }
            for (id, parent) in lost {
                match read(parent) {
                    Some(parent) => processes.insert(parent.id, parent),
                    None => match read(id) {
                        Some(process) => processes.insert(id, process),
                        None => processes.remove(&id),
                    },
                };
            }
        }
        Table::of(processes)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn read() -> Table {
        Table::of(HashMap::new())
    }

    /// Reads these processes and all their descendants; all processes of the system where that is faster. A
    /// descendant whose parent ends during this can be missing.
    #[cfg(target_os = "linux")]
    pub(super) fn of_families(roots: &[i32]) -> Table {
        Table::descend(roots, FEW_THREADS).unwrap_or_else(Table::read)
    }

    /// Reads these processes and all their descendants. The kernel lists the children of each thread, and a
    /// server may have a thousand threads. So this returns `None` if a process has more threads than `few`
    /// and than the system has processes, and also if the kernel lists no children.
    #[cfg(target_os = "linux")]
    fn descend(roots: &[i32], few: u64) -> Option<Table> {
        let mut processes = HashMap::new();
        let mut next = roots.to_vec();
        while let Some(id) = next.pop() {
            let Some(process) = read(id) else { continue };
            if process.threads > few && process.threads > ids().count() as u64 {
                return None;
            }
            // A reused id could form a circle.
            if processes.insert(id, process).is_none() {
                next.extend(children(id)?);
            }
        }
        Some(Table::of(processes))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_families(_: &[i32]) -> Table {
        Table::of(HashMap::new())
    }

    pub(super) fn of(processes: HashMap<i32, Process>) -> Table {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for process in processes.values() {
            children.entry(process.parent).or_default().push(process.id);
        }
        Table { processes, children }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    pub(super) fn get(&self, id: i32) -> Option<&Process> {
        self.processes.get(&id)
    }

    pub(super) fn contains(&self, id: i32, born: u64) -> bool {
        self.get(id).is_some_and(|process| process.born == born)
    }

    pub(super) fn children(&self, of: i32) -> impl Iterator<Item = &Process> {
        self.children.get(&of).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// Collects this process and all its descendants.
    pub(super) fn family<'t>(&'t self, top: &'t Process, into: &mut Vec<&'t Process>) {
        let begin = into.len();
        into.push(top);
        let mut next = begin;
        while let Some(process) = into.get(next) {
            let id = process.id;
            into.extend(self.children(id));
            next += 1;
            // The entries were read at different moments, so a reused id could form a circle.
            if into.len() - begin > self.processes.len() {
                return;
            }
        }
    }
}

/// The ids of all processes of the system.
#[cfg(target_os = "linux")]
fn ids() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(target_os = "linux")]
fn read(id: i32) -> Option<Process> {
    // One read fetches the whole line, and there are many processes.
    let mut stat = [0; STAT];
    let length = File::open(format!("/proc/{id}/stat")).ok()?.read(&mut stat).ok()?;
    parse(&String::from_utf8_lossy(stat.get(..length)?))
}

/// The children that the threads of a process have started; none if it has ended. `None` if the kernel
/// does not list them.
#[cfg(target_os = "linux")]
fn children(id: i32) -> Option<Vec<i32>> {
    let mut children = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        match std::fs::read_to_string(thread.path().join("children")) {
            Ok(ids) => {
                children
                    .extend(ids.split_ascii_whitespace().filter_map(|id| id.parse::<i32>().ok()));
            }
            // Either the thread has ended, or the file is unknown.
            Err(_) if thread.path().join("stat").exists() => return None,
            Err(_) => {}
        }
    }
    Some(children)
}

/// Parses a line of `/proc/N/stat`, see proc_pid_stat(5). The second field is the name of the program
/// in parentheses; the name may contain any character, even parentheses.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no /proc elsewhere"))]
fn parse(stat: &str) -> Option<Process> {
    let (begin, fields) = stat.rsplit_once(')')?;
    let id = begin.split_once(' ')?.0.parse().ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = |skip: usize| fields.nth(skip)?.parse::<i64>().ok();
    let [parent, group, session] = [number(0)?, number(0)?, number(0)?];
    let [user, system, of_children, of_children_system] =
        [number(7)?, number(0)?, number(0)?, number(0)?];
    let [threads, born, pages] = [number(2)?, number(1)?, number(1)?];
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Some(Process {
        id,
        parent: i32::try_from(parent).ok()?,
        group: i32::try_from(group).ok()?,
        session: i32::try_from(session).ok()?,
        // If only the first thread has ended, the line looks the same while other threads still run.
        ended: matches!(state, "Z" | "X") && threads <= 1,
        born: count(born),
        ticks: count(user + system + of_children + of_children_system),
        pages: count(pages),
        threads: count(threads),
    })
}

/// Number of threads in the system; 0 where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn threads() -> u64 {
    // `0.42 0.36 0.30 RUNNING/ALL LAST`, see proc_loadavg(5).
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let all = load.split_ascii_whitespace().nth(3).and_then(|counts| counts.split_once('/'));
    all.and_then(|(_, all)| all.parse().ok()).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn threads() -> u64 {
    0
}

/// Returns whether a process has this mark in its environment or works in this folder. Every process of
/// a program does, unless it takes trouble to hide. There is no answer while a process executes another
/// program, because it has no environment then, or when it has just ended and perhaps left children
/// that are not known as orphans yet.
pub(super) fn carries(process: i32, mark: &str, folder: &Path) -> Option<bool> {
    let works_in = std::fs::read_link(format!("/proc/{process}/cwd"));
    if works_in.is_ok_and(|works_in| works_in.starts_with(folder)) {
        return Some(true);
    }
    match std::fs::read(format!("/proc/{process}/environ")) {
        Ok(environment) if environment.is_empty() => None,
        Ok(environment) => Some(environment.split(|it| *it == 0).any(|it| it == mark.as_bytes())),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Some(false),
        Err(_) => None,
    }
}

/// The memory of the process in bytes; memory shared by several processes counts once. Reading it takes
/// the system far longer than reading the number of pages.
pub(super) fn shared_memory(process: i32) -> Option<u64> {
    let all = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = all.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
pub(super) fn process(id: i32, parent: i32, session: i32) -> Process {
    let stat =
        format!("{id} (x) S {parent} 6 {session} 0 -1 4 1 0 0 0 2 5 3 4 20 0 9 0 99 12 77 0");
    parse(&stat).expect("a line as the system writes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parsed_whatever_the_name_of_the_program() {
        let stat = "7 (a) b (c)) S 1 6 5 0 -1 4194304 100 0 0 0 250 50 3 4 20 0 9 0 99 12 77 0";
        let process = parse(stat).unwrap();
        let expected = Process {
            id: 7,
            parent: 1,
            group: 6,
            session: 5,
            ended: false,
            born: 99,
            ticks: 307,
            pages: 77,
            threads: 9,
        };
        assert_eq!(process, expected);
        assert!(!parse(&stat.replace(" S ", " Z ")).unwrap().ended, "other threads still run");
        assert!(parse(&stat.replace(" S ", " Z ").replace(" 9 0 ", " 1 0 ")).unwrap().ended);
        assert_eq!(parse("7 (a"), None);
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn a_family_holds_all_descendants() {
        let member = |id: i32, parent: i32| (id, process(id, parent, 5));
        let table =
            Table::of([(1, 0), (2, 1), (3, 2), (4, 3), (5, 1)].map(|(a, b)| member(a, b)).into());
        let mut family = Vec::new();
        table.family(table.get(2).unwrap(), &mut family);
        assert_eq!(family.iter().map(|process| process.id).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_table_of_a_family_contains_it_and_nothing_else() {
        let us = i32::try_from(std::process::id()).unwrap();
        let start = || std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        // The second child is the child of another thread.
        let mut children =
            [start(), std::thread::scope(|scope| scope.spawn(start).join().unwrap())];
        let table = Table::descend(&[us], u64::MAX).expect("a kernel that lists children");
        for child in &mut children {
            let id = i32::try_from(child.id()).unwrap();
            assert_eq!(table.get(id).unwrap().parent, us);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let mut family = Vec::new();
        table.family(table.get(us).unwrap(), &mut family);
        assert_eq!(family.len(), table.all().count());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_table_contains_this_process() {
        let table = Table::read();
        let us = table.get(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(!us.ended && us.pages > 0);
        assert!(threads() > 0);
        assert!(shared_memory(us.id).unwrap() > 4096);
    }
}
