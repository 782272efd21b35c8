//! Holds the lock of the queue while the system writes.
//!
//! Fails: THREADS-9

impl Outbox {
    fn write(
        &self,
        stream: &mut impl Write,
        wires: &[Wire],
        written: usize,
    ) -> Result<(), CloseReason> {
        let bytes = wires.concat();
        let mut rest = &bytes[written..];
        let mut stalled = Instant::now() + self.limits.stall;
        while !rest.is_empty() {
            let began = Instant::now();
            let mut state = lock(&self.state);
            match stream.write(rest) {
                Ok(0) => return Err(CloseReason::Broken(ErrorKind::WriteZero)),
                Ok(taken) => {
                    let now = Instant::now();
                    stalled = now + self.limits.stall;
                    state.queue.advance(taken, now);
                    self.all.fetch_sub(taken, Ordering::Relaxed);
                    rest = &rest[taken..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) && began < stalled => {}
                Err(error) if is_timeout(&error) => return Err(CloseReason::Stalled),
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
            drop(state);
            self.check_end(began)?;
        }
        Ok(())
    }
}
