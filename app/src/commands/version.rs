//! `version`: returns the version of the server.

use parse::Dict;

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::VERSION;

pub(super) const COMMAND: Command = Command {
    name: "version",
    arguments: &[],
    access: Access::Anyone,
    order: Order::Alone,
    summary: "Get the version of the server.",
    run,
};

fn run(_call: &mut Call<'_>) -> Outcome {
    Ok(Answer::Now(Dict::new().with("version", VERSION)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Room;

    #[test]
    fn it_needs_no_login() {
        let mut room = Room::new();
        let peer = room.connect();
        room.ask(peer, "version", Default::default());
        let want = format!("version version={:?}", env!("CARGO_PKG_VERSION"));
        assert_eq!(room.heard(peer), [want]);
    }
}
