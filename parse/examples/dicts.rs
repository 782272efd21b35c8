//! JSON lines in, dicts out: a server that repeats the arguments of each request.
//!
//! ```console
//! $ cargo run -p parse --example dicts
//! $ nc 127.0.0.1 7002
//! {"request":"add","a":1,"b":[2,3],"tag":"x"}
//! {"response":"add","arguments":{"a":1,"b":[2,3]},"tag":"x"}
//! hello
//! {"response":"error","error":"Not a JSON object: …","code":"not-an-object"}
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its events")]

use std::error::Error;

use parse::{Dict, EngineKind, Event, Limits, Listen, Response, Server, dialect};

fn main() -> Result<(), Box<dyn Error>> {
    let limits = Limits::default();
    let json = dialect::find("json", &limits)?;
    let listen =
        Listen { addresses: vec!["127.0.0.1:7002".parse()?], dialect: json, security: None };
    let mut server = Server::bind(&[listen], EngineKind::default(), limits)?;

    let mut events = Vec::new();
    loop {
        server.recv(&mut events, None);
        for event in events.drain(..) {
            match event {
                Event::Asked(peer, request) => {
                    println!("{peer} asks for {}: {}", request.name, request.arguments);
                    let body = Dict::new().with("arguments", request.arguments);
                    let answer = Response::ok(request.name, body).tagged(request.tag);
                    server.send(&peer.into(), &answer);
                }
                Event::Unreadable(peer, unreadable) => {
                    let answer = Response::error("error", unreadable.error).tagged(unreadable.tag);
                    server.send(&peer.into(), &answer);
                }
                // A dialect can answer without the server; `json` never does.
                Event::Answered(peer, answer) => server.send(&peer.into(), &answer),
                Event::Foreign(peer, _) | Event::Finished(peer) => server.close(peer),
                Event::Joined(peer, arrival) => println!("{peer} joins from {}", arrival.address),
                Event::Left(peer, reason) => println!("{peer} leaves: {reason}"),
                Event::Speaks(..) => {}
            }
        }
    }
}
