//! Compares with the reserved names letter by letter, so `Server` is free.
//!
//! Fails: NAME-7

pub(crate) fn check_name(name: &str, limit: usize) -> Result<(), Refusal> {
    if !is_name(name, limit) {
        return Err(Refusal::InvalidUsername);
    }
    if RESERVED.contains(&name) || address::is_like_a_name(name) {
        return Err(Refusal::NameTaken);
    }
    Ok(())
}
