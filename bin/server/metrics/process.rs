//! Figures of this process: what the system knows about it.

use std::fs;

use rustix::param;
use rustix::process::{Resource, getrlimit};

/// What the system knows about this process. A figure is `None` if this system does not tell it.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) open_descriptors: Option<u64>,
    pub(super) most_descriptors: Option<u64>,
}

impl Process {
    /// Asks the system. Only Linux tells all of it without unsafe code.
    pub(super) fn now() -> Process {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name of the program may contain spaces and parentheses; the numbers follow the last one.
        let after_name = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let fields: Vec<&str> = after_name.split(' ').collect();
        let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
        let ticks = number(11).zip(number(12)).map(|(user, system)| user + system);
        let pages = number(21);
        Process {
            cpu_seconds: ticks.map(|ticks| ticks as f64 / param::clock_ticks_per_second() as f64),
            memory_bytes: pages.map(|pages| pages * param::page_size() as u64),
            open_descriptors: fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as u64),
            most_descriptors: getrlimit(Resource::Nofile).current,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails loudly")]

    use super::*;

    #[test]
    fn linux_tells_every_figure() {
        let process = Process::now();
        assert!(process.cpu_seconds.unwrap() < 1e6, "{process:?}");
        let memory = process.memory_bytes.unwrap();
        assert!((100_000..100_000_000_000).contains(&memory), "{process:?}");
        let (open, most) = (process.open_descriptors.unwrap(), process.most_descriptors.unwrap());
        assert!(open > 2 && open <= most, "{process:?}");
    }
}
