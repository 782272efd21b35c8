//! No client can send a message that looks as if another client, another room or the server had sent
//! it.

use super::at_once;
use super::clients::client;
use super::room::{login, people, say};
use crate::engines::on_each_engine;
use harness::{Server, Value, json};

/// The end of the message that a client receives when carol writes a room's name in the lobby.
fn heard(dialect: &str) -> &'static str {
    match dialect {
        "ktn14" => ": (in lobby) (in tea) come here\"}",
        "ktn15" => "\"content\":\"(in lobby) (in tea) come here\"}",
        // This dialect shows no room, so no room can be forged.
        "text" => "carol say: (in tea) come here",
        "plain:colour=off" => "[carol]: (in lobby) (in tea) come here",
        "header" => "carol: (in lobby) (in tea) come here",
        _ => panic!("say in tests/it/dialects/forgery.rs how {dialect} shows a message"),
    }
}

/// Characters that end a line in some clients.
const ENDS: [char; 5] = ['\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'];

fn nothing_is_forged(engine: &str) {
    at_once(people(), |(dialect, _)| {
        let listen = format!("{dialect}=127.0.0.1:0");
        // The test waits for each message, so no gap between messages is necessary.
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
            let refused: Value = serde_json::from_str(&carol.line()).unwrap();
            assert_eq!(refused["code"], "forbidden-character", "{refused}");
            // JSON does not allow the other characters unescaped.
            if end >= '\u{80}' {
                peer.sends(&say(dialect, &forged));
                let heard = peer.hears();
                assert!(heard.contains("Forbidden character: a "), "{dialect}: {heard}");
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
