//! Checks the limit when the body has arrived.
//!
//! Fails: LENGTH-10

impl LengthHeaderDecoder {
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let text = String::from_utf8_lossy(header).into_owned();
        let digits = text.trim_end();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FramingError::BadLength { header: text });
        }
        let length: usize = digits.parse().unwrap_or(usize::MAX - HEADER);
        if length > self.limit && self.partial.len() >= HEADER + length {
            return Err(FramingError::TooLong { limit: self.limit });
        }
        Ok(HEADER + length)
    }
}
