//! The type of a check.

use crate::client::ClientScenario;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::wire::Dialect;

/// One requirement for a server or a client, and the function that tests it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    /// Area and number: `LOGIN-3`. The sentence of `handout/protocol.md` with the same id states
    /// the requirement.
    pub(crate) id: &'static str,
    /// The layer to inspect first when the check fails.
    pub(crate) layer: Layer,
    /// Why the requirement matters.
    pub(crate) rationale: &'static str,
    /// The part of the program to inspect, and the likely mistake.
    pub(crate) hint: &'static str,
    /// Checks that must pass before this one means anything.
    pub(crate) after: &'static [&'static str],
    /// The dialects that have this requirement.
    pub(crate) dialects: &'static [Dialect],
    /// The function that tests the requirement.
    pub(crate) run: Function,
}

/// The function of a check, for a server or for a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    Server(fn(&mut Scenario) -> Result<(), Stop>),
    Client(fn(&mut ClientScenario) -> Result<(), Stop>),
}

impl Check {
    /// Returns `true` for a check of a client.
    pub(crate) fn is_client_check(&self) -> bool {
        matches!(self.run, Function::Client(_))
    }
}

/// The layer of a chat program that a check tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Net,
    Parse,
    App,
    /// `net` has to notice the end of a connection, and `app` has to act on it. The trace of the check
    /// does not show which of the two failed.
    NetOrApp,
}

impl Layer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Layer::Net => "net",
            Layer::Parse => "parse",
            Layer::App => "app",
            Layer::NetOrApp => "net or app",
        }
    }
}
