//! `json`: one object per line.

use serde_json::{Map, Value, json};

use super::{Message, Request, text};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    format!("{}\n", object(request, "names")).into_bytes()
}

/// The object that encodes a request. `names` is the dialect's word for the request for the names.
pub(super) fn object(request: &Request, names: &str) -> Value {
    match request {
        Request::Login(name) => json!({"request": "login", "username": name}),
        Request::Logout => json!({"request": "logout"}),
        Request::Say(text) => json!({"request": "message", "message": text}),
        Request::Names => json!({ "request": names }),
        Request::Unknown(word) => json!({ "request": word }),
        Request::LoginWithoutName => json!({"request": "login"}),
    }
}

/// Takes the first frame out of the received bytes: a line. A value that is not one line is taken, too:
/// with no newline after it, or with newlines inside. Returns whether the frame was a line.
pub(super) fn cut(stream: &mut Vec<u8>) -> Option<(Vec<u8>, bool)> {
    // The newline of a value that was taken before its newline arrived. Newlines without end take no memory.
    let begin = stream.iter().position(|byte| !matches!(byte, b'\n' | b'\r'));
    stream.drain(..begin.unwrap_or(stream.len()));
    let end = stream.iter().position(|byte| *byte == b'\n');
    match begin_of(stream) {
        Begin::Object { length, is_line: false } => {
            return Some((stream.drain(..length).collect(), false));
        }
        Begin::Incomplete => return None,
        Begin::Object { is_line: true, .. } | Begin::Other => {}
    }
    let mut line: Vec<u8> = stream.drain(..=end?).collect();
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Some((line, true))
}

/// What a stream begins with.
enum Begin {
    Object {
        length: usize,
        is_line: bool,
    },
    /// The first bytes of an object.
    Incomplete,
    Other,
}

fn begin_of(stream: &[u8]) -> Begin {
    if stream.first() != Some(&b'{') {
        return Begin::Other;
    }
    let mut values = serde_json::Deserializer::from_slice(stream).into_iter::<Value>();
    match values.next() {
        Some(Ok(_)) => {
            let (object, rest) = stream.split_at(values.byte_offset().min(stream.len()));
            let mut rest = rest.iter().skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
            let is_line = !object.contains(&b'\n') && rest.next() == Some(&b'\n');
            Begin::Object { length: object.len(), is_line }
        }
        Some(Err(error)) if error.is_eof() => Begin::Incomplete,
        _ => Begin::Other,
    }
}

/// The earlier messages in the answer to a login.
pub(super) fn messages(object: &Map<String, Value>) -> Vec<Message> {
    let messages = object.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .map(|value| value.as_object().map(message).unwrap_or_else(|| not_a_message(value)))
        .collect()
}

pub(super) fn message(object: &Map<String, Value>) -> Message {
    Message {
        sender: text(object, "username").to_owned(),
        text: text(object, "message").to_owned(),
    }
}

/// A list element that is not a message.
fn not_a_message(value: &Value) -> Message {
    Message { sender: String::new(), text: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_values_without_a_newline_are_taken() {
        let mut stream = b"{\"a\":\"}\"}\r\n{\"b\":1} \n{\"c\":\n2}{\"d\":3}oops\n{\"e\":".to_vec();
        let taken: Vec<(Vec<u8>, bool)> = std::iter::from_fn(|| cut(&mut stream)).collect();
        let wanted: [(&[u8], bool); 5] = [
            (b"{\"a\":\"}\"}", true),
            (b"{\"b\":1} ", true),
            (b"{\"c\":\n2}", false),
            (b"{\"d\":3}", false),
            (b"oops", true),
        ];
        let taken: Vec<(&[u8], bool)> =
            taken.iter().map(|(bytes, end)| (&bytes[..], *end)).collect();
        assert_eq!(taken, wanted);
        assert_eq!(stream, b"{\"e\":");
    }

    #[test]
    fn newlines_without_a_frame_are_not_kept() {
        let mut stream = b"\n\r\n\n".to_vec();
        assert_eq!(cut(&mut stream), None);
        assert!(stream.is_empty());
    }
}
