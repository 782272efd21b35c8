//! `shutdown`: ends the server, after a notice to every peer.

use parse::Dict;

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "shutdown",
    arguments: &[Argument::flag("all")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "End the server, or all servers of the chat.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    if call.flag("all")? {
        // Each server ends when the log hands it the act.
        return call.administer(Act::ShutdownAll);
    }
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

    #[test]
    fn a_shutdown_of_all_servers_ends_the_only_one() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        room.ask(root, "shutdown", Dict::new().with("all", true));
        assert_eq!(room.heard(root), ["shutdown"]);
        assert!(room.is_over());
    }
}
