//! Reads once when the system reports bytes, and leaves the rest for a report that never comes.
//!
//! Fails: EVENTS-1, EVENTS-2, EVENTS-3, EVENTS-4

impl Reader {
    fn read(
        &mut self,
        stream: &mut impl Read,
        buffer: &mut [u8],
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Result<Reading, CloseReason> {
        if let Some(outcome) = self.release(frames, flood, now) {
            return Ok(outcome);
        }
        let most = if flood.is_some() { THROTTLED } else { buffer.len() };
        match stream.read(&mut buffer[..most]) {
            Ok(length) => {
                self.cut(&buffer[..length], frames, flood, now)?;
                Ok(self.release(frames, flood, now).unwrap_or(Reading::Drained))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Reading::Drained),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Reading::More),
            Err(error) => Err(CloseReason::Broken(error.kind())),
        }
    }
}
