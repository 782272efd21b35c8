//! Allows no byte over the limit, although that byte may be a return.
//!
//! Fails: LINES-8, LINES-9

impl LinesDecoder {
    fn check_open(&self, length: usize) -> Result<(), FramingError> {
        if length <= self.limit { Ok(()) } else { self.too_long() }
    }
}
