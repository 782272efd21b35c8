//! One room: everybody says one thing, and everybody else reads it once, in a form of its own.

use super::GAP;
use super::clients::{Client, client};
use harness::{Peer, Server, Value};

/// Who says something, and in what: each in the order in which it comes.
const PEOPLE: [(&str, &str); 5] = [
    ("ktn14", "ann"),
    ("ktn15", "ben"),
    ("text", "cat"),
    ("plain:colour=off", "127_0_0_1_"),
    ("header", "dan"),
];

/// What somebody sends to come in under this name; nothing where connecting is enough.
pub(crate) fn login(dialect: &str, name: &str) -> Option<String> {
    match dialect {
        "ktn14" => Some(format!(r#"{{"request":"login","username":"{name}"}}"#)),
        "ktn15" => Some(format!(r#"{{"request":"login","content":"{name}"}}"#)),
        "text" => Some(format!("LOGIN {name}")),
        "header" => Some(name.to_owned()),
        _ => None,
    }
}

/// What somebody sends to say this to everybody.
pub(crate) fn say(dialect: &str, text: &str) -> String {
    match dialect {
        "ktn14" => format!(r#"{{"request":"message","message":"{text}"}}"#),
        "ktn15" => format!(r#"{{"request":"msg","content":"{text}"}}"#),
        "text" => format!("MSG all {text}"),
        _ => text.to_owned(),
    }
}

/// Whether this is how somebody hears that this was said; and nothing else.
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
        // The name of an address is shown as the address.
        "plain:colour=off" => {
            let name = if name.starts_with("127_") { "127.0.0.1:" } else { name };
            heard.starts_with(&format!("[{name}")) && heard.ends_with(&format!("]: {text}"))
        }
        _ => heard.starts_with(name) && heard.ends_with(&format!(": {text}")),
    }
}

/// Whether a dialect repeats to a peer what that said itself.
fn echoes(dialect: &str) -> bool {
    matches!(dialect, "ktn14" | "ktn15")
}

/// Seven dialects, counting `json` and `menu`, where nobody talks.
fn everybody_reads_everything_once(engine: &str) {
    let mut arguments = vec![GAP];
    let listen: Vec<String> =
        PEOPLE.iter().map(|(dialect, _)| format!("{dialect}=127.0.0.1:0")).collect();
    listen.iter().for_each(|listen| arguments.extend(["--listen", listen]));
    arguments.extend(["--listen", "menu=127.0.0.1:0"]);
    let server = Server::start(engine, &arguments);
    let mut carol = server.login("carol");
    let mut menu = client("menu", server.addresses[6]);
    menu.sends("names");
    assert_eq!(menu.hears(), "carol");

    let mut people: Vec<Box<dyn Client>> = Vec::new();
    for (index, (dialect, name)) in PEOPLE.into_iter().enumerate() {
        let mut peer = client(dialect, server.addresses[index + 1]);
        if let Some(login) = login(dialect, name) {
            peer.sends(&login);
        }
        // Where nothing answers a login, the others show that it is through.
        if dialect != "header" {
            peer.hears();
        }
        let joined = heard_by_carol(&mut carol);
        assert_eq!((&joined["response"], &joined["online"]), (&"join".into(), &(index + 2).into()));
        for (other, (dialect, _)) in people.iter_mut().zip(PEOPLE) {
            let news = other.hears();
            assert!(news.contains(name) || news.contains("127.0.0.1:"), "{dialect}: {news}");
        }
        people.push(peer);
    }

    // Twice, so that the second time shows that nobody heard anything twice the first time.
    for round in ["one", "two"] {
        for speaker in 0..PEOPLE.len() {
            let (dialect, name) = PEOPLE[speaker];
            let text = format!("{round} in {dialect}");
            people[speaker].sends(&say(dialect, &text));
            let said = heard_by_carol(&mut carol);
            assert_eq!(said["message"], text.as_str());
            for (listener, (peer, (other, _))) in people.iter_mut().zip(PEOPLE).enumerate() {
                if listener != speaker || echoes(dialect) {
                    let heard = peer.hears();
                    assert!(is_said(other, &heard, name, &text), "{other} from {name}: {heard}");
                }
            }
        }
        let text = format!("{round} in json");
        carol.says(&text);
        assert_eq!(heard_by_carol(&mut carol)["message"], text.as_str());
        for (peer, (dialect, _)) in people.iter_mut().zip(PEOPLE) {
            let heard = peer.hears();
            assert!(is_said(dialect, &heard, "carol", &text), "{dialect}: {heard}");
        }
    }
    menu.sends("names");
    let names = menu.hears();
    assert!(names.starts_with("127_0_0_1_") && names.ends_with(", ann, ben, carol, cat, dan"));
    assert_eq!(names.matches(", ").count(), 5, "{names}");
    carol.has_heard_everything();
}

fn heard_by_carol(carol: &mut Peer) -> Value {
    serde_json::from_str(&carol.line()).unwrap()
}

#[test]
fn everybody_reads_everything_once_on_events() {
    everybody_reads_everything_once("events");
}

#[test]
fn everybody_reads_everything_once_on_threads() {
    everybody_reads_everything_once("threads");
}
