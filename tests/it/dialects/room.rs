//! One chat with a client of each dialect: each message reaches each client once, in its dialect.

use super::clients::{Client, client};
use super::{GAP, dialects};
use crate::engines::on_each_engine;
use harness::{Peer, Server, Value};

/// One person for each dialect in which clients send messages: the dialect with its options, and the
/// name of the person or its beginning.
pub(crate) fn people() -> Vec<(&'static str, &'static str)> {
    // The clients of `menu` only observe.
    let talkative = dialects().filter(|dialect| *dialect != "menu");
    let person = |dialect| match dialect {
        "ktn14" => (dialect, "ann"),
        "ktn15" => (dialect, "ben"),
        "text" => (dialect, "cat"),
        "plain" => ("plain:colour=off", "127_0_0_1_"),
        "header" => (dialect, "dan"),
        _ => panic!("say in tests/it/dialects/room.rs how people talk in {dialect}"),
    };
    talkative.map(person).collect()
}

/// The login of a client under this name. `None` if connecting is enough.
pub(crate) fn login(dialect: &str, name: &str) -> Option<String> {
    match dialect {
        "ktn14" => Some(format!(r#"{{"request":"login","username":"{name}"}}"#)),
        "ktn15" => Some(format!(r#"{{"request":"login","content":"{name}"}}"#)),
        "text" => Some(format!("LOGIN {name}")),
        "header" => Some(name.to_owned()),
        _ => None,
    }
}

/// The request that sends a message to the lobby.
pub(crate) fn say(dialect: &str, text: &str) -> String {
    match dialect {
        "ktn14" => format!(r#"{{"request":"message","message":"{text}"}}"#),
        "ktn15" => format!(r#"{{"request":"msg","content":"{text}"}}"#),
        "text" => format!("MSG all {text}"),
        _ => text.to_owned(),
    }
}

/// Whether a frame is this message, and contains nothing else.
fn is_said(dialect: &str, heard: &str, name: &str, text: &str) -> bool {
    let value: Value = serde_json::from_str(heard).unwrap_or_default();
    match dialect {
        "ktn14" => {
            let said = value["message"].as_str().unwrap_or_default();
            value["response"] == "message"
                && said.starts_with(name)
                && said.contains(" said @ ")
                && said.ends_with(&format!(": {text}"))
        }
        "ktn15" => {
            let sender = value["sender"].as_str().unwrap_or_default();
            value["response"] == "message" && value["content"] == text && sender.starts_with(name)
        }
        "text" => heard.starts_with(name) && heard.ends_with(&format!(" say: {text}")),
        // The dialect shows the address in place of a name made of it.
        "plain:colour=off" => {
            let name = if name.starts_with("127_") { "127.0.0.1:" } else { name };
            heard.starts_with(&format!("[{name}")) && heard.ends_with(&format!("]: {text}"))
        }
        _ => heard.starts_with(name) && heard.ends_with(&format!(": {text}")),
    }
}

/// Whether a dialect sends a message back to its sender.
fn echoes(dialect: &str) -> bool {
    matches!(dialect, "ktn14" | "ktn15")
}

fn messages_reach_every_dialect(engine: &str) {
    let them = people();
    let mut arguments = vec![GAP];
    let listen: Vec<String> =
        them.iter().map(|(dialect, _)| format!("{dialect}=127.0.0.1:0")).collect();
    listen.iter().for_each(|listen| arguments.extend(["--listen", listen]));
    arguments.extend(["--listen", "menu=127.0.0.1:0"]);
    let server = Server::start(engine, &arguments);
    let mut carol = server.login("carol");
    let mut menu = client("menu", server.addresses[1 + them.len()]);
    menu.sends("names");
    assert_eq!(menu.hears(), "carol");

    let mut people: Vec<Box<dyn Client>> = Vec::new();
    for (index, (dialect, name)) in them.iter().copied().enumerate() {
        let mut peer = client(dialect, server.addresses[index + 1]);
        if let Some(login) = login(dialect, name) {
            peer.sends(&login);
        }
        // `header` does not answer a login; the others are told of it.
        if dialect != "header" {
            peer.hears();
        }
        let joined = received_by_carol(&mut carol);
        assert_eq!((&joined["response"], &joined["online"]), (&"join".into(), &(index + 2).into()));
        for (other, (dialect, _)) in people.iter_mut().zip(&them) {
            let news = other.hears();
            assert!(news.contains(name) || news.contains("127.0.0.1:"), "{dialect}: {news}");
        }
        people.push(peer);
    }

    // The second round shows that no message of the first one arrived twice.
    for round in ["one", "two"] {
        for speaker in 0..them.len() {
            let (dialect, name) = them[speaker];
            let text = format!("{round} in {dialect}");
            people[speaker].sends(&say(dialect, &text));
            let said = received_by_carol(&mut carol);
            assert_eq!(said["message"], text.as_str());
            for (listener, (peer, (other, _))) in people.iter_mut().zip(&them).enumerate() {
                if listener != speaker || echoes(dialect) {
                    let heard = peer.hears();
                    assert!(is_said(other, &heard, name, &text), "{other} from {name}: {heard}");
                }
            }
        }
        let text = format!("{round} in json");
        carol.says(&text);
        assert_eq!(received_by_carol(&mut carol)["message"], text.as_str());
        for (peer, (dialect, _)) in people.iter_mut().zip(&them) {
            let heard = peer.hears();
            assert!(is_said(dialect, &heard, "carol", &text), "{dialect}: {heard}");
        }
    }
    menu.sends("names");
    let names = menu.hears();
    let mut named: Vec<&str> = them.iter().map(|(_, name)| *name).chain(["carol"]).collect();
    named.sort_unstable();
    for (name, known) in names.split(", ").zip(&named) {
        assert!(name.starts_with(known), "{names}");
    }
    assert_eq!(names.split(", ").count(), named.len(), "{names}");
    carol.has_heard_everything();
}

fn received_by_carol(carol: &mut Peer) -> Value {
    serde_json::from_str(&carol.line()).unwrap()
}

#[test]
fn a_message_reaches_the_clients_of_every_dialect_once() {
    on_each_engine(messages_reach_every_dialect);
}
