//! `connections`: lists the connections and their addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use parse::{Arrival, Dict, Peer, Value};

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::roster::Away;
use crate::{Act, server_of};

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

/// Lists the connections of this server in their order, and then the people on other servers.
fn run(call: &mut Call<'_>) -> Outcome {
    call.note(Act::Connections)?;
    let (log, roster, now) = (&call.chat.log, &call.chat.roster, call.now);
    let server_of = |peer| log.server_name(server_of(peer));
    let here = roster.sessions().map(|(peer, session)| {
        let name = session.name.as_deref().map_or(Value::Null, Value::from);
        let seconds = now.monotonic.since(session.since).as_secs();
        let Arrival { address, dialect, .. } = session.arrival;
        (peer, describe(address, name, dialect, seconds, server_of(peer)))
    });
    let elsewhere = roster.elsewhere().map(|(peer, person)| {
        let Away { name, address, dialect, since, .. } = person;
        let seconds = now.wall.duration_since(*since).as_secs().max(0).unsigned_abs();
        (peer, describe(*address, Value::from(&**name), dialect, seconds, server_of(peer)))
    });
    let mut connections: Vec<(Peer, Dict)> = here.chain(elsewhere).collect();
    connections.sort_unstable_by_key(|(peer, _)| *peer);
    let more = connections.len() > MOST;
    let connections = connections.into_iter().take(MOST);
    let connections: Value = connections.map(|(_, connection)| Value::from(connection)).collect();
    Ok(Answer::Now(Dict::new().with("connections", connections).with("more", more)))
}

fn describe(
    address: SocketAddr,
    name: Value,
    dialect: &str,
    seconds: u64,
    server: Option<Arc<str>>,
) -> Dict {
    let mut connection = Dict::new()
        .with("address", address.to_string())
        .with("username", name)
        .with("dialect", dialect)
        .with("seconds", seconds);
    if let Some(server) = server {
        connection.insert("server", &*server);
    }
    connection
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
