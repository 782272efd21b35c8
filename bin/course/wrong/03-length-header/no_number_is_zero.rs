//! Takes the digits at the beginning of the header. A header without digits has the length 0.
//!
//! Fails: LENGTH-9

impl LengthHeaderDecoder {
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let digits = header.iter().take_while(|byte| byte.is_ascii_digit());
        let length = digits.fold(0_usize, |sum, digit| sum * 10 + usize::from(digit - b'0'));
        if length > self.limit {
            return Err(FramingError::TooLong { limit: self.limit });
        }
        Ok(HEADER + length)
    }
}
