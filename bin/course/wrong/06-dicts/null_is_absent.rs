//! Takes `null` for a missing key.
//!
//! Fails: DICT-2

impl Dict {
    fn typed<'a, T>(
        &'a self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DictError> {
        let value = match self.0.get(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        read(value).map(Some).ok_or_else(|| wrong_type(key, wanted, value))
    }
}
