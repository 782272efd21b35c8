//! Tests with servers that listen late or never, or die before.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::actor::line;
use super::*;
use crate::program::{Ended, free_port};

const NOBODY_CANCELS: &dyn Fn() -> bool = &|| false;

#[test]
fn waiting_for_a_slow_server_does_not_connect_to_it() {
    let port = free_port().unwrap();
    let program = start(&line(&format!("listen 127.0.0.1:{port} 300")));
    let address = program.wait_listening(port, deadline(), NOBODY_CANCELS).unwrap();
    assert_eq!(address, ([127, 0, 0, 1], port).into());
    // The server serves one client after another, so this is the first one that it sees.
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"hello").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "bye");
    let said = says(&program, ", Ok(");
    assert!(said.contains("a client says \"hello\"") && said.matches("a client").count() == 1);
    assert_eq!(program.trouble(), None);
    leaves_nothing(program, &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_connection_that_is_not_accepted_is_noticed() {
    let program = start("exec sleep 1000");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert!(!program.lets_wait(address.port()));
    let _waits = TcpStream::connect(address).unwrap();
    assert!(program.lets_wait(address.port()));
    let _accepted = listener.accept().unwrap();
    assert!(!program.lets_wait(address.port()));
}

#[test]
fn a_server_may_be_a_grandchild() {
    let port = free_port().unwrap();
    let server = line(&format!("listen 0.0.0.0:{port} 0"));
    let program = start(&format!("(true; {server}) & wait"));
    program.wait_listening(port, deadline(), NOBODY_CANCELS).unwrap();
    leaves_nothing(program, &[]);
}

#[test]
fn a_server_that_listens_only_for_ipv6_is_found_there() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: no IPv6 here");
        return;
    }
    let port = free_port().unwrap();
    let program = start(&line(&format!("listen [::1]:{port} 0")));
    let address = program.wait_listening(port, deadline(), NOBODY_CANCELS).unwrap();
    assert_eq!(address.to_string(), format!("[::1]:{port}"));
}

#[test]
fn an_early_end_is_reported_with_code_and_last_words() {
    let program = start("echo listening soon; echo '  at home'; echo no port >&2; exit 3");
    let trouble = program.wait_listening(4711, deadline(), NOBODY_CANCELS).unwrap_err();
    let Trouble::Exited { ended: Ended::Code(3), port: Some(4711), left: 0, words } = &trouble
    else {
        panic!("{trouble:?}")
    };
    assert_eq!(words, "listening soon\n  at home\nno port");
    assert!(trouble.to_string().contains("before it listened on port 4711"));
    assert!(trouble.to_string().ends_with("the last thing it printed: no port"), "{trouble}");
    leaves_nothing(program, &[]);
}

#[test]
fn a_missing_program_is_reported_by_the_shell() {
    let program = start("./server 4711");
    let trouble = program.wait_listening(4711, deadline(), NOBODY_CANCELS).unwrap_err();
    assert!(trouble.to_string().contains("exit code 127"), "{trouble}");
    assert!(trouble.to_string().contains("not found"), "{trouble}");
}

#[test]
fn a_program_with_a_server_in_the_background_has_ended() {
    let program = start("sleep 1000 >/dev/null 2>&1 & echo started");
    let trouble = program.wait_listening(4711, deadline(), NOBODY_CANCELS).unwrap_err();
    assert!(matches!(&trouble, Trouble::Exited { left: 1, .. }), "{trouble:?}");
    leaves_nothing(program, &[]);
}

#[test]
fn waiting_for_a_program_that_never_listens_ends() {
    let program = start("echo I am here; exec sleep 1000");
    says(&program, "here");
    let port = free_port().unwrap();
    let trouble = program.wait_listening(port, soon(), NOBODY_CANCELS).unwrap_err();
    assert!(matches!(&trouble, Trouble::NotListening { .. }), "{trouble:?}");
    assert!(trouble.to_string().contains("I am here"), "{trouble}");
    assert_eq!(program.trouble(), None, "it runs");
    let cancelled = program.wait_listening(port, deadline(), &|| true);
    assert_eq!(cancelled, Err(Trouble::Interrupted));
}

#[test]
fn another_listener_on_the_port_is_not_the_program() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let program = start("sleep 0.5; echo Address already in use; exit 1");
    let trouble = program.wait_listening(port, deadline(), NOBODY_CANCELS).unwrap_err();
    assert!(trouble.to_string().ends_with("Address already in use"), "{trouble}");
}

#[test]
fn another_process_may_listen_for_the_program() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    // Like the client of a container service that runs the server.
    let program = start("sleep 1000");
    let found = program.wait_listening(address.port(), deadline(), NOBODY_CANCELS);
    assert_eq!(found, Ok(address));
}
