//! `shutdown`: ends the server, after a notice to every peer.

use parse::Dict;

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "shutdown",
    arguments: &[],
    access: Access::Admin,
    order: Order::Alone,
    summary: "End the server.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    call.note(Act::Shutdown)?;
    call.chat.is_over = true;
    Ok(Answer::Now(Dict::new()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn after_a_shutdown_the_chat_ignores_requests() {
        let mut room = Room::new();
        let (root, bob) = (room.login_admin("root"), room.login("bob"));
        room.heard_all();
        assert!(!room.is_over());
        room.ask(root, "shutdown", Dict::new());
        assert_eq!(room.heard(root), ["shutdown"]);
        assert!(room.is_over());
        room.ask(bob, "message", dict("message", "wait"));
        assert_eq!(room.heard(bob), [""; 0]);
    }
}
