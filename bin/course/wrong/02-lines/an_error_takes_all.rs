//! Collects the lines of a read in a separate list, which an error throws away.
//!
//! Fails: LINES-10

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        let mut found = Vec::new();
        while let Some(newline) = self.partial.iter().position(|byte| *byte == b'\n') {
            let rest = self.partial.split_off(newline + 1);
            let line = std::mem::replace(&mut self.partial, rest);
            let frame = without_return(&line[..newline]);
            if frame.len() > self.limit {
                return self.too_long();
            }
            found.push(frame.to_vec());
        }
        self.check_open(self.partial.len())?;
        frames.append(&mut found);
        Ok(())
    }
}
