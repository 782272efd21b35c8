//! Start and end of a client.

use crate::check::{Check, Function, Layer};
use crate::checks::idle;
use crate::client::{CLIENT, ClientScenario};
use crate::stop::Stop;
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "OPEN-1",
        layer: Layer::Net,
        rationale: "Without a connection, the client can do nothing else.",
        hint: "Does the client take the host and the port from its arguments, in the order of the command line?",
        after: &[],
        dialects: Dialect::ALL,
        run: Function::Client(ClientScenario::connect),
    },
    Check {
        id: "OPEN-2",
        layer: Layer::Net,
        rationale: "A user who mistypes the address needs an error message.",
        hint: "What happens when `connect` fails? Print the reason, and exit with a code other than 0.",
        after: &["OPEN-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.close_listener();
            scenario.start_client()?;
            scenario
                .expect_exit_after_start("the client reports that there is no server, and exits")?;
            if scenario.output().trim().is_empty() {
                return Err(Stop::differs(
                    CLIENT,
                    "an error message",
                    "the client exited and printed nothing",
                ));
            }
            Ok(())
        }),
    },
    Check {
        id: "QUIT-1",
        layer: Layer::App,
        rationale: "When a user leaves, the server and the other users must notice.",
        hint: "Does a thread that reads keep the process alive? Close the socket, and let that thread end.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| Some(&profile.leave), "")?;
            is_gone(scenario)
        }),
    },
    Check {
        id: "QUIT-2",
        layer: Layer::App,
        rationale: "Users leave a program that reads lines with Ctrl-D, and a script closes the input.",
        hint: "What does reading a line return at the end of the input (`EOFError`, `None`, -1)? Leave then.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.end_input()?;
            is_gone(scenario)
        }),
    },
    Check {
        id: "QUIT-3",
        layer: Layer::Net,
        rationale: "A loop that keeps reading after the end uses a whole processor, and the user does not learn that the server is gone.",
        hint: "A read that returns no bytes is the end of the connection. Leave the loop, and tell the user.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.mark_seen();
            scenario.stop_server();
            scenario.expect_output_or_exit(
                "the client reports that the connection has ended, or exits",
            )?;
            idle::is_idle(scenario.program()?, CLIENT, "no processor time used: the server is gone")
        }),
    },
];

/// Expects the client to close the connection and to exit.
fn is_gone(scenario: &mut ClientScenario) -> Result<(), Stop> {
    scenario.expect_disconnect("the client closes the connection")?;
    scenario.expect_exit("the client exits").map(drop)
}
