//! Compares the limit with the length of the body and the header.
//!
//! Fails: LENGTH-7, LENGTH-11

impl LengthHeaderDecoder {
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let text = String::from_utf8_lossy(header).into_owned();
        let digits = text.trim_end();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FramingError::BadLength { header: text });
        }
        match digits.parse::<usize>() {
            Ok(length) if HEADER + length <= self.limit => Ok(HEADER + length),
            _ => Err(FramingError::TooLong { limit: self.limit }),
        }
    }
}
