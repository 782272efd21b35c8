//! What Up brings back, and what the history file has.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use expectrl::Expect;
use harness::clients::{empty_home, terminal, until};
use harness::{DEADLINE, Server, json};

use crate::pasting::{CHOICE, QUESTION, lines, paste};
use crate::reconnect::start;
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn up_brings_back_a_paste_that_was_sent_however_it_was_sent() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    alice.send_line("older").unwrap();
    bob.hears(json!({"response": "message", "message": "older"}));
    until(&mut alice, "alice> ");
    for (number, (question, answer)) in
        [(QUESTION, "y"), (CHOICE, "y"), (CHOICE, "l")].into_iter().enumerate()
    {
        let last = if question == CHOICE { "/me waves" } else { "waves" };
        let text = format!("one {number}\n2\n3\n4\n{last}");
        alice.send(paste(&text.replace('\n', "\r"))).unwrap();
        until(&mut alice, question);
        alice.send_line(answer).unwrap();
        if answer == "y" {
            bob.hears(json!({"response": "message", "message": text}));
        } else {
            for line in ["one 2", "2", "3", "4", "waves"] {
                bob.hears(json!({"response": "message", "message": line}));
            }
        }
        until(&mut alice, "alice> ");
        // Ctrl-P is Up, also in a text of several lines.
        alice.send("\x10").unwrap();
        until(&mut alice, &format!("alice> one {number}\r\n2\r\n3\r\n4\r\n{last}"));
        alice.send("\x03").unwrap();
        until(&mut alice, "alice> ");
    }
    leaves_quietly(&mut alice, &mut bob);
    let history = std::fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!((0..3).all(|number| history.contains(&format!("one {number}"))), "{history}");
}

/// Starts a relay to a server. It loses the line with this text and all that come after it, and then says so. A
/// connection of later loses nothing.
fn relay_until(server: SocketAddr, text: &'static str) -> (SocketAddr, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (says, lost) = sync_channel(1);
    thread::spawn(move || {
        let mut says = Some(says);
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(server) else { continue };
            let (mut hears, mut tells) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || {
                let _ = io::copy(&mut hears, &mut tells);
                let _ = tells.shutdown(Shutdown::Both);
            });
            let says = says.take();
            thread::spawn(move || pass_on(client, server, text, says.as_ref()));
        }
    });
    (address, lost)
}

/// Passes on what a client sends, up to the line with this text if that is to be lost.
fn pass_on(client: TcpStream, mut server: TcpStream, text: &str, says: Option<&SyncSender<()>>) {
    for line in BufReader::new(client).lines().map_while(Result::ok) {
        if let Some(says) = says.filter(|_| line.contains(text)) {
            let _ = says.send(());
            return;
        }
        if server.write_all(format!("{line}\n").as_bytes()).is_err() {
            return;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}

#[test]
fn a_lost_line_of_a_paste_comes_back_before_the_rest_of_the_paste() {
    let folder = empty_home();
    let file = folder.path().join("data.db");
    // The client does not send all lines at once to a server that answers two requests a second.
    let data = ["--data", file.to_str().unwrap(), "--flood", "3,2,3600", "--text-limit", "100"];
    let mut server =
        Server::start_with(&[&["--listen", "json=127.0.0.1:0"], &data[..]].concat(), 1);
    let port = server.address().port();
    // Not the text as one message, which the server refuses before.
    let (relay, lost) = relay_until(server.address(), "\"line 4 ");
    let arguments = [&*relay.to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(folder.path(), &arguments);
    until(&mut alice, "alice> ");
    let lines = lines(70);
    alice.send(paste(&lines.join("\r"))).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "alice: line 3 ");
    lost.recv_timeout(DEADLINE).unwrap();
    server.signal("KILL");
    server.exit_code();
    let seen = until(&mut alice, "reconnecting ");
    let count = seen.split("* stopped after ").nth(1).unwrap().split(' ').next().unwrap();
    let count: usize = count.parse().unwrap();
    let left = 70 - count;
    assert!(seen.contains(&format!("* {left} lines not sent; Up brings them back")), "{seen:?}");
    let _server = start(port, folder.path());
    until(&mut alice, "* connected again; you are alice");
    until(&mut alice, &format!("not sent: line {count} "));
    until(&mut alice, "alice> ");
    // Ctrl-P is Up, also in a text of several lines.
    alice.send("\x10").unwrap();
    until(&mut alice, &format!("alice> {}", lines[count - 1]));
    alice.send("\x10").unwrap();
    until(&mut alice, &lines[69]);
    alice.send("\r").unwrap();
    until(&mut alice, &format!("alice> {}", lines[count]));
    until(&mut alice, &format!("* {left} lines, to send as "));
    until(&mut alice, QUESTION);
    alice.send_line("n").unwrap();
    until(&mut alice, &format!("* {left} lines not sent; Up brings them back"));
}
