//! Tests of the labs of this repository: their files agree with each other, and no starter tells a
//! solution. Whether the checks are right is proven by `course prove`, which takes too long for a test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::copy;
use crate::lab::{self, About, Kind, Lab, Layer, Suite};
use crate::place::Place;
use crate::prove;
use crate::starter;
use crate::wrong;

/// The reference with its labs; `None` in a starter, whose labs are not whole.
fn reference() -> Option<(PathBuf, Vec<Lab>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned();
    if Place::at(&root).unwrap().starter.is_some() {
        return None;
    }
    let labs = lab::all(&root).unwrap();
    Some((root, labs))
}

#[test]
fn the_labs_are_numbered_and_cover_every_layer() {
    let Some((_, labs)) = reference() else { return };
    let numbers: Vec<u32> = labs.iter().map(|lab| lab.number).collect();
    let expected: Vec<u32> = (0..=12).collect();
    assert_eq!(numbers, expected);
    let layers: BTreeSet<Layer> = labs.iter().map(|lab| lab.about.layer).collect();
    assert!(Layer::ALL.iter().all(|layer| layers.contains(layer)), "{layers:?}");
    for lab in labs {
        assert!(lab.about.hints.len() >= 3, "lab {} has too few hints", lab.number);
        let [least, most] = lab.about.hours;
        assert!(2.0 <= least && least <= most && most <= 6.0, "the hours of lab {}", lab.number);
    }
}

#[test]
fn grade_knows_every_concept_and_area_of_a_lab() {
    let Some((root, labs)) = reference() else { return };
    let table = copy::read(&root.join("bin/grade/suite/concepts.rs")).unwrap();
    let python = copy::read(&root.join("bin/course/python/labs.toml")).unwrap();
    let mut count = 0;
    for check in labs.iter().flat_map(|lab| &lab.about.checks) {
        let Kind::Suite(suite) = &check.kind else { continue };
        let (word, name) = match suite {
            Suite::Valid => ("valid", ""),
            Suite::Concept(says) => ("concept ", says.as_str()),
            Suite::Area(area) => ("area ", area.as_str()),
        };
        assert!(name.is_empty() || table.contains(&format!("\"{name}\"")), "{name}");
        let row = format!("\"{word}{name}\" = {}\n", check.points);
        assert!(python.contains(&row), "labs.toml has no row {row}");
        count += 1;
    }
    assert_eq!(python.matches("\"concept ").count() + python.matches("\"area ").count() + 1, count);
}

#[test]
fn a_page_lists_the_checks_of_its_lab() {
    let Some((root, labs)) = reference() else { return };
    for lab in labs {
        let page = copy::read(&root.join(lab.page())).unwrap();
        for check in &lab.about.checks {
            let cells = |line: &'_ str| -> Vec<String> {
                line.split('|').map(|cell| cell.trim().replace('`', "")).collect()
            };
            let row = page.lines().map(cells).find(|row| row.contains(&check.id));
            let row =
                row.unwrap_or_else(|| panic!("{} is not in {}", check.id, lab.page().display()));
            for cell in [check.points.to_string(), check.title.replace('`', "")] {
                assert!(row.contains(&cell), "{cell:?} is not in {row:?}");
            }
        }
        let teachers = root.join("handout/teachers/labs").join(&lab.slug).with_extension("md");
        assert!(teachers.exists(), "{} is missing", teachers.display());
    }
}

#[test]
fn the_handout_has_a_row_for_each_lab() {
    let Some((root, labs)) = reference() else { return };
    let handout = copy::read(&root.join("handout/README.md")).unwrap();
    for Lab { number, slug, about } in labs {
        let About { title, layer, hours: [least, most], goal, .. } = about;
        let link = format!("[{title}](labs/{slug}/README.md)");
        let row = format!("| {number} | {link} | {} | {least} to {most} | {goal} |", layer.name());
        assert!(handout.lines().any(|line| line == row), "handout/README.md has no row {row}");
    }
}

/// One test, because reading the wrong solutions is most of the work.
#[test]
#[ignore = "slow"]
fn each_lab_has_five_wrong_solutions_and_its_proven_table_has_their_predictions() {
    let Some((root, labs)) = reference() else { return };
    for lab in labs {
        let path = root.join(prove::TABLES).join(&lab.slug).with_extension("md");
        let ids: Vec<&str> = lab.about.checks.iter().map(|check| check.id.as_str()).collect();
        let every = || ids.iter().map(|id| (*id).to_owned()).collect();
        let mut rows = vec![
            ("the reference".to_owned(), String::new(), BTreeSet::new()),
            ("the starter".to_owned(), String::new(), every()),
        ];
        let wrongs = wrong::all(&root, &lab).unwrap();
        assert!(wrongs.len() >= 5, "lab {} has {} wrong solutions", lab.number, wrongs.len());
        for wrong in wrongs {
            assert!(!wrong.fails.is_empty(), "{} of lab {} fails nothing", wrong.name, lab.number);
            rows.push((wrong.name, wrong.about, wrong.fails.into_iter().collect()));
        }
        let table = copy::read(&path).unwrap();
        assert!(
            table == prove::table(&lab, &rows),
            "{} is old; run: course prove --lab {} --write",
            path.display(),
            lab.number
        );
    }
}

#[test]
#[ignore = "slow"]
fn no_starter_contains_a_line_of_a_solution() {
    let Some((root, labs)) = reference() else { return };
    let all: Vec<&Lab> = labs.iter().collect();
    let mut starters: Vec<Vec<&Lab>> = all.iter().map(|lab| vec![*lab]).collect();
    starters.push(all);
    for open in starters {
        let secrets = starter::secrets(&root, &open).unwrap();
        let has_holes = open.iter().any(|lab| !lab.about.holes.is_empty());
        assert_eq!(has_holes, !secrets.is_empty(), "lab {}", open[0].number);
        for (path, content) in starter::contents(&root, &open, &labs).unwrap() {
            let text = String::from_utf8_lossy(&content);
            let told = text.lines().map(str::trim).find(|line| secrets.contains(*line));
            assert_eq!(told, None, "{} of the starter of lab {}", path.display(), open[0].number);
        }
    }
}

/// The places inside a repository that the links of a page lead to.
fn links(page: &Path, text: &str) -> Vec<PathBuf> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let here = page.parent().unwrap_or(Path::new(""));
    let inside = targets.filter(|target| !target.is_empty() && !target.contains("://"));
    inside
        .map(|target| {
            let mut place = here.to_owned();
            for part in Path::new(target).components() {
                if part == std::path::Component::ParentDir {
                    place.pop();
                } else {
                    place.push(part);
                }
            }
            place
        })
        .collect()
}

#[test]
fn every_link_of_a_starter_leads_to_a_file_of_it() {
    let Some((root, labs)) = reference() else { return };
    let all: Vec<&Lab> = labs.iter().collect();
    let files = starter::contents(&root, &all, &labs).unwrap();
    let mut count = 0;
    for (page, content) in
        files.iter().filter(|(path, _)| path.extension().is_some_and(|it| it == "md"))
    {
        for target in links(page, &String::from_utf8_lossy(content)) {
            count += 1;
            let exists = files.keys().any(|path| path.starts_with(&target));
            assert!(exists, "{} links to {}", page.display(), target.display());
        }
    }
    assert!(count > 50, "{count} links");
}
