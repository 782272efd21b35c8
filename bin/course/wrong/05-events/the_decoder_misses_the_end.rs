//! Returns at the end of the stream without a call of the decoder.
//!
//! Fails: EVENTS-4

impl Reader {
    fn read(
        &mut self,
        stream: &mut impl Read,
        buffer: &mut [u8],
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Result<Reading, CloseReason> {
        let most = if flood.is_some() { THROTTLED } else { buffer.len() };
        let mut left = SHARE;
        loop {
            if let Some(outcome) = self.release(frames, flood, now) {
                return Ok(outcome);
            }
            if left == 0 {
                return Ok(Reading::More);
            }
            match stream.read(&mut buffer[..most]) {
                Ok(0) => return Ok(Reading::Ended(End::Finished)),
                Ok(length) => {
                    left = left.saturating_sub(length);
                    self.cut(&buffer[..length], frames, flood, now)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Reading::Drained),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
        }
    }
}
