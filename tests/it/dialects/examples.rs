//! The examples of `handout/protocol.md` for the dialects besides `json`.

use super::{GAP, at_once};
use crate::engines::on_each_engine;
use crate::protocol::send;
use harness::Server;
use harness::examples::{examples, play};

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
    let examples = examples("handout/protocol.md", PROTOCOL, dialect);
    assert!(!examples.is_empty(), "the examples of {dialect} are not found any more");
    at_once(&examples, |example| {
        let listen = format!("{dialect}=127.0.0.1:0");
        let server = Server::start_on_disk_with(engine, &["--listen", &listen, GAP]);
        server.add_root();
        play(&server, example, send);
    });
}
