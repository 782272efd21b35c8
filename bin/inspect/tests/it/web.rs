//! The HTTP side without a browser: who gets in, and what a recording shows.

use std::net::TcpListener;

use harness::json;

use crate::bench::Inspect;

#[test]
fn only_the_own_page_gets_in() {
    let inspect = Inspect::start("json");
    let (page, token) = (inspect.page, inspect.token.clone());
    let status = |request: String| inspect.http(&request).0;
    assert_eq!(status(format!("GET /{token}/ HTTP/1.1\r\nHost: {page}\r\n\r\n")), 200);
    let localhost = format!("localhost:{}", page.port());
    assert_eq!(status(format!("GET /{token}/page.js HTTP/1.1\r\nHost: {localhost}\r\n\r\n")), 200);
    assert_eq!(status(format!("GET /{token}/other HTTP/1.1\r\nHost: {page}\r\n\r\n")), 404);
    for (path, host) in [
        ("/", page.to_string()),
        ("/page.js", page.to_string()),
        (&format!("/{}/", "0".repeat(32)), page.to_string()),
        (&format!("/{token}/"), "evil.example".to_owned()),
        (&format!("/{token}/"), String::new()),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(request), 403, "{path} {host}");
    }
    let post = |origin: &str| {
        let body = r#"{"do":"pause"}"#;
        let length = body.len();
        status(format!(
            "POST /{token}/do HTTP/1.1\r\nHost: {page}\r\n{origin}Content-Length: {length}\r\n\r\n{body}"
        ))
    };
    assert_eq!(post(""), 403);
    assert_eq!(post("Origin: http://evil.example\r\n"), 403);
    assert_eq!(post("Origin: null\r\n"), 403);
    assert_eq!(post(&format!("Origin: http://{page}\r\n")), 200);
    assert_eq!(status("nonsense\r\n\r\n".to_owned()), 400);
}

#[test]
fn a_wrong_command_is_refused_with_a_reason() {
    let inspect = Inspect::start("json");
    let (page, token) = (inspect.page, &inspect.token);
    let body = r#"{"do":"fly"}"#;
    let (status, answer) = inspect.http(&format!(
        "POST /{token}/do HTTP/1.1\r\nHost: {page}\r\nOrigin: http://{page}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(status, 400);
    assert!(answer.contains("unknown variant `fly`"), "{answer}");
}

#[test]
fn a_record_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.events");
    let file = file.to_str().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.local_addr().unwrap().to_string();
    let arguments = ["--listen", "127.0.0.1:0", "--to", &to, "--record", file];
    let inspect = Inspect::run(server, &arguments);
    let mut ends = inspect.connect();
    ends.client.sends("{\"request\":\"login\",\"username\":\"alice\"}\n");
    ends.server.hears("{\"request\":\"login\",\"username\":\"alice\"}\n");
    inspect.hears(1, &json!({"event": "dialect", "dialect": "json"}));
    inspect.frames(1);
    let events = inspect.events();
    drop(ends);
    inspect.hears(1, &json!({"event": "closed"}));
    drop(inspect);

    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let replay = Inspect::run(nothing, &["--replay", file]);
    assert_eq!(replay.events()[..events.len()], events);
    let refused = replay.order(&json!({"do": "pause"}));
    assert_eq!(refused.as_deref(), Some("this is a recording: no program is connected"));
}
