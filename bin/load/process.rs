//! What a process uses, from `/proc`, which only Linux has.

use std::fs;
use std::time::Duration;

use crate::failure::Failure;

/// Refuses to run a command on a system without `/proc`.
pub(crate) fn need_proc(command: &str) -> Result<(), Failure> {
    match cfg!(target_os = "linux") {
        true => Ok(()),
        false => Err(Failure::Usage(format!("{command} reads /proc, which only Linux has"))),
    }
}

/// The resident memory of a process in bytes.
pub(crate) fn resident(process: u32) -> Result<u64, Failure> {
    let path = format!("/proc/{process}/status");
    let status = read(&path)?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| no_figure(&path, "VmRSS"))
}

/// The processor time of a process, in user mode and in the kernel.
pub(crate) fn processor_time(process: u32) -> Result<Duration, Failure> {
    let path = format!("/proc/{process}/stat");
    let ticks = used(&read(&path)?).ok_or_else(|| no_figure(&path, "utime and stime"))?;
    Ok(tick().mul_f64(ticks as f64))
}

/// The unit in which the system counts processor time: 10 ms on most machines.
pub(crate) fn tick() -> Duration {
    Duration::from_secs(1).div_f64(rustix::param::clock_ticks_per_second() as f64)
}

/// The sum of `utime` and `stime` (proc_pid_stat(5), fields 14 and 15). The second field is the name of
/// the program in parentheses, which may itself contain parentheses.
fn used(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::Broken(format!("{path}: {error}")))
}

fn no_figure(path: &str, what: &str) -> Failure {
    Failure::Broken(format!("there is no {what} in {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_is_found_behind_any_program_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 99 1 1";
        assert_eq!(used(stat), Some(300));
        assert_eq!(used("7 (a"), None);
        assert_eq!(used("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_takes_time() {
        assert!(resident(std::process::id()).unwrap() > 100_000);
        processor_time(std::process::id()).unwrap();
        assert!((Duration::from_micros(100)..=Duration::from_millis(20)).contains(&tick()));
    }
}
