//! Asks the token bucket once, after all reads of the turn.
//!
//! Fails: EVENTS-4, EVENTS-5

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
        let mut outcome = Reading::More;
        while left > 0 {
            match stream.read(&mut buffer[..most]) {
                Ok(length) => {
                    left = left.saturating_sub(length);
                    self.cut(&buffer[..length], frames, flood, now)?;
                    if length == 0 {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    outcome = Reading::Drained;
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
        }
        Ok(self.release(frames, flood, now).unwrap_or(outcome))
    }
}
