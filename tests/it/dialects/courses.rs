//! The sessions that the documents of the five courses show, with clients that behave as the courses'
//! own.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::GAP;
use super::clients::{Client, client, connect};
use crate::engines::on_each_engine;
use harness::{DEADLINE, ROOTS_PASSWORD, Server, Value, json};

/// Starts a server that listens for `json` and for another dialect.
fn server(engine: &str, dialect: &str) -> Server {
    let listen = format!("{dialect}=127.0.0.1:0");
    Server::start_on_disk_with(engine, &["--listen", &listen, GAP])
}

/// The client of the course whose requests are words. A thread prints the result of each read. The
/// client sends typed lines unchanged, except that it adds its name to `MSG`.
struct Words {
    stream: TcpStream,
    printed: Receiver<String>,
    name: &'static str,
}

impl Words {
    fn start(server: &Server, name: &'static str) -> Words {
        let stream = connect(server.addresses[1]);
        let (print, printed) = channel();
        let mut incoming = stream.try_clone().unwrap();
        thread::spawn(move || {
            let mut data = [0; 1024];
            while let Ok(length @ 1..) = incoming.read(&mut data) {
                let _ = print.send(String::from_utf8_lossy(&data[..length]).into_owned());
            }
        });
        Words { stream, printed, name }
    }

    fn types(&mut self, line: &str) {
        let line = match line.strip_prefix("MSG ") {
            Some(rest) => format!("MSG {} {rest}", self.name),
            None => line.to_owned(),
        };
        self.stream.write_all(line.as_bytes()).unwrap();
    }

    fn prints(&self, want: &str) {
        let printed = self.printed.recv_timeout(DEADLINE).expect("the client prints a message");
        assert_eq!(printed, want);
    }
}

#[test]
fn the_text_client_types_words_and_prints_answers() {
    on_each_engine(|engine| {
        let server = server(engine, "text");
        let (mut ann, mut ben) = (Words::start(&server, "ann"), Words::start(&server, "ben"));
        for peer in [&mut ann, &mut ben] {
            let name = peer.name;
            peer.types(&format!("REGISTER {name} correct horse"));
            peer.prints("REGISTER SUCCESSFUL\n");
            peer.types(&format!("LOGIN {name} correct horse"));
            peer.prints(&format!("{name} LOGIN SUCCESSFUL\n"));
        }
        ann.prints("server say: ben joined (2 online)\n");
        ann.types("MSG ben hello ben, how are you?");
        ben.prints("ann say: hello ben, how are you?\n");
        ben.types("MSG ann fine");
        ann.prints("ben say: fine\n");
        ben.types("MSG zoe hello");
        ben.prints("zoe IS NOT ONLINE\n");
        ben.types("GETLIST");
        ben.prints("ann\nben\n");
        ben.types("DANCE");
        ben.prints("SERVER RESPONSE: Don't know the command\n");
        // The client ends at "quit" and does not send it.
        ben.stream.shutdown(Shutdown::Both).unwrap();
        ann.prints("server say: ben left (1 online)\n");
    });
}

#[test]
fn requests_in_the_same_write_as_a_login_are_answered_after_it() {
    on_each_engine(|engine| {
        let server = server(engine, "text");
        // The test reads lines: while it waits for Ann, several messages to Ben may arrive.
        let [mut ben, mut ann] = [0, 1].map(|_| connect(server.addresses[1]));
        ben.write_all(b"LOGIN ben").unwrap();
        let mut to_ben = BufReader::new(ben).lines().map(Result::unwrap);
        assert_eq!(to_ben.next().unwrap(), "ben LOGIN SUCCESSFUL");
        let requests = b"LOGIN ann\nMSG ann ben one\nMSG ann two\nquit\nMSG ben three\n";
        ann.write_all(requests).unwrap();
        let to_ann: Vec<String> = BufReader::new(ann).lines().map(Result::unwrap).collect();
        assert_eq!(to_ann, ["ann LOGIN SUCCESSFUL", "ann say: two"], "two is to herself");
        for line in
            ["server say: ann joined (2 online)", "ann say: one", "server say: ann left (1 online)"]
        {
            assert_eq!(to_ben.next().unwrap(), line);
        }
    });
}

#[test]
fn the_menu_client_chooses_until_an_answer_ends_the_session() {
    on_each_engine(|engine| {
        let mut server = server(engine, "menu:admin=root");
        server.add_root();
        let mut others = [0, 1].map(|_| client("menu", server.addresses[1]));
        for peer in &mut others {
            peer.sends(ROOTS_PASSWORD);
            assert_eq!(peer.hears(), "Accepted");
        }
        let [mut first, mut second] = others;
        first.sends("gv");
        assert!(first.hears().starts_with("Strata "));
        first.sends("close");
        assert!(first.hears().ends_with(" RE: close"));
        first.is_hung_up_on();
        // The user closes the window; the client sends nothing.
        let gone = client("menu", server.addresses[1]);
        drop(gone);
        let mut third = client("menu", server.addresses[1]);
        third.sends("m");
        assert!(third.hears().contains("Menu"), "the client is accepted");
        second.sends("ks");
        for peer in [&mut second, &mut third] {
            assert!(peer.hears().ends_with(" RE: ks"));
            peer.is_hung_up_on();
        }
        assert_eq!(server.exit_code(), 0);
    });
}

#[test]
fn the_plain_client_prints_lines_as_in_the_snapshots() {
    on_each_engine(|engine| {
        let server = server(engine, "plain");
        let mut one = client("plain", server.addresses[1]);
        let blue = |text: &str| format!("\u{1b}[34m\u{1b}[1m\r{text}\n\u{1b}[0m");
        let red = |text: &str| format!("\u{1b}[31m\u{1b}[1m\r{text}\n\u{1b}[0m");
        let purple = |text: &str| format!("\u{1b}[35m\u{1b}[1m\r{text}\n\u{1b}[0m");
        assert_eq!(one.hears(), blue("Connected to the chat server (1 user online)"));
        let mut two = client("plain", server.addresses[1]);
        assert_eq!(two.hears(), blue("Connected to the chat server (2 users online)"));
        let [here, there] =
            [&mut one, &mut two].map(|peer| peer.stream().local_addr().unwrap().to_string());
        assert_eq!(one.hears(), blue(&format!("> New user {there} entered (2 users online)")));
        one.sends("Hello");
        assert_eq!(two.hears(), purple(&format!("[{here}]: Hello")));
        two.sends("World");
        assert_eq!(one.hears(), purple(&format!("[{there}]: World")));
        two.sends("");
        two.is_hung_up_on();
        assert_eq!(one.hears(), red(&format!("< The user {there} left (1 user online)")));
        let mut three = client("plain", server.addresses[1]);
        three.hears();
        let that = three.stream().local_addr().unwrap();
        one.hears();
        // A reset, as if the machine had failed.
        SockRef::from(&*three.stream()).set_linger(Some(Duration::ZERO)).unwrap();
        drop(three);
        let left = format!("< The user {that} left (1 user online) (error)");
        assert_eq!(one.hears(), red(&left));
    });
}

/// The client of the course that frames by length. It reads messages only when ENTER is pressed, all
/// that have arrived, and each part of a message with one read.
struct AfterEnter(TcpStream);

impl AfterEnter {
    fn start(server: &Server, name: &str) -> AfterEnter {
        let stream = connect(server.addresses[1]);
        stream.set_nonblocking(true).unwrap();
        let mut client = AfterEnter(stream);
        client.send(name);
        client
    }

    fn send(&mut self, text: &str) {
        self.0.write_all(format!("{:<10}{text}", text.len()).as_bytes()).unwrap();
    }

    /// Reads once. Returns `None` if that would block.
    fn read(&mut self, size: usize) -> Option<String> {
        let mut bytes = vec![0; size];
        match self.0.read(&mut bytes) {
            Ok(length) => {
                assert_eq!(length, size, "one read returns all bytes");
                Some(String::from_utf8(bytes).unwrap())
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "a reading error");
                None
            }
        }
    }

    /// Presses ENTER until this many messages are on the screen.
    fn enters(&mut self, text: &str, count: usize) -> Vec<String> {
        let until = Instant::now() + DEADLINE;
        if !text.is_empty() {
            self.send(text);
        }
        let mut screen = Vec::new();
        while screen.len() < count {
            assert!(Instant::now() < until, "{count} messages, but only {screen:?}");
            let Some(header) = self.read(10) else { continue };
            // The client loses the message if the rest has not arrived with the header.
            let name = self.read(header.trim().parse().unwrap()).expect("a name");
            let header = self.read(10).expect("the header of a message");
            let message = self.read(header.trim().parse().unwrap()).expect("a message");
            screen.push(format!("{name} > {message}"));
        }
        screen
    }
}

#[test]
fn the_header_client_reads_messages_after_enter() {
    on_each_engine(|engine| {
        let server = server(engine, "header");
        let mut carol = server.login("carol");
        let mut ann = AfterEnter::start(&server, "ann");
        carol.hears(json!({"response": "join", "username": "ann"}));
        let mut ben = AfterEnter::start(&server, "ben");
        carol.hears(json!({"response": "join", "username": "ben"}));
        for text in ["one", "two", "three"] {
            ben.send(text);
            carol.hears(json!({"response": "message", "username": "ben", "message": text}));
        }
        let screen = ann.enters("hello", 4);
        let want = ["server > ben joined (3 online)", "ben > one", "ben > two", "ben > three"];
        assert_eq!(screen, want);
        assert_eq!(ben.enters("", 1), ["ann > hello"]);
    });
}

/// Reads as the client of the course that speaks JSON: the result of one read is one value.
fn loads(client: &mut dyn Client) -> Value {
    serde_json::from_str(&client.hears()).expect("one read returns one value")
}

#[test]
fn the_json_client_reads_one_value_when_messages_arrive_together() {
    on_each_engine(|engine| {
        let server = server(engine, "ktn14");
        let mut carol = server.login("carol");
        for text in ["early", "earlier"] {
            carol.says(text);
            carol.hears(json!({"response": "message", "message": text}));
        }
        let mut ann = client("ktn14", server.addresses[1]);
        ann.sends(r#"{"request": "login", "username": "ann!"}"#);
        let refused = loads(&mut *ann);
        assert_eq!(
            (&refused["error"], &refused["username"]),
            (&json!("Invalid username!"), &json!("ann!"))
        );
        ann.sends(r#"{"request": "login", "username": "ann"}"#);
        let login = loads(&mut *ann);
        assert!(login.get("error").is_none(), "{login}");
        let texts = login["messages"].as_array().unwrap().iter().map(|message| {
            let message: Value = serde_json::from_str(message.as_str().unwrap()).unwrap();
            message["message"].as_str().unwrap().to_owned()
        });
        let texts: Vec<String> = texts.collect();
        assert!(texts[0].starts_with("carol said @ ") && texts[1].ends_with(": earlier"));
        // Five messages in one write, which the server delivers in one turn.
        let five = (0..5)
            .map(|n| format!("{}\n", json!({"request": "message", "message": format!("no {n}")})));
        carol.sends(five.collect::<String>().as_bytes());
        for n in 0..5 {
            let message = loads(&mut *ann);
            assert!(message["message"].as_str().unwrap().ends_with(&format!(": no {n}")));
        }
        ann.sends(r#"{"request": "logout"}"#);
        assert_eq!(loads(&mut *ann)["username"], "ann");
    });
}
