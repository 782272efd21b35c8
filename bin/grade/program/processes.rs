//! The processes of the system, as Linux shows them in `/proc`. Elsewhere there are none to see.

use std::collections::HashMap;
#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::ErrorKind;
#[cfg(target_os = "linux")]
use std::io::Read;
use std::path::Path;

/// How often those are looked for again whose parent is not there; twice is enough, but where
/// processes come and go without end.
#[cfg(target_os = "linux")]
const ROUNDS: usize = 20;

/// More bytes than a line of `/proc/N/stat` has.
#[cfg(target_os = "linux")]
const STAT: usize = 2048;

/// What we need to know of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// It has ended, and is there only until its parent asks how.
    pub(super) ended: bool,
    /// When it started; tells it from another with the same number.
    pub(super) born: u64,
    /// How long it has computed, and those of its children that it has asked after, in ticks.
    pub(super) ticks: u64,
    pub(super) pages: u64,
}

/// All processes of a moment.
#[derive(Debug, Default)]
pub(super) struct Table {
    processes: HashMap<i32, Process>,
    children: HashMap<i32, Vec<i32>>,
}

impl Table {
    #[cfg(target_os = "linux")]
    pub(super) fn read() -> Table {
        let mut processes = HashMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(process) = id.and_then(read) {
                processes.insert(process.id, process);
            }
        }
        // This takes a while, and in it some end, whose children have another parent then; and
        // some begin.
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

    /// This process and all that descend from it.
    pub(super) fn family<'t>(&'t self, top: &'t Process, into: &mut Vec<&'t Process>) {
        let begin = into.len();
        into.push(top);
        let mut next = begin;
        while let Some(process) = into.get(next) {
            let id = process.id;
            into.extend(self.children(id));
            next += 1;
            // Read one after the other, numbers that are used again could make a circle.
            if into.len() - begin > self.processes.len() {
                return;
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn read(id: i32) -> Option<Process> {
    // One read brings all of it, and there are many processes.
    let mut stat = [0; STAT];
    let length = File::open(format!("/proc/{id}/stat")).ok()?.read(&mut stat).ok()?;
    parse(&String::from_utf8_lossy(stat.get(..length)?))
}

/// A line of `/proc/N/stat`, see proc_pid_stat(5). The second field is the name of the program in
/// parentheses, in which there may be anything, parentheses too.
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
        // A first thread that has ended looks the same, while others still run.
        ended: matches!(state, "Z" | "X") && threads <= 1,
        born: count(born),
        ticks: count(user + system + of_children + of_children_system),
        pages: count(pages),
    })
}

/// How many threads the system has; 0 where it does not tell.
#[cfg(target_os = "linux")]
pub(super) fn threads() -> u64 {
    // `0.42 0.36 0.30 RUNNING/ALL LAST`, see proc_loadavg(5).
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let all = load.split_ascii_whitespace().nth(3).and_then(|counts| counts.split_once('/'));
    all.and_then(|(_, all)| all.parse().ok()).unwrap_or(0)
}

/// Whether a process was given this in its environment, or works in this folder. All that we
/// start was and does, and what it starts too, unless it takes trouble to hide. There is no answer
/// while a process becomes another program, since it has no environment then, nor when it has just
/// ended, with children perhaps that are not known for orphans yet.
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

/// Its memory in bytes, where what several processes share counts once. Takes the system far
/// longer than the number of pages.
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
    fn a_line_is_read_behind_any_name() {
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
        };
        assert_eq!(process, expected);
        assert!(!parse(&stat.replace(" S ", " Z ")).unwrap().ended, "others still run");
        assert!(parse(&stat.replace(" S ", " Z ").replace(" 9 0 ", " 1 0 ")).unwrap().ended);
        assert_eq!(parse("7 (a"), None);
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn a_family_is_all_that_descend() {
        let member = |id: i32, parent: i32| (id, process(id, parent, 5));
        let table =
            Table::of([(1, 0), (2, 1), (3, 2), (4, 3), (5, 1)].map(|(a, b)| member(a, b)).into());
        let mut family = Vec::new();
        table.family(table.get(2).unwrap(), &mut family);
        assert_eq!(family.iter().map(|process| process.id).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn we_are_among_them() {
        let table = Table::read();
        let us = table.get(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(!us.ended && us.pages > 0);
        assert!(threads() > 0);
        assert!(shared_memory(us.id).unwrap() > 4096);
    }
}
