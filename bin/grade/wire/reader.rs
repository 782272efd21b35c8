//! Decodes the frames of a server, with its vocabulary.

use serde_json::{Map, Value};

use super::listing::{self, Listing};
use super::pattern::Pattern;
use super::shape::{People, Shape, tokens};
use super::vocabulary::Vocabulary;
use super::{
    Dialect, Frame, Kind, Message, Pending, Request, Response, error_of, json, ktn14, ktn15,
    shortened, text, unexpected, whole_message,
};

/// Decodes what one user receives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) people: People<'a>,
    /// The user is logged in, so a list of names contains theirs.
    pub(crate) is_logged_in: bool,
    /// What all users have said.
    pub(crate) said: &'a [String],
}

impl Reader<'_> {
    /// Decodes a frame. `pending` are the unanswered requests of the user.
    pub(crate) fn decode(&self, frame: &Frame, pending: &mut Pending) -> Response {
        let Some(object) = frame.object() else {
            return Response::Unexpected(format!("not a JSON object: {}", shortened(&frame.bytes)));
        };
        let response = text(object, "response");
        if let Some(error) = error_of(self.dialect, object) {
            answer_to(pending, self.kind(response));
            return Response::Error(error);
        }
        let shape = Shape::of(object, self.dialect, self.people);
        let asked = pending.iter().map(|request| request.kind());
        if let Some(kind) =
            asked.clone().find(|kind| self.vocabulary.is_unmarked_refusal(*kind, &shape))
        {
            answer_to(pending, Some(kind));
            return Response::UnmarkedError(shape.words());
        }
        if response == "message" || self.vocabulary.message_word.as_deref() == Some(response) {
            return self.message(object, &shape, pending);
        }
        if let Some(kind) = asked.clone().find(|kind| self.vocabulary.is_answer(*kind, &shape)) {
            answer_to(pending, Some(kind));
            return self.answer(kind, object);
        }
        match (self.dialect, response) {
            (_, "history") => self.history(object, pending),
            // Another check tests the word `info`.
            (Dialect::Ktn15, _) => self.info(object, &shape, pending),
            (Dialect::Json | Dialect::Ktn14, _) if self.is_unmarked_refusal(response, pending) => {
                answer_to(pending, Some(Kind::Unknown));
                Response::UnmarkedError(shape.words())
            }
            (Dialect::Json | Dialect::Ktn14, _) => match self.kind(response) {
                Some(kind) if asked.clone().any(|other| other == kind) => {
                    answer_to(pending, Some(kind));
                    self.answer(kind, object)
                }
                Some(_) => self.unasked(object),
                // News is what answers no request. Before the grader has listened, this may be the answer.
                None if self.vocabulary.logs_in => Response::Notice(news(object)),
                None => unexpected(object),
            },
        }
    }

    /// An answer that the user has not asked for, or to a request that is answered already.
    fn unasked(&self, object: &Map<String, Value>) -> Response {
        match self.backlog(object) {
            backlog if backlog.is_empty() => Response::Notice(news(object)),
            backlog => Response::History(backlog),
        }
    }

    /// Whether this word answers an unknown request, or an input that is none, of a server that does not
    /// mark its refusals.
    fn is_unmarked_refusal(&self, response: &str, pending: &Pending) -> bool {
        let is_unknown =
            |request: &Request| matches!(request, Request::Unknown(word) if word == response);
        self.vocabulary.hides_refusals(Kind::Unknown)
            && (response == "error" || pending.iter().any(is_unknown))
    }

    /// The kind of request that this word names in a response.
    fn kind(&self, response: &str) -> Option<Kind> {
        Some(match (self.dialect, response) {
            (Dialect::Ktn15, _) => return None,
            (_, "login") => Kind::Login,
            (_, "logout") => Kind::Logout,
            (_, "message") => Kind::Say,
            (Dialect::Json, "names") | (Dialect::Ktn14, "listUsers") => Kind::Names,
            _ => return None,
        })
    }

    /// The answer to a request that succeeded.
    fn answer(&self, kind: Kind, object: &Map<String, Value>) -> Response {
        match kind {
            Kind::Login => Response::LoggedIn { backlog: self.backlog(object) },
            Kind::Logout => Response::LoggedOut,
            Kind::Names => Response::Names(self.names(object)),
            Kind::Say | Kind::Unknown => unexpected(object),
        }
    }

    fn backlog(&self, object: &Map<String, Value>) -> Vec<Message> {
        match self.dialect {
            Dialect::Json => json::messages(object),
            Dialect::Ktn14 => ktn14::messages(object, &self.pattern(), self.people.everyone),
            Dialect::Ktn15 if text(object, "response") == "history" => self.past(object),
            Dialect::Ktn15 => Vec::new(),
        }
    }

    fn past(&self, object: &Map<String, Value>) -> Vec<Message> {
        ktn15::past(object, &self.pattern(), self.people.everyone)
    }

    fn pattern(&self) -> Pattern {
        let pattern = self.vocabulary.pattern.clone();
        pattern.unwrap_or_else(|| match self.dialect {
            Dialect::Ktn14 => Pattern::said(),
            Dialect::Json | Dialect::Ktn15 => Pattern::default(),
        })
    }

    fn names(&self, object: &Map<String, Value>) -> Vec<String> {
        if self.dialect != Dialect::Ktn15 {
            return listing::named(object).unwrap_or_default();
        }
        let content = object.get("content").unwrap_or(&Value::Null);
        match &self.vocabulary.listing {
            Some(listing) => listing.names(content),
            None => Listing::unknown(content),
        }
    }

    /// Earlier messages. They answer a login only if this server sends nothing else after one.
    fn history(&self, object: &Map<String, Value>, pending: &mut Pending) -> Response {
        let mut answers = self.vocabulary.answers(Kind::Login).peekable();
        let is_answer =
            answers.peek().is_some() && answers.all(|shape| shape.response == "history");
        if is_answer && pending.iter().any(|request| request.kind() == Kind::Login) {
            answer_to(pending, Some(Kind::Login));
            return Response::LoggedIn { backlog: self.past(object) };
        }
        Response::History(match self.dialect {
            Dialect::Ktn15 => self.past(object),
            Dialect::Json | Dialect::Ktn14 => self.backlog(object),
        })
    }

    /// A chat message, or news that looks like one.
    fn message(
        &self,
        object: &Map<String, Value>,
        shape: &Shape,
        pending: &mut Pending,
    ) -> Response {
        let Some(whole) = whole_message(self.dialect, object) else { return unexpected(object) };
        let split = self.pattern().split(&whole, self.people.everyone);
        let key = match self.dialect {
            Dialect::Json => Some(text(object, "username")),
            Dialect::Ktn14 => None,
            Dialect::Ktn15 => Some(text(object, "sender")),
        };
        let is_of_user =
            split.as_ref().is_some_and(|split| self.is_user(key.unwrap_or(&split.sender)));
        let is_news = self.vocabulary.is_news(shape) || whole.starts_with('*');
        if !is_of_user && (is_news || self.is_news_by_its_words(&whole)) {
            return Response::Notice(whole);
        }
        let (sender, text) =
            split.map_or((String::new(), whole), |split| (split.sender, split.text));
        let message = Message { sender: key.map_or(sender, str::to_owned), text };
        // For its sender, the message is the answer to the request.
        let own =
            |request: &&Request| matches!(request, Request::Say(text) if *text == message.text);
        if let Some(place) = pending.iter().position(|request| own(&request)) {
            pending.remove(place);
        }
        Response::Message(message)
    }

    fn is_user(&self, name: &str) -> bool {
        self.people.everyone.iter().any(|other| other == name)
    }

    /// Whether a text has no word in common with anything that a user has said.
    fn is_news_by_its_words(&self, whole: &str) -> bool {
        let is_said =
            |word: &str| self.said.iter().any(|said| tokens(said).any(|other| other == word));
        self.vocabulary.logs_in && !tokens(whole).any(is_said)
    }

    /// An `info` of `ktn15` in words that the grader has not seen as an answer. It may be the answer to a
    /// pending request in other words, or news.
    fn info(&self, object: &Map<String, Value>, shape: &Shape, pending: &mut Pending) -> Response {
        let vocabulary = self.vocabulary;
        let content = object.get("content").unwrap_or(&Value::Null);
        let words = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        let kinds = pending.iter().map(|request| request.kind());
        let Some(kind) = kinds.into_iter().find(|kind| *kind != Kind::Say) else {
            let is_refusal = !pending.is_empty()
                && vocabulary.hides_refusals(Kind::Say)
                && !vocabulary.is_news(shape)
                && !self.is_about_others(shape);
            return if is_refusal {
                answer_to(pending, Some(Kind::Say));
                Response::UnmarkedError(words)
            } else {
                Response::Notice(words)
            };
        };
        if kind == Kind::Names && !vocabulary.is_news(shape) {
            let is_list = vocabulary.listing.as_ref().is_some_and(|listing| {
                listing.matches(content, self.people.me.filter(|_| self.is_logged_in))
                    && !vocabulary.is_other_answer(kind, shape)
            });
            if is_list {
                answer_to(pending, Some(kind));
                return Response::Names(self.names(object));
            }
        }
        let is_no_list = kind == Kind::Names && vocabulary.listing.is_some();
        if is_no_list
            || vocabulary.is_news(shape)
            || vocabulary.is_other_answer(kind, shape)
            || self.is_about_others(shape)
        {
            return Response::Notice(words);
        }
        answer_to(pending, Some(kind));
        match kind {
            Kind::Login | Kind::Unknown if vocabulary.hides_refusals(kind) => {
                Response::UnmarkedError(words)
            }
            Kind::Unknown | Kind::Say => {
                Response::Unexpected(format!("the response \"info\": {words:?}"))
            }
            kind => self.answer(kind, object),
        }
    }

    /// Whether a text names another user and not the receiver.
    fn is_about_others(&self, shape: &Shape) -> bool {
        let has =
            |placeholder| shape.words.as_ref().is_some_and(|words| words.contains(placeholder));
        has("{someone}") && !has("{me}")
    }
}

/// Removes the request that a response answers: the oldest of this kind, or else the oldest.
fn answer_to(pending: &mut Pending, kind: Option<Kind>) {
    let place = kind.and_then(|kind| pending.iter().position(|request| request.kind() == kind));
    pending.remove(place.unwrap_or(0));
}

/// News in words: what happened, and to whom.
fn news(object: &Map<String, Value>) -> String {
    match (text(object, "response"), text(object, "username")) {
        ("notice", _) => text(object, "message").to_owned(),
        (word, "") => word.to_owned(),
        (word, name) => format!("{word} {name}"),
    }
}
