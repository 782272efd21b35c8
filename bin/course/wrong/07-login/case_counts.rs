//! Compares names letter by letter, so `ALICE` can enter beside `alice`.
//!
//! Fails: NAME-1, NAME-2, NAME-7

impl People {
    pub(crate) fn enter(&mut self, name: &str, peer: Peer) -> Result<Name, Refusal> {
        if self.people.keys().any(|other| *other.0 == *name) {
            return Err(Refusal::NameTaken);
        }
        let name = Name::from(name);
        self.people.insert(AnyCase(Name::clone(&name)), peer);
        self.peers.push(peer);
        self.audience = None;
        Ok(name)
    }
}
