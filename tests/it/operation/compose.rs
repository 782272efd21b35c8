//! The compose file: its command lines start servers that are one chat, and the balancer knows them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness::{Redis, Server, json};

fn deployed(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("handout/deploy").join(file))
        .unwrap()
}

/// The name and the arguments of each server in the compose file.
fn commands(compose: &str) -> BTreeMap<String, Vec<String>> {
    let anchors: BTreeMap<&str, &str> = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- &")?.split_once(' '))
        .collect();
    let mut commands = BTreeMap::new();
    let mut service = "";
    for line in compose.lines() {
        if let Some(name) = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':')) {
            service = name;
        }
        let list = line.trim().strip_prefix("command: [").and_then(|rest| rest.strip_suffix(']'));
        if let Some(list) = list {
            let arguments = list.split(", ").map(|argument| match argument.strip_prefix('*') {
                Some(anchor) => anchors[anchor].to_owned(),
                None => argument.to_owned(),
            });
            commands.insert(service.to_owned(), arguments.collect());
        }
    }
    commands
}

#[test]
fn the_servers_of_the_compose_file_are_one_chat() {
    let commands = commands(&deployed("compose.yaml"));
    assert_eq!(commands.keys().collect::<Vec<_>>(), ["one", "three", "two"]);
    let balancer = deployed("haproxy.cfg");
    let Some(redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let servers: Vec<Server> = commands
        .iter()
        .map(|(name, arguments)| {
            assert!(arguments.contains(&format!("--server-name={name}")), "{arguments:?}");
            assert!(balancer.contains(&format!("server {name} {name}:49512")), "{balancer}");
            let view = folder.path().join(name);
            let arguments: Vec<String> = arguments
                .iter()
                .map(|argument| {
                    argument
                        .replace("0.0.0.0:49512", "127.0.0.1:0")
                        .replace("redis://redis:6379/0?chat=department", &redis.url("department"))
                        .replace("/var/lib/strata/server.db", view.to_str().unwrap())
                })
                .collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            Server::start_with(&arguments, 1)
        })
        .collect();
    let mut alice = servers[0].login("alice");
    let mut bob = servers[1].login("bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    bob.says("hello");
    alice.hears(json!({"response": "message", "username": "bob", "message": "hello"}));
}
