//! The vocabulary of a server: how this server says what a course leaves open.
//!
//! The grader listens to the server once, while nothing else happens, and learns from what it
//! receives. Later it reads every frame with this vocabulary: an answer is what the server sends when
//! it is asked, and news is what it sends without being asked.

use serde_json::{Map, Value};

use super::listing::Listing;
use super::pattern::Pattern;
use super::shape::{People, Shape};
use super::{Dialect, Frame, Kind, Request, error_of, shortened, whole_message};

/// One thing that a user did while the grader listened, and what everybody received after it.
#[derive(Debug)]
pub(crate) struct Observation {
    /// The login name of the user.
    pub(crate) name: String,
    /// The request; `None` for a connection, or for its end.
    pub(crate) asked: Option<Request>,
    pub(crate) is_logged_in: bool,
    /// What the user received.
    pub(crate) frames: Vec<Frame>,
    /// The server ended the connection of the user.
    pub(crate) ended: bool,
    /// What the others received, each with their login name.
    pub(crate) others: Vec<(String, Frame)>,
}

/// What a server does at a request that it should refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    Answers,
    /// Ends the connection, with or without an answer.
    Ends,
    Ignores,
}

/// How a server talks, as far as the grader has learned it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    /// What a client receives before its first request.
    pub(crate) greeting: Vec<String>,
    /// Answers to requests that succeeded.
    answers: Vec<(Kind, Shape)>,
    /// Answers to requests that failed, where they do not look like errors.
    unmarked: Vec<(Kind, Shape)>,
    /// What clients receive without a request.
    news: Vec<Shape>,
    pub(super) listing: Option<Listing>,
    pub(super) pattern: Option<Pattern>,
    /// The word in `response` that this server uses for messages, if it is not `message`.
    pub(super) message_word: Option<String>,
    /// A login succeeded.
    pub(crate) logs_in: bool,
    /// A message reached another user.
    pub(crate) delivers: bool,
    /// A message reached its sender.
    pub(crate) echoes: bool,
    /// A login with the name of another user was refused.
    pub(crate) refuses_taken_names: bool,
    /// A logged-in user who sends an unknown request receives an error.
    pub(crate) answers_unknown: bool,
    /// What the server does when a client that is not logged in sends such a request.
    reactions: Vec<(Kind, Reaction)>,
    /// The server runs on after a user has left.
    pub(crate) survives_leaving: bool,
    /// A logout is answered.
    pub(crate) answers_logout: bool,
    /// The server ends the connection after a logout.
    pub(crate) ends_at_logout: bool,
}

impl Vocabulary {
    /// Learns from what the grader observed. `names` are the login names of its users.
    pub(crate) fn learn(
        dialect: Dialect,
        observations: &[Observation],
        names: &[String],
    ) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        let learner = Learner { dialect, names };
        for observation in observations {
            if let (Some(Request::Say(text)), true) = (&observation.asked, observation.is_logged_in)
            {
                learner.add_message(&mut vocabulary, text, observation);
            }
        }
        for observation in observations {
            learner.add(&mut vocabulary, observation);
        }
        learner.keep_the_proper_answers(&mut vocabulary);
        learner.add_news(&mut vocabulary, observations);
        let lists = observations
            .iter()
            .filter(|it| it.asked == Some(Request::Names) && it.is_logged_in)
            .map(|it| it.frames.as_slice());
        vocabulary.listing = Listing::learn(dialect, lists, names);
        vocabulary
    }

    /// Whether this shape was an answer to a request of this kind.
    pub(super) fn is_answer(&self, kind: Kind, shape: &Shape) -> bool {
        self.answers.iter().any(|(other, known)| *other == kind && known == shape)
    }

    /// Whether this shape was an answer to a request of another kind.
    pub(super) fn is_other_answer(&self, kind: Kind, shape: &Shape) -> bool {
        self.answers.iter().any(|(other, known)| *other != kind && known == shape)
    }

    /// Whether the grader has seen an answer to a request of this kind.
    pub(super) fn knows(&self, kind: Kind) -> bool {
        self.answers.iter().any(|(other, _)| *other == kind)
    }

    /// The answers to requests of this kind that succeeded, in their order.
    pub(crate) fn answers(&self, kind: Kind) -> impl Iterator<Item = &Shape> {
        self.answers.iter().filter(move |(other, _)| *other == kind).map(|(_, shape)| shape)
    }

    /// Whether this shape was a refusal that does not look like an error.
    pub(super) fn is_unmarked_refusal(&self, kind: Kind, shape: &Shape) -> bool {
        self.unmarked.iter().any(|(other, known)| *other == kind && known == shape)
    }

    /// Whether failed requests of this kind are answered with something that does not look like an error.
    pub(super) fn hides_refusals(&self, kind: Kind) -> bool {
        self.unmarked.iter().any(|(other, _)| *other == kind)
    }

    pub(super) fn is_news(&self, shape: &Shape) -> bool {
        self.news.contains(shape)
    }

    /// What the server does when a client that is not logged in sends a request of this kind; `None` if
    /// the grader has not tried it.
    pub(crate) fn reaction(&self, kind: Kind) -> Option<Reaction> {
        let found = self.reactions.iter().find(|(other, _)| *other == kind);
        found.map(|(_, reaction)| *reaction)
    }

    /// What clients receive without a request.
    pub(crate) fn news(&self) -> &[Shape] {
        &self.news
    }

    /// How the names are listed.
    pub(crate) fn listing(&self) -> Option<&Listing> {
        self.listing.as_ref()
    }

    /// The pattern of a message, in a dialect that has no key for the sender.
    pub(crate) fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }
}

/// Reads observations.
struct Learner<'a> {
    dialect: Dialect,
    names: &'a [String],
}

impl Learner<'_> {
    fn shape(&self, object: &Map<String, Value>, me: &str) -> Shape {
        let people = People { me: Some(me), everyone: self.names };
        Shape::of(object, self.dialect, people)
    }

    /// The frames of an observation that are objects, apart from chat messages.
    fn answers(&self, vocabulary: &Vocabulary, observation: &Observation) -> Vec<Shape> {
        let objects = observation.frames.iter().filter_map(Frame::object);
        let own = objects.filter(|object| !is_message(vocabulary, object));
        own.map(|object| self.shape(object, me(observation))).collect()
    }

    fn add(&self, vocabulary: &mut Vocabulary, observation: &Observation) {
        let Some(request) = &observation.asked else {
            // Of several connections, the one with the longest greeting has got all of it.
            if observation.frames.len() > vocabulary.greeting.len() {
                let words = observation.frames.iter().map(|frame| shortened(&frame.bytes));
                vocabulary.greeting = words.collect();
            }
            return;
        };
        let kind = request.kind();
        let is_error = |frame: &Frame| {
            frame.object().is_some_and(|object| error_of(self.dialect, object).is_some())
        };
        let has_error = observation.frames.iter().any(is_error);
        match (request, observation.is_logged_in) {
            (Request::Login(name), false) if *name == observation.name => {
                let is_done = !has_error && !observation.frames.is_empty();
                vocabulary.logs_in |= is_done;
                if is_done {
                    self.add_answers(vocabulary, kind, observation);
                }
            }
            (Request::Logout, true) if !has_error => {
                let answered = !self.answers(vocabulary, observation).is_empty();
                vocabulary.answers_logout |= answered;
                vocabulary.ends_at_logout |= observation.ended;
                self.add_answers(vocabulary, kind, observation);
            }
            // In `ktn15` the shape of the answer depends on the number of names.
            (Request::Names, true) if !has_error && self.dialect != Dialect::Ktn15 => {
                self.add_answers(vocabulary, kind, observation);
            }
            (Request::Unknown(_), true) => {
                vocabulary.answers_unknown |= has_error;
                self.add_refusal(vocabulary, kind, has_error, observation);
            }
            (Request::Login(name), false) if self.names.contains(name) => {
                self.add_refusal(vocabulary, kind, has_error, observation);
                vocabulary.refuses_taken_names = has_error || vocabulary.hides_refusals(kind);
            }
            (_, false) => {
                let reaction = match (observation.ended, observation.frames.is_empty()) {
                    (true, _) => Reaction::Ends,
                    (false, false) => Reaction::Answers,
                    (false, true) => Reaction::Ignores,
                };
                vocabulary.reactions.push((kind, reaction));
                self.add_refusal(vocabulary, kind, has_error, observation);
            }
            _ => {}
        }
    }

    /// Adds the answers to a request that succeeded. What a server sends only once is no answer: keeps
    /// the shapes that every request of this kind has in common.
    fn add_answers(&self, vocabulary: &mut Vocabulary, kind: Kind, observation: &Observation) {
        let shapes = self.answers(vocabulary, observation);
        if !vocabulary.knows(kind) {
            return vocabulary.answers.extend(shapes.into_iter().map(|shape| (kind, shape)));
        }
        let in_common = |shape: &Shape| shapes.contains(shape);
        if vocabulary.answers(kind).any(in_common) {
            vocabulary.answers.retain(|(other, shape)| *other != kind || in_common(shape));
        }
    }

    /// Adds the answer to a request that must fail, if it does not look like an error.
    fn add_refusal(
        &self,
        vocabulary: &mut Vocabulary,
        kind: Kind,
        has_error: bool,
        observation: &Observation,
    ) {
        if has_error {
            return;
        }
        let objects = observation.frames.iter().filter_map(Frame::object);
        for object in objects {
            let shape = self.shape(object, me(observation));
            if !vocabulary.is_answer(kind, &shape) {
                vocabulary.unmarked.push((kind, shape));
            }
        }
    }

    /// Learns from a message who receives it, and in which form.
    fn add_message(&self, vocabulary: &mut Vocabulary, text: &str, observation: &Observation) {
        let contains =
            |frame: &Frame| frame.value.as_ref().is_some_and(|value| has_text(value, text));
        vocabulary.echoes |= observation.frames.iter().any(contains);
        vocabulary.delivers |= observation.others.iter().any(|(_, frame)| contains(frame));
        let others = observation.others.iter().map(|(_, frame)| frame);
        let received = others.chain(&observation.frames).filter(|frame| contains(frame));
        let message = received.filter_map(Frame::object).find_map(|object| {
            let whole = whole_message(self.dialect, object)?;
            Some((
                super::text(object, "response").to_owned(),
                Pattern::derive(&whole, text, self.names)?,
            ))
        });
        let Some((word, pattern)) = message else { return };
        vocabulary.message_word = (word != "message").then_some(word);
        // Where a key names the sender, a message should be its text alone, and usually is.
        let is_usual = self.dialect != Dialect::Ktn14 && pattern.is_bare();
        vocabulary.pattern = (!is_usual).then_some(pattern);
    }

    /// In a dialect in which answers name their requests, an answer that does so is the answer, and what
    /// came with it is news.
    fn keep_the_proper_answers(&self, vocabulary: &mut Vocabulary) {
        for (kind, word) in [(Kind::Login, "login"), (Kind::Logout, "logout")] {
            let is_proper = |shape: &Shape| shape.response == word;
            if self.dialect != Dialect::Ktn15 && vocabulary.answers(kind).any(is_proper) {
                vocabulary.answers.retain(|(other, shape)| *other != kind || is_proper(shape));
            }
        }
    }

    /// Adds what users received while they had asked for nothing. A chat message is no news.
    fn add_news(&self, vocabulary: &mut Vocabulary, observations: &[Observation]) {
        let texts: Vec<&str> = observations
            .iter()
            .filter_map(|it| match &it.asked {
                Some(Request::Say(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        // A user may get news about themselves, in the form of a message.
        let own =
            observations.iter().flat_map(|it| it.frames.iter().map(|frame| (&it.name, frame)));
        let own = own.filter(|(_, frame)| {
            frame.object().is_some_and(|object| is_message(vocabulary, object))
        });
        let others =
            observations.iter().flat_map(|it| &it.others).map(|(name, frame)| (name, frame));
        let frames: Vec<(&String, &Frame)> = own.chain(others).collect();
        for (name, frame) in frames {
            let Some(object) = frame.object() else { continue };
            if error_of(self.dialect, object).is_some() {
                continue;
            }
            let is_said = texts
                .iter()
                .any(|text| frame.value.as_ref().is_some_and(|value| has_text(value, text)));
            let shape = self.shape(object, name);
            if !is_said && shape.response != "history" && !vocabulary.news.contains(&shape) {
                vocabulary.news.push(shape);
            }
        }
    }
}

/// The name of the user to whom an answer speaks: the one in a login, or their own.
fn me(observation: &Observation) -> &str {
    match &observation.asked {
        Some(Request::Login(name)) => name,
        _ => &observation.name,
    }
}

/// Whether a frame is a chat message, a refusal to send one, or news that looks like one.
fn is_message(vocabulary: &Vocabulary, object: &Map<String, Value>) -> bool {
    let word = super::text(object, "response");
    word == "message" || vocabulary.message_word.as_deref() == Some(word)
}

/// Whether any string in this value contains the text.
fn has_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(values) => values.iter().any(|value| has_text(value, text)),
        Value::Object(object) => object.values().any(|value| has_text(value, text)),
        _ => false,
    }
}
