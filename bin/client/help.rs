//! The lines of `/help`.

use std::time::Duration;

use crate::catalogue::PROBE;
use crate::conversation::Conversation;
use crate::nearest::unknown_command;
use crate::rank::Rank;

/// How long `/help` waits for the server.
const PATIENCE: Duration = Duration::from_secs(1);

impl Conversation {
    /// The lines that `/help` shows, laid out for a screen of this width. It asks the server whether the
    /// person is an administrator, if the server has such commands.
    pub(crate) fn help(&self, width: Option<usize>) -> Vec<String> {
        let known = self.known();
        let is_open = known.rank == Rank::Unknown && known.catalogue.can_probe();
        let rank = if is_open && known.me.is_none() { Rank::Other } else { known.rank };
        drop(known);
        if is_open && rank == Rank::Unknown {
            self.ask_own(PROBE);
            self.wait(PATIENCE);
        }
        let known = self.known();
        let rank = if rank == Rank::Unknown { known.rank } else { rank };
        known.catalogue.help(rank != Rank::Other, width)
    }

    /// The lines that `/help COMMAND` shows, or the line of an error.
    pub(crate) fn explain(&self, command: &str, width: Option<usize>) -> Vec<String> {
        let known = self.known();
        let explained = known.catalogue.explain(command, width);
        let unknown = unknown_command(command, &known.catalogue);
        drop(known);
        explained.unwrap_or_else(|| vec![self.mistake(&unknown)])
    }
}
