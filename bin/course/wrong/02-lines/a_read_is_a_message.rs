//! Takes the bytes of each read for one message.
//!
//! Fails: LINES-1, LINES-2, LINES-3, LINES-4, LINES-5, LINES-6, LINES-7, LINES-8, LINES-9,
//! LINES-10, LINES-11, LINES-12, LINES-13, LINES-14

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        if input.len() > self.limit + 2 {
            return self.too_long();
        }
        let line = input.strip_suffix(b"\n").unwrap_or(input);
        frames.push(without_return(line).to_vec());
        Ok(())
    }
}
