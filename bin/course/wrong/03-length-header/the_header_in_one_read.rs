//! Keeps an incomplete body, but expects a header in one read.
//!
//! Fails: LENGTH-2, LENGTH-3, LENGTH-4, LENGTH-7, LENGTH-12

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut rest = input;
        while !rest.is_empty() {
            if self.partial.is_empty() {
                let (header, after) = rest.split_at(HEADER.min(rest.len()));
                let mut padded = header.to_vec();
                padded.resize(HEADER, b' ');
                self.partial = padded;
                rest = after;
            }
            let missing = self.wanted()? - self.partial.len();
            let (body, after) = rest.split_at(missing.min(rest.len()));
            self.partial.extend_from_slice(body);
            rest = after;
            if body.len() == missing {
                let frame = std::mem::take(&mut self.partial);
                frames.push(frame[HEADER..].to_vec());
            }
        }
        Ok(())
    }
}
