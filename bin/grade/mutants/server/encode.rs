//! Encodes a reply in the dialect of the server.

use std::sync::Arc;

use serde_json::Value;

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::reply::Reply;
use crate::settings::Settings;
use crate::{json, ktn14, ktn15};

impl Settings {
    /// Encodes an answer to a user with this name.
    pub(crate) fn encode_for(
        self,
        name: Option<&str>,
        reply: &Reply,
        tag: Option<&Value>,
    ) -> Vec<Arc<[u8]>> {
        match name {
            Some(name) if self.bugs.has(Bug::AnswersAsUser) => {
                let values = ktn15::encode(reply, self.bugs).into_iter();
                let signed = values.map(|value| ktn15::signed(value, name));
                signed.map(|value| value.to_string().into_bytes().into()).collect()
            }
            _ => self.encode(reply, tag),
        }
    }

    /// Encodes a reply. Each element needs a separate write. `tag` is the tag of the answered
    /// request.
    pub(crate) fn encode(self, reply: &Reply, tag: Option<&Value>) -> Vec<Arc<[u8]>> {
        let mut values = match self.dialect {
            Dialect::Json => vec![json::encode(reply, self.bugs)],
            Dialect::Ktn14 => ktn14::encode(reply, self.bugs),
            Dialect::Ktn15 => ktn15::encode(reply, self.bugs),
        };
        if let (Dialect::Json, Some(tag), Some(Value::Object(answer))) =
            (self.dialect, tag, values.first_mut())
            && !self.bugs.has(Bug::TagDropped)
        {
            answer.insert("tag".to_owned(), tag.clone());
        }
        let is_line = self.dialect == Dialect::Json && !self.bugs.has(Bug::NewlineMissing);
        let end = if is_line { "\n" } else { "" };
        values.retain(|_| self.freedoms.says(reply));
        let written = |value| self.freedoms.written(self.dialect, reply, value) + end;
        values.iter().map(|value| written(value).into_bytes().into()).collect()
    }
}
