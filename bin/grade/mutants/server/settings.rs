//! The settings of the server.

use crate::bugs::Bugs;
use crate::dialect::Dialect;
use crate::freedom::Freedoms;

/// What the command line sets: the dialect, and the bugs and freedoms that the server has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) bugs: Bugs,
    pub(crate) freedoms: Freedoms,
}
