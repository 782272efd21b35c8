//! Decodes the bytes as text first, and counts characters.
//!
//! Fails: LENGTH-5, LENGTH-7

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        while self.partial.len() >= HEADER {
            let length = self.wanted()? - HEADER;
            let text = String::from_utf8_lossy(&self.partial[HEADER..]).into_owned();
            let body: String = text.chars().take(length).collect();
            if body.chars().count() < length {
                break;
            }
            self.partial = text.as_bytes()[body.len()..].to_vec();
            frames.push(body.into_bytes());
        }
        Ok(())
    }
}
