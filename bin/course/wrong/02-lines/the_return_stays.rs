//! Cuts at the newline and keeps the return before it.
//!
//! Fails: LINES-4, LINES-6, LINES-8, LINES-9

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for byte in input {
            if *byte == b'\n' {
                frames.push(self.take_rest());
            } else if self.partial.len() < self.limit {
                self.partial.push(*byte);
            } else {
                return self.too_long();
            }
        }
        Ok(())
    }
}
