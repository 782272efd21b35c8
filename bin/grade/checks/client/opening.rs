//! How a client begins and ends.

use crate::check::{Check, Layer, Trial};
use crate::checks::idle;
use crate::client::{CLIENT, ClientScenario};
use crate::stop::Stop;
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "OPEN-1",
        layer: Layer::Net,
        rationale: "Without a connection there is nobody to talk to.",
        hint: "Does it take the host and the port from its arguments, in the order in which the command has them?",
        after: &[],
        dialects: Dialect::ALL,
        run: Trial::Client(ClientScenario::connect),
    },
    Check {
        id: "OPEN-2",
        layer: Layer::Net,
        rationale: "Whoever mistypes the address wants to be told.",
        hint: "What happens when `connect` fails? Print what was wrong, and end with an exit code that is not 0.",
        after: &["OPEN-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.close_listener();
            scenario.start_client()?;
            scenario
                .expect_exit_after_start("the client says that there is no server, and ends")?;
            if scenario.output().trim().is_empty() {
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
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| Some(&profile.leave), "")?;
            is_gone(scenario)
        }),
    },
    Check {
        id: "QUIT-2",
        layer: Layer::App,
        rationale: "Ctrl-D is how people leave a program that reads lines, and how a script does.",
        hint: "What does reading a line give at the end of the input (`EOFError`, `None`, -1)? Leave then.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.end_input()?;
            is_gone(scenario)
        }),
    },
    Check {
        id: "QUIT-3",
        layer: Layer::Net,
        rationale: "A loop that goes on reading after the end keeps a processor busy, and its user in the dark.",
        hint: "A read that returns nothing is the end: leave the loop, and say so.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.mark_seen();
            scenario.stop_server();
            scenario.expect_output_or_exit("the client says that the server is gone, or ends")?;
            idle::is_idle(scenario.program()?, CLIENT, "nothing to do: the server is gone")
        }),
    },
];

/// The client hangs up, and ends.
fn is_gone(scenario: &mut ClientScenario) -> Result<(), Stop> {
    scenario.expect_disconnect("the client hangs up")?;
    scenario.expect_exit("the client ends").map(drop)
}
