//! The options of the programs: a wrong value gets an error that names it.

use assert_cmd::Command;
use harness::clients::empty_home;
use predicates::str::contains;

#[test]
fn a_wrong_option_is_named_before_the_client_connects() {
    let home = empty_home();
    for (arguments, error) in [
        (
            &["--reconnect", "--no-reconnect"][..],
            "'--reconnect' cannot be used with '--no-reconnect'",
        ),
        (&["--json", "--timestamps"], "'--json' cannot be used with '--timestamps'"),
        (&["--color", "sometimes"], "[possible values: auto, always, never]"),
        (&["--name", ""], "a value is required for '--name <NAME>'"),
        (&[":1:2"], "client: a port is a number from 1 to 65535, not \"1:2\""),
        (&["host:99999"], "client: a port is a number from 1 to 65535, not \"99999\""),
        (
            &["http://host:7/"],
            "client: the server is HOST, HOST:PORT or :PORT, so write \"host:7\"",
        ),
        (&[""], "client: the server is HOST, HOST:PORT or :PORT; \"\" names no host"),
        (&["--password-file", "/nowhere"], "client: --password-file needs --name NAME"),
        (&["--name", "alice", "--replace"], "--password-file <FILE>"),
    ] {
        let mut client = Command::from_std(harness::client(home.path()));
        client.args(arguments).assert().code(2).stdout("").stderr(contains(error));
    }
}

#[test]
fn a_wrong_value_in_the_servers_configuration_names_the_field_and_what_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    for (line, error) in [
        ("guests = false", "line 2: expected \"on\" or \"off\", not false in `guests`"),
        (
            "register = \"maybe\"",
            "line 2: `maybe` is no possible value; possible are `on` or `off`",
        ),
        ("limit-loopback = 1", "expected \"on\" or \"off\", not the number 1 in `limit-loopback`"),
        ("retain = 90", "expected a text in quotes, not the number 90 in `retain`"),
        ("backlog = \"x\"", "expected a whole number, not the text \"x\" in `backlog`"),
    ] {
        std::fs::write(&file, format!("log = \"off\"\n{line}\n")).unwrap();
        let mut server = Command::from_std(harness::server());
        server.arg("--config").arg(&file).assert().code(2).stdout("").stderr(contains(error));
    }
}

/// The configuration file of the README starts a server as the page describes it.
#[test]
fn the_configuration_of_the_readme_works() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let example = rest.split("```").next().unwrap();
    assert!(example.contains("guests = \"off\"") && example.contains("retain = "), "{example}");
    // Free ports of this machine only, instead of the ports of the page.
    let mut local = example.replace("0.0.0.0:49512", "127.0.0.1:0");
    local = local.replace("127.0.0.1:49514", "127.0.0.1:0");
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    local = local.replace("\"[::]:49512\", ", if has_ipv6 { "\"[::1]:0\", " } else { "" });
    assert!(!local.contains("4951"), "{local}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    std::fs::write(&file, local).unwrap();
    let arguments = ["--config", file.to_str().unwrap(), "--data", ":memory:"];
    let server = harness::Server::start_with(&arguments, if has_ipv6 { 3 } else { 2 });
    let mut guest = server.connect();
    guest.asks(harness::json!({"request": "login", "username": "alice"}));
    assert!(guest.line().contains("\"error\""), "a guest is let in");
    let password = "correct horse";
    guest.asks(harness::json!({"request": "register", "username": "alice", "password": password}));
    guest.hears(harness::json!({"response": "register", "username": "alice"}));
    guest.asks(harness::json!({"request": "login", "username": "alice", "password": password}));
    guest.hears(harness::json!({"response": "login", "username": "alice"}));
}
