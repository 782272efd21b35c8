//! Whispers that a dying connection has swallowed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{io, thread};

use harness::clients::{empty_home, terminal, until};
use harness::{DEADLINE, Server, json};

/// Starts a relay to a server. From the line with this text on, the first client gets nothing more. After the relay has
/// said so, it ends the connection to the client when the test says so, and keeps that to the server. Later connections
/// lose nothing.
fn relay(server: SocketAddr, text: &'static str) -> (SocketAddr, Receiver<()>, SyncSender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (says, swallows) = sync_channel(1);
    let (end, ends) = sync_channel::<()>(1);
    thread::spawn(move || {
        let mut first = Some((says, ends));
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(server) else { continue };
            let (mut hears, mut tells) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let first = first.take();
            let ends_server = first.is_none();
            thread::spawn(move || {
                let _ = io::copy(&mut hears, &mut tells);
                if ends_server {
                    let _ = tells.shutdown(Shutdown::Both);
                }
            });
            thread::spawn(move || pass_on(&server, &client, text, first));
        }
    });
    (address, swallows, end)
}

fn pass_on(
    server: &TcpStream,
    mut client: &TcpStream,
    text: &str,
    swallows: Option<(SyncSender<()>, Receiver<()>)>,
) {
    for line in BufReader::new(server).lines().map_while(Result::ok) {
        if let Some((says, ends)) = swallows.as_ref().filter(|_| line.contains(text)) {
            says.send(()).unwrap();
            ends.recv_timeout(DEADLINE).unwrap();
            let _ = client.shutdown(Shutdown::Both);
            // The server does not notice the end, as behind a frozen tunnel.
            says.send(()).unwrap();
            let _ = ends.recv_timeout(DEADLINE);
            return;
        }
        if writeln!(client, "{line}").is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

#[test]
fn a_whisper_into_a_dead_connection_is_among_the_missed_messages() {
    let server = Server::start("events", &[]);
    let (address, swallows, end) = relay(server.address(), "bring forks");
    let home = empty_home();
    let address = address.to_string();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    let mut bob = server.login("bob");
    until(&mut alice, "bob joined");
    for (to, text) in [(true, "one arrives"), (true, "bring forks"), (false, "we eat at seven")] {
        let mut message = json!({"request": "message", "message": text});
        if to {
            message["to"] = json!("alice");
        }
        bob.asks(message);
        bob.hears(json!({"response": "message", "message": text}));
    }
    until(&mut alice, "one arrives");
    swallows.recv_timeout(DEADLINE).unwrap();
    end.send(()).unwrap();
    let missed = until(&mut alice, "* end of what was missed");
    let (_, missed) = missed.split_once("* missed while away:\r\n").unwrap();
    // The whisper is highlighted.
    let lines: Vec<&str> = missed.lines().collect();
    assert!(lines[0].contains(" -> you: ") && lines[0].contains("bring forks"), "{missed}");
    assert!(lines[1].ends_with(" bob: we eat at seven"), "{missed}");
    assert_eq!(lines.len(), 3, "{missed}");
}
