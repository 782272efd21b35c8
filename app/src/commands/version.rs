//! `version`: which Strata this is.

use parse::Dict;

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::VERSION;

pub(super) const COMMAND: Command = Command {
    name: "version",
    arguments: &[],
    access: Access::Anyone,
    order: Order::Alone,
    summary: "Which version the server is.",
    run,
};

fn run(_call: &mut Call<'_>) -> Outcome {
    Ok(Answer::Now(Dict::new().with("version", VERSION)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Room;

    #[test]
    fn it_tells_the_version_also_to_a_stranger() {
        let mut room = Room::new();
        let stranger = room.connect();
        room.ask(stranger, "version", Default::default());
        let want = format!("version version={:?}", env!("CARGO_PKG_VERSION"));
        assert_eq!(room.heard(stranger), [want]);
    }
}
