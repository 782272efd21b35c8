//! Listening: the grader uses a server once, before all checks, and learns how it talks.
//!
//! A course leaves open how a server says most things. So three users do one thing after another, and
//! the grader waits after each until the server is quiet. What came is learned in
//! [`Vocabulary::learn`]; nothing is judged here.

mod report;

use std::time::Duration;

use crate::lag::Stopwatch;
use crate::peer::Incoming;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Observation, Request, Vocabulary};

pub(crate) use self::report::sentences;

/// Shortest time without a frame after which the server is quiet, and its multiple of the longest gap
/// between two frames so far.
const QUIET: Duration = Duration::from_millis(40);
const GAPS: u32 = 3;

/// Longest wait for a request that a right server answers, after the first one.
const ANSWER: Duration = Duration::from_secs(1);

/// Longest wait for an answer that need not come.
const PERHAPS: Duration = Duration::from_millis(200);

/// What the grader observed.
struct Listening<'a> {
    scenario: &'a mut Scenario,
    /// The users who are connected, with their login names.
    users: Vec<(PeerId, String)>,
    observations: Vec<Observation>,
    longest_gap: Duration,
}

/// Uses the server, and returns how it talks.
///
/// # Errors
/// The machine was too busy, or the server does not accept connections. What the server does wrong is
/// no error: then less is learned.
pub(crate) fn listen(scenario: &mut Scenario) -> Result<Vocabulary, Stop> {
    let (ann, ben, cat) = (scenario.name("ann"), scenario.name("ben"), scenario.name("cat"));
    let names = [ann.clone(), ben.clone(), cat.clone()];
    let (dialect, patience) = (scenario.dialect, scenario.patience);
    let (users, observations, longest_gap) = (Vec::new(), Vec::new(), Duration::ZERO);
    let mut listening = Listening { scenario, users, observations, longest_gap };
    listening.story(&ann, &ben, &cat, patience)?;
    let observations = listening.observations;
    Ok(Vocabulary::learn(dialect, &observations, &names))
}

impl Listening<'_> {
    fn story(&mut self, ann: &str, ben: &str, cat: &str, patience: Duration) -> Result<(), Stop> {
        let asks_for_names = self.scenario.course.has_names();
        let first = self.connect("ann", ann)?;
        if !self.ask(first, Request::Login(ann.to_owned()), patience)? {
            return Ok(());
        }
        let second = self.connect("ben", ben)?;
        if !self.ask(second, Request::Login(ben.to_owned()), patience)? {
            return Ok(());
        }
        if asks_for_names {
            self.ask(first, Request::Names, ANSWER)?;
        }
        let text = self.scenario.text();
        self.ask(first, Request::Say(text), PERHAPS)?;
        let mut stranger = self.connect("cat", cat)?;
        let text = self.scenario.text();
        for request in [Request::Say(text), self.scenario.request_of_strangers()] {
            self.ask(stranger, request, ANSWER)?;
            if self.has_ended() {
                stranger = self.connect("cat", cat)?;
            }
        }
        self.ask(first, Request::Unknown("fly".to_owned()), PERHAPS)?;
        if self.has_ended() {
            return Ok(());
        }
        self.ask(stranger, Request::Login(cat.to_owned()), ANSWER)?;
        self.ask(second, Request::Logout, ANSWER)?;
        self.leave(stranger)?;
        for request in [Request::Logout, Request::Login("!!".to_owned())] {
            let stranger = self.connect("dan", "dan")?;
            self.ask(stranger, request, PERHAPS)?;
        }
        Ok(())
    }

    fn connect(&mut self, role: &str, name: &str) -> Result<PeerId, Stop> {
        let who = self.scenario.meet(role)?;
        self.users.push((who, name.to_owned()));
        self.observe(who, None, Duration::ZERO)?;
        Ok(who)
    }

    /// Sends a request and waits for what comes. Returns whether anything came.
    fn ask(&mut self, who: PeerId, request: Request, longest: Duration) -> Result<bool, Stop> {
        // A server that has closed the connection shows that when the grader reads.
        if matches!(self.scenario.request(who, request.clone()), Err(Stop::Undecided(_))) {
            return Err(Stop::Undecided("the grader cannot send".to_owned()));
        }
        self.observe(who, Some(request), longest)?;
        Ok(self.observations.last().is_some_and(|it| !it.frames.is_empty()))
    }

    fn leave(&mut self, who: PeerId) -> Result<(), Stop> {
        self.scenario.disconnect(who);
        self.observe(who, None, Duration::ZERO)
    }

    fn has_ended(&self) -> bool {
        self.observations.last().is_some_and(|it| it.ended)
    }

    /// Collects what everybody receives until the server is quiet.
    fn observe(
        &mut self,
        who: PeerId,
        asked: Option<Request>,
        longest: Duration,
    ) -> Result<(), Stop> {
        let name = self.name(who);
        let is_logged_in = self.is_logged_in(&name);
        let mut observation = Observation {
            name,
            asked,
            is_logged_in,
            frames: Vec::new(),
            ended: false,
            others: Vec::new(),
        };
        let (watch, mut last) = (Stopwatch::start(), Stopwatch::start());
        let mut came = 0;
        loop {
            let before = came;
            came += self.take(who, &mut observation);
            if came > before {
                if before > 0 {
                    self.longest_gap = self.longest_gap.max(last.elapsed());
                }
                last = Stopwatch::start();
            }
            let is_answered = !observation.frames.is_empty() || observation.ended;
            let quiet = QUIET.max(self.longest_gap * GAPS);
            if last.elapsed() >= quiet && (is_answered || watch.elapsed() >= longest) {
                break;
            }
            self.scenario.poll_for(QUIET / 4)?;
        }
        self.observations.push(observation);
        Ok(())
    }

    /// Takes the frames that have arrived. Returns their number.
    fn take(&mut self, who: PeerId, observation: &mut Observation) -> usize {
        let dialect = self.scenario.dialect;
        let mut count = 0;
        for (user, name) in &self.users {
            let Some(peer) = self.scenario.peer(*user) else { continue };
            loop {
                match peer.next(dialect) {
                    Incoming::Frame(frame, _) if *user == who => observation.frames.push(frame),
                    Incoming::Frame(frame, _) => observation.others.push((name.clone(), frame)),
                    Incoming::End(_) if *user == who => {
                        observation.ended = true;
                        break;
                    }
                    Incoming::End(_) | Incoming::Nothing => break,
                }
                count += 1;
            }
        }
        count
    }

    fn name(&self, who: PeerId) -> String {
        let user = self.users.iter().find(|(user, _)| *user == who);
        user.map(|(_, name)| name.clone()).unwrap_or_default()
    }

    /// Whether the last login of this user was answered.
    fn is_logged_in(&self, name: &str) -> bool {
        let own = |it: &&Observation| {
            it.name == name && matches!(&it.asked, Some(Request::Login(own)) if own == name)
        };
        let login = self.observations.iter().find(own);
        login.is_some_and(|login| !login.frames.is_empty())
    }
}
