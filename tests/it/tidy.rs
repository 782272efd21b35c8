//! Rules of the house that a test can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines in a file. A longer file probably contains a second thought.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the workspace, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["net", "parse", "app", "bin", "tests"].map(|folder| root().join(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 40, "the sources were not found");
    found
}

/// The part of the text before its unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// The names of the dependencies in this table of a manifest.
fn dependencies(package: &str, table: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let table = manifest.get(table).and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

/// The names of the dependencies for this target in a manifest.
fn target_dependencies(package: &str, target: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let table = ["target", target, "dependencies"]
        .iter()
        .try_fold(&toml::Value::Table(manifest), |table, key| table.get(key))
        .and_then(toml::Value::as_table)
        .cloned();
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn the_layers_depend_downwards_only() {
    let own = BTreeSet::from(["net", "parse", "app", "strata"].map(str::to_owned));
    for (package, below) in
        [("net", vec![]), ("parse", vec!["net".to_owned()]), ("app", vec!["parse".to_owned()])]
    {
        for table in ["dependencies", "dev-dependencies"] {
            let named = dependencies(package, table);
            let ours: Vec<String> = named.intersection(&own).cloned().collect();
            let want = if table == "dependencies" { below.clone() } else { vec![] };
            assert_eq!(ours, want, "[{table}] of {package}");
        }
    }
    let net = dependencies("net", "dependencies");
    assert!(!net.contains("serde") && !net.contains("serde_json"), "net knows nothing of JSON");
    let app = dependencies("app", "dependencies");
    assert!(!app.contains("serde") && !app.contains("serde_json"), "app knows nothing of JSON");
}

/// The modules of `app` with threads: they wait for the disk or for Redis, or hash passwords.
const BESIDE_THE_CHAT: [&str; 3] =
    ["app/src/log/shared", "app/src/log/sqlite", "app/src/passwords/pool"];

#[test]
fn the_chat_has_no_socket_no_thread_no_disk_and_no_clock() {
    for (path, text) in sources() {
        if !path.starts_with("app") || path.iter().any(|folder| folder == "tests") {
            continue;
        }
        let code = without_tests(&text);
        for absent in ["TcpStream", "TcpListener", "net::Server", "serde_json", "Mutex"] {
            assert!(!code.contains(absent), "{} names {absent}", path.display());
        }
        let name = path.display().to_string();
        let beside = BESIDE_THE_CHAT.iter().any(|room| name.starts_with(room));
        for absent in ["thread::", "fs::", "rusqlite", "argon2::"] {
            assert!(beside || !code.contains(absent), "{name} names {absent}");
        }
        // Only the main loop reads the clock, and the threads of a log measure their commits.
        for clock in ["SystemTime", "Instant", "Timestamp::now"] {
            let allowed = path.ends_with("serve.rs") || path.ends_with("log/figures.rs");
            assert!(allowed || !code.contains(clock), "{} asks {clock}", path.display());
        }
    }
}

#[test]
fn every_file_begins_with_its_purpose_and_is_short() {
    for (path, text) in sources() {
        let name = path.display();
        assert!(
            text.starts_with("//! "),
            "{name} does not begin with a comment that says its purpose"
        );
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{name} has {lines} lines; which part is a second thought?");
    }
}

/// The files that a lab or a check puts into a copy of the workspace.
const FOR_COPIES: [&str; 2] = ["bin/course/wrong", "bin/course/solutions"];

/// Whether a manifest names this file as the root of a program.
fn is_root(path: &Path) -> bool {
    let is_usual = ["main.rs", "lib.rs", "build.rs"].iter().any(|name| path.ends_with(name));
    is_usual
        || path.parent().is_some_and(|folder| folder.ends_with("examples"))
        || path.ancestors().skip(1).any(|folder| {
            let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml"));
            let file = path.strip_prefix(folder).unwrap().display();
            manifest.is_ok_and(|manifest| manifest.contains(&format!("path = \"{file}\"")))
        })
}

/// A file that no module names is not compiled: its tests would not run.
#[test]
fn every_file_is_part_of_a_program() {
    let sources: BTreeMap<PathBuf, String> = sources().into_iter().collect();
    for path in sources.keys() {
        if is_root(path) || FOR_COPIES.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let module = match path.file_name() {
            Some(name) if name == "mod.rs" => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        let (folder, name) = (module.parent().unwrap(), module.file_name().unwrap());
        let declaration = format!("mod {};", name.display());
        let attribute = format!("#[path = \"{}.rs\"]", name.display());
        let parents = ["mod.rs", "main.rs", "lib.rs"].map(|name| folder.join(name));
        let mut parents = parents.into_iter().chain([folder.with_extension("rs")]);
        let is_named = parents.any(|parent| {
            sources.get(&parent).is_some_and(|text| {
                text.lines().any(|line| line.ends_with(&declaration)) || text.contains(&attribute)
            })
        });
        assert!(is_named, "no module names {}", path.display());
    }
}

#[test]
fn no_code_sleeps_and_none_is_unfinished() {
    // In two parts, so that this file does not find itself.
    let banned = [("sle", "ep("), ("to", "do!("), ("unimple", "mented!("), ("FIX", "ME")];
    for (path, text) in sources() {
        for (begin, end) in banned {
            let word = format!("{begin}{end}");
            // The tool for labs writes this word into starters. Clippy refuses it in the tool itself.
            if begin == "to" && path.starts_with("bin/course") {
                continue;
            }
            assert!(!text.contains(&word), "{} has {word}", path.display());
        }
    }
}

/// A test that waits for somebody to mend it would be forgotten.
#[test]
fn a_test_is_left_out_only_because_it_is_slow() {
    let (ignored, slow) = (concat!("#[ign", "ore"), concat!("#[ign", "ore = \"slow\"]"));
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains("cargo test --tests -- --ignored"), "`.ci/run` runs the slow tests");
    for (path, text) in sources() {
        let count = |word| text.matches(word).count();
        assert_eq!(count(ignored), count(slow), "{}", path.display());
    }
}

#[test]
fn every_dependency_has_a_reason_in_the_architecture() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let tools =
        ["bin/shared", "bin/transcript", "bin/load", "bin/grade", "bin/course", "bin/inspect"];
    for package in [".", "net", "parse", "app"].into_iter().chain(tools) {
        for table in ["dependencies", "dev-dependencies"] {
            let of_linux = target_dependencies(package, "cfg(target_os = \"linux\")");
            for name in dependencies(package, table).into_iter().chain(of_linux) {
                let name_in_code = format!("`{name}`");
                let has_row = architecture.lines().any(|line| {
                    let cell = line.strip_prefix("| ").and_then(|row| row.split(" | ").next());
                    cell.is_some_and(|cell| cell.contains(&name_in_code))
                });
                let own = ["net", "parse", "app", "harness", "shared", "transcript", "page"]
                    .contains(&name.as_str());
                assert!(own || has_row, "ARCHITECTURE.md does not say why {name}");
            }
        }
    }
}

/// The filters of `.config/nextest.toml`.
fn filters() -> Vec<String> {
    let text = fs::read_to_string(root().join(".config/nextest.toml")).unwrap();
    let profiles: toml::Table = text.parse().unwrap();
    let profiles =
        profiles["profile"].as_table().unwrap().values().map(|it| it.as_table().unwrap());
    let mut filters = Vec::new();
    for profile in profiles {
        filters.extend(profile.get("default-filter"));
        let overrides = profile.get("overrides").and_then(toml::Value::as_array);
        filters.extend(overrides.into_iter().flatten().map(|it| &it["filter"]));
    }
    filters.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric() && it != '_')
}

#[test]
fn every_filter_of_nextest_names_tests() {
    let sources = sources();
    let mut names: BTreeSet<&str> = ["not", "test", "package", "strata"].into();
    for (path, text) in &sources {
        // The name of a package is that of its folder.
        names.extend(path.iter().nth(1).and_then(|folder| folder.to_str()));
        for keyword in ["fn ", "mod "] {
            names.extend(text.split(keyword).skip(1).filter_map(|rest| words(rest).next()));
        }
    }
    let filters = filters();
    assert!(filters.len() > 3, "the filters were not found");
    for filter in filters {
        for word in words(&filter) {
            let is_named = names.iter().any(|name| name.contains(word));
            assert!(is_named, "no test or module is called {word}: {filter}");
        }
    }
}

/// The pages of the repository, with their texts.
fn pages() -> BTreeMap<PathBuf, String> {
    let names = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut paths: Vec<PathBuf> = names.map(|name| root().join(name)).into();
    let mut folders = vec![root().join("handout")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The anchor that a page has for a heading.
fn anchor(heading: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(is_kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_between_pages_works() {
    let pages = pages();
    for (page, text) in &pages {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let wrong = format!("{} links to {link}", page.display());
            let target = target.canonicalize().unwrap_or_else(|error| panic!("{wrong}: {error}"));
            if !part.is_empty() {
                let target = pages.get(&target).unwrap_or_else(|| panic!("{wrong}, no page"));
                let mut headings = target.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|heading| anchor(heading) == part), "{wrong}, no heading");
            }
        }
    }
}
