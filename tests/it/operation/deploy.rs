//! The files in `handout/deploy`, and the page that explains them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Server, json, skipped};
use serde_json::Value;

use super::scrape::{WITH_METRICS, get, metrics_of};

fn handout(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("handout").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(handout(file)).unwrap()
}

/// The names of all samples that a server has, and the names and values of their labels.
struct Known {
    names: BTreeSet<String>,
    labels: BTreeSet<String>,
}

impl Known {
    fn scraped() -> Known {
        let server = Server::start_on_disk(&WITH_METRICS);
        let (_, text) = get(metrics_of(&server), "/metrics");
        let (mut names, mut labels) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.rsplit_once(' ').unwrap().0;
            let (name, set) = name.split_once('{').unwrap_or((name, "}"));
            names.insert(name.to_owned());
            for label in set.trim_end_matches('}').split(',').filter(|label| !label.is_empty()) {
                labels.insert(label.split_once('=').unwrap().0.to_owned());
            }
        }
        // Prometheus adds these.
        labels.extend(["instance", "job"].map(str::to_owned));
        Known { names, labels }
    }

    /// Checks that a query names only figures and labels that exist. Returns the figures.
    fn check(&self, query: &str) -> Vec<String> {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named: Vec<String> = words
            .filter(|word| word.starts_with("strata_") || word.starts_with("process_"))
            .map(str::to_owned)
            .collect();
        for name in &named {
            assert!(self.names.contains(name), "{query:?} names {name}, which does not exist");
        }
        let groups = query.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
        for label in groups.flat_map(|group| group.split(',')) {
            assert!(self.labels.contains(label.trim()), "{query:?} has no label {label}");
        }
        named
    }
}

/// Collects the strings under this key, wherever they are.
fn collect<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                found.extend(field.as_str().filter(|_| name == key));
                collect(field, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        _ => {}
    }
}

#[test]
fn every_query_of_the_dashboard_and_the_alerts_names_figures_that_exist() {
    let known = Known::scraped();
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana.json")).unwrap();
    let mut queries = Vec::new();
    collect(&dashboard, "expr", &mut queries);
    assert!(queries.len() > 15, "{queries:?}");
    let shown: BTreeSet<String> = queries.iter().flat_map(|query| known.check(query)).collect();
    // Each figure of the server is on the dashboard, perhaps as a part of a histogram.
    for name in known.names.iter().filter(|name| name.starts_with("strata_")) {
        let family = name.trim_end_matches("_sum").trim_end_matches("_count");
        let family = family.trim_end_matches("_bucket");
        let is_shown =
            family == "strata_build_info" || shown.iter().any(|shown| shown.starts_with(family));
        assert!(is_shown, "{name} is not on the dashboard");
    }
    let alerts = read("deploy/alerts.yml");
    let alerts: Vec<&str> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert!(alerts.len() >= 5, "{alerts:?}");
    alerts.iter().for_each(|query| drop(known.check(query)));
}

#[test]
fn a_query_with_a_wrong_name_is_noticed() {
    let known = Known {
        names: ["strata_frames_received_total".to_owned()].into(),
        labels: ["reason".to_owned()].into(),
    };
    known.check("sum by (reason) (rate(strata_frames_received_total[5m]))");
    for wrong in ["rate(strata_frames_total[5m])", "sum by (name) (strata_frames_received_total)"] {
        assert!(std::panic::catch_unwind(|| known.check(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn every_figure_is_explained() {
    let page = read("operate.md");
    for name in Known::scraped().names.iter().filter(|name| name.starts_with("strata_")) {
        let family = name.trim_end_matches("_sum").trim_end_matches("_count");
        let family = family.trim_end_matches("_bucket");
        assert!(page.contains(&format!("`{family}`")), "operate.md does not explain {family}");
    }
}

#[test]
fn prometheus_accepts_its_files() {
    for (what, file) in [("config", "deploy/prometheus.yml"), ("rules", "deploy/alerts.yml")] {
        let output = Command::new("promtool").args(["check", what]).arg(handout(file)).output();
        let Ok(output) = output else { return skipped("this machine has no promtool") };
        assert!(output.status.success(), "{output:?}");
    }
}

/// The unit, with the program of this test and a configuration file that exists, in a temporary folder.
fn unit(folder: &Path) -> PathBuf {
    let program = harness::server().get_program().to_str().unwrap().to_owned();
    let text = read("deploy/strata.service");
    assert_eq!(text.matches("/usr/local/bin/server ").count(), 1);
    let file = folder.join("strata.service");
    fs::write(&file, text.replace("/usr/local/bin/server", &program)).unwrap();
    file
}

#[test]
#[ignore = "slow"]
fn systemd_accepts_the_unit_and_finds_little_exposed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = unit(folder.path());
    let verify = Command::new("systemd-analyze").arg("verify").arg(&unit).output();
    let Ok(verify) = verify else { return skipped("this machine has no systemd") };
    let said = String::from_utf8(verify.stderr).unwrap();
    let about_ours = said.lines().find(|line| line.contains("strata.service"));
    assert!(verify.status.success() && about_ours.is_none(), "{said}");
    // The threshold is in tenths. `operate.md` says 1.4 of 10; other versions of systemd judge a little
    // differently.
    let security = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20"])
        .arg(&unit)
        .output()
        .unwrap();
    assert!(security.status.success(), "{security:?}");
    assert!(read("operate.md").contains("an exposure of about 1.4 of 10"));
}

#[test]
fn the_command_line_of_the_unit_starts_a_server() {
    let unit = read("deploy/strata.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("server.toml");
    fs::write(&config, "listen = [\"json=127.0.0.1:0\"]\n").unwrap();
    let data = folder.path().join("server.db");
    let line = line.replace("/etc/strata/server.toml", config.to_str().unwrap());
    let line = line.replace("/var/lib/strata/server.db", data.to_str().unwrap());
    let line = line.replace("127.0.0.1:9100", "127.0.0.1:0");
    let arguments: Vec<&str> = line.split(' ').skip(1).collect();
    let server = Server::start_with(&arguments, 1);
    assert_eq!(get(metrics_of(&server), "/healthz").0, 200);
    assert!(data.exists());
}

#[test]
fn a_backup_is_restored_as_the_page_says() {
    let page = read("operate.md");
    let block = |heading: &str| {
        let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
        section.split("```console\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
    };
    let mut server = Server::start_on_disk(&[]);
    let folder = server.file().parent().unwrap().to_owned();
    let mut alice = server.login("alice");
    alice.says("kept");
    alice.hears(json!({"response": "message", "id": 1}));
    let backups = tempfile::tempdir().unwrap();
    // The page has the paths of the unit and its program.
    let run = |block: &str| {
        let program = harness::server().get_program().to_str().unwrap().to_owned();
        for line in block.lines() {
            let line = line.strip_prefix("# ").unwrap_or_else(|| panic!("{line:?}"));
            if line.starts_with("systemctl") {
                continue;
            }
            let line = line.replace("server.db", "data.db");
            let line = line.replace("/var/lib/strata", folder.to_str().unwrap());
            let line = line.replace("/var/backups", backups.path().to_str().unwrap());
            let line = line.replace("$(date +%F)", "2026-03-01");
            let line = match line.strip_prefix("server ") {
                Some(arguments) => format!("{program} {arguments}"),
                None => line,
            };
            let output = Command::new("sh").args(["-c", &line]).output().unwrap();
            assert!(output.status.success(), "{line}: {output:?}");
        }
    };
    run(&block("Back up"));
    alice.says("later");
    alice.hears(json!({"response": "message", "id": 2}));
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);
    run(&block("Restore"));
    let restored = Server::start("events", &["--data", server.file().to_str().unwrap()]);
    let mut bob = restored.connect();
    bob.asks(json!({"request": "login", "username": "bob"}));
    let heard = bob.hears(json!({"response": "login"}));
    let messages = heard["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{heard}");
    assert_eq!(messages[0]["message"], "kept");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(server.file()).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

/// The Dockerfile names what the page says about the image.
#[test]
fn the_image_has_no_root_and_one_program() {
    let file = read("deploy/Dockerfile");
    let last = file.split("\nFROM ").last().unwrap();
    let steps: Vec<&str> = last.lines().collect();
    let position = |step: &str| steps.iter().position(|line| line.starts_with(step));
    let user = position("USER strata").expect("a user without rights");
    assert!(user < position("ENTRYPOINT [\"server\"]").expect("the program is the first process"));
    assert_eq!(steps.iter().filter(|line| line.starts_with("COPY")).count(), 1);
    assert!(last.contains("--uid 1000"), "operate.md says 1000");
    let command = last.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let arguments: Vec<String> = serde_json::from_str(command).unwrap();
    assert_eq!(arguments, ["--data", "/var/lib/strata/server.db"]);
}
