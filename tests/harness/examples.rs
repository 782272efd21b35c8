//! The examples of a Markdown page, which tests run.

use super::Value;

/// The placeholder in an example for a value, or a part of a text, that differs from run to run.
const ANYTHING: &str = "…";

/// The code blocks of this kind on a page. Each has the number of its first line and its lines.
pub fn examples(page: &'static str, kind: &str) -> Vec<(usize, Vec<&'static str>)> {
    let begin = format!("```{kind}");
    let mut examples = Vec::new();
    let mut open: Option<(usize, Vec<&str>)> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line) {
            (None, line) if line == begin => open = Some((index + 2, Vec::new())),
            (Some(_), "```") => examples.extend(open.take()),
            (Some((_, lines)), line) => lines.push(line),
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "an example is not closed");
    examples
}

/// Whether a received text matches the text of an example, in which `…` matches anything.
pub fn reads(heard: &str, written: &str) -> bool {
    let Some((begin, after)) = written.split_once(ANYTHING) else { return heard == written };
    let Some(rest) = heard.strip_prefix(begin) else { return false };
    // Tries every position for the text behind the placeholder.
    let mut places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    places.any(|at| reads(&rest[at..], after))
}

/// The keys of a JSON object, in their order.
pub fn keys(heard: &Value) -> Vec<&String> {
    heard.as_object().map(|dict| dict.keys().collect()).unwrap_or_default()
}

/// Whether a received value matches the value of an example, in which `…` matches anything. Objects
/// must have the same keys.
pub fn fits(heard: &Value, written: &Value) -> bool {
    match (heard, written) {
        (_, Value::String(anything)) if anything == ANYTHING => true,
        (Value::String(heard), Value::String(written)) => reads(heard, written),
        (Value::Object(heard), Value::Object(written)) => {
            heard.len() == written.len()
                && written
                    .iter()
                    .all(|(key, value)| heard.get(key).is_some_and(|heard| fits(heard, value)))
        }
        (Value::Array(heard), Value::Array(written)) => {
            heard.len() == written.len()
                && heard.iter().zip(written).all(|(heard, written)| fits(heard, written))
        }
        (heard, written) => heard == written,
    }
}
