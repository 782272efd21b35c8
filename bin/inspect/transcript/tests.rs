//! Tests of transcripts: events in, steps out.

use super::*;
use serde_json::json;

fn frame(frame: u64, client: u64, way: &str, text: &str, reads: &[(u64, u64, u64)]) -> Value {
    let reads: Vec<Value> =
        reads.iter().map(|(n, from, to)| json!({"n": n, "from": from, "to": to})).collect();
    json!({"event": "frame", "client": client, "frame": frame, "way": way, "text": text,
        "size": text.len(), "from": reads[0]["from"], "lead": 0, "trail": 1, "held": false,
        "label": "x", "brought": reads.len(), "reads": reads})
}

fn written(events: &[Value]) -> Vec<String> {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let text = write(lines.iter().map(String::as_str)).unwrap();
    text.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn a_conversation_becomes_steps_with_placeholders() {
    let named = |client| json!({"event": "named", "client": client, "name": "ann"});
    let steps = written(&[
        named(1),
        frame(1, 1, "up", "{\"request\":\"login\",\"username\":\"ann\"}\n", &[(1, 0, 39)]),
        frame(
            2,
            1,
            "down",
            "{\"response\":\"message\",\"id\":7,\"message\":\"$5…\"}\n",
            &[(1, 0, 9)],
        ),
        frame(
            3,
            1,
            "down",
            "{\"response\":\"x\",\"error\":\"No.\",\"code\":\"no\"}\n",
            &[(2, 9, 20)],
        ),
        named(2),
        frame(4, 2, "up", "no object\n", &[(1, 0, 10)]),
        json!({"event": "ended", "client": 2, "way": "up", "why": "it sends no more"}),
        json!({"event": "ended", "client": 2, "way": "down", "why": "it sends no more"}),
    ]);
    let want = [
        r#"ann > {"request":"login","username":"ann"}"#,
        r#"ann < {"response":"message","id":"…","message":"\u00245\u2026",…}"#,
        r#"ann < {"response":"x","error":"…","code":"no",…}"#,
        r"ann-2 >> no object\n",
        "ann-2 > (stops sending)",
        "ann-2 < (hangs up)",
    ];
    assert_eq!(steps, want);
}

#[test]
fn cut_joined_dropped_and_moved_frames_are_played_as_they_were_sent() {
    let held = |number, text| {
        let mut frame = frame(number, 1, "up", text, &[(number, 0, text.len() as u64)]);
        frame["held"] = json!(true);
        frame
    };
    let wrote = |parts: &[(u64, usize, usize)]| {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(it, from, to)| json!({"frame": it, "from": from, "to": to}))
            .collect();
        json!({"event": "wrote", "client": 1, "way": "up", "parts": parts, "bytes": 1})
    };
    let did = |frame, did| json!({"event": "did", "client": 1, "frame": frame, "did": did, "detail": "new\n"});
    let steps = written(&[
        frame(9, 1, "up", "{\"a\":1}\n", &[(1, 0, 3), (2, 3, 8)]),
        frame(10, 1, "up", "{\"b\":1}\n", &[(3, 8, 24)]),
        frame(11, 1, "up", "{\"c\":1}\n", &[(3, 8, 24)]),
        held(1, "one\n"),
        held(2, "two\n"),
        held(3, "three\n"),
        held(4, "four\n"),
        did(2, "dropped"),
        wrote(&[(3, 0, 2)]),
        wrote(&[(3, 2, 6), (1, 0, 4)]),
        did(4, "edited"),
        wrote(&[(4, 0, 4)]),
        held(5, "five\n"),
        json!({"event": "did", "client": 1, "frame": 5, "did": "edited", "detail": "\u{fffd}\n"}),
        wrote(&[(5, 0, 2)]),
    ]);
    let want = [
        r#"client1 >> {"a"#,
        r#"client1 >> ":1}\n"#,
        r#"client1 > {"b":1}"#,
        r#"        + {"c":1}"#,
        "# client1: a frame was dropped: x",
        "client1 >> th",
        r"client1 >> ree\none\n",
        r"client1 >> new\n",
        "# frame 5 with 5 bytes is too long, or no text",
    ];
    assert_eq!(steps, want);
}

#[test]
fn a_frame_that_the_record_does_not_have_is_named() {
    let mut long = frame(5, 1, "down", "xxxx", &[(1, 0, 9000)]);
    long["size"] = json!(9000);
    assert_eq!(written(&[long]), ["# frame 5 with 9000 bytes is too long, or no text"]);
}

#[test]
fn a_recording_of_grade_brings_its_transcript_or_the_reason_why_it_has_none() {
    let text = "ann > {}\n";
    let write = |event: Value| write([event.to_string().as_str()].into_iter());
    assert_eq!(write(json!({"event": "transcript", "text": text})), Ok(text.to_owned()));
    let why = write(json!({"event": "transcript", "why": "it is too long"}));
    assert_eq!(why, Err("this check has no transcript: it is too long".to_owned()));
}
