//! A client that guesses passwords: the server limits the guesses, and other users can still log in.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use harness::{DEADLINE, Peer, Server, Value, json, slow_story};

const PEOPLE: u8 = 5;
/// The limit of wrong passwords of an address, and a few more for the duration of the test.
const LIMIT: RangeInclusive<usize> = 200..=200 + 10;
const ARGUMENTS: [&str; 6] =
    ["--limit-loopback", "on", "--address-limit", "100", "--address-rate", "1000"];

slow_story!(
    /// Eight connections of one address send logins under many names without waiting. Most of the
    /// time goes into hashing the passwords, so each connection sends only two.
    guesses_from_one_address_do_not_keep_others_from_logging_in, super::ARGUMENTS, |server| {
        let answers = guesses_while_people_log_in(&server, 8, 2);
        assert_eq!(answers, BTreeMap::from([("Wrong password!".to_owned(), 8 * 2)]));
    }
);

/// A hash of some password that is quick to check.
const QUICK: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";

/// The limit is a decision of the chat, so one engine shows it. The guesses are for names that have accounts
/// with a quick hash: the limit does not depend on the hash, and two hundred usual ones take seconds.
#[test]
#[ignore = "slow"]
fn the_wrong_passwords_of_one_address_are_limited() {
    const GUESSERS: usize = 20;
    const GUESSES: usize = 100;
    let server = Server::start_on_disk_with("events", &ARGUMENTS);
    let mut data = rusqlite::Connection::open(server.file()).unwrap();
    let accounts = data.transaction().unwrap();
    for (number, guess) in (0..GUESSERS).flat_map(|it| (0..GUESSES).map(move |guess| (it, guess))) {
        let add = "INSERT INTO accounts (username, password, since) VALUES (?1, ?2, '')";
        accounts.execute(add, [&guess_name(number, guess), QUICK]).unwrap();
    }
    accounts.commit().unwrap();
    let answers = guesses_while_people_log_in(&server, GUESSERS, GUESSES);
    let looked_at = answers["Wrong password!"];
    assert!(LIMIT.contains(&looked_at), "{answers:?}");
    assert_eq!(answers["Too many wrong passwords"], GUESSERS * GUESSES - looked_at, "{answers:?}");
    // Other addresses are not limited.
    let mut late = connect(Ipv4Addr::new(127, 0, 2, 1), &server);
    let name = format!("person{PEOPLE}");
    late.asks(json!({"request": "login", "username": name, "password": password(PEOPLE)}));
    late.hears(json!({"response": "login", "username": name}));
}

/// The name for which a guesser sends this guess.
fn guess_name(guesser: usize, guess: usize) -> String {
    format!("guess{guesser}_{guess}")
}

fn password(number: u8) -> String {
    format!("correct horse {number}")
}

/// A connection from this address. Passwords are hashed with what is left of the processors.
fn connect(from: Ipv4Addr, server: &Server) -> Peer {
    let mut peer = Peer::connect_from(from, server.address());
    peer.waits_up_to(6 * DEADLINE);
    peer
}

/// Sends this number of guesses on each of so many connections of one address, and meanwhile logs in people from
/// other addresses. One more person has an account, and does not log in. Returns the answers to the
/// guesses, and how many of each came.
fn guesses_while_people_log_in(
    server: &Server,
    guessers: usize,
    guesses: usize,
) -> BTreeMap<String, usize> {
    let mut registrar = server.connect();
    for number in 0..=PEOPLE {
        let name = format!("person{number}");
        registrar
            .asks(json!({"request": "register", "username": name, "password": password(number)}));
        registrar.hears(json!({"response": "register", "username": name}));
    }
    let mut guessers: Vec<Peer> =
        (0..guessers).map(|_| connect(Ipv4Addr::new(127, 0, 0, 2), server)).collect();
    for (number, guesser) in guessers.iter_mut().enumerate() {
        for guess in 0..guesses {
            let name = guess_name(number, guess);
            guesser.asks(json!({"request": "login", "username": name, "password": "12345678"}));
        }
    }
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    // The server has begun to check the guesses.
    hear_guess(&mut guessers[0], &mut answers);
    let mut people: Vec<Peer> =
        (0..PEOPLE).map(|number| connect(Ipv4Addr::new(127, 0, 1, number), server)).collect();
    for (number, person) in (0..).zip(&mut people) {
        let name = format!("person{number}");
        person.asks(json!({"request": "login", "username": name, "password": password(number)}));
    }
    for (number, person) in people.iter_mut().enumerate() {
        let name = format!("person{number}");
        person.hears(json!({"response": "login", "username": name}));
    }
    for (number, guesser) in guessers.iter_mut().enumerate() {
        for _ in usize::from(number == 0)..guesses {
            hear_guess(guesser, &mut answers);
        }
    }
    answers
}

/// Reads and counts the answer to a wrong login. Removes the seconds in its text.
fn hear_guess(guesser: &mut Peer, answers: &mut BTreeMap<String, usize>) {
    let answer: Value = serde_json::from_str(&guesser.line()).unwrap();
    assert_eq!(answer["response"], "login");
    let error = answer["error"].as_str().unwrap().split(", try again in").next().unwrap();
    *answers.entry(error.to_owned()).or_default() += 1;
}
