//! Durability: the data survives a kill and a power cut.
//!
//! In each round fifty clients send messages, and the test kills the server (SIGKILL) at a random
//! moment. It starts the server again on the same file and reads the whole history. No message that a
//! client has received may be missing, changed or doubled, no id may be used again, and every account
//! whose registration was answered must work.
//!
//! ```console
//! $ STRATA_ROUNDS=100 cargo test --test it survival -- --include-ignored
//! ```
//!
//! `STRATA_ROUNDS` is the number of rounds; the default is small. `STRATA_SEED` seeds the random
//! moments. A failure prints the seed and keeps the data for inspection. The seed repeats the moments,
//! but not the timing of the system in between.
//!
//! # Why a kill is not enough
//!
//! The system outlives a killed process and keeps everything that the process has written, synced or
//! not. So a server that never syncs would pass. A disk loses unsynced data only in a power cut, which
//! a test cannot cause. So the second test preloads a library into the server (`forgetful.c`) that
//! keeps a copy of each file as of its last sync. After the kill, `disk.rs` discards unsynced data. It
//! discards either all of it, which is the worst case, or random blocks, because a disk may write
//! blocks in any order.
//!
//! The second test does find the difference: with `synchronous` set to `normal` or `off` in
//! `app/src/log/sqlite/file.rs`, the first test passes and the second one fails within two rounds.

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

/// Clients that send messages.
const SENDERS: usize = 50;
/// Clients that register accounts.
const NEWCOMERS: usize = 3;
/// The longest time from the first received message to the kill.
const LONGEST: Duration = Duration::from_millis(600);
/// The longest time from the start of a server to its kill during the start.
const START: Duration = Duration::from_millis(40);

#[test]
#[ignore = "slow"]
fn a_killed_server_loses_nothing() {
    Trial::new(Disk::that_remembers()).run();
}

#[test]
#[ignore = "slow"]
fn a_power_cut_loses_nothing_that_a_client_received() {
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
    /// All messages that any client has received.
    memory: Memory,
    accounts: Vec<Account>,
}

impl Trial {
    fn new(disk: Disk) -> Trial {
        let rounds = std::env::var("STRATA_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
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
            "no message or no account was tested"
        );
    }

    /// Checks that all messages are there, and that all accounts behind the `known` first ones work.
    fn check(&mut self, known: usize) {
        let server = self.disk.start("events");
        self.memory.compare(&server);
        for account in &self.accounts[known..] {
            account.check(&server);
        }
        drop(server);
        self.disk.fails(&mut self.chance);
    }

    /// Lets the clients send and register, and kills the server this time after the first message.
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
            seen.recv_timeout(DEADLINE).expect("a client receives a message");
            // A busy machine hashes a password slowly. The test needs one account.
            if self.accounts.is_empty() && round == self.rounds {
                registered.recv_timeout(DEADLINE).expect("an account is registered");
            }
            let until = Instant::now() + moment;
            let ended = loop {
                // Each client sends once on this channel.
                let left = until.saturating_duration_since(Instant::now());
                let Err(ended) = seen.recv_timeout(left) else { continue };
                break ended;
            };
            assert_eq!(ended, RecvTimeoutError::Timeout, "all clients lost their connections");
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
