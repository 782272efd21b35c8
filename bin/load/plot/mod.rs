//! Plots of the measurements. They are drawn without a plotting library, which would be larger than the
//! rest of the tool.

mod axis;
mod svg;

use crate::histogram::Histogram;
use crate::measurement::{Measurement, median, milliseconds};
use crate::report::{grouped, significant};
use axis::{Axis, Percentiles};
use svg::{Anchor, Svg};

const WIDTH: f64 = 860.0;
/// The height of a panel with its texts.
const PANEL: f64 = 460.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = WIDTH - 40.0;
/// The distances from the top of a panel to the top and the bottom of its drawing.
const TOP: f64 = 96.0;
const BOTTOM: f64 = PANEL - 70.0;

/// Colours that also differ for colour-blind people (Okabe and Ito).
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Draws the latencies of deliveries. If the runs have different numbers of clients, also draws the
/// deliveries a second for each number.
pub(crate) fn draw(runs: &[&Measurement]) -> String {
    let clients = different(runs.iter().map(|run| run.clients));
    let subjects = different(runs.iter().map(|run| run.subject.as_str()));
    let panels = if clients.len() > 1 { 2.0 } else { 1.0 };
    let mut svg = Svg::new(WIDTH, PANEL * panels);
    latency(&mut svg, runs, &subjects, &clients);
    if clients.len() > 1 {
        throughput(&mut svg, PANEL, runs, &subjects, &clients);
    }
    svg.finish()
}

/// Draws the percentile curves: one for each subject, or, of a single subject, one for each number of
/// clients.
fn latency(svg: &mut Svg, runs: &[&Measurement], subjects: &[&str], clients: &[u32]) {
    let most = clients.iter().copied().max().unwrap_or(0);
    let merged = |chosen: &dyn Fn(&Measurement) -> bool| {
        let mut histogram = Histogram::new();
        for run in runs.iter().filter(|run| chosen(run)) {
            histogram.merge(&run.latency);
        }
        histogram
    };
    let (what, mut curves): (String, Vec<(String, Histogram)>) = match subjects {
        [subject] if clients.len() > 1 => {
            let curve = |clients: &u32| {
                let label = format!("{} clients", grouped(f64::from(*clients)));
                (label, merged(&|run| run.clients == *clients))
            };
            ((*subject).to_owned(), clients.iter().map(curve).collect())
        }
        _ => {
            let curve = |subject: &&str| {
                let of = |run: &Measurement| run.subject == *subject && run.clients == most;
                ((*subject).to_owned(), merged(&of))
            };
            let what = format!("{} clients", grouped(f64::from(most)));
            (what, subjects.iter().map(curve).collect())
        }
    };
    curves.retain(|(_, histogram)| histogram.count() > 0);

    let count = curves.iter().map(|(_, histogram)| histogram.count()).max().unwrap_or(0);
    let x = Percentiles::new(count, LEFT, RIGHT);
    let points = |histogram: &Histogram| -> Vec<(f64, f64)> {
        let value = |share| milliseconds(histogram.percentile(share));
        x.points().map(|(place, share)| (place, value(share))).collect()
    };
    let curves: Vec<(String, Vec<(f64, f64)>)> =
        curves.iter().map(|(label, histogram)| (label.clone(), points(histogram))).collect();
    let values = curves.iter().flat_map(|(_, points)| points.iter().map(|(_, value)| *value));
    let y = Axis::around(values, BOTTOM, TOP);

    titles(svg, 0.0, "Latency of deliveries", &format!("{what}, {}", setting(runs)));
    let marks = y.marks().into_iter().map(|value| (y.place(value), plain(value)));
    frame(svg, 0.0, marks, x.marks(), "milliseconds", "share of deliveries that took no longer");
    for ((label, points), (index, colour)) in curves.iter().zip(colours()) {
        let points: Vec<_> = points.iter().map(|(x, value)| (*x, y.place(*value))).collect();
        svg.curve(colour, &points);
        legend(svg, 0.0, index, colour, label);
    }
}

/// Draws the deliveries a second over the number of clients, with a curve for each subject.
fn throughput(svg: &mut Svg, top: f64, runs: &[&Measurement], subjects: &[&str], clients: &[u32]) {
    let rate = |subject: &str, clients: u32| {
        let those = runs.iter().filter(|run| run.subject == subject && run.clients == clients);
        median(those.map(|run| run.deliveries_per_second()))
    };
    let rates = subjects.iter().flat_map(|subject| clients.iter().map(|n| rate(subject, *n)));
    let x = Axis::around(clients.iter().map(|clients| f64::from(*clients)), LEFT, RIGHT);
    let y = Axis::around(rates, top + BOTTOM, top + TOP);

    titles(svg, top, "Deliveries a second", &setting(runs));
    let marks = y.marks().into_iter().map(|value| (y.place(value), plain(value)));
    let places = clients.iter().map(|n| (x.place(f64::from(*n)), grouped(f64::from(*n))));
    frame(svg, top, marks, places.collect(), "deliveries/s", "clients");
    for (subject, (index, colour)) in subjects.iter().zip(colours()) {
        let place = |n: &u32| (x.place(f64::from(*n)), y.place(rate(subject, *n)));
        let mut points: Vec<_> = clients.iter().map(place).collect();
        points.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        svg.curve(colour, &points);
        for point in &points {
            svg.dot(colour, *point);
        }
        legend(svg, top, index, colour, subject);
    }
}

/// The settings that all runs have in common.
fn setting(runs: &[&Measurement]) -> String {
    let Some(run) = runs.last() else { return String::new() };
    let senders = different(runs.iter().map(|run| run.senders));
    let senders: Vec<String> = senders.iter().map(u32::to_string).collect();
    let mode = match run.rate {
        None => "the next text when the last came back".to_owned(),
        Some(rate) => format!("{} texts/s on schedule", grouped(rate)),
    };
    format!("{} senders, {} bytes, {mode}", senders.join(" or "), run.size)
}

fn titles(svg: &mut Svg, top: f64, title: &str, subtitle: &str) {
    svg.text("title", Anchor::Start, (LEFT, top + 34.0), title);
    svg.text("subtitle", Anchor::Start, (LEFT, top + 55.0), subtitle);
}

/// Draws the grid, the axes, and their texts.
fn frame(
    svg: &mut Svg,
    top: f64,
    rows: impl Iterator<Item = (f64, String)>,
    columns: Vec<(f64, String)>,
    up: &str,
    along: &str,
) {
    let (upper, lower) = (top + TOP, top + BOTTOM);
    for (y, mark) in rows {
        svg.line("grid", (LEFT, y), (RIGHT, y));
        svg.text("tick", Anchor::End, (LEFT - 8.0, y + 4.0), &mark);
    }
    for (x, mark) in columns {
        svg.line("grid", (x, upper), (x, lower));
        svg.text("tick", Anchor::Middle, (x, lower + 20.0), &mark);
    }
    svg.line("axis", (LEFT, upper), (LEFT, lower));
    svg.line("axis", (LEFT, lower), (RIGHT, lower));
    svg.upward("label", (24.0, f64::midpoint(upper, lower)), up);
    svg.text("label", Anchor::Middle, (f64::midpoint(LEFT, RIGHT), lower + 46.0), along);
}

/// Draws an entry of the legend. The entries are above the drawing, from left to right.
fn legend(svg: &mut Svg, top: f64, index: usize, colour: &str, label: &str) {
    let (x, y) = (LEFT + 150.0 * (index % 5) as f64, top + 78.0);
    svg.curve(colour, &[(x, y - 4.0), (x + 20.0, y - 4.0)]);
    svg.text("legend", Anchor::Start, (x + 26.0, y), label);
}

fn colours() -> impl Iterator<Item = (usize, &'static str)> {
    COLOURS.iter().copied().cycle().enumerate()
}

/// Formats the number of a mark as briefly as possible.
fn plain(value: f64) -> String {
    match value {
        1e9.. => format!("{} G", trimmed(value / 1e9)),
        1e6.. => format!("{} M", trimmed(value / 1e6)),
        1e4.. => format!("{} k", trimmed(value / 1e3)),
        _ => trimmed(value),
    }
}

fn trimmed(value: f64) -> String {
    let text = significant(value);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The distinct values in their first order.
fn different<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::Arriving;
    use crate::violation::Violations;
    use std::time::Duration;

    fn run(subject: &str, clients: u32, latencies: &[u64]) -> Measurement {
        let mut latency = Histogram::new();
        for value in latencies {
            latency.record(*value);
        }
        Measurement {
            subject: subject.to_owned(),
            clients,
            senders: 2,
            size: 64,
            rate: None,
            connect: Arriving { all: Duration::ZERO, each: Histogram::new() },
            login: None,
            steady: Duration::from_secs(1),
            messages: 5,
            deliveries: u64::from(clients) * 5,
            sent: 5,
            latency,
            elsewhere: Histogram::new(),
            violations: Violations::default(),
        }
    }

    #[test]
    fn one_number_of_clients_makes_one_panel() {
        let (relay, events) = (run("relay", 10, &[100_000, 2_000_000]), run("a<b", 10, &[5]));
        let svg = draw(&[&relay, &events]);
        assert!(svg.contains("Latency of deliveries") && svg.contains("milliseconds"));
        assert!(!svg.contains("Deliveries a second"));
        assert!(svg.contains("a&lt;b"), "names are escaped");
        assert_eq!(svg.matches("<polyline").count(), 4, "two curves, and two in the legend");
    }

    #[test]
    fn different_numbers_of_clients_make_a_second_panel() {
        let runs = [run("x", 10, &[1_000]), run("x", 100, &[2_000]), run("x", 1_000, &[])];
        let svg = draw(&runs.iter().collect::<Vec<_>>());
        assert!(svg.contains("Deliveries a second") && !svg.contains("1 000 clients"));
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn a_run_without_deliveries_is_still_drawn() {
        let svg = draw(&[&run("x", 1, &[])]);
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }

    #[test]
    fn marks_are_short() {
        let marks = [0.05, 1.0, 500.0, 20_000.0, 5e6].map(plain);
        assert_eq!(marks, ["0.05", "1", "500", "20 k", "5 M"]);
    }
}
