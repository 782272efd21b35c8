//! Stores the name in lower case, so people do not see the name that they chose.
//!
//! Fails: NAME-1, NAME-2

impl People {
    pub(crate) fn enter(&mut self, name: &str, peer: Peer) -> Result<Name, Refusal> {
        let name = Name::from(name.to_ascii_lowercase());
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
}
