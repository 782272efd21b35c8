//! The lines of `/help`.

use std::time::Duration;

use crate::catalogue::PROBE;
use crate::conversation::{Conversation, Known};
use crate::nearest::unknown_command;
use crate::rank::Rank;

/// How long `/help` waits for the server.
const PATIENCE: Duration = Duration::from_secs(1);

impl Known {
    /// Whether the person may use the commands of administrators, as far as the client knows.
    pub(crate) fn may_administrate(&self) -> bool {
        match self.rank {
            Rank::Administrator => true,
            Rank::Other => false,
            // A person who is not logged in has no rank.
            Rank::Unknown => self.me.is_some() || !self.catalogue.can_probe(),
        }
    }
}

impl Conversation {
    /// The lines that `/help` shows, laid out for a screen of this width. It asks the server whether the
    /// person is an administrator, if the server has such commands.
    pub(crate) fn help(&self, width: Option<usize>) -> Vec<String> {
        self.find_rank(PATIENCE);
        let known = self.known();
        known.catalogue.help(known.may_administrate(), width)
    }

    /// Asks the server whether the person is an administrator, if the client does not know it.
    pub(crate) fn find_rank(&self, patience: Duration) {
        let known = self.known();
        let is_open = known.rank == Rank::Unknown && known.catalogue.can_probe();
        if is_open && known.me.is_some() {
            drop(known);
            self.ask_own(PROBE);
            self.wait(patience);
        }
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
