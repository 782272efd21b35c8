//! What a check is.

use crate::client::ClientScenario;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::wire::Dialect;

/// One thing that a server or a client has to do, and how to find out whether it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    /// The area and a number in it: `LOGIN-3`. The sentence of `handout/protocol.md` with the same
    /// id says what is required.
    pub(crate) id: &'static str,
    /// Where to look first when it fails.
    pub(crate) layer: Layer,
    /// Why it matters.
    pub(crate) rationale: &'static str,
    /// Where to look, and for what.
    pub(crate) hint: &'static str,
    /// The checks without which this one would tell nothing.
    pub(crate) after: &'static [&'static str],
    /// The dialects in which there is such a thing.
    pub(crate) dialects: &'static [Dialect],
    /// Finds out.
    pub(crate) run: Trial,
}

/// How to find out whether a program does what it has to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trial {
    Server(fn(&mut Scenario) -> Result<(), Stop>),
    Client(fn(&mut ClientScenario) -> Result<(), Stop>),
}

impl Check {
    /// Whether it is one of a client.
    pub(crate) fn is_of_client(&self) -> bool {
        matches!(self.run, Trial::Client(_))
    }
}

/// The layer of a chat that something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Net,
    Parse,
    App,
}

impl Layer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Layer::Net => "net",
            Layer::Parse => "parse",
            Layer::App => "app",
        }
    }
}
