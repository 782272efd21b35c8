//! Begins every write with the first byte of the first wire.
//!
//! Fails: THREADS-6, THREADS-7, THREADS-8

impl Outbox {
    fn write(
        &self,
        stream: &mut impl Write,
        wires: &[Wire],
        written: usize,
    ) -> Result<(), CloseReason> {
        let bytes = wires.concat();
        let mut left = bytes.len() - written;
        let mut stalled = Instant::now() + self.limits.stall;
        while left > 0 {
            let began = Instant::now();
            match stream.write(&bytes[..left]) {
                Ok(0) => return Err(CloseReason::Broken(ErrorKind::WriteZero)),
                Ok(taken) => {
                    left -= taken;
                    stalled = self.wrote(taken) + self.limits.stall;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) && began < stalled => {}
                Err(error) if is_timeout(&error) => return Err(CloseReason::Stalled),
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
            self.check_end(began)?;
        }
        Ok(())
    }
}
