//! The beginning: the program runs, and listens.

use crate::check::{Check, Layer, Trial};
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "START-1",
    layer: Layer::Net,
    rationale: "Nobody can talk to a server that is not there.",
    hint: "Does it listen on the port that it is given, on 127.0.0.1 or on all addresses? Does it end before that?",
    after: &[],
    dialects: Dialect::ALL,
    // That it was started, and has listened, is what had to be.
    run: Trial::Server(|_| Ok(())),
}];
