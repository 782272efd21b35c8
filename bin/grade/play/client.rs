//! A transcript against a client: the grader plays the server and a user.
//!
//! The first person of the transcript is the user of the client. For each request that they send, the grader
//! types the lines of the profile, and expects the client to send a request that means the same. What they
//! receive, the grader sends; errors and the messages of others must appear in the output.

use serde_json::{Map, Value, json};
use transcript::{Action, Bindings, Difference, Error, Expected, Sent, Step, Transcript};

use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Frame, ReceivedRequest, Request};

/// Finds a step that no user of a client can do.
pub(super) fn check(transcript: &Transcript) -> Result<(), Error> {
    let Some(dialect) = Dialect::find(transcript.dialect.name()) else {
        let first = transcript.steps.first().map(|step| step.place);
        let place = first.unwrap_or(transcript::Place { line: 1, column: 1 });
        let why = "grade plays the server of a client in json, ktn14 and ktn15 only";
        return Err(transcript.error(place, why));
    };
    for step in user_steps(transcript) {
        let why = match &step.action {
            Action::BreaksOff | Action::StopsSending => "a user of a client cannot do this",
            Action::Sends(sent) => match requests(sent, dialect, &Bindings::default()) {
                Some(requests) if requests.iter().all(is_typed) => continue,
                _ => "a user of a client cannot type this: only login, message, names and logout",
            },
            _ => continue,
        };
        return Err(transcript.error(step.place, why));
    }
    Ok(())
}

/// The steps of the user.
fn user_steps(transcript: &Transcript) -> impl Iterator<Item = &Step> {
    let user = transcript.people().next();
    transcript.steps.iter().filter(move |step| user == Some(step.who.as_str()))
}

/// The requests in what a person sends; `None` if it is anything else.
fn requests(sent: &Sent, dialect: Dialect, bindings: &Bindings) -> Option<Vec<Request>> {
    let request = |frame: Vec<u8>| {
        let value = serde_json::from_slice(&frame).ok();
        let frame = Frame { bytes: frame, value, has_end: true };
        dialect.decode_request(&frame).ok().map(|received| received.request)
    };
    sent.whole_frames(bindings)?.into_iter().map(request).collect()
}

fn is_typed(request: &Request) -> bool {
    matches!(request, Request::Login(_) | Request::Say(_) | Request::Names | Request::Logout)
}

/// Plays a transcript. Returns the difference, if there is one, and the end of the check.
pub(super) fn play(
    scenario: &mut ClientScenario,
    transcript: &Transcript,
) -> (Option<Difference>, Result<(), Stop>) {
    let mut user =
        User { scenario, bindings: Bindings::default(), last: None, connected: false, ids: 0 };
    for step in user_steps(transcript) {
        let ended = user.step(step);
        if let Err(stop) = ended {
            let difference = match &stop {
                Stop::Failed(found) => Some(Difference {
                    place: step.place,
                    who: found.who.clone(),
                    expected: found.expected.clone(),
                    received: found.got.clone(),
                    why: None,
                }),
                Stop::Undecided(_) | Stop::Absent => None,
            };
            return (difference, Err(stop));
        }
    }
    (None, Ok(()))
}

/// The user of the client, and what the server knows of them.
struct User<'a> {
    scenario: &'a mut ClientScenario,
    bindings: Bindings,
    /// The last request, until it is answered.
    last: Option<ReceivedRequest>,
    connected: bool,
    /// The last made-up number.
    ids: u64,
}

impl User<'_> {
    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        match &step.action {
            Action::Connects => self.connect(),
            Action::Sends(sent) => {
                let requests = requests(sent, self.scenario.dialect, &self.bindings);
                requests.unwrap_or_default().into_iter().try_for_each(|it| self.types(it))
            }
            Action::HangsUp => {
                self.scenario.type_lines(|profile| Some(&profile.leave), "")?;
                self.connected = false;
                self.scenario.expect_disconnect("the client closes its connection")
            }
            Action::Receives(frames) => frames.iter().try_for_each(|frame| self.is_sent(frame)),
            Action::ReceivesBytes(bytes) => {
                self.connect()?;
                let bytes = bytes.fill(&self.bindings);
                self.scenario.send("bytes", &bytes)?;
                self.scenario.wait_until_read();
                Ok(())
            }
            Action::IsHungUpOn | Action::IsBrokenOff | Action::Ends => {
                self.scenario.stop_server();
                self.connected = false;
                Ok(())
            }
            // `check` has refused the last two.
            Action::HearsNothing | Action::BreaksOff | Action::StopsSending => Ok(()),
        }
    }

    fn connect(&mut self) -> Result<(), Stop> {
        if self.connected {
            return Ok(());
        }
        self.connected = true;
        self.scenario.connect()
    }

    /// Types what sends this request, and expects the client to send it.
    fn types(&mut self, request: Request) -> Result<(), Stop> {
        if let Request::Login(name) = &request {
            self.scenario.take_name(name);
        }
        self.connect()?;
        let received = match request {
            Request::Login(_) => self.scenario.expect_login_request()?,
            Request::Say(text) => {
                self.scenario.type_message(&text)?;
                self.scenario.expect_request(&Request::Say(text))?
            }
            Request::Names => {
                self.scenario.type_lines(|profile| profile.names.as_ref(), "")?;
                self.scenario.expect_request(&Request::Names)?
            }
            _ => {
                self.scenario.type_lines(|profile| profile.logout.as_ref(), "")?;
                self.scenario.expect_request(&Request::Logout)?
            }
        };
        self.last = Some(received);
        Ok(())
    }

    /// Sends a frame to the client, which shows it if it is for its user.
    fn is_sent(&mut self, frame: &Expected) -> Result<(), Stop> {
        self.connect()?;
        let ids = &mut self.ids;
        let mut fill = |key: Option<&str>| match key {
            Some("timestamp") => json!("2026-01-01T12:00:00.000Z"),
            Some("id" | "online") => {
                *ids += 1;
                json!(*ids)
            }
            _ => json!("anything"),
        };
        let bytes = frame.expects.example(&mut self.bindings, &mut fill);
        let mut object: Map<String, Value> = serde_json::from_slice(&bytes).unwrap_or_default();
        let word = object.get("response").and_then(Value::as_str).unwrap_or_default().to_owned();
        // The answer to a request carries its tag. In `ktn15` there are no tags.
        let answers = self.last.take_if(|last| {
            let kind = last.request.word(self.scenario.dialect);
            kind == word || self.scenario.dialect == Dialect::Ktn15 || word == "error"
        });
        if let Some(tag) = answers.as_ref().and_then(|last| last.tag.clone()) {
            object.insert("tag".to_owned(), tag);
        }
        let is_login = answers.is_some_and(|it| matches!(it.request, Request::Login(_)));
        let is_refused = object.contains_key("error") || word == "error";
        let shown = self.shown(&object, &word);
        let bytes = [Value::Object(object).to_string().as_bytes(), self.end()].concat();
        self.scenario.mark_seen();
        self.scenario.send(&word, &bytes)?;
        // Many clients of the courses take each read for one message.
        self.scenario.wait_until_read();
        if is_login && !is_refused {
            return self.scenario.wait_until_ready();
        }
        match shown.as_slice() {
            [] => Ok(()),
            shown => {
                let texts: Vec<&str> = shown.iter().map(String::as_str).collect();
                self.scenario.expect_shown(&format!("{texts:?}"), &texts)
            }
        }
    }

    fn end(&self) -> &'static [u8] {
        if self.scenario.dialect == Dialect::Json { b"\n" } else { b"" }
    }

    /// The texts of a frame that the user must see: an error, or the message of somebody else.
    fn shown(&self, object: &Map<String, Value>, word: &str) -> Vec<String> {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let (sender, said) = match self.scenario.dialect {
            Dialect::Ktn15 if word == "error" => return text("content").into_iter().collect(),
            Dialect::Ktn15 => (text("sender"), text("content")),
            Dialect::Json => (text("username"), text("message")),
            // The text of a message contains its sender in some form.
            Dialect::Ktn14 => (None, None),
        };
        if let Some(error) = text("error") {
            return vec![error];
        }
        let is_own = sender.as_deref() == Some(&self.scenario.name());
        if word != "message" || is_own {
            Vec::new()
        } else {
            [sender, said].into_iter().flatten().collect()
        }
    }
}
