//! Checks the length of each piece, and not of the line that the pieces make.
//!
//! Fails: LINES-8, LINES-9, LINES-12

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for piece in input.split_inclusive(|byte| *byte == b'\n') {
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            if without_return(text).len() > self.limit {
                return self.too_long();
            }
            self.partial.extend_from_slice(text);
            if text.len() < piece.len() {
                let line = self.take_rest();
                frames.push(without_return(&line).to_vec());
            }
        }
        Ok(())
    }
}
