//! `ban`: bans a name or an address.

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::{Act, Ban, Refusal, people};

pub(super) const COMMAND: Command = Command {
    name: "ban",
    arguments: &[Argument::text("who")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Ban a name or an address.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let ban = Ban::read(call.arguments.string("who")?);
    let own = match &ban {
        Ban::Name(name) if !people::is_name(name, call.chat.limits.name) => {
            return Err(Refusal::InvalidUsername);
        }
        Ban::Name(name) => call.administrator()?.eq_ignore_ascii_case(name),
        Ban::Address(_) => Ban::address(call.chat.roster.connected(call.peer).address()) == ban,
    };
    if own {
        return Err(Refusal::NotYourself);
    }
    call.administer(Act::Ban(ban))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn a_banned_name_cannot_log_in_until_the_ban_is_removed() {
        let mut room = Room::new();
        let (root, bob) = (room.login_admin("root"), room.login("Bob"));
        room.heard(root);
        room.ask(root, "ban", dict("who", "BOB"));
        assert_eq!(room.heard(root), [r#"ban who="bob""#]);
        assert_eq!(
            room.heard(bob),
            [r#"notice message="You are banned!" reason="banned""#, "(closed)"]
        );
        room.leave(bob);
        let again = room.connect();
        room.ask(again, "login", dict("username", "bOb"));
        assert_eq!(room.heard(again), ["login error: You are banned!"]);
        room.heard(root);
        room.ask(root, "ban", dict("who", "bob"));
        room.ask(root, "bans", Dict::new());
        room.ask(root, "unban", dict("who", "Bob"));
        room.ask(root, "unban", dict("who", "Bob"));
        let want = [
            "ban error: Banned already!",
            r#"bans bans=["bob"] more=false"#,
            r#"unban who="bob""#,
            "unban error: Not banned!",
        ];
        assert_eq!(room.heard(root), want);
        room.ask(again, "login", dict("username", "bob"));
        assert!(room.heard(again)[0].starts_with("login username="));
    }

    #[test]
    fn a_ban_of_an_address_closes_all_its_connections() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        let near = room.connect_from("10.0.0.7:1");
        let far = room.connect_from("10.0.0.8:1");
        room.ask(root, "ban", dict("who", "10.0.0.7"));
        assert_eq!(room.heard(root), [r#"ban who="10.0.0.7""#]);
        assert_eq!(
            room.heard(near),
            [r#"notice message="You are banned!" reason="banned""#, "(closed)"]
        );
        assert_eq!(room.heard(far), [""; 0]);
        let again = room.connect_from("10.0.0.7:2");
        assert_eq!(room.heard(again), ["error error: You are banned!", "(closed)"]);
    }

    #[test]
    fn a_ban_of_oneself_or_of_no_name_is_refused() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for (who, error) in [
            ("Root", "Not yourself!"),
            ("127.0.0.1", "Not yourself!"),
            ("a b", "Invalid username!"),
            ("10.0.0", "Invalid username!"),
        ] {
            room.ask(root, "ban", dict("who", who));
            assert_eq!(room.heard(root), [format!("ban error: {error}")]);
        }
    }
}
