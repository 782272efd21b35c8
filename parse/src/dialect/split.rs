//! Messages of several lines, for dialects in which a message is one line.
//!
//! Such a dialect sends each line as a message of the same sender. So a client sees who wrote each line, and
//! no line looks like a message of another person.

use super::{Dialect, Encoded};
use crate::{Dict, Response, Value};

/// The most messages that a message becomes; the last one has all further lines. Without a bound, a message
/// of many short lines would grow far beyond its length, because each line has the name of its sender.
const MOST: usize = 20;

/// Encodes a response. If the dialect keeps no lines, each message in the response is split.
pub(crate) fn encode(dialect: &dyn Dialect, response: &Response) -> Encoded {
    let split = match &response.outcome {
        Ok(body) if !dialect.keeps_lines() => split(&response.name, body),
        _ => None,
    };
    let Some(bodies) = split else { return dialect.encode(response) };
    let mut all = Encoded::default();
    for body in bodies {
        let one = Response { outcome: Ok(body), ..response.clone() };
        let Encoded { frames, close_after } = dialect.encode(&one);
        all.frames.extend(frames);
        all.close_after = all.close_after.or(close_after);
    }
    all
}

/// Returns the bodies of the responses, or `None` if no message in the response has several lines.
fn split(name: &str, body: &Dict) -> Option<Vec<Dict>> {
    if name == "message" {
        return has_lines(body).then(|| messages(body));
    }
    let listed = body.dicts("messages").ok()?;
    listed.iter().any(has_lines).then(|| {
        let split: Vec<Value> = listed.iter().flat_map(messages).map(Value::from).collect();
        let mut body = body.clone();
        body.insert("messages", split);
        vec![body]
    })
}

fn has_lines(message: &Dict) -> bool {
    message.string("message").is_ok_and(|text| text.contains('\n'))
}

/// Returns a message for each line that is not blank.
fn messages(message: &Dict) -> Vec<Dict> {
    let text = message.string("message").unwrap_or_default();
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.len() > MOST {
        let rest = lines.split_off(MOST - 1);
        lines.push(rest.join(" "));
    }
    let with = |line: String| {
        let mut one = message.clone();
        one.insert("message", line);
        one
    };
    lines.into_iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::dialect::find;

    fn message(text: &str) -> Dict {
        Dict::new()
            .with("username", "bob")
            .with("message", text)
            .with("timestamp", "2015-03-28T13:15:29.123Z")
    }

    fn encoded(dialect: &str, response: &Response) -> Vec<String> {
        let frames = encode(&*find(dialect, &Limits::default()).unwrap(), response).frames;
        frames.iter().map(|frame| String::from_utf8_lossy(frame).trim_end().to_owned()).collect()
    }

    #[test]
    fn a_dialect_of_lines_gets_a_message_for_each_line() {
        let response = Response::ok("message", message("one\n\n  \ntwo\n"));
        assert_eq!(encoded("plain:colour=off", &response), ["[bob]: one", "[bob]: two"]);
        assert_eq!(encoded("json", &response), [response.to_dict().to_string()]);
        let one = Response::ok("message", message("one"));
        assert_eq!(encoded("plain:colour=off", &one), ["[bob]: one"]);
    }

    #[test]
    fn a_line_that_looks_like_a_place_gets_its_true_place() {
        let response = Response::ok("message", message("hi\n(in tea) come here"));
        let want = ["[bob]: hi", "[bob]: (in lobby) (in tea) come here"];
        assert_eq!(encoded("plain:colour=off", &response), want);
    }

    #[test]
    fn a_message_becomes_a_bounded_number_of_messages() {
        let response = Response::ok("message", message(&"x\n".repeat(2000)));
        let lines = encoded("plain:colour=off", &response);
        assert_eq!(lines.len(), MOST);
        assert_eq!(lines.concat().matches('x').count(), 2000);
    }

    #[test]
    fn the_messages_of_a_backlog_are_split() {
        let listed = vec![Value::from(message("a\nb")), Value::from(message("c"))];
        let body = Dict::new().with("username", "alice").with("messages", listed);
        let bodies = split("login", &body).unwrap();
        let texts: Vec<String> = bodies[0]
            .dicts("messages")
            .unwrap()
            .iter()
            .map(|message| message.string("message").unwrap().to_owned())
            .collect();
        assert_eq!((bodies.len(), texts), (1, ["a", "b", "c"].map(str::to_owned).to_vec()));
        assert_eq!(split("names", &Dict::new().with("names", "a\nb")), None);
    }
}
