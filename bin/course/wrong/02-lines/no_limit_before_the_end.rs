//! Checks the length of a line only when its newline arrives.
//!
//! Fails: LINES-9, LINES-10, LINES-12

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for byte in input {
            if *byte != b'\n' {
                self.partial.push(*byte);
                continue;
            }
            let line = self.take_rest();
            let line = without_return(&line);
            if line.len() > self.limit {
                return self.too_long();
            }
            frames.push(line.to_vec());
        }
        Ok(())
    }
}
