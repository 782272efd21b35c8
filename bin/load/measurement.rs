//! The figures of one run.

use std::time::Duration;

use serde_json::{Value, json};

use crate::histogram::Histogram;
use crate::violation::Violations;

/// The figures of one run: one subject with one number of clients.
#[derive(Debug, Clone)]
pub(crate) struct Measurement {
    /// The measured subject: an address, `relay`, or the name of an engine.
    pub(crate) subject: String,
    pub(crate) clients: u32,
    pub(crate) senders: u32,
    pub(crate) size: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) connect: Arriving,
    /// `None` for the relay, which needs no login.
    pub(crate) login: Option<Arriving>,
    /// The measured time, without the warm-up.
    pub(crate) steady: Duration,
    /// Texts sent in that time.
    pub(crate) messages: u64,
    /// Deliveries in that time.
    pub(crate) deliveries: u64,
    /// All texts sent, in the warm-up too.
    pub(crate) sent: u64,
    /// The time from sending a text to reading it, for every client and every text sent in the measured
    /// time.
    pub(crate) latency: Histogram,
    /// The same, for the clients of other servers than the sender's. Empty if there is one server.
    pub(crate) elsewhere: Histogram,
    pub(crate) violations: Violations,
}

/// The times of connects or logins.
#[derive(Debug, Clone)]
pub(crate) struct Arriving {
    /// The time of all together, [`WINDOW`](crate::crowd::WINDOW) at a time.
    pub(crate) all: Duration,
    /// The time of each.
    pub(crate) each: Histogram,
}

/// The reported percentiles with their names.
pub(crate) const PERCENTILES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

impl Measurement {
    pub(crate) fn deliveries_per_second(&self) -> f64 {
        self.deliveries as f64 / self.steady.as_secs_f64()
    }

    pub(crate) fn messages_per_second(&self) -> f64 {
        self.messages as f64 / self.steady.as_secs_f64()
    }

    /// The figures as JSON. Latencies are in milliseconds, other times in seconds.
    pub(crate) fn to_json(&self) -> Value {
        let violations: serde_json::Map<String, Value> = self
            .violations
            .counts()
            .map(|(kind, count)| (kind.to_string(), count.into()))
            .collect();
        json!({
            "subject": self.subject,
            "clients": self.clients,
            "senders": self.senders,
            "size": self.size,
            "rate": self.rate,
            "connect_seconds": self.connect.all.as_secs_f64(),
            "login_seconds": self.login.as_ref().map(|login| login.all.as_secs_f64()),
            "steady_seconds": self.steady.as_secs_f64(),
            "sent": self.sent,
            "messages_per_second": self.messages_per_second(),
            "deliveries": self.deliveries,
            "deliveries_per_second": self.deliveries_per_second(),
            "latency_ms": {
                "p50": milliseconds(self.latency.percentile(0.5)),
                "p99": milliseconds(self.latency.percentile(0.99)),
                "p99_9": milliseconds(self.latency.percentile(0.999)),
                "max": milliseconds(self.latency.max()),
            },
            "violations": self.violations.count(),
            "violations_by_kind": violations,
            "violation_examples": self.violations.examples(),
        })
    }
}

/// Converts nanoseconds to milliseconds.
pub(crate) fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// The median. It is the mean of the middle two of an even number of values, and 0 of no values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (lower, upper) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_odd_even_one_and_no_values() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([7.0]), 7.0);
        assert_eq!(median([]), 0.0);
    }
}
