//! A client that guesses passwords: the server limits the guesses, and other users can still log in.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use harness::{Peer, Value, json, story};

const GUESSERS: usize = 20;
const GUESSES: usize = 100;
const PEOPLE: u8 = 20;
/// The limit of wrong passwords of an address, and a few more for the duration of the test.
const MOST: usize = 200 + 10;

story!(
    /// Twenty connections of one address send logins under many names without waiting.
    guesses_from_one_address_do_not_keep_others_from_logging_in,
    ["--limit-loopback", "on", "--address-limit", "100", "--address-rate", "1000"],
    |server| {
        let mut registrar = server.connect();
        let password = |number: u8| format!("correct horse {number}");
        for number in 0..PEOPLE {
            let name = format!("person{number}");
            registrar.asks(json!({"request": "register", "username": name, "password": password(number)}));
            registrar.hears(json!({"response": "register", "username": name}));
        }
        let mut guessers: Vec<Peer> = (0..GUESSERS)
            .map(|_| Peer::connect_from(Ipv4Addr::new(127, 0, 0, 2), server.address()))
            .collect();
        for (number, guesser) in guessers.iter_mut().enumerate() {
            for guess in 0..GUESSES {
                let name = format!("guess{number}_{guess}");
                guesser.asks(json!({"request": "login", "username": name, "password": "12345678"}));
            }
        }
        let mut answers: BTreeMap<String, usize> = BTreeMap::new();
        // The server has begun to check the guesses.
        hear_guess(&mut guessers[0], &mut answers);
        let mut people: Vec<Peer> = (0..PEOPLE)
            .map(|number| Peer::connect_from(Ipv4Addr::new(127, 0, 1, number), server.address()))
            .collect();
        for (number, person) in (0..).zip(&mut people) {
            let name = format!("person{number}");
            person.asks(json!({"request": "login", "username": name, "password": password(number)}));
        }
        for (number, person) in people.iter_mut().enumerate() {
            let name = format!("person{number}");
            person.hears(json!({"response": "login", "username": name}));
        }
        for (number, guesser) in guessers.iter_mut().enumerate() {
            for _ in usize::from(number == 0)..GUESSES {
                hear_guess(guesser, &mut answers);
            }
        }
        let looked_at = answers["Wrong password!"];
        assert!((200..=MOST).contains(&looked_at), "{answers:?}");
        assert_eq!(answers["Too many wrong passwords"], GUESSERS * GUESSES - looked_at, "{answers:?}");
    }
);

/// Reads and counts the answer to a wrong login. Removes the seconds in its text.
fn hear_guess(guesser: &mut Peer, answers: &mut BTreeMap<String, usize>) {
    let answer: Value = serde_json::from_str(&guesser.line()).unwrap();
    assert_eq!(answer["response"], "login");
    let error = answer["error"].as_str().unwrap().split(", try again in").next().unwrap();
    *answers.entry(error.to_owned()).or_default() += 1;
}
