//! The acts of administrators, as the audit names them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Measure, Subject, Terms, Timestamp, span};

/// An act of an administrator. Its `Display` is the text in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Listed the connections.
    Connections,
    /// Listed the bans.
    Bans,
    /// Listed the mutes.
    Mutes,
    /// Listed acts of administrators.
    Audit,
    /// Closed the connection of the person with this name, for this reason.
    Kick(Arc<str>, Option<Arc<str>>),
    /// Banned or muted a name or a range of addresses.
    Impose(Measure, Subject, Terms),
    /// Lifted a ban or a mute.
    Lift(Measure, Subject),
    /// Removed the message with this id.
    Remove(u64),
    /// Ended the server.
    Shutdown,
    /// Ended all servers of the chat.
    ShutdownAll,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Connections => f.write_str("connections"),
            Act::Bans => f.write_str("bans"),
            Act::Mutes => f.write_str("mutes"),
            Act::Audit => f.write_str("audit"),
            Act::Kick(name, reason) => {
                write!(f, "kick {name}")?;
                because(f, reason.as_deref())
            }
            Act::Impose(measure, who, Terms { seconds, reason }) => {
                write!(f, "{} {who}", measure.act())?;
                if let Some(seconds) = seconds {
                    write!(f, " {}", span::written(Duration::from_secs(*seconds)))?;
                }
                because(f, reason.as_deref())
            }
            Act::Lift(measure, who) => write!(f, "un{} {who}", measure.act()),
            Act::Remove(id) => write!(f, "remove {id}"),
            Act::Shutdown => f.write_str("shutdown"),
            Act::ShutdownAll => f.write_str("shutdown all"),
        }
    }
}

fn because(f: &mut fmt::Formatter<'_>, reason: Option<&str>) -> fmt::Result {
    reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The number of the row. It grows.
    pub id: u64,
    /// The time of the act.
    pub at: Timestamp,
    /// The account of the administrator, or the owner of the file.
    pub who: Arc<str>,
    /// The act.
    pub what: String,
}
