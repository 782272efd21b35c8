//! `connections`: lists the connections and their addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use parse::{Arrival, Dict, Peer, Value};

use super::bans::{LIST, Page, selection};
use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::roster::Away;
use crate::session::Session;
use crate::{Act, Now, server_of};

pub(super) const COMMAND: Command = Command {
    name: "connections",
    arguments: LIST,
    access: Access::Admin,
    order: Order::Alone,
    summary: "List the connections, or those that match a pattern such as bob* or 10.0.0.0/8.",
    run,
};

/// The most connections in an answer, so that it stays far below the limit of an outbox.
const MOST: usize = 500;

/// Lists the connections of this server in their order, and then the people on other servers. Of many
/// connections, it describes only those on the page.
fn run(call: &mut Call<'_>) -> Outcome {
    let (pattern, skip) = selection(call.arguments)?;
    call.note(Act::Connections)?;
    let (log, roster, now) = (&call.chat.log, &call.chat.roster, call.now);
    let matches = |address: SocketAddr, name: Option<&str>, dialect: &str, peer: Peer| {
        pattern.contains(address.ip())
            || pattern.matches(dialect)
            || name.is_some_and(|name| pattern.matches(name))
            || pattern.matches(&address.to_string())
            || log.server_name(server_of(peer)).is_some_and(|server| pattern.matches(&server))
    };
    let here = roster.sessions().filter(|(peer, session)| {
        let Arrival { address, dialect, .. } = session.arrival;
        matches(address, session.name.as_deref(), dialect, *peer)
    });
    let elsewhere = roster.elsewhere().filter(|(peer, person)| {
        matches(person.address, Some(&*person.name), &person.dialect, *peer)
    });
    let here = here.map(|(peer, session)| (peer, Found::Here(session)));
    let elsewhere = elsewhere.map(|(peer, person)| (peer, Found::Elsewhere(person)));
    let mut found: Vec<(Peer, Found<'_>)> = here.chain(elsewhere).collect();
    found.sort_unstable_by_key(|(peer, _)| *peer);
    let mut page = Page::new(skip, MOST);
    for (peer, connection) in found {
        page.add(|| connection.describe(now, log.server_name(server_of(peer))));
    }
    Ok(Answer::Now(page.body("connections")))
}

/// A connection that matches.
enum Found<'a> {
    Here(&'a Session),
    Elsewhere(&'a Away),
}

impl Found<'_> {
    fn describe(&self, now: Now, server: Option<Arc<str>>) -> Dict {
        match self {
            Found::Here(session) => {
                let name = session.name.as_deref().map_or(Value::Null, Value::from);
                let seconds = now.monotonic.since(session.since).as_secs();
                let Arrival { address, dialect, .. } = session.arrival;
                describe(address, name, dialect, seconds, server)
            }
            Found::Elsewhere(Away { name, address, dialect, since, .. }) => {
                let seconds = now.wall.duration_since(*since).as_secs().max(0).unsigned_abs();
                describe(*address, Value::from(&**name), dialect, seconds, server)
            }
        }
    }
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
    use crate::testing::{Room, dict};
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
            [format!("connections connections=[{first},{second}] total=2 more=false")]
        );
    }

    #[test]
    fn it_lists_those_that_match_a_page_at_a_time() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for number in 0..600 {
            room.connect_from(&format!("10.0.{}.{}:9", number / 200, number % 200));
        }
        for (arguments, rows, total, more) in [
            (Dict::new(), 500, 601, true),
            (Dict::new().with("skip", 500), 101, 601, false),
            (dict("pattern", "ROOT"), 1, 1, false),
            (dict("pattern", "10.0.1.0/24"), 200, 200, false),
            (dict("pattern", "10.0.*.7:*"), 3, 3, false),
            (dict("pattern", "json").with("skip", 600), 1, 601, false),
        ] {
            room.ask(root, "connections", arguments);
            let heard = room.heard(root).concat();
            assert_eq!(heard.matches("seconds").count(), rows, "{heard}");
            assert!(heard.ends_with(&format!(" total={total} more={more}")), "{heard}");
        }
    }
}
