//! What a server has shown of itself.

/// What the server has shown of itself, and the client's own requests.
#[derive(Debug, Default)]
pub(crate) struct Manners {
    /// Whether the server has answered a request that the client made for itself.
    pub(crate) answers: bool,
    /// Whether the server has returned a tag.
    pub(crate) tags: bool,
    /// Whether the person was told that it returns none.
    pub(crate) told: bool,
    /// The client's own outstanding requests: the name, and the number of the person's next request.
    pub(crate) own: Vec<(String, u64)>,
}

impl Manners {
    /// Records a request that the client makes for itself.
    pub(crate) fn ask_own(&mut self, name: &str, next: u64) {
        self.own.push((name.to_owned(), next));
    }

    /// Forgets the outstanding requests.
    pub(crate) fn forget(&mut self) {
        self.own.clear();
    }
}
