//! Tests of the built-in courses, their pages, and files of teachers.

use std::fs;
use std::path::Path;

use super::Course;
use crate::checks;
use crate::requirement;

/// The checks of a server that a course demands, in one of its dialects.
fn demanded(course: &Course) -> Vec<&'static str> {
    let servers = checks::all().filter(|check| !check.is_client_check());
    let has = |check: &&crate::check::Check| {
        course.dialect().is_none_or(|dialect| check.dialects.contains(&dialect))
    };
    servers.filter(has).filter(|check| course.demands(check.id)).map(|check| check.id).collect()
}

#[test]
fn the_page_of_each_course_states_exactly_its_requirements() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for name in Course::names() {
        let course = Course::read(name).unwrap();
        let page = fs::read_to_string(root.join(&course.page)).unwrap();
        let mut stated: Vec<(String, String)> = requirement::in_page(&page)
            .filter(|(id, _)| checks::find(id).is_some_and(|check| !check.is_client_check()))
            .map(|(id, sentence)| (id.to_owned(), sentence))
            .collect();
        let mut wanted: Vec<(String, String)> =
            demanded(&course).iter().map(|id| ((*id).to_owned(), course.sentence(id))).collect();
        if name == "strata" {
            // Its page also has what only other courses demand.
            stated.retain(|(id, _)| wanted.iter().any(|(other, _)| other == id));
        }
        stated.sort();
        wanted.sort();
        for (stated, wanted) in stated.iter().zip(&wanted) {
            assert_eq!(stated, wanted, "{name}: {}", course.page);
        }
        assert_eq!(stated.len(), wanted.len(), "{name}: {}", course.page);
    }
}

#[test]
fn the_course_of_the_handout_changes_no_sentence() {
    let course = Course::read("strata").unwrap();
    for (id, sentence) in requirement::all() {
        assert_eq!(course.sentence(id), sentence);
    }
}

#[test]
fn a_teacher_changes_ten_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let text = "extends = 'ktn2017'\ntitle = 'Networks'\nport = 9998\n\
                [names]\nalso = '-.'\nlongest = 12\n[errors]\nname-taken = 'Opptatt!'\n";
    fs::write(&path, text).unwrap();
    let course = Course::read(path.to_str().unwrap()).unwrap();
    assert_eq!((course.title.as_str(), course.port), ("Networks", Some(9998)));
    assert!(demanded(&course).contains(&"LOGIN-13"));
    assert!(!demanded(&course).contains(&"LOGIN-2"));
    assert_eq!(
        course.sentence("LOGIN-13"),
        "A name of 12 characters MUST be accepted, and a longer one refused."
    );
    assert!(
        course.sentence("LOGIN-5").contains("a digit or one of `-.`."),
        "{}",
        course.sentence("LOGIN-5")
    );
    assert!(course.sentence("LOGIN-9").ends_with("refused with `Opptatt!`."));
    // A file may extend another file, relative to its own folder.
    fs::write(folder.path().join("next.toml"), "extends = 'mine.toml'\ntitle = 'Next'\n").unwrap();
    let next = Course::read(folder.path().join("next.toml").to_str().unwrap()).unwrap();
    assert_eq!((next.title.as_str(), next.port), ("Next", Some(9998)));
}

#[test]
fn a_wrong_file_is_named_with_its_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    for (text, want) in [
        ("extends = 'ktn2016'", "there is no course \"ktn2016\"; there is: strata, ktn2014"),
        ("extends = 'wrong.toml'", "courses extend one another in a circle"),
        ("extends = 7", "extends must be the name of a course"),
        ("extends = 'strata'\ntitel = 'x'", "unknown field `titel`"),
        ("extends = 'strata'\ndialect = 'morse'", "no dialect is called \"morse\""),
        ("extends = 'strata'\nwithout = ['LOGIN-99']", "there is no check LOGIN-99"),
        ("extends = 'strata'\n[names]\nlongest = 0", "names.longest is 0; it must be 1 to 1000"),
        ("extends = 'strata'\n[names]\nlongest = true", "expected a value, or false"),
        ("extends = 'strata'\n[names]\nalso = 'x'", "names.also contains 'x'"),
        ("extends = 'strata'\nport = 0", "port is 0"),
        ("title = 'x'", "missing field"),
        ("title = ", "line 1"),
    ] {
        fs::write(&path, text).unwrap();
        let error = Course::read(path.to_str().unwrap()).unwrap_err();
        assert!(error.contains(want), "{text}: {error}");
        assert!(error.contains("wrong.toml"), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = Course::read("ktn").unwrap_err();
    assert!(error.starts_with("there is no course \"ktn\""), "{error}");
}
