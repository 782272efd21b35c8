//! Trims the header on both sides and parses the rest, so that ` 1` and `+1` are numbers.
//!
//! Fails: LENGTH-9

impl LengthHeaderDecoder {
    fn wanted(&self) -> Result<usize, FramingError> {
        if self.partial.len() < HEADER {
            return Ok(HEADER);
        }
        let text = String::from_utf8_lossy(&self.partial[..HEADER]).into_owned();
        match text.trim().parse::<usize>() {
            Ok(length) if length <= self.limit => Ok(HEADER + length),
            Ok(_) => Err(FramingError::TooLong { limit: self.limit }),
            Err(_) => Err(FramingError::BadLength { header: text }),
        }
    }
}
