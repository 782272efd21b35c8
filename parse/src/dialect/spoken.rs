//! Responses of the chat as sentences, for dialects without keys.

mod said;

use crate::{Dict, Response, Value};

pub(super) use said::{Said, on_one_line};

/// The sender of lines of the server. It is a reserved name.
pub(super) const SERVER: &str = "server";

/// Size in bytes of one read of a client that takes a read for a message. Answers should be shorter, if
/// possible.
pub(super) const READ: usize = 1024;

/// The name of the answer to a goodbye, in dialects that have a word for that. The connection ends
/// with it.
pub(super) const GOODBYE: &str = "goodbye";

/// The code of the chat for a receiver who is not logged in.
pub(super) const NO_SUCH_USER: &str = "no-such-user";

/// Returns the history in an answer, the oldest message first.
pub(super) fn past(body: &Dict) -> Vec<Dict> {
    body.dicts("messages").unwrap_or_default()
}

/// Returns the string of a key that the chat always sets.
pub(super) fn text<'a>(body: &'a Dict, key: &str) -> &'a str {
    body.string(key).unwrap_or_default()
}

/// Returns the strings in the list of a key that the chat always sets.
pub(super) fn texts<'a>(body: &'a Dict, key: &str) -> Vec<&'a str> {
    body.list(key).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

/// Returns the number of users, if the chat sent it.
pub(super) fn online(body: &Dict) -> u64 {
    body.whole_number("online").unwrap_or_default()
}

/// Describes an event in a sentence. Returns `None` for an answer to a request.
pub(super) fn news(name: &str, body: &Dict) -> Option<String> {
    let (who, online) = (text(body, "username"), online(body));
    let room = text(body, "room");
    Some(match name {
        "join" if body.contains("username") => format!("{who} joined ({online} online)"),
        "leave" if body.contains("username") => {
            format!("{who} {}{} ({online} online){}", left(body), reason(body), broken(body))
        }
        "entered" => format!("{who} entered {room} ({online} there)"),
        "exited" => format!("{who} left {room} ({online} there)"),
        "removed" => {
            let of = if who.is_empty() { String::new() } else { format!(" of {who}") };
            let place = if room.is_empty() { String::new() } else { format!(" (in {room})") };
            format!("A message{of} was removed.{place}")
        }
        "notice" => text(body, "message").to_owned(),
        _ => return None,
    })
}

/// Returns the verb for a person who left: an administrator may have made them leave.
pub(super) fn left(body: &Dict) -> &'static str {
    match body.string("departure") {
        Ok("kicked") => "was kicked",
        Ok("banned") => "was banned",
        _ => "left",
    }
}

/// Returns the reason of a person who left, or of the administrator who made them leave, in brackets after a
/// space, if there is one.
pub(super) fn reason(body: &Dict) -> String {
    body.string("reason").map_or(String::new(), |reason| format!(" ({})", on_one_line(reason)))
}

/// Returns a mark for a peer that left because its connection broke.
pub(super) fn broken(body: &Dict) -> &'static str {
    if body.contains("broken") { " (error)" } else { "" }
}

/// Describes a response for which a dialect has no words: an event in a sentence, or an answer with its
/// name and body.
pub(super) fn sentence(name: &str, body: &Dict) -> String {
    news(name, body).unwrap_or_else(|| format!("{name}: {body}"))
}

/// Returns the answer to a goodbye.
pub(super) fn goodbye() -> Response {
    Response::ok(GOODBYE, Dict::new())
}

/// Returns whether a response answers a request of the peer itself.
pub(super) fn is_own(response: &Response) -> bool {
    response.tag.is_some()
}

/// Returns how many elements of a list, from its beginning, fit into one read. `tell` creates the
/// answer.
pub(super) fn in_one_read<T>(list: &[T], tell: impl Fn(&[T]) -> Dict) -> usize {
    let size = |part: &[T]| tell(part).to_bytes().len();
    let empty = size(&[]);
    let mut room = READ.saturating_sub(empty);
    // Add the size of each element and its separator, because encoding the whole list for each element
    // would be slow.
    let fits = |one: &&T| {
        let adds = size(std::slice::from_ref(*one)).saturating_sub(empty) + SEPARATOR;
        let left = room.checked_sub(adds);
        room = left.unwrap_or_default();
        left.is_some()
    };
    list.iter().take_while(fits).count()
}

/// Joins words with a separator. Returns several texts if one read cannot hold all words.
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

/// Maximum size in bytes of an answer without its words.
const ANSWER: usize = 128;

/// Maximum size in bytes of a separator in a list.
const SEPARATOR: usize = 2;

/// Splits a list into answers that each fit into one read. An element that is too long gets a separate
/// answer.
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
    fn an_answer_is_not_an_event() {
        let room = Dict::new().with("room", "den");
        assert_eq!(news("join", &room), None, "the answer to a join");
        let entered = room.with("username", "bob").with("online", 2);
        assert_eq!(news("entered", &entered).unwrap(), "bob entered den (2 there)");
    }

    #[test]
    fn a_person_who_was_kicked_did_not_leave() {
        let bob = Dict::new().with("username", "bob").with("online", 1);
        for (departure, sentence) in [
            (None, "bob left (spam) (1 online)"),
            (Some("kicked"), "bob was kicked (spam) (1 online)"),
            (Some("banned"), "bob was banned (spam) (1 online)"),
        ] {
            let mut leave = bob.clone().with("reason", "spam");
            departure.into_iter().for_each(|it| leave.insert("departure", it));
            assert_eq!(news("leave", &leave).as_deref(), Some(sentence));
        }
        let removed = bob.with("id", 7).with("room", "den");
        let sentence = "A message of bob was removed. (in den)";
        assert_eq!(news("removed", &removed).as_deref(), Some(sentence));
    }

    #[test]
    fn words_are_joined_up_to_the_size_of_one_read() {
        assert_eq!(joined(&["a", "b", "c"], ", "), ["a, b, c"]);
        let names = ["somebody"; 200];
        let texts = joined(&names, "\n");
        assert!(texts.len() == 3 && texts.iter().all(|text| text.len() < READ - 100));
        assert_eq!(texts.join("\n"), names.join("\n"));
        assert!(joined(&[], ", ").is_empty());
    }

    #[test]
    fn a_list_is_split_into_as_few_answers_as_possible() {
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
