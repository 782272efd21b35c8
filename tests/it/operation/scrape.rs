//! A client for `/metrics` and `/healthz`, and a strict parser of the exposition format.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use harness::{DEADLINE, Server};

/// The arguments of a server with figures on a free port.
pub(super) const WITH_METRICS: [&str; 2] = ["--metrics", "127.0.0.1:0"];

/// The address of `/metrics`, from the log of the server.
pub(super) fn metrics_of(server: &Server) -> SocketAddr {
    let lines = server.log_until("serving /metrics and /healthz");
    let line = lines.last().unwrap();
    line.rsplit_once("address=").unwrap().1.parse().unwrap()
}

/// Sends these bytes, and returns everything that the server answers.
pub(super) fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Gets a page. Returns its status and its body.
pub(super) fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let answer = exchange(address, request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.strip_prefix("HTTP/1.1 ").unwrap();
    let length = format!("Content-Length: {}", body.len());
    assert!(head.lines().any(|line| line == length), "{answer}");
    (status[..3].parse().unwrap(), body.to_owned())
}

/// The samples of a scrape, by their name with labels.
pub(super) type Samples = BTreeMap<String, f64>;

/// Gets the figures, and checks every line.
pub(super) fn scrape(address: SocketAddr) -> Samples {
    let (status, text) = get(address, "/metrics");
    assert_eq!(status, 200, "{text}");
    parse(&text)
}

/// Parses the exposition format, version 0.0.4.
///
/// # Panics
/// If a line breaks the format, or if the metrics contradict themselves.
pub(super) fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'), "the last line has no end");
    let mut samples = Samples::new();
    // The name and the type of the current family, and the families so far.
    let (mut family, mut families) = (("", ""), Vec::new());
    let mut helped = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(!help.is_empty() && !families.contains(&name), "{line}");
            helped = name;
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(["counter", "gauge", "histogram"].contains(&family.1), "{line}");
            assert_eq!(helped, family.0, "a TYPE follows its HELP");
            families.push(family.0);
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        let (bare, labels) = match name.split_once('{') {
            Some((bare, labels)) => (bare, labels.strip_suffix('}').unwrap()),
            None => (name, ""),
        };
        let is_name = |text: &str| {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            text.chars().all(letter) && text.starts_with(|c: char| c.is_ascii_alphabetic())
        };
        assert!(is_name(bare), "{line}");
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}"));
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            let plain = |c: char| c.is_ascii_alphanumeric() || "_.+".contains(c);
            assert!(is_name(key) && value.unwrap().chars().all(plain), "{line}");
        }
        let suffix = bare.strip_prefix(family.0).unwrap_or_else(|| panic!("no TYPE: {line}"));
        match family.1 {
            "counter" => assert!(bare.ends_with("_total") && suffix.is_empty(), "{line}"),
            "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
            _ => assert!(suffix.is_empty(), "{line}"),
        }
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(value >= 0.0 && value.is_finite(), "{line}");
        assert_eq!(samples.insert(name.to_owned(), value), None, "twice: {line}");
        if family.1 == "histogram" && suffix == "_count" {
            check_histogram(family.0, text, value);
        }
    }
    samples
}

/// Checks that the buckets of a histogram grow and end with its count.
fn check_histogram(name: &str, text: &str, count: f64) {
    let prefix = format!("{name}_bucket{{le=\"");
    let buckets = text.lines().filter_map(|line| line.strip_prefix(&prefix));
    let buckets: Vec<(f64, f64)> = buckets
        .map(|rest| {
            let (bound, value) = rest.split_once("\"} ").unwrap();
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            (bound, value.parse().unwrap())
        })
        .collect();
    assert!(buckets.len() > 2, "{name}");
    let grows = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
    assert!(buckets.windows(2).all(grows), "{buckets:?}");
    assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{name}");
}

#[test]
fn text_that_breaks_the_format_is_noticed() {
    let good = "# HELP a_total text\n# TYPE a_total counter\na_total{b=\"c\"} 1\n";
    assert_eq!(parse(good).len(), 1);
    for bad in [
        "a_total 1\n",
        "# HELP a text\n# TYPE a counter\na 1\n",
        "# HELP a_total text\n# TYPE a_total counter\na_total 1\na_total 2\n",
        "# HELP a_total text\n# TYPE a_total counter\na_total{b=c} 1\n",
        "# HELP a_total text\n# TYPE a_total counter\na_total one\n",
        "# HELP a text\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_count 1\n",
        "# HELP a text\n# TYPE a gauge\na 1",
    ] {
        assert!(std::panic::catch_unwind(|| parse(bad)).is_err(), "{bad}");
    }
}
