//! The ids of users and groups in a new user namespace.

use std::fs;

/// Maps the ids of the user to themselves, in a new user namespace.
pub(super) fn map_ids(user: u32, group: u32) -> Result<(), String> {
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        let path = format!("/proc/self/{file}");
        fs::write(&path, text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}
