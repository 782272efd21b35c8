//! Tries again after every timeout, and never gives up.
//!
//! Fails: THREADS-8

impl Outbox {
    fn write(
        &self,
        stream: &mut impl Write,
        wires: &[Wire],
        written: usize,
    ) -> Result<(), CloseReason> {
        let bytes = wires.concat();
        let mut rest = &bytes[written..];
        while !rest.is_empty() {
            let began = Instant::now();
            match stream.write(rest) {
                Ok(0) => return Err(CloseReason::Broken(ErrorKind::WriteZero)),
                Ok(taken) => {
                    self.wrote(taken);
                    rest = &rest[taken..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted || is_timeout(&error) => {}
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
            self.check_end(began)?;
        }
        Ok(())
    }
}
