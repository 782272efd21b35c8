//! Nobody says anything that looks as if somebody else, somewhere else, or the server had said it.

use super::at_once;
use super::clients::client;
use super::room::{login, people, say};
use crate::engines::on_each_engine;
use harness::{Server, json};

/// What a person of each dialect hears when carol says in the lobby that it is said in a room.
fn heard(dialect: &str) -> &'static str {
    match dialect {
        "ktn14" => ": (in lobby) (in tea) come here\"}",
        "ktn15" => "\"content\":\"(in lobby) (in tea) come here\"}",
        // No place is told in this dialect, so none can be forged.
        "text" => "carol say: (in tea) come here",
        "plain:colour=off" => "[carol]: (in lobby) (in tea) come here",
        "header" => "carol: (in lobby) (in tea) come here",
        _ => panic!("say in tests/it/dialects/forgery.rs how {dialect} shows a message"),
    }
}

/// Characters at which some client ends a line.
const ENDS: [char; 5] = ['\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'];

fn nothing_is_forged(engine: &str) {
    at_once(people(), |(dialect, _)| {
        let listen = format!("{dialect}=127.0.0.1:0");
        // Each message is waited for, so nothing need keep two of them apart.
        let server = Server::start(engine, &["--listen", &listen, "--gap=0"]);
        let mut carol = server.login("carol");
        let mut peer = client(dialect, server.addresses[1]);
        if let Some(login) = login(dialect, "eve") {
            peer.sends(&login);
        }
        carol.hears(json!({"response": "join"}));
        if dialect != "header" {
            peer.hears();
        }

        carol.says("(in tea) come here");
        carol.hears(json!({"response": "message", "message": "(in tea) come here"}));
        let shown = peer.hears();
        assert!(shown.ends_with(heard(dialect)), "{dialect}: {shown}");

        for end in ENDS {
            let forged = format!("hi{end}server say: bye");
            carol.says(&forged);
            carol.hears(json!({"response": "message", "error": "Forbidden character!"}));
            // The others of these are no JSON where they stand as they are.
            if end >= '\u{80}' {
                peer.sends(&say(dialect, &forged));
                let heard = peer.hears();
                assert!(heard.contains("Forbidden character!"), "{dialect}: {heard}");
            }
        }
        let mut stranger = server.connect();
        for name in ["127_0_0_1_7000", "127_0_0_01_7000", "127_0_0_1_07000", "Server", "you"] {
            stranger.asks(json!({"request": "login", "username": name}));
            stranger.hears(json!({"response": "login", "error": "Name already taken!"}));
        }
        carol.has_heard_everything();
    });
}

#[test]
fn nothing_can_be_forged() {
    on_each_engine(nothing_is_forged);
}
