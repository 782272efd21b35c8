//! Checks and requirements belong together.

use crate::checks;
use crate::requirement;

#[test]
fn every_check_has_a_requirement_and_every_requirement_a_check() {
    let mut required: Vec<&str> = requirement::all().map(|(id, _)| id).collect();
    let mut checked: Vec<&str> = checks::all().map(|check| check.id).collect();
    required.sort_unstable();
    checked.sort_unstable();
    assert_eq!(required, checked);
    for (id, sentence) in requirement::all() {
        assert!(sentence.contains("MUST"), "{id} requires nothing: {sentence}");
        assert!(sentence.ends_with('.'), "{id}: {sentence}");
    }
}

#[test]
fn a_check_stands_after_the_checks_that_it_depends_on() {
    let order: Vec<&str> = checks::all().map(|check| check.id).collect();
    for check in checks::all() {
        let place = |id: &str| order.iter().position(|other| *other == id);
        assert_eq!(place(check.id), order.iter().rposition(|id| *id == check.id));
        for before in check.after {
            assert!(place(before).is_some(), "{} comes after {before}", check.id);
        }
    }
}
