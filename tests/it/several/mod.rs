//! Several servers are one chat, with a log on Redis that all of them share.
//!
//! These stories need `redis-server`, and say that they are skipped without it. A longer test with
//! many clients is the storm (`tests/storm`), and [`storm`] runs a short one.

mod failures;
mod mistakes;
mod network;
mod starts;
mod storm;
mod talk;
mod upkeep;

use std::process::Stdio;
use std::time::{Duration, Instant};

use harness::{
    DEADLINE, Peer, Proxy, ROOTS_PASSWORD, Redis, Server, Value, json, server, write_private,
};
use tempfile::TempDir;

/// The longest time for which a person is still here after their server died.
const GHOST: Duration = Duration::from_secs(15);

/// A Redis, and a folder for the views of the servers.
struct Chat {
    redis: Redis,
    folder: TempDir,
}

impl Chat {
    /// Starts a Redis, or says why the test is skipped.
    fn start() -> Option<Chat> {
        Some(Chat { redis: Redis::start()?, folder: tempfile::tempdir().unwrap() })
    }

    /// Starts the server of this name. A server that is started again has its earlier view.
    fn server(&self, name: &str) -> Server {
        self.run(name, &self.redis.url("chat"))
    }

    /// Starts the server of this name. It reaches Redis through this proxy.
    fn server_behind(&self, proxy: &Proxy, name: &str) -> Server {
        self.run(name, &proxy.url("chat"))
    }

    /// Creates the account `root`, an administrator with the password [`ROOTS_PASSWORD`].
    fn add_root(&self) {
        let password = self.folder.path().join("password");
        write_private(&password, ROOTS_PASSWORD);
        let mut account = server();
        account.args(["account", "add", "root", "--admin", "--shared", &self.redis.url("chat")]);
        account.arg("--password-file").arg(password).stdout(Stdio::null());
        assert!(account.status().unwrap().success());
    }

    fn run(&self, name: &str, url: &str) -> Server {
        let view = self.folder.path().join(format!("{name}.db"));
        let view = view.to_str().unwrap();
        Server::start("events", &["--data", view, "--shared", url, "--server-name", name])
    }
}

/// Logs a peer in at a server that may still have to join the chat.
fn login(server: &Server, name: &str) -> Peer {
    let until = Instant::now() + DEADLINE;
    loop {
        let mut peer = server.connect();
        peer.asks(json!({"request": "login", "username": name, "tag": "login"}));
        // The server may close the connection when it joins the chat again.
        let answer = peer.line_before_the_end();
        if answer.as_ref().is_some_and(|line| !line.contains("\"error\"")) {
            return peer;
        }
        assert!(Instant::now() < until, "{name} cannot log in: {answer:?}");
    }
}

/// Returns the ids and the texts of the history, as this peer gets it.
fn history(peer: &mut Peer) -> Vec<(u64, String)> {
    peer.asks(json!({"request": "history", "limit": 100, "tag": "history"}));
    let page = loop {
        let line: Value = serde_json::from_str(&peer.line()).unwrap();
        if line["tag"] == "history" {
            break line;
        }
    };
    let messages = page["messages"].as_array().unwrap().iter();
    let text = |message: &Value| message["message"].as_str().unwrap().to_owned();
    messages.map(|message| (message["id"].as_u64().unwrap(), text(message))).collect()
}

/// Reads until the next message. Returns it.
fn next_message(peer: &mut Peer) -> Value {
    loop {
        let line: Value = serde_json::from_str(&peer.line()).unwrap();
        if line["response"] == "message" {
            return line;
        }
    }
}
