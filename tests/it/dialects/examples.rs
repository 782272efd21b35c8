//! The examples of `handout/protocol.md` for the dialects besides `json`. The peer `carol` speaks
//! `json`, the others speak the dialect.

use std::collections::HashMap;

use super::clients::{Client, client};
use super::{GAP, at_once};
use crate::engines::on_each_engine;
use harness::examples::{examples, fits, keys, reads};
use harness::{Peer, Server, Value};

const PROTOCOL: &str = include_str!("../../../handout/protocol.md");

/// Makes a test of the examples of each of these dialects. It runs them on every engine.
macro_rules! examples_of {
    ($($test:ident $dialect:literal)*) => {
        $(#[test]
        fn $test() {
            on_each_engine(|engine| run($dialect, engine));
        })*

        #[test]
        fn every_dialect_has_examples() {
            let told = [$($dialect),*];
            for entry in parse::dialect::DIALECTS {
                let name = entry.name;
                let here = told.iter().any(|dialect| dialect.split(':').next() == Some(name));
                // `protocol.rs` runs the examples of `json`. A client of `auto` speaks another dialect.
                let listed = here || ["json", "auto"].contains(&name);
                assert!(listed, "add {name} to the list in tests/it/dialects/examples.rs");
                let section = PROTOCOL.contains(&format!("\n## {name}\n"));
                assert!(section, "handout/protocol.md has no section {name}");
            }
        }
    };
}

examples_of! {
    ktn14 "ktn14"
    ktn15 "ktn15"
    ktn15_with_objects "ktn15:history=objects"
    text "text"
    menu "menu"
    menu_with_an_administrator "menu:admin=root"
    plain "plain:colour=off"
    header "header"
}

fn run(dialect: &str, engine: &str) {
    let examples = examples(PROTOCOL, dialect);
    assert!(!examples.is_empty(), "the examples of {dialect} are not found any more");
    at_once(examples, |(first, lines)| {
        let listen = format!("{dialect}=127.0.0.1:0");
        let server = Server::start_on_disk_with(engine, &["--listen", &listen, GAP]);
        server.add_root();
        let mut carol = None;
        let mut others: HashMap<&str, Box<dyn Client>> = HashMap::new();
        for (index, line) in lines.into_iter().enumerate() {
            let place = format!("handout/protocol.md:{}", first + index);
            let (who, rest) = line.split_once(' ').unwrap();
            let (way, what) = rest.split_at(1);
            let what = what.strip_prefix(' ').unwrap_or(what);
            if who == "carol" {
                speaks_json(carol.get_or_insert_with(|| server.connect()), way, what, &place);
                continue;
            }
            let peer = others.entry(who).or_insert_with(|| client(dialect, server.addresses[1]));
            match (way, what) {
                (">", "(hangs up)") => drop(others.remove(who)),
                (">", text) => peer.sends(text),
                (_, "(hangs up)") => peer.is_hung_up_on(),
                (_, written) => {
                    let heard = peer.hears().replace('\n', "\\n");
                    assert!(is_heard(&heard, written), "{place}: heard {heard}");
                }
            }
        }
    });
}

/// Whether a received frame matches the example. The keys of an object must be in the same order.
fn is_heard(heard: &str, written: &str) -> bool {
    match serde_json::from_str::<Value>(written) {
        Ok(written) if written.is_object() => {
            let heard: Value = serde_json::from_str(heard).unwrap_or_default();
            fits(&heard, &written) && keys(&heard) == keys(&written)
        }
        _ => reads(heard, written),
    }
}

fn speaks_json(peer: &mut Peer, way: &str, what: &str, place: &str) {
    if way == ">" {
        return peer.sends(format!("{what}\n").as_bytes());
    }
    let heard = peer.line();
    assert!(is_heard(&heard, what), "{place}: heard {heard}");
}
