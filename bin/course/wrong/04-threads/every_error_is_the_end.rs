//! Ends the connection at every error of a read and of a write, also at an interruption and a timeout.
//!
//! Fails: THREADS-2, THREADS-7, THREADS-8

fn receive(
    stream: &mut impl Read,
    decoder: &mut dyn Decoder,
    buffer: &mut [u8],
    mut deliver: impl FnMut(Vec<Frame>) -> bool,
) -> Stopped {
    loop {
        let length = match stream.read(buffer) {
            Ok(length) => length,
            Err(error) => return Stopped::Broken(error.kind()),
        };
        let mut frames = Vec::new();
        let cut = if length == 0 {
            decoder.finish(&mut frames)
        } else {
            decoder.decode(&buffer[..length], &mut frames)
        };
        if !deliver(frames) {
            return Stopped::Refused;
        }
        match cut {
            Err(error) => return Stopped::Ended(End::Unframed(error)),
            Ok(()) if length == 0 => return Stopped::Ended(End::Finished),
            Ok(()) => {}
        }
    }
}

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
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
            self.check_end(began)?;
        }
        Ok(())
    }
}
