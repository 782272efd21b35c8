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
use crate::wire::{Kind, Observation, Request, Vocabulary};

pub(crate) use self::report::sentences;

/// Shortest time without a frame after which the server is quiet, and its multiple of the longest gap
/// between two frames so far.
const QUIET: Duration = Duration::from_millis(40);
const GAPS: u32 = 3;

/// Longest wait for a request that a right server answers, after the first one.
const ANSWER: Duration = Duration::from_secs(1);

/// Number of times that the grader goes on waiting because the program is busy.
const BUSY: usize = 10;

/// Longest wait for an answer that need not come.
const PERHAPS: Duration = Duration::from_millis(400);

/// What the grader observed.
struct Listening<'a> {
    scenario: &'a mut Scenario,
    /// Requests that the grader does not send.
    without: Vec<Step>,
    /// The users who are connected, with their login names.
    users: Vec<(PeerId, String)>,
    observations: Vec<Observation>,
    longest_gap: Duration,
    last: Option<Step>,
    /// The server runs on after a user has left.
    survives: bool,
}

/// A request of the listening: its kind, and whether a user who is logged in sends it.
pub(crate) type Step = (Kind, bool);

/// Uses the server, and returns how it talks and the last request. Leaves out the steps `without`, at
/// which the server ended before.
///
/// # Errors
/// The machine was too busy. What the server does wrong is no error: then less is learned.
pub(crate) fn listen(
    scenario: &mut Scenario,
    without: &[Step],
) -> Result<(Vocabulary, Option<Step>), Stop> {
    let names = ["ann", "ben", "cat", "dan", "eve"].map(|role| scenario.name(role));
    let (dialect, users, observations) = (scenario.dialect, Vec::new(), Vec::new());
    let mut listening = Listening {
        scenario,
        without: without.to_vec(),
        users,
        observations,
        longest_gap: Duration::ZERO,
        last: None,
        survives: false,
    };
    match listening.story() {
        Err(Stop::Undecided(why)) => return Err(Stop::Undecided(why)),
        // The server did something wrong. What came before is known.
        Ok(()) | Err(Stop::Failed(_) | Stop::Absent) => {}
    }
    let Listening { observations, last, survives, .. } = listening;
    let mut vocabulary = Vocabulary::learn(dialect, &observations, &names);
    vocabulary.survives_leaving = survives;
    Ok((vocabulary, last))
}

impl Listening<'_> {
    /// What every client does comes first, and what a server may not survive last.
    fn story(&mut self) -> Result<(), Stop> {
        let Some(mut first) = self.log_in("ann")? else { return Ok(()) };
        let Some(second) = self.log_in("ben")? else { return Ok(()) };
        let text = self.scenario.text();
        self.ask(first, Request::Say(text), ANSWER)?;
        if self.scenario.course.has_names() {
            first = self.ask_or_return(first, Request::Names)?;
        }
        let third = self.log_in("cat")?;
        self.ask(second, Request::Logout, ANSWER)?;
        self.ask_or_return(first, Request::Unknown("fly".to_owned()))?;
        let taken = self.scenario.name("ann");
        let mut requests = vec![Request::Login(taken), Request::Login("!!".to_owned())];
        if self.scenario.course.has_names() {
            requests.push(Request::Names);
        }
        requests.extend([Request::Logout, Request::Say(self.scenario.text())]);
        for request in requests {
            let stranger = self.connect("dan")?;
            self.ask(stranger, request, PERHAPS)?;
        }
        if let Some(third) = third {
            self.last = None;
            self.scenario.disconnect(third);
            self.observe(third, None, Duration::ZERO)?;
            self.survives = self.serves_another()?;
        }
        Ok(())
    }

    /// Whether the server serves a new user. On a busy machine, a server that ends because a user has left
    /// may do so after it was quiet.
    fn serves_another(&mut self) -> Result<bool, Stop> {
        let who = self.connect("dan")?;
        let login = Request::Login(self.name(who));
        self.send(who, login, ANSWER)?;
        // The login is no part of what the grader learns.
        let login = self.observations.pop();
        Ok(login.is_some_and(|it| !it.ended) && self.scenario.is_alive())
    }

    /// Connects a user and sends a login. Returns `None` if nothing came.
    fn log_in(&mut self, role: &str) -> Result<Option<PeerId>, Stop> {
        let (who, name) = (self.connect(role)?, self.scenario.name(role));
        let longest = if self.observations.len() < 2 { self.scenario.patience } else { ANSWER };
        Ok(self.ask(who, Request::Login(name), longest)?.then_some(who))
    }

    /// Sends a request. If the server ends the connection, another user logs in for the next ones.
    fn ask_or_return(&mut self, who: PeerId, request: Request) -> Result<PeerId, Stop> {
        self.ask(who, request, ANSWER)?;
        if self.has_ended()
            && let Some(other) = self.log_in("eve")?
        {
            return Ok(other);
        }
        Ok(who)
    }

    fn connect(&mut self, role: &str) -> Result<PeerId, Stop> {
        let (who, name) = (self.scenario.meet(role)?, self.scenario.name(role));
        self.users.push((who, name));
        self.observe(who, None, Duration::ZERO)?;
        Ok(who)
    }

    /// Sends a request and waits for what comes. Returns whether anything came.
    fn ask(&mut self, who: PeerId, request: Request, longest: Duration) -> Result<bool, Stop> {
        let step = (request.kind(), self.is_logged_in(&self.name(who)));
        if self.without.contains(&step) {
            return Ok(false);
        }
        self.last = Some(step);
        self.send(who, request, longest)?;
        Ok(self.observations.last().is_some_and(|it| !it.frames.is_empty()))
    }

    fn send(&mut self, who: PeerId, request: Request, longest: Duration) -> Result<(), Stop> {
        // A server that has closed the connection shows that when the grader reads.
        if matches!(self.scenario.request(who, request.clone()), Err(Stop::Undecided(_))) {
            return Err(Stop::Undecided("the grader cannot send".to_owned()));
        }
        self.observe(who, Some(request), longest)
    }

    fn has_ended(&self) -> bool {
        self.observations.last().is_some_and(|it| it.ended)
    }

    /// Collects the frames of all users until the server is quiet.
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
        let (mut came, mut busy) = (0, BUSY);
        loop {
            let before = came;
            came += self.take(who, &mut observation);
            if came > before {
                if before > 0 {
                    self.longest_gap = self.longest_gap.max(last.elapsed());
                }
                last = Stopwatch::start();
            }
            // A message reaches its sender and the others, perhaps not at the same time.
            let is_shared = is_logged_in && matches!(observation.asked, Some(Request::Say(_)));
            let is_missing =
                observation.frames.is_empty() || is_shared && observation.others.is_empty();
            let is_answered = !is_missing || observation.ended;
            let quiet = QUIET.max(self.longest_gap * GAPS);
            if last.elapsed() >= quiet && (is_answered || watch.elapsed() >= longest) {
                // A program that waits for a processor may still have something to say.
                if busy == 0 || !self.scenario.program.load().is_some_and(|load| load.wants()) {
                    break;
                }
                busy -= 1;
                last = Stopwatch::start();
            }
            self.scenario.poll_for(QUIET / 4)?;
        }
        // How late something came says how long to wait for what must not come.
        if came > 0 {
            self.scenario.pace.record(watch.elapsed().saturating_sub(last.elapsed()));
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

    /// Whether a login of this user was answered.
    fn is_logged_in(&self, name: &str) -> bool {
        let own = |it: &&Observation| {
            it.name == name && matches!(&it.asked, Some(Request::Login(own)) if own == name)
        };
        let mut logins = self.observations.iter().filter(own);
        logins.any(|login| !login.frames.is_empty())
    }
}
