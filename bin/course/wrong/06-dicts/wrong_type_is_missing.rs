//! Treats a value of another type like a missing key, so the error does not name the mistake.
//!
//! Fails: DICT-2, DICT-4, DICT-7

impl Dict {
    fn typed<'a, T>(
        &'a self,
        key: &str,
        _wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DictError> {
        Ok(self.0.get(key).and_then(read))
    }
}
