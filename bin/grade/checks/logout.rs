//! Logouts, and other ways to leave.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Awaited, Dialect, Kind, Reaction, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LEAVE-1",
        layer: Layer::App,
        rationale: "Without an answer, a client does not know whether it is logged out.",
        hint: "Answer a logout like every other request, before you do anything else.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            is_answered(scenario, ann)
        }),
    },
    Check {
        id: "LEAVE-2",
        layer: Layer::App,
        rationale: "A user who has logged out must not be able to send messages.",
        hint: "After a logout the connection has no name: remove it everywhere you store it. If ben received the message, the server still knows ann's name.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(cannot_speak_after_logout),
    },
    Check {
        id: "LEAVE-3",
        layer: Layer::App,
        rationale: "A user who has logged out must not receive messages.",
        hint: "Is the connection still in the list of connections to which you send messages?",
        after: &["MESSAGE-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben, cat) =
                (scenario.log_in("ann")?, scenario.log_in("ben")?, scenario.log_in("cat")?);
            scenario.log_out(ben)?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_text(cat, &text)?;
            scenario.expect_silence(ben)
        }),
    },
    Check {
        id: "LEAVE-4",
        layer: Layer::App,
        rationale: "A user who logs out wants to use the same name again later.",
        hint: "When a user logs out, remove the name from the names that are taken.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.log_out(ann)?;
            let name = scenario.name("ann");
            let ben = scenario.connect("ben")?;
            scenario.log_in_as(ben, &name).map(drop)
        }),
    },
    Check {
        id: "LEAVE-5",
        layer: Layer::App,
        rationale: "Clients send a logout twice, or before a login.",
        hint: "Check whether the connection has a name before you log it out.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Logout)?;
            let text = scenario.course.errors.no_logout.clone();
            let may_end = !scenario.course.logout.answer;
            is_refused(scenario, ann, text.as_deref(), may_end)
        }),
    },
    Check {
        id: "LEAVE-6",
        layer: Layer::NetOrApp,
        rationale: "Most users leave by closing the window.",
        hint: "A read that returns no bytes means that the client has closed the connection. Do the same as for a logout.",
        after: &["LOGIN-9", "CROWD-4", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.disconnect(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-7",
        layer: Layer::NetOrApp,
        rationale: "A laptop is closed or a cable is pulled: then a read fails instead of returning no bytes.",
        hint: "A read that fails (connection reset) is the end of that connection, just like a read that returns no bytes.",
        after: &["LEAVE-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.reset_connection(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-8",
        layer: Layer::App,
        rationale: "A user who has left must not keep others from logging in.",
        hint: "If a write to a dead connection fails, the login of another user must still succeed.",
        after: &["CROWD-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.disconnect(ann);
            // The server may notice that only a little later.
            scenario.log_in("ben")?;
            for number in 0..AFTERWARDS {
                scenario.pause();
                scenario.log_in(&format!("p{number}"))?;
            }
            Ok(())
        }),
    },
];

/// Number of short pauses in which a server may still notice that a user is gone.
pub(super) const AFTERWARDS: usize = 8;

/// Sends a logout and expects its answer, or the end of the connection where the course allows that.
fn is_answered(scenario: &mut Scenario, who: PeerId) -> Result<(), Stop> {
    scenario.request(who, Request::Logout)?;
    let expected = "the answer to the logout";
    if scenario.course.logout.answer {
        let fits = |response: &Response| *response == Response::LoggedOut;
        let awaited = Awaited::Answer("logout");
        return scenario.awaiting(&awaited, |it| it.expect(who, expected, fits)).map(drop);
    }
    match scenario.next_or_end(who, expected)? {
        None | Some((Response::LoggedOut, _)) => Ok(()),
        Some((other, _)) => Err(scenario.differs(who, expected, &other.words())),
    }
}

/// After a logout, a message is refused or the connection has ended, and nobody gets the message.
fn cannot_speak_after_logout(scenario: &mut Scenario) -> Result<(), Stop> {
    let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
    scenario.log_out(ann)?;
    // Whether a server may end the connection of a client that is not logged in, MESSAGE-4 tests.
    let may_end = !scenario.course.logout.stays_open || drops(scenario);
    if may_end && scenario.has_ended(ann) {
        return Ok(());
    }
    let text = scenario.text();
    if may_end && scenario.request(ann, Request::Say(text.clone())).is_err() {
        return scenario.expect_silence(ben);
    }
    if !may_end {
        scenario.request(ann, Request::Say(text))?;
    }
    let text = scenario.course.errors.not_logged_in.clone();
    is_refused(scenario, ann, text.as_deref(), may_end)?;
    scenario.expect_silence(ben)
}

/// Whether the server ends the connection of a client that sends a message without a login.
fn drops(scenario: &Scenario) -> bool {
    scenario.vocabulary.reaction(Kind::Say) == Some(Reaction::Ends)
}

/// Expects a refusal, or the end of the connection where that is allowed.
fn is_refused(
    scenario: &mut Scenario,
    who: PeerId,
    text: Option<&str>,
    may_end: bool,
) -> Result<(), Stop> {
    if !may_end {
        return scenario.expect_error(who, text);
    }
    let expected = text.map_or("a refusal".to_owned(), |text| format!("refused: {text:?}"));
    match scenario.next_or_end(who, &expected)? {
        None | Some((Response::UnmarkedError(_), _)) => Ok(()),
        Some((Response::Error(error), _)) if text.is_none_or(|text| text == error) => Ok(()),
        Some((other, _)) => Err(scenario.differs(who, &expected, &other.words())),
    }
}

/// What ben expects when ann has left.
const FREE: &str = "a successful login, because the name is free again";

/// Expects the name of ann to become free within the patience.
fn is_free(scenario: &mut Scenario) -> Result<(), Stop> {
    let name = scenario.name("ann");
    let ben = scenario.connect("ben")?;
    let mut time = scenario.free_time();
    loop {
        scenario.request(ben, Request::Login(name.clone()))?;
        let response = scenario.next_response(ben, FREE)?;
        let is_over = time.exceeds(scenario.patience, FREE)?;
        match response {
            Response::LoggedIn { .. } => return Ok(()),
            // The server may not have noticed the end of the connection yet.
            Response::Error(_) | Response::UnmarkedError(_) if !is_over => scenario.pause(),
            other => {
                let after = time.with_pauses().as_secs_f64();
                let words = format!("{}, even after {after:.0} s", other.words());
                return Err(scenario.differs(ben, FREE, &words));
            }
        }
    }
}
