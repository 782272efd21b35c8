//! The text of `/metrics`, in the exposition format of Prometheus.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use app::Histogram;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::Sources;
use super::process::Process;

pub(super) use prometheus_text::CONTENT_TYPE;

/// The figures of a server, as text.
pub(super) struct Exposition(Registry);

impl Exposition {
    pub(super) fn new(sources: Sources) -> Exposition {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Figures { sources, since: since.as_secs_f64() }));
        Exposition(registry)
    }

    /// Returns the text with the figures of this moment.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.0)?;
        Ok(text)
    }
}

/// Reads the counters at each scrape.
struct Figures {
    sources: Sources,
    /// The time at which the server started, in seconds since 1970.
    since: f64,
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Writer(encoder);
        out.gauge("strata_build_info", "The version", &[([("version", app::VERSION)], 1_u64)])?;
        self.connections(&mut out)?;
        self.chat(&mut out)?;
        self.process(&mut out)
    }
}

impl Figures {
    fn connections(&self, out: &mut Writer<'_>) -> fmt::Result {
        let Sources { connections, chat } = &self.sources;
        let by_state = chat
            .connections()
            .map(|(dialect, state, count)| ([("dialect", dialect), ("state", state)], count));
        let by_state: Vec<_> = by_state.collect();
        out.gauge("strata_connections", "Open connections by dialect and state", &by_state)?;
        out.counter(
            "strata_connections_opened",
            "Connections that were opened",
            &[(NONE, connections.opened())],
        )?;
        out.counter(
            "strata_connections_closed",
            "Connections that were closed, by reason",
            &labelled("reason", connections.closed()),
        )?;
        out.counter(
            "strata_connections_refused",
            "Connections that a limit refused",
            &labelled("limit", connections.refused()),
        )?;
        out.counter(
            "strata_frames_received",
            "Frames that arrived",
            &[(NONE, connections.frames())],
        )?;
        out.gauge(
            "strata_outbox_bytes",
            "Bytes that wait for all clients together",
            &[(NONE, connections.outbox_bytes() as u64)],
        )
    }

    fn chat(&self, out: &mut Writer<'_>) -> fmt::Result {
        let chat = &self.sources.chat;
        let log = chat.log();
        let kinds = [("room", chat.room_messages()), ("whisper", chat.whispers())];
        out.counter(
            "strata_messages",
            "Messages of the chat, by kind",
            &labelled("kind", kinds.into_iter()),
        )?;
        out.counter(
            "strata_deliveries",
            "Copies of messages that were sent to clients of this server",
            &[(NONE, chat.deliveries())],
        )?;
        out.histogram(
            "strata_turn_seconds",
            "Time that the chat took for the events of one turn",
            chat.turns(),
        )?;
        out.histogram("strata_commit_seconds", "Time of a commit of the log", log.commits())?;
        out.counter(
            "strata_commit_failures",
            "Commits of the log that failed",
            &[(NONE, log.failures())],
        )?;
        let queues = [("log", log.waiting()), ("passwords", chat.passwords())];
        out.gauge(
            "strata_queue_length",
            "Drafts that wait for the log, and passwords that wait for their hash",
            &labelled("queue", queues.into_iter()),
        )?;
        out.gauge(
            "strata_log_lag_entries",
            "Entries of the log that the chat has not taken",
            &[(NONE, log.lag())],
        )?;
        out.histogram(
            "strata_log_delay_seconds",
            "Time of a change from this server to Redis and back",
            log.delays(),
        )
    }

    fn process(&self, out: &mut Writer<'_>) -> fmt::Result {
        let process = Process::now();
        out.gauge(
            "process_start_time_seconds",
            "The start, in seconds since 1970",
            &[(NONE, self.since)],
        )?;
        if let Some(seconds) = process.cpu_seconds {
            out.counter("process_cpu_seconds", "Processor time", &[(NONE, seconds)])?;
        }
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory", process.memory_bytes),
            ("process_open_fds", "Open file descriptors", process.open_descriptors),
            ("process_max_fds", "The limit on file descriptors", process.most_descriptors),
        ] {
            if let Some(value) = value {
                out.gauge(name, help, &[(NONE, value)])?;
            }
        }
        Ok(())
    }
}

/// The labels of a figure without labels.
const NONE: [(&str, &str); 0] = [];

/// A set of one label.
type OneLabel = [(&'static str, &'static str); 1];

/// Gives each count its label.
fn labelled(
    label: &'static str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) -> Vec<(OneLabel, u64)> {
    counts.map(|(value, count)| ([(label, value)], count)).collect()
}

/// Writes metrics.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    /// Writes a counter; the format appends `_total` to its name.
    fn counter<S: EncodeLabelSet, N: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        samples: &[(S, N)],
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in samples {
            metric.encode_family(labels)?.encode_counter::<NoLabelSet, N, u64>(value, None)?;
        }
        Ok(())
    }

    fn gauge<S: EncodeLabelSet, N: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        samples: &[(S, N)],
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in samples {
            metric.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
        // The library adds the counts of the buckets up.
        let buckets: Vec<(f64, u64)> = histogram.buckets().collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(histogram.seconds(), count, &buckets, None)
    }
}
