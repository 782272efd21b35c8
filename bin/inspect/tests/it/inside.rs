//! The hops of a real server in the page of a real browser, and the option `--trace`.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use harness::{Peer, Server, json};

use crate::bench::Inspect;
use crate::browser::Browser;

/// The hops of the row that an expression names, as pairs of a name and a text.
fn hops(browser: &mut Browser, row: &str) -> Vec<(String, String)> {
    browser.value(&format!("view.unfolded.set(({row}).id, 120); choose({row})"));
    browser.sees(&format!("document.querySelector(`#row-${{({row}).id}} .hops`) !== null"));
    let found = browser.value(&format!(
        "[...document.querySelectorAll(`#row-${{({row}).id}} .hops .name`)].map((name) => \
         [name.textContent, name.nextSibling.nextSibling.nextSibling.textContent])"
    ));
    let pairs = found.as_array().unwrap().iter();
    pairs.map(|pair| [0, 1].map(|place| pair[place].as_str().unwrap().to_owned()).into()).collect()
}

fn names(hops: &[(String, String)]) -> Vec<&str> {
    hops.iter().map(|(name, _)| name.as_str()).collect()
}

/// Two people talk to a server that tells its hops. A frame is held, so that frames overtake each other.
pub(crate) fn the_hops_of_a_server(browser: &mut Browser, engine: &str) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("trace");
    let socket = socket.to_str().unwrap();
    // The decoder of `auto` tells the dialect with a frame of its own, which is no frame of the client.
    let arguments = ["--trace", socket, "--listen", "auto=127.0.0.1:0"];
    let server = Server::start_on_disk_with(engine, &arguments);
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.addresses[1].to_string();
    let inspect = ["--listen", "127.0.0.1:0", "--to", &to, "--trace", socket];
    let inspect = Inspect::run(nothing, &inspect);
    browser.resizes(1280, 800, "light");
    browser.opens(&inspect.url());
    browser.sees("view.status === 'live'");
    let (mut alice, mut bob) = (Peer::connect(inspect.address()), Peer::connect(inspect.address()));
    for (peer, name) in [(&mut alice, "alice"), (&mut bob, "bob")] {
        peer.asks(json!({"request": "login", "username": name}));
        peer.hears(json!({"response": "login", "username": name}));
    }
    alice.hears(json!({"response": "join", "username": "bob"}));
    // Frames of one length, of which one is dropped, and others change their places.
    inspect.does(&json!({"do": "pause", "client": 1, "way": "up"}));
    for text in ["one", "two", "six", "ten"] {
        alice.says(text);
    }
    browser.sees("heldRows(view.model).length === 4");
    let held = browser.value("heldRows(view.model).map((row) => row.id)");
    inspect.does(&json!({"do": "drop", "frame": held[1]}));
    for _ in 0..2 {
        inspect.does(&json!({"do": "earlier", "frame": held[3]}));
    }
    inspect.does(&json!({"do": "resume", "client": 1, "way": "up"}));
    for text in ["ten", "one", "six"] {
        alice.hears(json!({"response": "message", "message": text}));
        bob.hears(json!({"response": "message", "message": text}));
    }
    let row = |text: &str, way: &str, client: u32| {
        format!(
            "view.model.rows.find((row) => row.way === '{way}' && row.client === {client} \
             && row.text.includes('{text}'))"
        )
    };
    for text in ["ten", "one", "six"] {
        let sent = row(text, "up", 1);
        browser.sees(&format!("{sent}.inside?.encoded[0]?.pieces.every((it) => it.written)"));
        browser.sees(&format!("{}.piece?.cause === {sent}.inside", row(text, "down", 2)));
    }
    assert_eq!(browser.value(&format!("{}.inside", row("two", "up", 1))), json!(null));
    let login = hops(browser, &row("login", "up", 2));
    let effect = login.iter().find(|(name, _)| name == "effect").unwrap();
    assert_eq!(effect.1, "logged in: alice, bob");
    let message = hops(browser, &row("six", "up", 1));
    let (before, queued) = message.split_at(8);
    let wanted = ["read", "framed", "decoded", "waits", "command", "log", "effect", "encoded"];
    assert_eq!(names(before), wanted);
    assert_eq!(names(queued), ["queued", "written", "queued", "written"]);
    assert_eq!(before[7].1, "for alice, bob");
    assert!(queued[3].1.starts_with("to bob; 0 bytes left"), "{queued:?}");
    let news = hops(browser, &row("six", "down", 2));
    assert_eq!(names(&news), [&wanted[..], &["queued", "written"]].concat());
    let head = browser.value("[...document.querySelectorAll('.hops b')].at(-1).textContent");
    assert!(head.as_str().unwrap().contains("because of “message” of alice"), "{head}");
    // A row is as high as its contents.
    for (width, height) in [(320, 640), (1280, 800)] {
        browser.resizes(width, height, "light");
        browser.sees("document.documentElement.scrollWidth <= innerWidth");
        browser.sees(
            "[...document.querySelectorAll('.row .more')].every((it) => \
             it.getBoundingClientRect().bottom <= it.closest('.row').getBoundingClientRect().bottom)",
        );
    }
    browser.value("view.unfolded.clear(); plan()");
    hops(browser, &row("six", "up", 1));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    browser.resizes(1280, 800, "light");
    let sent = row("six", "up", 1);
    // Few rows may follow it, so that it cannot be the first one in view.
    browser.sees(&format!(
        "((row) => {{ view.follow = false; list.scrollTop = row.top; \
         const most = list.scrollHeight - list.clientHeight; \
         return Math.abs(list.scrollTop - Math.min(row.top, most)) <= 1 \
         && view.unfolded.get(row.id) > 200; }})({sent})"
    ));
    browser.takes_a_picture(&folder.join("inspect-inside.png"));
    // The conversation is saved without the hops.
    let saved = browser.value("fetch(byId('save').href).then((it) => it.text())");
    let saved = saved.as_str().unwrap();
    assert!(saved.contains("\"message\":\"six\"") && !saved.contains("hop"), "{saved}");
    drop(server);
    browser.sees("view.model.rows.some((row) => row.note?.startsWith('no hops any more'))");
    browser.had_no_errors(&inspect.url());
}

#[test]
fn a_socket_without_a_server_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("trace");
    let mut inspect = Command::new(env!("CARGO_BIN_EXE_inspect"));
    inspect.args(["--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--trace"]).arg(&socket);
    let output = inspect.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    let wanted =
        format!("inspect: cannot connect to the trace of the server at {}: ", socket.display());
    assert!(error.starts_with(&wanted), "{error}");
}
