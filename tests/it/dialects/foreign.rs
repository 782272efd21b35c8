//! Browsers and other programs that connect to the wrong port: nothing that they send takes effect.

use std::io::{Read, Write};
use std::net::SocketAddr;

use parse::dialect::DIALECTS;

use super::GAP;
use super::clients::connect;
use crate::engines::on_each_engine;
use harness::{Server, json};

/// A body that a web page can send. Each dialect finds valid requests in it, among lines that it
/// cannot read.
const BODY: &str = concat!(
    "LOGIN eve\nMSG all from a page\n",
    "{\"request\":\"login\",\"username\":\"eve\"}\n{\"request\":\"message\",\"message\":\"from a page\"}\n",
    "{\"request\":\"login\",\"content\":\"eve\"}\n{\"request\":\"msg\",\"content\":\"from a page\"}\n",
);

/// A request without a preflight, as Chromium sends it for `fetch(url, {method: "POST", mode:
/// "no-cors", body})`.
fn from_a_browser(address: SocketAddr) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\
         sec-ch-ua-platform: \"Linux\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
         AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nAccept: */*\r\nOrigin: http://evil.example\r\n\
         Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nReferer: http://evil.example/\r\n\
         Accept-Encoding: gzip, deflate, br, zstd\r\n\r\n",
        BODY.len()
    )
}

/// The first bytes of several protocols, in one write or in two, each with the name of the protocol in
/// the log.
fn openings(address: SocketAddr) -> Vec<(Vec<Vec<u8>>, &'static str)> {
    let (browser, body) = (from_a_browser(address), BODY);
    let with_body = |opening: &[u8]| vec![[opening, body.as_bytes()].concat()];
    let long_path = format!("POST /{}", "from_a_page".repeat(100));
    vec![
        (with_body(browser.as_bytes()), "HTTP"),
        // The headers, or a part of them, in a write before the body.
        (vec![browser.clone().into_bytes(), body.into()], "HTTP"),
        (vec![long_path.into_bytes(), format!(" HTTP/1.1\r\n\r\n{body}").into_bytes()], "HTTP"),
        (vec![b"POST".to_vec(), format!(" / HTTP/1.1\r\n\r\n{body}").into_bytes()], "HTTP"),
        // Fewer unreadable lines than the limit; another method; a single header.
        (with_body(b"POST / HTTP/1.1\nHost: a\n\n"), "HTTP"),
        (with_body(b"BREW /pot HTTP/1.1\r\n\r\n"), "HTTP"),
        (with_body(b"host: 127.0.0.1\r\n\r\n"), "HTTP"),
        (with_body(b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), "HTTP"),
        (with_body(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP"),
        (with_body(b"\x16\x03\x01\x02\x00\x01\x00\n"), "TLS"),
        (with_body(b"SSH-2.0-OpenSSH_9.6\r\n"), "SSH"),
        (with_body(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "the PROXY protocol"),
        (
            with_body(
                b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x01\0\x02",
            ),
            "the PROXY protocol",
        ),
    ]
}

/// Sends the pieces. Returns the client's address and everything that the server sends before the
/// end.
fn answer(server: &Server, address: SocketAddr, pieces: &[Vec<u8>]) -> (SocketAddr, String) {
    let mut stream = connect(address);
    let from = stream.local_addr().unwrap();
    let mut bystander = server.connect();
    for piece in pieces {
        // The server may close the connection after the first piece.
        let _ = stream.write_all(piece);
        // The server answers the bystander in the turn that reads the piece, or later.
        bystander.has_heard_everything();
        bystander.has_heard_everything();
    }
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).expect("the end of the stream");
    (from, String::from_utf8(heard).unwrap())
}

fn takes_no_effect(engine: &str) {
    let dialects: Vec<String> =
        DIALECTS.iter().map(|entry| format!("{}=127.0.0.1:0", entry.name)).collect();
    let listen = dialects.iter().flat_map(|listen| ["--listen", listen]);
    let server = Server::start(engine, &listen.chain(["--gap=0"]).collect::<Vec<_>>());
    let mut carol = server.login("carol");
    for (entry, address) in DIALECTS.iter().zip(&server.addresses[1..]) {
        for (pieces, protocol) in openings(*address) {
            let (from, heard) = answer(&server, *address, &pieces);
            let what = format!("{} on {}: {heard:?}", pieces[0].escape_ascii(), entry.name);
            // A client of `plain` or `menu` is greeted before it sends anything.
            let greets = matches!(entry.name, "plain" | "menu");
            assert!(greets || heard.is_empty(), "{what}");
            assert!(!heard.contains("eve") && !heard.contains("from"), "{what}");
            // A client of `plain` joins when it connects; but it sends no message.
            if entry.name == "plain" {
                carol.hears(json!({"response": "join"}));
                carol.hears(json!({"response": "leave"}));
            }
            carol.has_heard_everything();
            server.logs(&format!("closed: the peer speaks {protocol} address={from}"));
        }
    }
}

#[test]
fn bytes_of_another_protocol_take_no_effect() {
    on_each_engine(takes_no_effect);
}

/// A person may type a line that resembles another protocol.
#[test]
fn a_line_that_only_resembles_another_protocol_is_a_message() {
    on_each_engine(|engine| {
        let server = Server::start(engine, &["--listen", "plain=127.0.0.1:0", GAP]);
        let mut carol = server.login("carol");
        for text in ["GET well soon", "POST it", "SSH-keys?", "PROXY settings", "Host: who is it?"]
        {
            let mut stream = connect(server.addresses[1]);
            stream.write_all(format!("{text}\n").as_bytes()).unwrap();
            carol.hears(json!({"response": "join"}));
            carol.hears(json!({"response": "message", "message": text}));
            stream.write_all(b"GET / HTTP/1.1\n").unwrap();
            carol.hears(json!({"response": "message", "message": "GET / HTTP/1.1"}));
            stream.write_all(b"\n").unwrap();
            carol.hears(json!({"response": "leave"}));
        }
    });
}
