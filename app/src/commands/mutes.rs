//! `mutes`: lists the muted names and addresses.

use super::bans::{LIST, list};
use super::{Access, Call, Command, Order, Outcome};
use crate::{Act, Measure};

pub(super) const COMMAND: Command = Command {
    name: "mutes",
    arguments: LIST,
    access: Access::Admin,
    order: Order::Alone,
    summary: "List the mutes, or those that match a pattern such as bob* or 10.0.0.0/8.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    list(call, Measure::Mute, Act::Mutes, "mutes")
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn it_lists_mutes_and_no_bans() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        room.ask(root, "ban", dict("who", "al"));
        room.ask(root, "mute", dict("who", "bob").with("time", "1m"));
        room.heard(root);
        room.ask(root, "mutes", Dict::new());
        let bob = r#"{"who":"bob","until":"1970-01-01T00:01:00.000Z","reason":null,"by":"root","since":"1970-01-01T00:00:00.000Z"}"#;
        assert_eq!(room.heard(root), [format!("mutes mutes=[{bob}] total=1 more=false")]);
    }
}
