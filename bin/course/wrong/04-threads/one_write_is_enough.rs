//! Calls `write` once and takes it for granted that the system took everything.
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
        let began = Instant::now();
        match stream.write(&bytes[written..]) {
            Ok(0) => return Err(CloseReason::Broken(ErrorKind::WriteZero)),
            Ok(_) => self.wrote(bytes.len() - written),
            Err(error) => return Err(CloseReason::Broken(error.kind())),
        };
        self.check_end(began)
    }
}
