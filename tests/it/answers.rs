//! Huge answers in the client: it shows a part of them and goes on.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, nameless, until};
use harness::{DEADLINE, lines};

/// The most memory that a client may use, in kilobytes. These answers once took up to four gigabytes.
const MEMORY: u64 = 128 * 1024;

const STILL_HERE: &str = r#"{"response":"message","username":"bob","message":"still here"}"#;

/// A response with a list of `count` elements under `rows`.
fn list(name: &str, element: impl Fn(usize) -> String, count: usize) -> String {
    let elements: Vec<String> = (0..count).map(element).collect();
    format!(r#"{{"response":"{name}","rows":[{}]}}"#, elements.join(","))
}

/// Answers of up to four megabytes, each with a text that the client shows.
fn answers() -> Vec<(String, &'static str)> {
    let wide = |index| if index == 0 { "w".repeat(60_000) } else { "x".to_owned() };
    let row = |index| format!(r#"{{"cell":"{}"}}"#, wide(index));
    let command =
        |index| format!(r#"{{"request":"{}","arguments":[],"summary":"s"}}"#, wide(index));
    let commands: Vec<String> = (0..20_000).map(command).collect();
    vec![
        (list("roll", row, 40_000), "(39000 rows not shown)"),
        (list("roll", |n| format!(r#"{{"k{n}":1}}"#), 40_000), "(970 columns not shown)"),
        (list("roll", |_| "{}".to_owned(), 1_300_000), "more than 100000 values"),
        (list("roll", |_| "1".to_owned(), 2_000_000), "more than 100000 values"),
        (format!(r#"{{"response":"roll","rows":[{{"a":"{}"}}]}}"#, "w".repeat(70_000)), "w…"),
        (
            format!(
                r#"{{"response":"message","username":"eve","message":"{}"}}"#,
                "\u{202e}".repeat(1_300_000)
            ),
            "(775712 characters not shown)",
        ),
        (
            format!(r#"{{"response":"help","tag":"own","help":[{}]}}"#, commands.join(",")),
            "(more commands that cannot be typed here: 19000)",
        ),
    ]
}

/// Accepts a client and reads its first lines. The test plays the server.
fn serve(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    // The client first sends a request for the commands.
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    stream
}

/// The most memory that a process has had, in kilobytes.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[ignore = "slow"]
fn an_answer_is_bounded_on_the_screen_and_in_memory() {
    if !cfg!(target_os = "linux") {
        harness::skipped("only Linux shows in /proc how much memory a client took");
    }
    for (answer, shown) in answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = harness::client(empty_home().path())
            .arg(listener.local_addr().unwrap().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = serve(&listener);
        let said = lines(client.stdout.take().unwrap());
        let mut typed = client.stdin.take().unwrap();
        if !answer.contains(r#""tag":"own""#) {
            writeln!(server, r#"{{"response":"help","error":"not here","tag":"own"}}"#).unwrap();
        }
        writeln!(server, "{answer}\n{STILL_HERE}").unwrap();
        let mut found = false;
        loop {
            let line = said.recv_timeout(DEADLINE).expect("the client shows the next message");
            found |= line.contains(shown);
            if line == "bob: still here" {
                break;
            }
        }
        // The client shows a list of commands only on `/help`.
        writeln!(typed, "/help").unwrap();
        while !found {
            let line = said
                .recv_timeout(DEADLINE)
                .unwrap_or_else(|_| panic!("the client never shows {shown}"));
            found = line.contains(shown);
        }
        if cfg!(target_os = "linux") {
            let peak = peak_memory(client.id());
            assert!(peak < MEMORY, "{peak} kB for {shown}");
        }
        drop(server);
        drop(typed);
        drop(listener);
        client.wait().unwrap();
    }
}

#[test]
fn in_a_terminal_the_client_goes_on_after_an_answer_that_is_too_wide() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let home = empty_home();
    let mut alice = nameless(home.path(), &[&address, "--color", "never"]);
    let mut server = serve(&listener);
    let wide = "w".repeat(70_000);
    let help = format!(
        r#"{{"response":"help","tag":"own","help":[{{"request":"{wide}","arguments":[],"summary":""}}]}}"#
    );
    let table = format!(r#"{{"response":"roll","rows":[{{"{wide}":"{wide}"}}]}}"#);
    let login = format!(r#"{{"response":"login","username":"{wide}","messages":[]}}"#);
    writeln!(server, "{help}\n{table}\n{login}\n{STILL_HERE}").unwrap();
    until(&mut alice, "bob: still here");
    until(&mut alice, "> ");
    alice.send_line("/help").unwrap();
    until(&mut alice, "(more commands that cannot be typed here: 1)");
    until(&mut alice, "> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
