//! Stops when the input is used up, so that an empty frame waits for the next read.
//!
//! Fails: LENGTH-4, LENGTH-6, LENGTH-9, LENGTH-10, LENGTH-14

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut rest = input;
        while !rest.is_empty() {
            let missing = self.wanted()?.saturating_sub(self.partial.len());
            let (taken, after) = rest.split_at(missing.min(rest.len()));
            self.partial.extend_from_slice(taken);
            rest = after;
            let is_body = self.partial.len() > HEADER || missing == 0;
            if is_body && self.partial.len() == self.wanted()? {
                let frame = std::mem::take(&mut self.partial);
                frames.push(frame[HEADER..].to_vec());
            }
        }
        Ok(())
    }
}
