//! The characters of names.

/// Returns whether a text matches `[A-Za-z0-9_]+`, like the names of users and rooms.
pub fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(allowed)
}
