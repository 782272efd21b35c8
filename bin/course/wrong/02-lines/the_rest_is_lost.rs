//! Forgets the bytes after the last newline of a read.
//!
//! Fails: LINES-1, LINES-6, LINES-7, LINES-10, LINES-11

impl Decoder for LinesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.partial.extend_from_slice(input);
        let bytes = self.take_rest();
        if !bytes.contains(&b'\n') {
            self.check_open(bytes.len())?;
            self.partial = bytes;
            return Ok(());
        }
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        lines.pop();
        for line in lines {
            let line = without_return(line);
            if line.len() > self.limit {
                return self.too_long();
            }
            frames.push(line.to_vec());
        }
        Ok(())
    }
}
