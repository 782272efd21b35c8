//! Turns the bytes of each read into text. A character that two reads share is damaged.
//!
//! Fails: LINES-5, LINES-6, LINES-7

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let text = String::from_utf8_lossy(input);
        for part in text.split_inclusive('\n') {
            self.partial.extend_from_slice(part.as_bytes());
            if part.ends_with('\n') {
                let mut line = self.take_rest();
                line.pop();
                let line = without_return(&line);
                if line.len() > self.limit {
                    return self.too_long();
                }
                frames.push(line.to_vec());
            }
        }
        self.check_open(self.partial.len())
    }
}
