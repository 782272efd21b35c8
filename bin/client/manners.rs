//! What a server has shown of itself.

/// What the server has shown of itself.
#[derive(Debug, Default)]
pub(crate) struct Manners {
    /// Whether the server has answered a request that the client made for itself.
    pub(crate) answers: bool,
    /// Whether the server has returned a tag.
    pub(crate) tags: bool,
    /// Whether the person was told that it returns none.
    pub(crate) told: bool,
}
