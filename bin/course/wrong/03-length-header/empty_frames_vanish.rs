//! Drops frames without a body.
//!
//! Fails: LENGTH-4, LENGTH-6, LENGTH-7, LENGTH-8, LENGTH-14

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        while self.partial.len() >= HEADER {
            let wanted = self.wanted()?;
            if self.partial.len() < wanted {
                break;
            }
            let rest = self.partial.split_off(wanted);
            let frame = std::mem::replace(&mut self.partial, rest);
            if wanted > HEADER {
                frames.push(frame[HEADER..].to_vec());
            }
        }
        Ok(())
    }
}
