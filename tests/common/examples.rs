//! Examples that stand on a page, to be run.

use super::Value;

/// Stands for a string (or anything else) that differs from run to run.
const ANYTHING: &str = "…";

/// The examples of this kind on a page, each with the number of its first line.
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

/// Whether it is the same, but for what stands for anything.
pub fn fits(heard: &Value, written: &Value) -> bool {
    match (heard, written) {
        (_, Value::String(anything)) if anything == ANYTHING => true,
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
