//! What the chat says, in words: for dialects that have no keys to put it under.

mod said;

use crate::{Dict, Response, Value};

pub(super) use said::{Said, on_one_line};

/// In whose name the server speaks. Nobody can have it.
pub(super) const SERVER: &str = "server";

/// What a client that takes a read for a message may read at once, in bytes: no answer should be
/// longer, if that can be helped.
pub(super) const READ: usize = 1024;

/// The name of the answer to a goodbye, in dialects that have a word for that. The connection ends
/// with it.
pub(super) const GOODBYE: &str = "goodbye";

/// The code of the chat for a receiver who is not logged in.
pub(super) const NO_SUCH_USER: &str = "no-such-user";

/// What was said before, oldest first, out of an answer that tells it.
pub(super) fn past(body: &Dict) -> Vec<Dict> {
    body.dicts("messages").unwrap_or_default()
}

/// The string under a key that the chat always sets.
pub(super) fn text<'a>(body: &'a Dict, key: &str) -> &'a str {
    body.string(key).unwrap_or_default()
}

/// The strings in the list under a key that the chat always sets.
pub(super) fn texts<'a>(body: &'a Dict, key: &str) -> Vec<&'a str> {
    body.list(key).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

/// How many are here, where the chat tells it.
pub(super) fn online(body: &Dict) -> u64 {
    body.whole_number("online").unwrap_or_default()
}

/// What happened, in a sentence; `None` when this is no such thing but an answer.
pub(super) fn news(name: &str, body: &Dict) -> Option<String> {
    let (who, online) = (text(body, "username"), online(body));
    let room = text(body, "room");
    Some(match name {
        "join" if body.contains("username") => format!("{who} joined ({online} online)"),
        "leave" if body.contains("username") => {
            format!("{who} left ({online} online){}", broken(body))
        }
        "entered" => format!("{who} entered {room} ({online} there)"),
        "exited" => format!("{who} left {room} ({online} there)"),
        "removed" if room.is_empty() => "A message was taken back.".to_owned(),
        "removed" => format!("A message was taken back. (in {room})"),
        "notice" => text(body, "message").to_owned(),
        _ => return None,
    })
}

/// A word on how somebody left, where the connection broke.
pub(super) fn broken(body: &Dict) -> &'static str {
    if body.contains("broken") { " (error)" } else { "" }
}

/// An answer for which a dialect has no words of its own, all the same.
pub(super) fn answer(name: &str, body: &Dict) -> String {
    format!("{name}: {body}")
}

/// Whether this answers a request of the peer itself, and was not said by somebody else.
pub(super) fn is_own(response: &Response) -> bool {
    response.tag.is_some()
}

/// How many of a list, from its beginning, one read can hold in an answer that `tell` makes of them.
pub(super) fn in_one_read<T>(list: &[T], tell: impl Fn(&[T]) -> Dict) -> usize {
    let size = |part: &[T]| tell(part).to_bytes().len();
    let empty = size(&[]);
    let mut room = READ.saturating_sub(empty);
    // What one of them adds, with what stands between two; not all of them again for each.
    let fits = |one: &&T| {
        let adds = size(std::slice::from_ref(*one)).saturating_sub(empty) + SEPARATOR;
        let left = room.checked_sub(adds);
        room = left.unwrap_or_default();
        left.is_some()
    };
    list.iter().take_while(fits).count()
}

/// Words with something between them, in as many texts as it takes for one read to hold each of them,
/// with what else stands in its answer.
pub(super) fn joined(words: &[&str], between: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for word in words {
        match texts.last_mut() {
            Some(text) if text.len() + between.len() + word.len() <= READ - ANSWER => {
                *text += between;
                *text += word;
            }
            _ => texts.push((*word).to_owned()),
        }
    }
    texts
}

/// What else stands in an answer, in bytes, at the most.
const ANSWER: usize = 128;

/// What stands between two of a list takes no more bytes than this.
const SEPARATOR: usize = 2;

/// Answers that each tell a part of a list, so that one read can hold each of them. What one read
/// cannot hold even alone has an answer of its own.
pub(super) fn in_reads<T>(mut list: &[T], tell: impl Fn(&[T]) -> Dict) -> Vec<Dict> {
    let mut answers = Vec::new();
    while !list.is_empty() {
        let (part, rest) = list.split_at(in_one_read(list, &tell).max(1));
        answers.push(tell(part));
        list = rest;
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_no_news() {
        let room = Dict::new().with("room", "den");
        assert_eq!(news("join", &room), None, "the answer to a join");
        let entered = room.with("username", "bob").with("online", 2);
        assert_eq!(news("entered", &entered).unwrap(), "bob entered den (2 there)");
    }

    #[test]
    fn words_are_joined_as_far_as_one_read_goes() {
        assert_eq!(joined(&["a", "b", "c"], ", "), ["a, b, c"]);
        let names = ["somebody"; 200];
        let texts = joined(&names, "\n");
        assert!(texts.len() == 3 && texts.iter().all(|text| text.len() < READ - 100));
        assert_eq!(texts.join("\n"), names.join("\n"));
        assert!(joined(&[], ", ").is_empty());
    }

    #[test]
    fn a_list_is_told_in_as_few_answers_as_can_hold_it() {
        let tell = |part: &[&str]| Dict::new().with("names", part.to_vec());
        let short = ["somebody"; 200];
        let sizes: Vec<usize> =
            in_reads(&short, tell).iter().map(|told| told.to_bytes().len()).collect();
        assert_eq!(sizes.len(), 3);
        assert!(sizes.iter().all(|size| *size <= READ) && sizes[0] > READ - 120, "{sizes:?}");
        let long = "x".repeat(2000);
        assert_eq!(in_reads(&["a", &long, "b"], tell).len(), 3);
        assert_eq!(in_one_read(&[long.as_str()], tell), 0);
        assert!(in_reads(&[], tell).is_empty());
    }
}
