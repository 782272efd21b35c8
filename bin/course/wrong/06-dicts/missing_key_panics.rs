//! Takes it for granted that the key is there, so a request without it makes the server panic.
//!
//! Fails: DICT-1, DICT-2, DICT-4, DICT-6, DICT-7, DICT-13, DICT-14

impl Dict {
    fn typed<'a, T>(
        &'a self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DictError> {
        let value = &self.0[key];
        match read(value) {
            Some(found) => Ok(Some(found)),
            None => Err(wrong_type(key, wanted, value)),
        }
    }
}
