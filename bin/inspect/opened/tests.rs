//! Tests of files as events: the steps of transcripts, wrong files.

use serde_json::Value;

use super::events;

fn read(text: &str) -> Vec<Value> {
    let lines = events("a.chat", text.as_bytes()).unwrap();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn frames(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["event"] == "frame").collect()
}

const TALK: &str = r#"# A talk.
bob speaks header

alice > {"request":"login","username":"alice"}
alice < {"response":"login","id":$first,"username":"alice",…}
alice > {"request":"message",
      | "message":"${first}"}
      + {"request":"names"}
alice < {"response":"names",…}
      & {"response":"error","error":"…"}
bob > bob
alice < (nothing)
alice > (hangs up)
alice > (connects)
"#;

#[test]
fn the_steps_of_a_transcript_are_frames_of_people() {
    let events = read(TALK);
    assert_eq!((&events[0]["listen"], &events[0]["lines"]), (&"a.chat".into(), &true.into()));
    let frames = frames(&events);
    let of = |frame: &Value| format!("{} {} {}", frame["client"], frame["way"], frame["kind"]);
    let all: Vec<String> = frames.iter().map(|frame| of(frame).replace('"', "")).collect();
    assert_eq!(
        all,
        [
            "1 up request",
            "1 down answer",
            "1 up request",
            "1 up request",
            "1 down answer",
            "1 down error",
            "2 up request"
        ]
    );
    assert_eq!(
        frames[1]["text"],
        "{\"response\":\"login\",\"id\":$first,\"username\":\"alice\",…}\n"
    );
    assert_eq!((&frames[1]["at"], &frames[1]["brought"]), (&5.0.into(), &0.into()));
    // One frame in two writes, of which the second brings the next frame, too.
    let reads = |frame: &Value| {
        let reads = frame["reads"].as_array().unwrap().iter();
        reads.map(|read| (read["n"].as_u64().unwrap(), read["to"].as_u64().unwrap())).collect()
    };
    let (first, second): (Vec<_>, Vec<_>) = (reads(frames[2]), reads(frames[3]));
    assert_eq!((first.len(), second.len()), (2, 1));
    assert_eq!(first[1], second[0]);
    assert!(frames[2]["text"].as_str().unwrap().contains("\"$first\""), "{}", frames[2]);
    assert_eq!((&frames[6]["text"], &frames[6]["lead"]), (&"3         bob".into(), &10.into()));
    let rest: Vec<&str> = events.iter().filter_map(|event| event["text"].as_str()).collect();
    assert!(rest.contains(&"alice receives nothing for a while"), "{rest:?}");
    assert!(rest.contains(&"the next 2 frames come in any order"), "{rest:?}");
    let opened = |event: &&Value| event["event"] == "opened" && event["client"] == 1;
    assert_eq!(events.iter().filter(opened).count(), 2, "alice connects again");
}

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let wrong = |text: &str| events("a.chat", text.as_bytes()).unwrap_err().to_string();
    let error = wrong("alice > {}\nalice > (flies)\n");
    assert!(error.starts_with("a.chat:2:9: no action is called (flies)"), "{error}");
    assert!(error.contains("2 | alice > (flies)") && error.ends_with("        ^"), "{error}");
    let error = wrong("{\"event\":\"named\"}\nhello\n");
    assert_eq!(error, "cannot open a.chat: line 2 is not an event of inspect");
    assert_eq!(events("a", b"{\"event\":\"named\"}\n").unwrap(), ["{\"event\":\"named\"}"]);
}
