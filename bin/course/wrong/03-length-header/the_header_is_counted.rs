//! Takes the length for that of the whole frame, header included.
//!
//! Fails: LENGTH-1, LENGTH-2, LENGTH-3, LENGTH-4, LENGTH-5, LENGTH-6, LENGTH-7, LENGTH-8,
//! LENGTH-9, LENGTH-10, LENGTH-11, LENGTH-12, LENGTH-13, LENGTH-14

impl LengthHeaderDecoder {
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let text = String::from_utf8_lossy(header).into_owned();
        let digits = text.trim_end();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FramingError::BadLength { header: text });
        }
        match digits.parse::<usize>() {
            Ok(length) if length <= self.limit => Ok(length.max(HEADER)),
            _ => Err(FramingError::TooLong { limit: self.limit }),
        }
    }
}
