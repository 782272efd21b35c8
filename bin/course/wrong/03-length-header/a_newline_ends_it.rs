//! Removes white space at the ends of a body, as if it were a line.
//!
//! Fails: LENGTH-5, LENGTH-8

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
            frames.push(frame[HEADER..].trim_ascii().to_vec());
        }
        Ok(())
    }
}
