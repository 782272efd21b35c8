//! People: the members of a room, whose names are unique in any case.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use parse::{Audience, Peer, address};

use crate::{Refusal, is_elsewhere};

/// Reserved names, in any case: a reader could mistake them for the server, for a group of people, or for
/// themselves (`(to you)`).
pub const RESERVED: [&str; 5] = ["server", "admin", "system", "all", "you"];

/// Checks that a person may choose this name. The name of an address is never free, even if it is
/// longer than `limit`.
///
/// # Errors
/// Returns [`Refusal::InvalidUsername`] if the text is no name ([`is_name`]). Returns
/// [`Refusal::NameTaken`] if it is a name and is reserved, in any case, or
/// [looks like](address::is_like_a_name) the name of an address.
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

/// Whether a person may have this name: a word of at most `limit` characters, or the name of an
/// address, which may be longer.
pub(crate) fn is_name(name: &str, limit: usize) -> bool {
    is_word(name, limit) || address::of_name(name).is_some()
}

/// Whether the text has 1 to `limit` characters of `[A-Za-z0-9_]`.
pub(crate) fn is_word(text: &str, limit: usize) -> bool {
    text.len() <= limit && parse::is_word(text)
}

/// A peer with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name, in the case in which the person wrote it.
    pub(crate) name: Name,
    pub(crate) peer: Peer,
}

/// A name, in the case in which the person wrote it. It is shared, because there are several copies
/// of the name of each of thousands of people.
pub(crate) type Name = Arc<str>;

/// A name that equals the same name in any other case.
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

/// The members of one room.
#[derive(Debug, Default)]
pub(crate) struct People {
    people: BTreeMap<AnyCase, Peer>,
    /// The peers in the order in which they entered. So a list that grew begins with the list that
    /// the layers below already know.
    peers: Vec<Peer>,
    /// The same peers as an audience; `None` after a change, until it is needed.
    audience: Option<Audience>,
}

impl People {
    /// Adds a person at the end of the list. Returns the shared copy of the name, in the case in
    /// which the person wrote it.
    ///
    /// # Errors
    /// Returns [`Refusal::NameTaken`] if a member has that name in any case. Then nothing changes.
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

    /// Removes a person. The name is free again.
    pub(crate) fn leave(&mut self, name: &str) {
        if let Some(peer) = self.people.remove(&AnyCase(name.into())) {
            self.peers.retain(|other| *other != peer);
            self.audience = None;
        }
    }

    /// Removes a peer from the audience. The person stays.
    pub(crate) fn silence(&mut self, peer: Peer) {
        self.peers.retain(|other| *other != peer);
        self.audience = None;
    }

    /// Finds a person by name, in any case.
    pub(crate) fn find(&self, name: &str) -> Option<Person> {
        let (AnyCase(name), peer) = self.people.get_key_value(&AnyCase(name.into()))?;
        Some(Person { name: Name::clone(name), peer: *peer })
    }

    /// The number of people.
    pub(crate) fn count(&self) -> usize {
        self.people.len()
    }

    /// All names, sorted by their bytes.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.people.keys().map(|name| &*name.0).collect();
        names.sort_unstable();
        names
    }

    /// Returns all peers of this server as an audience. The other servers tell their own peers.
    pub(crate) fn everyone(&mut self) -> Audience {
        let here = self.peers.iter().copied().filter(|peer| !is_elsewhere(*peer));
        self.audience.get_or_insert_with(|| here.collect()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_contains_only_letters_digits_and_underscores() {
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
    fn the_name_of_an_address_cannot_be_chosen_and_may_be_long() {
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
    fn names_are_unique_in_any_case_and_free_again_after_a_leave() {
        let mut people = People::default();
        people.enter("Alice", Peer::new(1)).unwrap();
        assert_eq!(people.enter("aLICE", Peer::new(2)), Err(Refusal::NameTaken));
        assert_eq!(people.find("ALICE").map(|person| person.name), Some(Name::from("Alice")));
        people.leave("alice");
        assert_eq!(people.enter("aLICE", Peer::new(2)), Ok(Name::from("aLICE")));
    }

    #[test]
    fn the_audience_follows_every_change() {
        let mut people = People::default();
        people.enter("b", Peer::new(2)).unwrap();
        people.enter("C", Peer::new(3)).unwrap();
        people.enter("a", Peer::new(1)).unwrap();
        assert_eq!(people.names(), ["C", "a", "b"]);
        let everyone = |people: &mut People| people.everyone().iter().collect::<Vec<_>>();
        assert_eq!(
            everyone(&mut people),
            [2, 3, 1].map(Peer::new),
            "in the order in which they entered"
        );
        people.leave("b");
        assert_eq!(everyone(&mut people), [3, 1].map(Peer::new));
        people.leave("nobody");
        assert_eq!(everyone(&mut people), [3, 1].map(Peer::new));
        people.enter("b", Peer::new(4)).unwrap();
        people.enter("A", Peer::new(5)).unwrap_err();
        assert_eq!(everyone(&mut people), [3, 1, 4].map(Peer::new));
    }
}
