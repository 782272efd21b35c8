//! Reads until the read would block, however much that is.
//!
//! Fails: EVENTS-3, EVENTS-9

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
        loop {
            if let Some(outcome) = self.release(frames, flood, now) {
                return Ok(outcome);
            }
            match stream.read(&mut buffer[..most]) {
                Ok(length) => self.cut(&buffer[..length], frames, flood, now)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Reading::Drained),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
        }
    }
}
