//! Compares received JSON with a pattern.

use serde_json::{Map, Value};

use super::{Kind, Member, Pattern};
use crate::bindings::Bindings;

/// The first difference between a received frame and its pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The byte of the pattern at which it differs.
    pub(crate) at: usize,
    /// What differs, in a clause; empty if the whole text differs.
    pub why: String,
}

impl Mismatch {
    pub(crate) fn new(at: usize, why: String) -> Mismatch {
        Mismatch { at, why }
    }
}

/// Greatest number of characters of a value in a clause.
const LONGEST: usize = 60;

impl Pattern {
    pub(super) fn check_frame(
        &self,
        frame: &[u8],
        key_order: bool,
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        let received = serde_json::from_slice(frame);
        let received =
            received.map_err(|error| Mismatch::new(self.at, format!("it is not JSON: {error}")))?;
        Check { key_order, path: Vec::new() }.value(self, &received, bindings)
    }
}

/// A comparison, with the keys that lead to the current value.
struct Check {
    key_order: bool,
    path: Vec<String>,
}

impl Check {
    fn fails<T>(&self, pattern: &Pattern, why: &str) -> Result<T, Mismatch> {
        let why = match self.path.as_slice() {
            [] => why.to_owned(),
            path => format!("{}: {why}", path.join(" in ")),
        };
        Err(Mismatch::new(pattern.at, why))
    }

    fn value(
        &mut self,
        pattern: &Pattern,
        received: &Value,
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        let fits = match (&pattern.kind, received) {
            (Kind::Anything, _) => true,
            (Kind::Name(name), received) => match bindings.get(name) {
                None => {
                    bindings.bind(name, received.clone());
                    true
                }
                Some(value) if value == received => true,
                Some(value) => {
                    let (value, received) = (short(value), short(received));
                    return self.fails(
                        pattern,
                        &format!("expected ${name}, which is {value}, received {received}"),
                    );
                }
            },
            (Kind::Text(text), Value::String(received)) => text.fits(received.as_bytes(), bindings),
            (Kind::Exactly(value), received) => value == received,
            (Kind::List { items, is_open }, Value::Array(received)) => {
                return self.list(pattern, (items, *is_open), received, bindings);
            }
            (Kind::Object { members, is_open }, Value::Object(received)) => {
                return self.object(pattern, (members, *is_open), received, bindings);
            }
            _ => false,
        };
        if fits { Ok(()) } else { self.fails(pattern, &format!("received {}", short(received))) }
    }

    fn list(
        &mut self,
        pattern: &Pattern,
        (items, is_open): (&[Pattern], bool),
        received: &[Value],
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        for (number, item) in items.iter().enumerate() {
            let Some(received) = received.get(number) else {
                return self.fails(item, &format!("the list ends after {}", values(number)));
            };
            self.path.insert(0, format!("value {}", number + 1));
            self.value(item, received, bindings)?;
            self.path.remove(0);
        }
        match received.get(items.len()) {
            Some(more) if !is_open => {
                let why =
                    format!("after {}, the list goes on with {}", values(items.len()), short(more));
                self.fails(pattern, &why)
            }
            _ => Ok(()),
        }
    }

    fn object(
        &mut self,
        pattern: &Pattern,
        (members, is_open): (&[Member], bool),
        received: &Map<String, Value>,
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        for Member { key, value } in members {
            let Some(received) = received.get(key) else {
                return self.fails(value, &format!("the key {key:?} is missing"));
            };
            self.path.insert(0, format!("{key:?}"));
            self.value(value, received, bindings)?;
            self.path.remove(0);
        }
        let extra = received.iter().find(|(key, _)| members.iter().all(|it| it.key != **key));
        if let Some((key, value)) = extra
            && !is_open
        {
            let value = short(value);
            return self.fails(pattern, &format!("there is also the key {key:?} with {value}"));
        }
        let in_order = received.keys().filter(|key| members.iter().any(|it| it.key == **key));
        if self.key_order && !in_order.eq(members.iter().map(|member| &member.key)) {
            return self.fails(pattern, "the keys have another order");
        }
        Ok(())
    }
}

fn values(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

/// A value, shortened.
fn short(value: &Value) -> String {
    let text = value.to_string();
    let begin: String = text.chars().take(LONGEST).collect();
    if begin.len() < text.len() { begin + "…" } else { begin }
}

#[cfg(test)]
mod tests {
    use super::super::Expects;
    use super::*;

    fn check(pattern: &str, frame: &str) -> Result<(), (usize, String)> {
        let expects = Expects::json(pattern).unwrap();
        let checked = expects.check(frame.as_bytes(), false, &mut Bindings::default());
        checked.map_err(|mismatch| (mismatch.at, mismatch.why))
    }

    fn fails(pattern: &str, frame: &str, at: usize, why: &str) {
        assert_eq!(check(pattern, frame), Err((at, why.to_owned())), "{pattern} {frame}");
    }

    #[test]
    fn placeholders_match_anything() {
        for (pattern, frame) in [
            (r#"{"a":"…"}"#, r#"{"a":[1,2]}"#),
            (r#"{"a":…}"#, r#"{"a":null}"#),
            (r#"{"a":1,…}"#, r#"{"b":2,"a":1}"#),
            (r#"{…}"#, r#"{"b":2}"#),
            (r#"[1,…]"#, "[1,2,3]"),
            (r#"[…]"#, "[]"),
            (r#"{"a":"x … z"}"#, r#"{"a":"x y z"}"#),
            (r#"{ "a" : "\u00e9\"\\" }"#, r#"{"a":"é\"\\"}"#),
            (r#"{"a":$x,"b":[$x,"<${x}>"]}"#, r#"{"a":5,"b":[5,"<5>"]}"#),
        ] {
            assert_eq!(check(pattern, frame), Ok(()), "{pattern} {frame}");
        }
    }

    #[test]
    fn the_first_difference_has_its_place_and_its_reason() {
        fails(r#"{"a":1}"#, r#"{"a":2}"#, 5, "\"a\": received 2");
        fails(r#"{"a":1}"#, r#"{"b":1}"#, 5, "the key \"a\" is missing");
        fails(r#"{"a":1}"#, r#"{"a":1,"b":2}"#, 0, "there is also the key \"b\" with 2");
        fails(r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, 8, "\"a\": the list ends after 1 value");
        fails(r#"{"a":[]}"#, r#"{"a":[1]}"#, 5, "\"a\": after 0 values, the list goes on with 1");
        fails(r#"{"a":{"b":"x"}}"#, r#"{"a":{"b":"y"}}"#, 10, "\"b\" in \"a\": received \"y\"");
        let why = "\"b\": expected $x, which is 1, received 2";
        fails(r#"{"a":$x,"b":$x}"#, r#"{"a":1,"b":2}"#, 12, why);
        assert!(check("{}", "nonsense").unwrap_err().1.starts_with("it is not JSON"));
    }

    #[test]
    fn a_frame_that_does_not_fit_binds_nothing() {
        let mut bindings = Bindings::default();
        let expects = Expects::json(r#"{"a":$x,"b":2}"#).unwrap();
        assert!(expects.check(br#"{"a":1,"b":3}"#, false, &mut bindings).is_err());
        assert_eq!(bindings.get("x"), None);
        assert!(expects.check(br#"{"a":1,"b":2}"#, false, &mut bindings).is_ok());
        assert_eq!(bindings.get("x"), Some(&Value::from(1)));
    }

    #[test]
    fn the_order_of_keys_counts_if_it_is_demanded() {
        let expects = Expects::json(r#"{"a":1,"b":2,…}"#).unwrap();
        let check =
            |frame: &str| expects.check(frame.as_bytes(), true, &mut Bindings::default()).is_ok();
        assert!(check(r#"{"a":1,"x":0,"b":2}"#) && !check(r#"{"b":2,"a":1}"#));
    }

    #[test]
    fn a_wrong_pattern_has_the_place_of_the_error() {
        for (pattern, at, error) in [
            ("", 0, "the line ends where a value must be"),
            (r#"{"a" 1}"#, 5, "expected a colon after the key"),
            (r#"{"a":1 "b":2}"#, 7, "expected a comma or } after the value"),
            (r#"{a:1}"#, 1, "expected a key in double quotes"),
            (r#"{"a":1,"a":2}"#, 7, "the key \"a\" stands here twice"),
            (r#"{"a":"x}"#, 5, "the string has no end: its second \" is missing"),
            (r#"{"a":"x\q"}"#, 8, "a wrong escape in the string"),
            (r#"{"a":$}"#, 5, "expected a name after $, as in $first"),
            (r#"{"a":yes}"#, 5, "expected a JSON value"),
            (r#"{"a":01}"#, 5, "expected a JSON value"),
            ("{} {}", 3, "the frame ends before this"),
        ] {
            assert_eq!(Expects::json(pattern), Err((at, error.to_owned())), "{pattern}");
        }
        let deep = "[".repeat(100_000);
        assert!(Expects::json(&deep).unwrap_err().1.starts_with("more than 64 lists"));
    }
}
