//! Frames that fit a pattern, for a server that a transcript plays.

use serde_json::{Map, Value};

use super::{Expects, Form, Kind, Pattern};
use crate::bindings::Bindings;
use crate::text::{Part, Text};

/// A text where any text fits.
const ANY_TEXT: &str = "anything";

impl Expects {
    /// A frame that fits. `fill` makes up a value under a key. A name without a value gets one.
    pub fn example(
        &self,
        bindings: &mut Bindings,
        fill: &mut dyn FnMut(Option<&str>) -> Value,
    ) -> Vec<u8> {
        match &self.0 {
            Form::Json(pattern) => pattern.example(None, bindings, fill).to_string().into_bytes(),
            Form::Text(text) => text.example(bindings).into_bytes(),
        }
    }
}

impl Pattern {
    fn example(
        &self,
        key: Option<&str>,
        bindings: &mut Bindings,
        fill: &mut dyn FnMut(Option<&str>) -> Value,
    ) -> Value {
        match &self.kind {
            Kind::Anything => fill(key),
            Kind::Name(name) => {
                let value = bindings.get(name).cloned().unwrap_or_else(|| fill(key));
                bindings.bind(name, value.clone());
                value
            }
            Kind::Text(text) => Value::String(text.example(bindings)),
            Kind::Exactly(value) => value.clone(),
            Kind::List { items, .. } => {
                items.iter().map(|item| item.example(key, bindings, fill)).collect()
            }
            Kind::Object { members, .. } => {
                let mut object = Map::new();
                for member in members {
                    let value = member.value.example(Some(&member.key), bindings, fill);
                    object.insert(member.key.clone(), value);
                }
                Value::Object(object)
            }
        }
    }
}

impl Text {
    fn example(&self, bindings: &mut Bindings) -> String {
        for name in self.names() {
            if bindings.get(name).is_none() {
                bindings.bind(name, ANY_TEXT.into());
            }
        }
        let parts = self.0.iter().map(|part| match part {
            Part::Anything => Part::Literal(ANY_TEXT.into()),
            other => other.clone(),
        });
        String::from_utf8_lossy(&Text(parts.collect()).fill(bindings)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_fits_its_pattern() {
        for pattern in [
            r#"{"id":$x,"again":[$x,…],"at":"…","text":"a … ${y}","rest":{"n":1.5,"b":null,…},…}"#,
            "{}",
        ] {
            let expects = Expects::json(pattern).unwrap();
            let mut bindings = Bindings::default();
            let frame = expects.example(&mut bindings, &mut |key| Value::from(key));
            assert_eq!(expects.check(&frame, true, &mut bindings), Ok(()), "{pattern}");
            assert_eq!(expects.check(&frame, true, &mut Bindings::default()), Ok(()));
        }
        let text = Expects::text("bob: … \\n${x}").unwrap();
        let frame = text.example(&mut Bindings::default(), &mut |_| Value::Null);
        assert_eq!(frame, b"bob: anything \nanything");
    }
}
