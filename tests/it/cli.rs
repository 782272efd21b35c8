//! The arguments of the server, its ready lines, its exit codes and its drain.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use assert_cmd::Command;
use harness::{Peer, Server, json, story, story_also_over_tls};
use parse::EngineKind;
use predicates::str::{contains, is_match};

fn server() -> Command {
    Command::from_std(harness::server())
}

#[test]
fn bad_arguments_are_one_line_and_exit_code_2() {
    for (arguments, says) in [
        (vec!["--listen", "127.0.0.1"], "cannot listen on \"127.0.0.1\""),
        (vec!["--listen", "nowhere.invalid:1"], "cannot listen on \"nowhere.invalid:1\""),
        (vec!["--listen", "klingon=127.0.0.1:0"], "no dialect is called \"klingon\""),
        (
            vec!["--listen", "plain:colour=pink=127.0.0.1:0"],
            "colour of plain cannot be \"pink\"; it can be: on, off",
        ),
        (
            vec!["--listen", "plain:colour=off"],
            "cannot listen on \"plain:colour=off\": expected HOST:PORT, as in 0.0.0.0:49512",
        ),
        (vec!["--engine", "steam"], "no engine is called \"steam\""),
        (vec!["--log", "loud"], "unknown log level \"loud\""),
        (vec!["--retain", "much"], "invalid value \"much\" for --retain"),
        (
            vec!["--retain", "90"],
            "invalid value \"90\" for --retain; write 90d for the messages of 90 days; a number of \
             messages is 1000 or more",
        ),
        (
            vec!["--guests", "off", "--listen", "plain=127.0.0.1:0"],
            "a listener of plain cannot be used with --guests off: that dialect has no login",
        ),
        (vec!["--guests", "some"], "invalid value 'some' for '--guests <ON|OFF>'"),
        (vec!["account", "add"], "the following required arguments were not provided"),
        (vec!["--frame-limit", "0"], "invalid value '0' for '--frame-limit <BYTES>'"),
        (
            vec!["--listen", "tls:json=127.0.0.1:0"],
            "a listener for TLS needs --tls-cert FILE and --tls-key FILE",
        ),
        (
            vec!["--tls-cert", "cert.pem", "--tls-key", "key.pem"],
            "--tls-cert and --tls-key need a listener: --listen tls:auto=0.0.0.0:49513",
        ),
        (vec!["cert"], "the following required arguments were not provided"),
        (vec!["--fly"], "unexpected argument '--fly'"),
        (vec!["--config", "/nowhere.toml"], "/nowhere.toml: No such file"),
    ] {
        server().args(arguments).assert().code(2).stdout("").stderr(contains(says));
    }
}

#[test]
fn every_dialect_is_listed_and_can_have_a_listener() {
    let listed = server().arg("--dialects").assert().success().stderr("");
    let listed = String::from_utf8(listed.get_output().stdout.clone()).unwrap();
    // The indented lines below a dialect are its options.
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let all: Vec<&str> = parse::dialect::DIALECTS.iter().map(|entry| entry.name).collect();
    assert_eq!(names, all, "{listed}");
    assert!(listed.contains("ktn15:history=messages|objects|strings: "), "{listed}");
    for name in names {
        let listen = format!("{name}=127.0.0.1:0");
        Server::start_with(&["--listen", &listen, "--data", ":memory:"], 1);
    }
}

#[test]
fn a_taken_port_is_one_line_and_exit_code_3() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let says = format!("^server: cannot listen on {address}: Address already in use.*\n$");
    server()
        .args(["--log", "off", "--data", ":memory:"])
        .args(["--listen", "127.0.0.1:0", "--listen", &address])
        .assert()
        .code(3)
        .stdout("")
        .stderr(is_match(says).unwrap());
}

#[test]
fn help_names_every_option_of_the_configuration_file() {
    let help = server().arg("--help").assert().success();
    let help = String::from_utf8(help.get_output().stdout.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    fs::write(&file, "fly = true\n").unwrap();
    let refused = server().arg("--config").arg(&file).assert().code(2).get_output().clone();
    let refused = String::from_utf8(refused.stderr).unwrap();
    let options: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
    assert!(options.len() > 10, "{refused}");
    for option in options {
        assert!(help.contains(&format!("--{option}")), "{option} is not in\n{help}");
    }
}

#[test]
fn a_mistake_in_the_configuration_file_is_reported_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    for (text, says) in [
        ("keep = 3\nfly = true\n", "server.toml, line 2: unknown field `fly`"),
        ("keep = 3\n\nframe-limit = 0\n", "server.toml, line 3: invalid value: integer `0`"),
        ("keep =\n", "server.toml, line 1: "),
        ("engine = \"steam\"\n", "no engine is called \"steam\""),
    ] {
        fs::write(&file, text).unwrap();
        let config = file.to_str().unwrap();
        server().args(["--config", config]).assert().code(2).stdout("").stderr(contains(says));
    }
}

#[test]
fn a_flag_overrides_the_configuration_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    fs::write(
        &file,
        "listen = ['127.0.0.1:0', 'json=127.0.0.1:0']\ntext-limit = 5\nname-limit = 3\n",
    )
    .unwrap();
    let config = file.to_str().unwrap();
    let server =
        Server::start_with(&["--config", config, "--data", ":memory:", "--text-limit", "7"], 2);
    let mut bob = Peer::connect(server.addresses[1]);
    bob.asks(json!({"request": "login", "username": "bobby"}));
    bob.hears(json!({"response": "login", "error": "Invalid username!"}));
    bob.asks(json!({"request": "login", "username": "bob"}));
    bob.hears(json!({"response": "login"}));
    let mut amy = Peer::connect(server.addresses[0]);
    amy.asks(json!({"request": "login", "username": "amy"}));
    amy.hears(json!({"response": "login"}));
    bob.hears(json!({"response": "join", "username": "amy", "online": 2}));
    bob.says("1234567");
    amy.hears(json!({"response": "message", "message": "1234567"}));
    amy.says("12345678");
    amy.hears(json!({"response": "message", "error": "Message too long!"}));
}

#[test]
fn a_host_name_gets_a_listener_for_each_address_on_one_port() {
    let mut wanted = Vec::new();
    for address in ("localhost", 0).to_socket_addrs().unwrap() {
        // A machine may know a name for an address that it cannot use.
        if TcpListener::bind(address).is_ok() && !wanted.contains(&address.ip()) {
            wanted.push(address.ip());
        }
    }
    let arguments = ["--listen", "json=localhost:0", "--data", ":memory:"];
    let server = Server::start_with(&arguments, wanted.len());
    let listening: Vec<_> = server.addresses.iter().map(SocketAddr::ip).collect();
    assert_eq!(listening, wanted);
    for address in &server.addresses {
        assert_eq!(address.port(), server.address().port());
        Peer::connect(*address).has_heard_everything();
    }
}

#[test]
fn ipv6_leaves_the_same_port_of_ipv4_free() {
    if TcpListener::bind("[::1]:0").is_err() {
        return harness::skipped("this machine has no IPv6");
    }
    for engine in EngineKind::ALL {
        // Another program may use the same port of IPv4, but not five times.
        let is_free = (0..5).any(|_| {
            let listen =
                ["--listen", "json=[::]:0", "--engine", engine.name(), "--data", ":memory:"];
            let server = Server::start_with(&listen, 1);
            let port = server.address().port();
            Peer::connect((Ipv6Addr::LOCALHOST, port).into()).has_heard_everything();
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
        });
        assert!(is_free, "{engine}");
    }
}

story!(
    /// A load balancer connects and closes the connection without sending. Half of these checks reset.
    health_checks_are_not_in_the_log,
    ["--listen", "auto=127.0.0.1:0", "--listen", "plain=127.0.0.1:0"],
    |server| {
        for number in 0..300 {
            let check = Peer::connect(server.addresses[number % 3]);
            if number % 2 == 0 {
                check.resets();
            }
        }
        let alice = server.login("alice");
        drop(alice);
        let log = server.log_until("disconnected");
        let said: Vec<&String> = log.iter().filter(|line| line.contains("connected")).collect();
        assert_eq!(said.len(), 2, "only alice is logged: {said:#?}");
        let logins: Vec<&String> = log.iter().filter(|line| line.contains("logged in")).collect();
        assert!(matches!(*logins, [line] if line.contains("alice")), "{logins:#?}");
        assert!(said[0].contains("connected") && said[0].contains("INFO"), "{said:#?}");
    }
);

story!(the_log_says_who_came_and_went, |server| {
    let mut alice = server.login("alice");
    server.logs("logged in peer=1 name=\"alice\"");
    alice.asks(json!({"request": "logout"}));
    alice.hears(json!({"response": "logout"}));
    server.logs("logged out peer=1 name=\"alice\"");
    // A login elsewhere ends this session.
    let mut bob = server.login("bob");
    let account = json!({"request": "register", "username": "bob", "password": "correct horse"});
    bob.asks(account);
    bob.hears(json!({"response": "register"}));
    let mut elsewhere = server.connect();
    let login = json!({"request": "login", "username": "bob", "password": "correct horse", "replace": true});
    elsewhere.asks(login);
    elsewhere.hears(json!({"response": "login"}));
    server.logs("logged out peer=2 name=\"bob\"");
});

story_also_over_tls!(sigterm_drains, |server| {
    drains_on(server, "TERM");
});

story!(sigint_drains, |server| {
    drains_on(server, "INT");
});

fn drains_on(mut server: Server, signal: &str) {
    let mut alice = server.login("alice");
    let mut unnamed = server.connect();
    unnamed.has_heard_everything();
    alice.says("last words");
    alice.hears(json!({"response": "message", "message": "last words"}));
    server.signal(signal);
    for peer in [&mut alice, &mut unnamed] {
        peer.hears(json!({"response": "notice", "message": "The server is shutting down."}));
        peer.is_hung_up_on();
    }
    drop((alice, unnamed));
    assert_eq!(server.exit_code(), 0);
}

story!(a_drain_ends_although_a_peer_stays_connected, ["--drain-limit", "1"], |server| {
    let mut server = server;
    let mut alice = server.login("alice");
    server.signal("TERM");
    alice.hears(json!({"response": "notice"}));
    assert_eq!(server.exit_code(), 0);
});

story!(
    /// More bytes are queued for the sleeper than the buffers of the system hold, so the drain would
    /// last for an hour.
    a_second_signal_ends_the_drain,
    ["--drain-limit", "3600", "--stall-limit", "3600", "--outbox-limit", "100000000"],
    |server| {
        let mut server = server;
        let mut sleeper = server.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        sleeper.hears(json!({"response": "login"}));
        let mut alice = server.login("alice");
        assert_eq!(alice.says_often(&"x".repeat(4096), 600), None);
        server.signal("TERM");
        server.logs("draining");
        alice.hears(json!({"response": "notice"}));
        server.signal("TERM");
        assert_eq!(server.exit_code(), 128 + 15);
    }
);
