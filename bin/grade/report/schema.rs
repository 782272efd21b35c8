//! A check of JSON values against a schema, as far as the reports need one.
//!
//! A schema is a table of keys. A value must not contain any other key.

use serde_json::Value;

/// A rule about one key. The path begins at the top: `tests[].name` is the key `name` of each object in
/// the list `tests`.
#[derive(Debug)]
pub(super) struct Rule {
    path: &'static str,
    kind: Kind,
    needed: bool,
    /// Whether the kind applies to the items of a list.
    items: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Text that is not empty.
    Words,
    Begins(&'static str),
    /// Text in which each `d` of the pattern stands for a digit.
    Like(&'static str),
    OneOf(&'static [&'static str]),
    Number,
    /// A whole number, not negative.
    Whole,
    Bool,
    List,
    Object,
    /// Any value, with any content.
    Anything,
}

pub(super) const fn must(path: &'static str, kind: Kind) -> Rule {
    Rule { path, kind, needed: true, items: false }
}

pub(super) const fn optional(path: &'static str, kind: Kind) -> Rule {
    Rule { path, kind, needed: false, items: false }
}

pub(super) const fn list(path: &'static str, kind: Kind) -> Rule {
    Rule { path, kind, needed: false, items: true }
}

/// Checks a value. The error says what is wrong and where.
pub(super) fn check(value: &Value, rules: &[Rule]) -> Result<(), String> {
    object("", value, rules)
}

fn object(path: &str, value: &Value, rules: &[Rule]) -> Result<(), String> {
    let keys = value.as_object().ok_or_else(|| format!("{path} is not an object: {value}"))?;
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    for rule in rules.iter().filter(|rule| rule.needed) {
        let (parent, key) = rule.path.rsplit_once('.').unwrap_or(("", rule.path));
        if parent == path && !keys.contains_key(key) {
            return Err(format!("{} is missing", rule.path));
        }
    }
    for (key, value) in keys {
        let path = below(key);
        let rule = rules.iter().find(|rule| rule.path == path);
        let rule = rule.ok_or_else(|| format!("{path} is not in the schema"))?;
        let wrong = || Err(format!("{path} is not {:?}: {value}", rule.kind));
        match (rule.kind, value) {
            (kind, Value::Array(items)) if rule.items => {
                if !items.iter().all(|item| is(kind, item)) {
                    return wrong();
                }
            }
            (Kind::List, Value::Array(items)) => {
                for item in items {
                    object(&format!("{path}[]"), item, rules)?;
                }
            }
            (Kind::Object, Value::Object(_)) => object(&path, value, rules)?,
            (kind, _) if !rule.items && is(kind, value) => {}
            _ => return wrong(),
        }
    }
    Ok(())
}

fn is(kind: Kind, value: &Value) -> bool {
    let text = value.as_str();
    match kind {
        Kind::Anything => true,
        Kind::List | Kind::Object => false,
        Kind::Text => text.is_some(),
        Kind::Words => text.is_some_and(|text| !text.is_empty()),
        Kind::Begins(with) => text.is_some_and(|text| text.starts_with(with)),
        Kind::OneOf(words) => text.is_some_and(|text| words.contains(&text)),
        Kind::Number => value.is_number(),
        Kind::Whole => value.is_u64(),
        Kind::Bool => value.is_boolean(),
        Kind::Like(pattern) => text.is_some_and(|text| {
            let digits = |c: char| if c.is_ascii_digit() { 'd' } else { c };
            text.chars().map(digits).eq(pattern.chars())
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULES: &[Rule] = &[
        must("name", Kind::Words),
        optional("at", Kind::Like("dd:dd")),
        must("tests", Kind::List),
        must("tests[].score", Kind::Whole),
        list("tests[].tags", Kind::Text),
        optional("extra", Kind::Anything),
    ];

    #[test]
    fn a_value_that_follows_the_rules_is_accepted() {
        let value = json!({"name": "a", "at": "12:34", "extra": {"b": 1},
            "tests": [{"score": 1, "tags": ["x"]}, {"score": 0}]});
        check(&value, RULES).unwrap();
    }

    #[test]
    fn every_violation_is_found() {
        for (value, why) in [
            (json!([]), " is not an object: []"),
            (json!({"tests": []}), "name is missing"),
            (json!({"name": "", "tests": []}), "name is not Words: \"\""),
            (
                json!({"name": "a", "at": "1:34", "tests": []}),
                "at is not Like(\"dd:dd\"): \"1:34\"",
            ),
            (json!({"name": "a", "tests": {}}), "tests is not List: {}"),
            (json!({"name": "a", "tests": [{}]}), "tests[].score is missing"),
            (json!({"name": "a", "tests": [{"score": 1.5}]}), "tests[].score is not Whole: 1.5"),
            (
                json!({"name": "a", "tests": [{"score": 1, "tags": [1]}]}),
                "tests[].tags is not Text: [1]",
            ),
            (json!({"name": "a", "tests": [], "more": 1}), "more is not in the schema"),
        ] {
            assert_eq!(check(&value, RULES), Err(why.to_owned()));
        }
    }
}
