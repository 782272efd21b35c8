//! What a name is made of, wherever one stands.

/// Whether this is made of `[A-Za-z0-9_]`, at least one of them.
pub fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(allowed)
}
