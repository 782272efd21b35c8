//! People chat: messages, whispers, the backlog, and leaving.

use harness::{Peer, Server, Value, json, story, story_also_over_tls};

story_also_over_tls!(three_people_talk, |server| {
    let mut alice = server.login("alice");
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
    let mut carol = server.login("carol");
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "join", "username": "carol", "online": 3}));
    }
    bob.says("hello, all");
    for peer in [&mut alice, &mut bob, &mut carol] {
        let heard =
            peer.hears(json!({"response": "message", "username": "bob", "message": "hello, all"}));
        assert_eq!(heard["id"], 1);
        assert!(heard["timestamp"].as_str().unwrap().ends_with('Z'), "{heard}");
    }
    carol.asks(json!({"request": "names"}));
    carol.hears(json!({"response": "names", "names": ["alice", "bob", "carol"]}));
    for peer in [&mut alice, &mut bob, &mut carol] {
        peer.has_heard_everything();
    }
});

story!(a_whisper_reaches_only_its_sender_and_its_recipient, |server| {
    let (mut alice, mut bob, mut carol) = three(&server);
    alice.asks(json!({"request": "message", "message": "psst", "to": "Bob", "tag": [1]}));
    let whisper =
        json!({"response": "message", "username": "alice", "to": "bob", "message": "psst"});
    assert_eq!(alice.hears(whisper.clone())["tag"], json!([1]));
    assert_eq!(bob.hears(whisper).get("tag"), None);
    carol.asks(json!({"request": "history"}));
    carol.hears(json!({"response": "history", "messages": [], "more": false}));
});

story_also_over_tls!(all_clients_receive_messages_in_the_same_order, |server| {
    let people: Vec<Peer> = (0..6).map(|number| server.login(&format!("p{number}"))).collect();
    let heard: Vec<Vec<String>> = std::thread::scope(|scope| {
        let talk = |(number, mut peer): (usize, Peer)| {
            // The joins of later clients are still unread.
            let mut texts = Vec::new();
            for turn in 0..20 {
                peer.says(&format!("p{number} {turn}"));
            }
            while texts.len() < 6 * 20 {
                let line: Value = serde_json::from_str(&peer.line()).unwrap();
                if line["response"] == "message" {
                    texts.push(line["message"].as_str().unwrap().to_owned());
                }
            }
            // The peer stays connected until all threads have read everything.
            (peer, texts)
        };
        let threads: Vec<_> =
            people.into_iter().enumerate().map(|each| scope.spawn(move || talk(each))).collect();
        let done: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        done.into_iter().map(|(_, texts)| texts).collect()
    });
    for texts in &heard {
        assert_eq!(texts, &heard[0], "the order that p0 received");
    }
    for number in 0..6 {
        let of = |text: &&String| text.starts_with(&format!("p{number} "));
        let own: Vec<String> = heard[0].iter().filter(of).cloned().collect();
        let want: Vec<String> = (0..20).map(|turn| format!("p{number} {turn}")).collect();
        assert_eq!(own, want, "the order that one sender sent");
    }
});

story!(a_login_answers_with_the_backlog_and_history_pages_back, ["--backlog", "2"], |server| {
    let mut alice = server.login("alice");
    for text in ["one", "two", "three"] {
        alice.says(text);
        alice.hears(json!({"response": "message", "message": text}));
    }
    let mut bob = server.connect();
    bob.asks(json!({"request": "login", "username": "bob"}));
    let login = bob.hears(json!({"response": "login", "username": "bob"}));
    let texts = |answer: &Value| -> Vec<String> {
        let messages = answer["messages"].as_array().unwrap();
        messages.iter().map(|message| message["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&login), ["two", "three"]);
    let oldest = login["messages"][0]["id"].clone();
    bob.asks(json!({"request": "history", "before": oldest, "limit": 5}));
    let page = bob.hears(json!({"response": "history", "more": false}));
    assert_eq!(texts(&page), ["one"]);
});

story_also_over_tls!(every_way_of_leaving_is_announced_once_and_frees_the_name, |server| {
    let mut alice = server.login("alice");
    for way in ["logout", "finish", "drop", "reset"] {
        let mut bob = server.login("bob");
        alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
        match way {
            "logout" => {
                bob.asks(json!({"request": "logout"}));
                bob.hears(json!({"response": "logout", "username": "bob"}));
                bob.has_heard_everything();
            }
            "finish" => {
                bob.finishes();
                bob.is_hung_up_on();
            }
            "drop" => drop(bob),
            _ => bob.resets(),
        }
        alice.hears(json!({"response": "leave", "username": "bob", "online": 1}));
        alice.has_heard_everything();
    }
});

story_also_over_tls!(requests_sent_before_the_end_of_a_stream_are_answered, |server| {
    let mut alice = server.login("alice");
    let mut bob = server.connect();
    bob.sends(b"{\"request\":\"login\",\"username\":\"bob\"}\n{\"request\":\"message\",\"message\":\"hi and bye\"}\n{\"request\":\"names\"}\n");
    bob.finishes();
    bob.hears(json!({"response": "login"}));
    bob.hears(json!({"response": "message", "message": "hi and bye"}));
    bob.hears(json!({"response": "names", "names": ["alice", "bob"]}));
    bob.is_hung_up_on();
    alice.hears(json!({"response": "join"}));
    alice.hears(json!({"response": "message", "username": "bob"}));
    alice.hears(json!({"response": "leave", "username": "bob"}));
});

/// The bytes of a session. Each request in it leads to one line for the sender.
const SESSION: &[u8] = b"{\"request\":\"names\"}\n\n{\"request\":\"login\",\"username\":\"alice\",\"tag\":1}\r\n{\"request\":\"message\",\"message\":\"h\xc3\xa9llo\"}\nnonsense\n{\"request\":\"fly\"}\n{\"request\":\"logout\"}\n";
/// The number of those lines.
const ANSWERS: usize = 6;

/// Returns the answers to the session when it is written in this way, without timestamps.
fn transcript(server: &Server, write: impl FnOnce(&mut Peer)) -> Vec<String> {
    let mut peer = server.connect();
    write(&mut peer);
    let mut lines: Vec<Value> =
        (0..ANSWERS).map(|_| serde_json::from_str(&peer.line()).unwrap()).collect();
    for line in &mut lines {
        let line = line.as_object_mut().unwrap();
        for key in ["timestamp", "id", "messages"] {
            line.shift_remove(key);
        }
    }
    peer.finishes();
    peer.is_hung_up_on();
    lines.iter().map(Value::to_string).collect()
}

story_also_over_tls!(the_answers_do_not_depend_on_how_the_bytes_are_split, |server| {
    let whole = transcript(&server, |peer| peer.sends(SESSION));
    assert_eq!(
        whole,
        [
            r#"{"response":"names","error":"You are not logged in!","code":"not-logged-in"}"#,
            r#"{"response":"login","username":"alice","tag":1}"#,
            r#"{"response":"message","username":"alice","message":"héllo"}"#,
            r#"{"response":"error","error":"Not a JSON object: expected ident at line 1 column 2","code":"not-an-object"}"#,
            r#"{"response":"fly","error":"Unknown request!","code":"unknown-request"}"#,
            r#"{"response":"logout","username":"alice"}"#,
        ]
    );
    let by_byte = transcript(&server, |peer| SESSION.chunks(1).for_each(|byte| peer.sends(byte)));
    assert_eq!(by_byte, whole, "a byte at a time");
    for cut in 1..SESSION.len() {
        let (first, second) = SESSION.split_at(cut);
        let cut_in_two = transcript(&server, |peer| {
            peer.sends(first);
            peer.sends(second);
        });
        assert_eq!(cut_in_two, whole, "cut at {cut}");
    }
});

fn three(server: &Server) -> (Peer, Peer, Peer) {
    let mut alice = server.login("alice");
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    let carol = server.login("carol");
    alice.hears(json!({"response": "join", "username": "carol"}));
    bob.hears(json!({"response": "join", "username": "carol"}));
    (alice, bob, carol)
}
