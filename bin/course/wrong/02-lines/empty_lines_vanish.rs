//! Drops empty lines, as if they were no messages.
//!
//! Fails: LINES-3, LINES-4, LINES-6, LINES-7

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for byte in input {
            if *byte != b'\n' {
                self.partial.push(*byte);
                self.check_open(self.partial.len())?;
                continue;
            }
            let line = self.take_rest();
            let line = without_return(&line);
            if line.len() > self.limit {
                return self.too_long();
            }
            if !line.is_empty() {
                frames.push(line.to_vec());
            }
        }
        Ok(())
    }
}
