//! Forgets that the stored audience is old after a person has entered.
//!
//! Fails: NAME-2

impl People {
    pub(crate) fn enter(&mut self, name: &str, peer: Peer) -> Result<Name, Refusal> {
        let name = Name::from(name);
        match self.people.entry(AnyCase(Name::clone(&name))) {
            Entry::Occupied(_) => Err(Refusal::NameTaken),
            Entry::Vacant(place) => {
                place.insert(peer);
                self.peers.push(peer);
                Ok(name)
            }
        }
    }
}
