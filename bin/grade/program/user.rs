//! The user under whom programs run beside the grader, if that is not the grader's own.

use std::fs;
use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;

/// A user and its group, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl User {
    /// Finds the user with this name on this machine.
    ///
    /// # Errors
    /// One line of text: the grader is not root, the name is unknown, or it is root's.
    pub(crate) fn named(name: &str) -> Result<User, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("--user: only root can run a program as another user".to_owned());
        }
        let users = fs::read_to_string("/etc/passwd");
        let users = users.map_err(|error| format!("--user: /etc/passwd: {error}"))?;
        User::in_table(&users, name)
    }

    /// Finds a name in the text of `/etc/passwd`.
    fn in_table(users: &str, name: &str) -> Result<User, String> {
        // `name:password:user:group:...`, see passwd(5).
        let find = |line: &str| {
            let mut fields = line.split(':');
            let is_same = fields.next() == Some(name);
            let mut number = |skip: usize| fields.nth(skip)?.parse().ok();
            is_same.then(|| Some(User { user: number(1)?, group: number(0)? })).flatten()
        };
        match users.lines().find_map(find) {
            None => Err(format!("--user: this machine has no user {name:?}")),
            Some(User { user: 0, .. }) => Err(format!("--user: {name:?} is root")),
            Some(user) => Ok(user),
        }
    }

    /// Gives a folder and everything in it to this user.
    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        // A link is not followed: it may lead out of the folder.
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                self.own(&entry?.path())?;
            }
        }
        lchown(path, Some(self.user), Some(self.group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_name_and_root_is_refused() {
        let users = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\nbad:x\n";
        assert_eq!(User::in_table(users, "ann"), Ok(User { user: 1000, group: 1001 }));
        for (name, want) in [("root", "is root"), ("an", "no user"), ("bad", "no user")] {
            assert!(User::in_table(users, name).unwrap_err().contains(want), "{name}");
        }
    }
}
