//! Trims each line, so that spaces at its ends and every return get lost.
//!
//! Fails: LINES-4, LINES-5, LINES-7

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut rest = input;
        while let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line = self.take_rest();
            line.extend_from_slice(&rest[..newline]);
            if without_return(&line).len() > self.limit {
                return self.too_long();
            }
            frames.push(line.trim_ascii().to_vec());
            rest = &rest[newline + 1..];
        }
        self.partial.extend_from_slice(rest);
        self.check_open(self.partial.len())
    }
}
