//! The imports of a program form no circle, so that a reader can begin at one end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the programs and layers that are checked.
const CHECKED: [&str; 10] = [
    "net/src",
    "parse/src",
    "app/src",
    "bin/server",
    "bin/client",
    "bin/transcript",
    "bin/load",
    "bin/grade",
    "bin/course",
    "bin/inspect",
];

/// Folders and files that are no modules of the crate around them: tests and mutants, which are crates
/// apart, and solutions of labs, which belong to other crates.
const APART: [&str; 6] = ["tests", "tests.rs", "mutants", "python", "solutions", "wrong"];

/// For each module at the top of a crate, the modules beside it that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The Rust files in a folder, without those that are no modules of its crate.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if APART.iter().any(|apart| path.ends_with(apart)) {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules named behind `crate::` in a text: `a` in `crate::a::b`, `a` and `b` in
/// `crate::{a, b::c}`.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let group = rest.strip_prefix('{').and_then(|group| group.split(';').next());
        for part in group.unwrap_or(rest).split(',').take(if group.is_some() { 100 } else { 1 }) {
            let name = part.trim_start().split(|c: char| c != '_' && !c.is_alphanumeric()).next();
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

fn imports(folder: &str) -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut imports = Imports::new();
    for path in paths {
        let top = path.strip_prefix(&root).unwrap().iter().next().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let module = top.trim_end_matches(".rs").to_owned();
        imports.entry(module).or_default().extend(named(&code.join("\n")));
    }
    imports
}

/// Removes every module that imports no other one that is left. The rest are the circles, and the
/// modules that lead into them.
fn circles(mut imports: Imports) -> Imports {
    loop {
        let left: BTreeSet<String> = imports.keys().cloned().collect();
        for (module, others) in &mut imports {
            others.retain(|other| other != module && left.contains(other));
        }
        imports.retain(|_, others| !others.is_empty());
        if imports.len() == left.len() {
            return imports;
        }
    }
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    for folder in CHECKED {
        let imports = imports(folder);
        assert!(imports.len() > 2, "there are no modules in {folder}");
        let circles = circles(imports);
        assert!(circles.is_empty(), "{folder}: {circles:#?}");
    }
}

#[test]
fn a_circle_is_found_and_a_chain_is_none() {
    let graph = |edges: &[(&str, &str)]| {
        let mut imports = Imports::new();
        for (from, to) in edges {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            imports.entry((*to).to_owned()).or_default();
        }
        circles(imports)
    };
    assert!(graph(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    let found = graph(&[("a", "b"), ("b", "c"), ("c", "b")]);
    assert!(found.contains_key("b") && found.contains_key("c"), "{found:?}");
    let names = named("use crate::a::B;\nuse crate::{c, d::{E, F}};\ncrate::g();");
    assert!(["a", "c", "d", "g"].iter().all(|name| names.contains(*name)), "{names:?}");
}
