//! The settings of the server.

use crate::bugs::Bug;
use crate::dialect::Dialect;

/// What the command line sets: the dialect, and the bug that the server has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) bug: Bug,
}
