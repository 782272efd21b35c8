//! How a client begins and ends.

use crate::check::{Check, Layer, Stop, Trial};
use crate::checks::idle;
use crate::client::{CLIENT, Sitting};
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "OPEN-1",
        layer: Layer::Net,
        rationale: "Without a connection there is nobody to talk to.",
        hint: "Does it take the host and the port from its arguments, in the order in which the command has them?",
        after: &[],
        dialects: Dialect::ALL,
        run: Trial::Client(Sitting::connects),
    },
    Check {
        id: "OPEN-2",
        layer: Layer::Net,
        rationale: "Whoever mistypes the address wants to be told.",
        hint: "What happens when `connect` fails? Print what was wrong, and end with an exit code that is not 0.",
        after: &["OPEN-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.has_no_server();
            sitting.starts()?;
            sitting.ends_soon("the client says that there is no server, and ends")?;
            if sitting.output().trim().is_empty() {
                return Err(Stop::differs(CLIENT, "a word about it", "it ended without a word"));
            }
            Ok(())
        }),
    },
    Check {
        id: "QUIT-1",
        layer: Layer::App,
        rationale: "Whoever leaves should be gone, for the others too.",
        hint: "Does a thread that reads keep the process alive? Close the socket, and let that thread end.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            sitting.types_lines(|profile| Some(&profile.leave), "")?;
            is_gone(sitting)
        }),
    },
    Check {
        id: "QUIT-2",
        layer: Layer::App,
        rationale: "Ctrl-D is how people leave a program that reads lines, and how a script does.",
        hint: "What does reading a line give at the end of the input (`EOFError`, `None`, -1)? Leave then.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            sitting.ends_input()?;
            is_gone(sitting)
        }),
    },
    Check {
        id: "QUIT-3",
        layer: Layer::Net,
        rationale: "A loop that goes on reading after the end keeps a processor busy, and its user in the dark.",
        hint: "A read that returns nothing is the end: leave the loop, and say so.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            sitting.looks_away();
            sitting.server_hangs_up();
            sitting
                .sees_something_or_the_end("the client says that the server is gone, or ends")?;
            idle::is_idle(sitting.program()?, CLIENT, "nothing to do: the server is gone")
        }),
    },
];

/// The client hangs up, and ends.
fn is_gone(sitting: &mut Sitting) -> Result<(), Stop> {
    sitting.hangs_up("the client hangs up")?;
    sitting.ends("the client ends").map(drop)
}
