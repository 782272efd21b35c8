//! Reads the first object and ignores the bytes behind it.
//!
//! Fails: DICT-9

fn only_object(text: &str, object: Object<'_>) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::Deserializer::from_str(text).deserialize_map(object)
}
