//! Handles only the first line of a read. The lines after it wait for the next read.
//!
//! Fails: LINES-2, LINES-3, LINES-4, LINES-6, LINES-7, LINES-10, LINES-14

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        if let Some(newline) = self.partial.iter().position(|byte| *byte == b'\n') {
            let rest = self.partial.split_off(newline + 1);
            let line = std::mem::replace(&mut self.partial, rest);
            let frame = without_return(&line[..newline]);
            if frame.len() > self.limit {
                return self.too_long();
            }
            frames.push(frame.to_vec());
            return Ok(());
        }
        self.check_open(self.partial.len())
    }
}
