//! Removes the return only if it arrives in the same read as the newline.
//!
//! Fails: LINES-4, LINES-6, LINES-8

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut rest = input;
        while let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
            let mut frame = self.take_rest();
            frame.extend_from_slice(without_return(&rest[..newline]));
            if frame.len() > self.limit {
                return self.too_long();
            }
            frames.push(frame);
            rest = &rest[newline + 1..];
        }
        self.partial.extend_from_slice(rest);
        self.check_open(self.partial.len())
    }
}
