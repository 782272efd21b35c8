//! `connections`: lists the connections and their addresses.

use parse::{Dict, Value};

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "connections",
    arguments: &[],
    access: Access::Admin,
    order: Order::Alone,
    summary: "List the connections, their addresses and their age.",
    run,
};

/// The most connections in an answer, so that it stays far below the limit of an outbox.
const MOST: usize = 500;

fn run(call: &mut Call<'_>) -> Outcome {
    call.note(Act::Connections)?;
    let mut sessions: Vec<_> = call.chat.roster.sessions().collect();
    sessions.sort_unstable_by_key(|(peer, _)| *peer);
    let describe = |session: &crate::session::Session| {
        let name = session.name.as_deref().map_or(Value::Null, Value::from);
        Dict::new()
            .with("address", session.arrival.address.to_string())
            .with("username", name)
            .with("dialect", session.arrival.dialect)
            .with("seconds", call.now.monotonic.since(session.since).as_secs())
    };
    let more = sessions.len() > MOST;
    let sessions = sessions.into_iter().take(MOST);
    let connections: Value = sessions.map(|(_, session)| Value::from(describe(session))).collect();
    Ok(Answer::Now(Dict::new().with("connections", connections).with("more", more)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Room;
    use parse::Dict;
    use std::time::Duration;

    #[test]
    fn it_lists_every_peer_in_the_order_of_connection() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        room.pass(Duration::from_secs(7));
        room.connect();
        room.ask(root, "connections", Dict::new());
        let first = r#"{"address":"127.0.0.1:1","username":"root","dialect":"json","seconds":7}"#;
        let second = r#"{"address":"127.0.0.1:2","username":null,"dialect":"json","seconds":0}"#;
        assert_eq!(
            room.heard(root),
            [format!("connections connections=[{first},{second}] more=false")]
        );
    }
}
