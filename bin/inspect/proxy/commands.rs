//! The commands of the page, carried out.

use std::time::{Duration, Instant};

use super::Proxy;
use crate::event::{Rules, Way, What};
use crate::lane::{Lane, Refusal};
use crate::order::{Order, unescape};

/// Greatest delay in milliseconds.
const DELAY: u64 = 600_000;

/// Greatest number of frames that are joined.
const JOINED: usize = 10_000;

/// Greatest number of bytes of an edited frame in its event.
const DETAIL: usize = 4096;

impl Proxy {
    /// Carries out a command.
    pub(super) fn obey(&mut self, order: Order) -> Result<(), Refusal> {
        let now = Instant::now();
        match order {
            Order::Pause { client, way } => self.pause(client, way, true),
            Order::Resume { client, way } => self.pause(client, way, false),
            Order::Step { client, way } => self.step(client, way),
            Order::Send { frame, delay } => {
                number("delay", delay, 0, DELAY)?;
                let did = if delay == 0 { "sent" } else { "delayed" };
                let detail = (delay > 0).then(|| format!("{delay} ms"));
                let delay = Duration::from_millis(delay);
                self.hand(frame, did, detail, |lane| lane.send(frame, delay, now))
            }
            Order::Drop { frame } => {
                self.hand(frame, "dropped", None, |lane| lane.drop_frame(frame))
            }
            Order::Double { frame } => self.hand(frame, "doubled", None, |lane| lane.double(frame)),
            Order::Earlier { frame } => {
                self.hand(frame, "moved", None, |lane| lane.shift(frame, false))
            }
            Order::Later { frame } => {
                self.hand(frame, "moved", None, |lane| lane.shift(frame, true))
            }
            Order::Edit { frame, text, raw } => {
                let (client, way) = self.holder(frame)?;
                let wire = match raw {
                    true => unescape(&text).map_err(Refusal::Text)?,
                    false => self.lane(client, way)?.encode(&text),
                };
                let shown = wire.get(..DETAIL).unwrap_or(&wire);
                let detail = Some(String::from_utf8_lossy(shown).into_owned());
                self.hand(frame, "edited", detail, |lane| lane.edit(frame, wire))
            }
            Order::Cut { frame, at } => {
                self.hand(frame, "cut", Some(format!("at {at}")), |lane| lane.cut(frame, at))
            }
            Order::Join { client, way, count } => {
                number("count", count as u64, 0, JOINED as u64)?;
                self.lane(client, way)?.join(count);
                self.tell_lanes(client);
                self.tell_queue(client, way);
                Ok(())
            }
            Order::Rules { client, way, rules } => self.set_rules(client, way, rules),
            Order::End { client, way } => {
                self.lane(client, way)?.close();
                self.tell(client, What::Ended { way, why: "closed by hand".to_owned() });
                Ok(())
            }
            Order::Reset { client } => {
                let pair = self.pairs.get_mut(&client).ok_or(Refusal::NoClient(client))?;
                pair.reset("by hand");
                Ok(())
            }
        }
    }

    /// A direction of a client.
    fn lane(&mut self, client: u64, way: Way) -> Result<&mut Lane, Refusal> {
        let pair = self.pairs.get_mut(&client).ok_or(Refusal::NoClient(client))?;
        Ok(pair.lanes.of_mut(way))
    }

    /// The directions that a command is meant for.
    fn lanes(&self, client: Option<u64>, way: Option<Way>) -> Result<Vec<(u64, Way)>, Refusal> {
        let clients: Vec<u64> = match client {
            Some(client) if !self.pairs.contains_key(&client) => {
                return Err(Refusal::NoClient(client));
            }
            Some(client) => vec![client],
            None => self.pairs.keys().copied().collect(),
        };
        let ways = |client| Way::BOTH.map(|way| (client, way));
        let mut lanes: Vec<(u64, Way)> = clients.into_iter().flat_map(ways).collect();
        lanes.retain(|(_, each)| way.is_none_or(|way| way == *each));
        Ok(lanes)
    }

    fn pause(
        &mut self,
        client: Option<u64>,
        way: Option<Way>,
        paused: bool,
    ) -> Result<(), Refusal> {
        let lanes = self.lanes(client, way)?;
        let all = client.is_none() && way.is_none();
        if all {
            self.frozen = paused;
        }
        for (client, way) in lanes {
            let lane = self.lane(client, way)?;
            lane.pause(paused);
            let (paused, join, rules) = lane.settings();
            self.tell(client, What::Lane { way, paused, join, rules });
            self.tell_queue(client, way);
        }
        if all {
            // For clients that come later.
            let rules = Rules::default();
            self.tell(0, What::Lane { way: Way::Up, paused, join: 0, rules });
        }
        Ok(())
    }

    /// Sends the frame that has waited longest in these directions.
    fn step(&mut self, client: Option<u64>, way: Option<Way>) -> Result<(), Refusal> {
        let mut oldest: Option<(Instant, u64, Way)> = None;
        for (client, way) in self.lanes(client, way)? {
            let arrived = self.lane(client, way)?.oldest();
            if let Some(arrived) = arrived
                && oldest.is_none_or(|(other, ..)| arrived < other)
            {
                oldest = Some((arrived, client, way));
            }
        }
        let (_, client, way) = oldest.ok_or(Refusal::Nothing)?;
        self.lane(client, way)?.step()?;
        self.tell_queue(client, way);
        Ok(())
    }

    fn set_rules(
        &mut self,
        client: Option<u64>,
        way: Option<Way>,
        rules: Rules,
    ) -> Result<(), Refusal> {
        if let Some(cut) = rules.cut {
            number("cut", cut as u64, 1, 1 << 20)?;
        }
        if let Some(delay) = rules.delay {
            number("delay", delay, 1, DELAY)?;
        }
        for (client, way) in self.lanes(client, way)? {
            self.lane(client, way)?.set_rules(rules);
            self.tell_queue(client, way);
            self.tell_lanes(client);
        }
        if client.is_none() {
            for each in Way::BOTH.iter().filter(|each| way.is_none_or(|way| way == **each)) {
                *self.rules.of_mut(*each) = rules;
            }
        }
        Ok(())
    }

    /// The direction in whose queue a frame waits.
    fn holder(&self, frame: u64) -> Result<(u64, Way), Refusal> {
        let place = self.lanes(None, None)?.into_iter().find(|(client, way)| {
            self.pairs.get(client).is_some_and(|pair| pair.lanes.of(*way).holds(frame))
        });
        place.ok_or(Refusal::NotHeld(frame))
    }

    /// Carries out a command on a held frame, and reports it.
    fn hand(
        &mut self,
        frame: u64,
        did: &'static str,
        detail: Option<String>,
        hand: impl FnOnce(&mut Lane) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (client, way) = self.holder(frame)?;
        hand(self.lane(client, way)?)?;
        self.tell(client, What::Did { frame, did, detail });
        self.tell_queue(client, way);
        Ok(())
    }

    /// Reports the settings of both directions of a client.
    pub(super) fn tell_lanes(&self, client: u64) {
        let Some(pair) = self.pairs.get(&client) else { return };
        for way in Way::BOTH {
            let (paused, join, rules) = pair.lanes.of(way).settings();
            self.tell(client, What::Lane { way, paused, join, rules });
        }
    }

    /// Reports the queue of a direction.
    fn tell_queue(&self, client: u64, way: Way) {
        let Some(pair) = self.pairs.get(&client) else { return };
        let (frames, more) = pair.lanes.of(way).waiting();
        self.tell(client, What::Queue { way, frames, more });
    }
}

/// Checks the bounds of a number.
fn number(name: &'static str, value: u64, least: u64, most: u64) -> Result<(), Refusal> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(Refusal::Number { name, value, least, most }),
    }
}
