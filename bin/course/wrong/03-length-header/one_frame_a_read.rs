//! Returns at most one frame for each read. The frames after it wait for the next read.
//!
//! Fails: LENGTH-3, LENGTH-5, LENGTH-7, LENGTH-8, LENGTH-9, LENGTH-10

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        let wanted = self.wanted()?;
        if self.partial.len() >= HEADER && self.partial.len() >= wanted {
            let rest = self.partial.split_off(wanted);
            let frame = std::mem::replace(&mut self.partial, rest);
            frames.push(frame[HEADER..].to_vec());
        }
        Ok(())
    }
}
