//! The network between a server and Redis fails.

use std::time::Duration;

use harness::{DEADLINE, Fault, LEASE, Peer, Proxy, Server, Value, json, wait_until};

use super::{Chat, history, login, next_message};

/// A chat with alice at a server behind a proxy, and bob at another server.
struct Scene {
    proxy: Proxy,
    alice: Peer,
    bob: Peer,
    /// The server of alice.
    behind: Server,
    _other: Server,
    _chat: Chat,
}

impl Scene {
    fn start() -> Option<Scene> {
        let chat = Chat::start()?;
        let proxy = Proxy::start(&chat.redis.socket());
        let (behind, other) = (chat.server_behind(&proxy, "behind"), chat.server("other"));
        let mut alice = login(&behind, "alice");
        let bob = login(&other, "bob");
        alice.hears(json!({"response": "join", "username": "bob"}));
        Some(Scene { proxy, alice, bob, behind, _other: other, _chat: chat })
    }

    /// Checks that both hear a message of alice once, and nothing else.
    fn talk(&mut self, text: &str) {
        self.alice.says(text);
        for peer in [&mut self.alice, &mut self.bob] {
            peer.hears(json!({"response": "message", "username": "alice", "message": text}));
            peer.has_heard_everything();
        }
    }
}

#[test]
fn a_slow_network_and_one_that_splits_lose_nothing() {
    let Some(mut scene) = Scene::start() else { return };
    for fault in [Fault::Delay(Duration::from_millis(100)), Fault::Split, Fault::None] {
        scene.proxy.has(fault);
        for number in 0..5 {
            scene.talk(&format!("{number} with {fault:?}"));
        }
    }
}

#[test]
fn a_message_whose_reply_was_lost_is_not_doubled() {
    let Some(mut scene) = Scene::start() else { return };
    let (mut lost_replies, mut acknowledged) = (0, Vec::new());
    for round in 0..50 {
        if lost_replies == 3 {
            break;
        }
        let text = format!("message {round}");
        let alice = &mut scene.alice;
        wait_until("alice can send", DEADLINE, || {
            alice.asks(json!({"request": "message", "message": "can I?", "tag": 0}));
            let mut answers = std::iter::repeat_with(|| next_message(alice));
            answers.find(|answer| answer["tag"] == 0).unwrap().get("error").is_none()
        });
        scene.proxy.has(Fault::NoReplies);
        scene.alice.asks(json!({"request": "message", "message": text, "tag": text}));
        let tick = format!("tick {round}");
        scene.bob.says(&tick);
        loop {
            let heard = next_message(&mut scene.bob);
            // Redis has the message of alice, and her server does not know that.
            lost_replies += u32::from(heard["message"] == text);
            if heard["message"] == tick {
                break;
            }
        }
        scene.proxy.has(Fault::Cut);
        scene.proxy.has(Fault::None);
        loop {
            let heard = next_message(&mut scene.alice);
            if heard["tag"] == text {
                acknowledged.extend(heard.get("error").is_none().then_some(text));
                break;
            }
        }
    }
    assert_eq!(lost_replies, 3);
    for peer in [&mut scene.alice, &mut scene.bob] {
        let texts = history(peer).into_iter().map(|(_, text)| text);
        let of_alice: Vec<String> = texts.filter(|text| text.starts_with("message")).collect();
        assert_eq!(of_alice, acknowledged, "what was acknowledged is there once");
    }
}

#[test]
fn a_short_cut_costs_nobody_a_session_and_no_message() {
    let Some(mut scene) = Scene::start() else { return };
    scene.proxy.has(Fault::Cut);
    // The server does not know whether Redis has this message, so it answers after the cut.
    scene.alice.says("in flight");
    scene.behind.logs("Redis does not answer (to append)");
    scene.alice.says("refused");
    let refused = next_message(&mut scene.alice);
    assert_eq!(refused["code"], "not-kept", "{refused}");
    scene.proxy.has(Fault::None);
    scene.alice.hears(json!({"response": "message", "message": "in flight"}));
    scene.bob.hears(json!({"response": "message", "message": "in flight"}));
    scene.talk("the end");
}

#[test]
fn a_cut_longer_than_the_lease_ends_the_sessions() {
    let Some(mut scene) = Scene::start() else { return };
    scene.proxy.has(Fault::Cut);
    scene.bob.waits_up_to(LEASE + DEADLINE);
    scene.bob.hears(json!({"response": "leave", "username": "alice", "broken": true}));
    scene.proxy.has(Fault::None);
    let line = scene.alice.line();
    let notice: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(notice["message"], "This server was cut off from the chat. Log in again.");
    scene.alice.is_hung_up_on();
    scene.alice = login(&scene.behind, "alice");
    scene.bob.hears(json!({"response": "join", "username": "alice", "online": 2}));
    scene.talk("back");
}
