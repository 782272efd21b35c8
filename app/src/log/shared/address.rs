//! The address of a shared log: a URL that names Redis and the chat.

use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo};

use super::SharedError;

/// The length of a lease by default.
const LEASE: Duration = Duration::from_secs(5);
/// The shortest lease. It is renewed three times, on a busy machine, too.
const SHORTEST: Duration = Duration::from_millis(150);
/// The entries between two snapshots by default.
const SNAPSHOTS: u64 = 10_000;
/// The longest name of a chat.
const LONGEST: usize = 64;

/// The address of a shared log.
///
/// ```
/// use app::Address;
///
/// let address: Address = "redis://127.0.0.1:6379/0?chat=course".parse()?;
/// assert_eq!(address.to_string(), "127.0.0.1:6379, chat course");
/// # Ok::<(), app::SharedError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Address {
    pub(super) redis: ConnectionInfo,
    pub(super) chat: String,
    pub(super) lease: Duration,
    /// The entries between two snapshots.
    pub(super) snapshots: u64,
}

impl std::fmt::Display for Address {
    /// Writes the place and the chat, and no password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, chat {}", self.redis.addr(), self.chat)
    }
}

impl std::str::FromStr for Address {
    type Err = SharedError;

    /// Reads `redis://HOST:PORT/DB?chat=NAME` or `redis+unix:///PATH?db=DB&chat=NAME`.
    fn from_str(url: &str) -> Result<Address, SharedError> {
        let invalid = |why: &str| SharedError::Address(why.to_owned());
        let (_, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut chat, mut lease, mut snapshots) = (None, LEASE, SNAPSHOTS);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=').unwrap_or((part, "")) {
                ("chat", name) => chat = Some(name.to_owned()),
                ("lease", length) => {
                    let length = length.parse().ok().map(Duration::from_millis);
                    let long_enough = length.filter(|length| *length >= SHORTEST);
                    lease = long_enough.ok_or_else(|| {
                        invalid("lease has to be a number of milliseconds, at least 150")
                    })?;
                }
                ("snapshots", count) => {
                    let count = count.parse().ok().filter(|count| *count > 0);
                    snapshots = count.ok_or_else(|| {
                        invalid("snapshots has to be a number of entries above 0")
                    })?;
                }
                ("db" | "user" | "pass" | "protocol", _) => {}
                (name, _) => return Err(invalid(&format!("it has no option {name:?}"))),
            }
        }
        let chat = chat.ok_or_else(|| invalid("it does not name the chat"))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if chat.is_empty() || chat.len() > LONGEST || !chat.chars().all(is_plain) {
            return Err(invalid("the name of a chat has 1 to 64 of A-Z, a-z, 0-9, -, _ and ."));
        }
        // The error of the library does not contain the URL, which may contain a password.
        let redis = url.into_connection_info().map_err(|error| invalid(&error.to_string()))?;
        Ok(Address { redis, chat, lease, snapshots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_chat_and_hides_the_password() {
        let address: Address = "redis://:secret@10.0.0.7:7000/2?chat=a&lease=300".parse().unwrap();
        assert_eq!(address.to_string(), "10.0.0.7:7000, chat a");
        assert_eq!((address.lease, address.redis.redis_settings().db()), (SHORTEST * 2, 2));
        let socket: Address = "redis+unix:///tmp/a.sock?db=1&chat=b".parse().unwrap();
        assert_eq!((socket.redis.redis_settings().db(), socket.lease), (1, LEASE));
        for (url, why) in [
            ("redis://localhost", "it does not name the chat"),
            ("redis://localhost?chat=", "the name of a chat has 1 to 64"),
            ("redis://localhost?chat=a:b", "the name of a chat has 1 to 64"),
            ("redis://localhost?chat=a&leas=3", "it has no option \"leas\""),
            ("redis://localhost?chat=a&lease=3", "lease has to be"),
            ("redis://localhost?chat=a&snapshots=0", "snapshots has to be"),
            ("http://localhost?chat=a", "URL"),
            ("redis://localhost/x?chat=a", "database number"),
        ] {
            let error = url.parse::<Address>().expect_err(url).to_string();
            assert!(error.contains(why), "{url}: {error}");
        }
    }
}
