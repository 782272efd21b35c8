//! Splits each read at its newlines and takes the last piece for a whole line.
//!
//! Fails: LINES-1, LINES-2, LINES-3, LINES-4, LINES-5, LINES-6, LINES-7, LINES-8, LINES-9,
//! LINES-11, LINES-12, LINES-13

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for line in input.split(|byte| *byte == b'\n') {
            let line = without_return(line);
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
