//! Who is here: names, unique without regard to case.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use parse::{Audience, Peer, address};

use crate::Refusal;

/// Names that nobody can have, because they would be taken for the server's own voice, for a group
/// of people, or for the reader: `(to you)`.
const RESERVED: [&str; 5] = ["server", "admin", "system", "all", "you"];

/// Whether somebody can choose this name: `[A-Za-z0-9_]`, at least one of them and at most `limit`.
///
/// # Errors
/// When it has another character in it, or is empty or too long; and when it is reserved, for the
/// server or because it looks like the name of an address. A reserved name is refused in the words
/// for one that another person has.
pub(crate) fn check_name(name: &str, limit: usize) -> Result<(), Refusal> {
    if !is_name(name, limit) {
        return Err(Refusal::InvalidUsername);
    }
    let reserved = RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved));
    if reserved || address::is_like_a_name(name) {
        return Err(Refusal::NameTaken);
    }
    Ok(())
}

/// Whether somebody can be here under this name, chosen or not: a word of at most `limit`, or what
/// an address is called, however long that is.
pub(crate) fn is_name(name: &str, limit: usize) -> bool {
    is_word(name, limit) || address::of_name(name).is_some()
}

/// Whether this is made of `[A-Za-z0-9_]`, at least one of them and at most `limit`.
pub(crate) fn is_word(text: &str, limit: usize) -> bool {
    text.len() <= limit && parse::is_word(text)
}

/// Somebody who is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name, as it is written.
    pub(crate) name: Name,
    pub(crate) peer: Peer,
}

/// A name, as it is written. Shared, because it stands in several places for each of
/// thousands of people.
pub(crate) type Name = Arc<str>;

/// A name that equals every other way of writing it.
#[derive(Debug, Clone)]
struct AnyCase(Name);

impl AnyCase {
    fn letters(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|letter| letter.to_ascii_lowercase())
    }
}

impl Ord for AnyCase {
    fn cmp(&self, other: &AnyCase) -> Ordering {
        self.letters().cmp(other.letters())
    }
}

impl PartialOrd for AnyCase {
    fn partial_cmp(&self, other: &AnyCase) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for AnyCase {
    fn eq(&self, other: &AnyCase) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for AnyCase {}

/// Everybody who is in one place: in the lobby, that is whoever is logged in; or in a room.
#[derive(Debug, Default)]
pub(crate) struct People {
    people: BTreeMap<AnyCase, Peer>,
    /// Their peers, in the order in which they came: so a list that grew begins with the list that
    /// the layers below already know.
    peers: Vec<Peer>,
    /// The same peers, made at the first need after a change.
    audience: Option<Audience>,
}

impl People {
    /// Lets somebody in; gives the name to keep.
    ///
    /// # Errors
    /// When somebody has that name.
    pub(crate) fn enter(&mut self, name: &str, peer: Peer) -> Result<Name, Refusal> {
        let name = Name::from(name);
        match self.people.entry(AnyCase(Name::clone(&name))) {
            Entry::Occupied(_) => Err(Refusal::NameTaken),
            Entry::Vacant(place) => {
                place.insert(peer);
                self.peers.push(peer);
                self.audience = None;
                Ok(name)
            }
        }
    }

    /// Lets somebody out; the name is free again.
    pub(crate) fn leave(&mut self, name: &str) {
        if let Some(peer) = self.people.remove(&AnyCase(name.into())) {
            self.peers.retain(|other| *other != peer);
            self.audience = None;
        }
    }

    /// Who has this name, in whatever case.
    pub(crate) fn find(&self, name: &str) -> Option<Person> {
        let (AnyCase(name), peer) = self.people.get_key_value(&AnyCase(name.into()))?;
        Some(Person { name: Name::clone(name), peer: *peer })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.people.len()
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.people.keys().map(|name| &*name.0).collect();
        // By their bytes, as every language's plain sort has it.
        names.sort_unstable();
        names
    }

    /// Everybody.
    pub(crate) fn everyone(&mut self) -> Audience {
        let peers = &self.peers;
        self.audience.get_or_insert_with(|| peers.iter().copied().collect()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_letters_digits_and_underscores_only() {
        let longest = "x".repeat(32);
        for good in ["a", "Alice", "x_1", "42", "_", longest.as_str()] {
            assert_eq!(check_name(good, 32), Ok(()), "{good:?}");
        }
        let too_long = "x".repeat(33);
        for bad in ["", " ", "a b", "al!ce", "é", "a\n", "a\0", "ａ", too_long.as_str()] {
            assert_eq!(check_name(bad, 32), Err(Refusal::InvalidUsername), "{bad:?}");
        }
    }

    #[test]
    fn reserved_names_are_taken_in_any_case() {
        for reserved in ["server", "Admin", "SYSTEM", "aLL", "You"] {
            assert_eq!(check_name(reserved, 32), Err(Refusal::NameTaken));
        }
    }

    #[test]
    fn the_name_of_an_address_is_nobodys_to_choose_and_as_long_as_it_is() {
        let long = "2001_db8_aaaa_bbbb_cccc_dddd_eeee_ffff_65535";
        for name in ["127_0_0_1_7000", "0_0_0_0_0_0_0_1_80", "FE80_0_0_0_0_0_1_abcd_9", long] {
            assert_eq!(check_name(name, 32), Err(Refusal::NameTaken), "{name}");
            assert!(is_name(name, 32), "{name}");
        }
        let padded = format!("127_0_0_1_{}7000", "0".repeat(32));
        assert_eq!(check_name(&padded, 32), Err(Refusal::InvalidUsername));
        for like_one in
            ["127_0_0_01_7000", "127_0_0_1_07000", "127_0_0_1_70000", "0_0_0_0_0_0_0_01_8"]
        {
            assert_eq!(check_name(like_one, 32), Err(Refusal::NameTaken), "{like_one}");
        }
        for free in ["127_0_0_1", "a_b_c_d_e"] {
            assert_eq!(check_name(free, 32), Ok(()), "{free}");
        }
    }

    #[test]
    fn names_are_unique_without_regard_to_case_and_free_again_after_a_leave() {
        let mut people = People::default();
        people.enter("Alice", Peer::new(1)).unwrap();
        assert_eq!(people.enter("aLICE", Peer::new(2)), Err(Refusal::NameTaken));
        assert_eq!(people.find("ALICE").map(|person| person.name), Some(Name::from("Alice")));
        people.leave("alice");
        assert_eq!(people.enter("aLICE", Peer::new(2)), Ok(Name::from("aLICE")));
    }

    #[test]
    fn everyone_follows_who_comes_and_goes() {
        let mut people = People::default();
        people.enter("b", Peer::new(2)).unwrap();
        people.enter("C", Peer::new(3)).unwrap();
        people.enter("a", Peer::new(1)).unwrap();
        assert_eq!(people.names(), ["C", "a", "b"]);
        let everyone = |people: &mut People| people.everyone().iter().collect::<Vec<_>>();
        assert_eq!(everyone(&mut people), [2, 3, 1].map(Peer::new), "as they came");
        people.leave("b");
        assert_eq!(everyone(&mut people), [3, 1].map(Peer::new));
        people.leave("nobody");
        assert_eq!(everyone(&mut people), [3, 1].map(Peer::new));
    }
}
