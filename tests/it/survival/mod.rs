//! What was said is there after the worst: fifty people talk, the server is killed (SIGKILL) at a
//! random moment, started again on the same file, and asked for all that it has. Again and again.
//!
//! No message that anybody had seen may be missing or different, none may be there twice, no id
//! may be given again, and every account that was answered with success has to work.
//!
//! ```console
//! $ STRATA_ROUNDS=100 cargo test --test survival
//! ```
//!
//! `STRATA_ROUNDS` is how often it is killed; a few times if nothing is said. `STRATA_SEED` is where
//! the random moments come from; a failure prints it, and leaves the data where it can be looked at.
//! It repeats the moments, and not what the system does in between.
//!
//! # What a kill does not show
//!
//! The system outlives a killed process, and whatever that had written, synced or not, is still
//! there for the next one. A server that never syncs would pass. It is when the machine loses its
//! power that a disk may forget what was not synced, and that cannot be had in a test. So the second
//! proof puts a library under the server (`forgetful.c`) that keeps a copy of each file as it was
//! when it was last synced. After the kill everything else is thrown away (`disk.rs`): either all that
//! was not synced is forgotten, which is the most that a disk may forget, or each block of it by the
//! toss of a coin, since a disk writes in the order that it likes.
//!
//! That it sees the difference was tried out: with `synchronous` at `normal` or `off` in
//! `app/src/log/sqlite/file.rs` the first proof passes, and the second one fails in a round or two.

mod chance;
mod disk;
mod memory;
mod people;

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use chance::Chance;
use disk::Disk;
use harness::{DEADLINE, Server};
use memory::Memory;
use parse::EngineKind;
use people::Account;

/// How many talk at once.
const SENDERS: usize = 50;
/// How many register accounts meanwhile.
const NEWCOMERS: usize = 3;
/// How long they talk at most, from the first message that is seen.
const LONGEST: Duration = Duration::from_millis(600);
/// How long a server has at most that is killed while it starts.
const START: Duration = Duration::from_millis(40);

#[test]
fn a_server_that_is_killed_has_lost_nothing() {
    Trial::new(Disk::that_remembers()).run();
}

#[test]
fn a_server_whose_disk_forgets_what_was_not_synced_has_lost_nothing() {
    if !cfg!(target_os = "linux") {
        return harness::skipped("it puts a library under the server with LD_PRELOAD");
    }
    Trial::new(Disk::that_forgets()).run();
}

/// All the rounds on one file.
struct Trial {
    disk: Disk,
    chance: Chance,
    rounds: u32,
    round: u32,
    /// What anybody has seen.
    memory: Memory,
    accounts: Vec<Account>,
}

impl Trial {
    fn new(disk: Disk) -> Trial {
        let rounds = std::env::var("STRATA_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap());
        let chance = Chance::from_environment();
        Trial { disk, chance, rounds, round: 0, memory: Memory::default(), accounts: Vec::new() }
    }

    fn run(mut self) {
        for round in 1..=self.rounds {
            self.round = round;
            let server = {
                let engine = self.chance.below(EngineKind::ALL.len() as u64) as usize;
                self.disk.start(EngineKind::ALL[engine].name())
            };
            let (moment, known) = (self.chance.moment(LONGEST), self.accounts.len());
            self.talk_until_killed(server, moment);
            self.disk.fails(&mut self.chance);
            if self.chance.below(3) == 0 {
                self.disk.start_and_kill(self.chance.moment(START));
                self.disk.fails(&mut self.chance);
            }
            self.check(known);
        }
        self.check(0);
        println!("{} messages and {} accounts", self.memory.count(), self.accounts.len());
        assert!(
            self.memory.count() > 0 && !self.accounts.is_empty(),
            "nothing was put to the test"
        );
    }

    /// Everything is there, and every account from the `known` first ones on works.
    fn check(&mut self, known: usize) {
        let server = self.disk.start("events");
        self.memory.compare(&server);
        for account in &self.accounts[known..] {
            account.check(&server);
        }
        drop(server);
        self.disk.fails(&mut self.chance);
    }

    /// Everybody talks; the server is killed at this moment after the first message is seen.
    fn talk_until_killed(&mut self, server: Server, moment: Duration) {
        let (address, round, memory) = (server.address(), self.round, &self.memory);
        thread::scope(|scope| {
            let (first, seen) = sync_channel(1);
            for number in 0..SENDERS {
                let first = first.clone();
                scope.spawn(move || people::talk(address, round, number, memory, &first));
            }
            drop(first);
            let (told, registered) = sync_channel(1);
            let newcomers: Vec<_> = (0..NEWCOMERS)
                .map(|number| {
                    let told = told.clone();
                    scope.spawn(move || people::register(address, round, number, &told))
                })
                .collect();
            seen.recv_timeout(DEADLINE).expect("somebody sees a message");
            // On a busy machine a password takes its time; one account there has to be.
            if self.accounts.is_empty() && round == self.rounds {
                registered.recv_timeout(DEADLINE).expect("somebody is registered");
            }
            let until = Instant::now() + moment;
            let ended = loop {
                // The others tell of their first one too.
                let left = until.saturating_duration_since(Instant::now());
                let Err(ended) = seen.recv_timeout(left) else { continue };
                break ended;
            };
            assert_eq!(ended, RecvTimeoutError::Timeout, "everybody was hung up on");
            drop(server);
            let registered = newcomers.into_iter().flat_map(|it| it.join().unwrap());
            self.accounts.extend(registered);
        });
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if thread::panicking() {
            let (round, seed, folder) = (self.round, self.chance.seed(), self.disk.keep());
            eprintln!("in round {round}; STRATA_SEED={seed}; the data is in {folder}");
        }
    }
}
