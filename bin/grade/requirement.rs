//! The requirements in `handout/protocol.md`, by the ids of their checks.

const PROTOCOL: &str = include_str!("../../handout/protocol.md");

/// Every requirement with its id.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, String)> {
    in_page(PROTOCOL)
}

/// The requirements that a page states, each with its id: list items that begin with the id in bold.
pub(crate) fn in_page(page: &str) -> impl Iterator<Item = (&str, String)> {
    page.split("\n- **").skip(1).filter_map(|point| {
        let (id, rest) = point.split_once("** ")?;
        let is_id = id.split_once('-').is_some_and(|(area, number)| {
            area.bytes().all(|letter| letter.is_ascii_uppercase()) && number.parse::<u32>().is_ok()
        });
        // Up to the end of the list item.
        let sentence = rest.split("\n\n").next()?.split("\n- ").next()?;
        let sentence: Vec<&str> = sentence.split_whitespace().collect();
        is_id.then(|| (id, sentence.join(" ")))
    })
}

/// The requirement with this id.
#[expect(clippy::expect_used, reason = "a test compares the checks with the requirements")]
pub(crate) fn find(id: &str) -> String {
    let found = all().find(|(other, _)| *other == id);
    found.expect("every check has a requirement").1
}
