//! What the grader has learned about a server, in sentences for its report.

use crate::pace::Pace;
use crate::wire::{Dialect, Kind, Reaction, Vocabulary};

/// How a server talks, in sentences. A student who reads something wrong can object.
pub(crate) fn sentences(vocabulary: &Vocabulary, dialect: Dialect, pace: &Pace) -> Vec<String> {
    if !vocabulary.logs_in {
        return vec!["This server did not accept a login, so nothing was learned.".to_owned()];
    }
    let mut sentences = Vec::new();
    let mut say = |sentence: String| sentences.push(sentence);
    if !vocabulary.greeting.is_empty() {
        say("It sends something to a client before the first request; that is ignored, but for START-1.".to_owned());
    }
    let shapes = |kind| {
        vocabulary.answers(kind).map(|shape| shape.words()).collect::<Vec<_>>().join(", then ")
    };
    say(format!("It answers a login with {}.", shapes(Kind::Login)));
    if vocabulary.answers_logout {
        let end = if vocabulary.ends_at_logout { ", and closes the connection" } else { "" };
        say(format!("It answers a logout with {}{end}.", shapes(Kind::Logout)));
    } else if vocabulary.ends_at_logout {
        say("It closes the connection at a logout, without an answer.".to_owned());
    } else {
        say("It does not answer a logout.".to_owned());
    }
    if let Some(listing) = vocabulary.listing() {
        let form = if listing.is_list() { "in a list" } else { "in a text" };
        if dialect == Dialect::Ktn15 {
            say(format!("It names the users {form}, such as {:?}.", listing.example));
        }
    }
    if let Some(pattern) = vocabulary.pattern() {
        say(format!("A message has the form {:?}.", pattern.words()));
    }
    let news: Vec<String> = vocabulary.news().iter().map(|shape| shape.words()).collect();
    match news.as_slice() {
        [] => say("It sends no news of users who come and go.".to_owned()),
        news => say(format!("It sends news without a request: {}.", news.join(", "))),
    }
    if vocabulary.reaction(Kind::Say) == Some(Reaction::Ends) {
        say("It closes the connection of a client that sends a message without a login.".to_owned());
    }
    if vocabulary.delivers {
        say(format!(
            "A message reached other users within {} ms.",
            pace.slowest().as_millis().max(1)
        ));
    } else {
        say("A message did not reach other users.".to_owned());
    }
    if !vocabulary.echoes {
        say("A message did not reach its sender.".to_owned());
    }
    sentences
}
