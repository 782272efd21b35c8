//! Expects the header and the whole body in one read.
//!
//! Fails: LENGTH-1, LENGTH-2, LENGTH-3, LENGTH-4, LENGTH-5, LENGTH-7, LENGTH-8, LENGTH-9,
//! LENGTH-10, LENGTH-12

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        if input.len() < HEADER {
            return Ok(());
        }
        self.partial = input.to_vec();
        let end = self.wanted()?.min(input.len());
        self.partial.clear();
        frames.push(input[HEADER..end].to_vec());
        Ok(())
    }
}
