//! Delivers an empty list for an interrupted read, which the caller counts as a read.
//!
//! Fails: THREADS-2

fn receive(
    stream: &mut impl Read,
    decoder: &mut dyn Decoder,
    buffer: &mut [u8],
    mut deliver: impl FnMut(Vec<Frame>) -> bool,
) -> Stopped {
    loop {
        let length = match stream.read(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                if !deliver(Vec::new()) {
                    return Stopped::Refused;
                }
                continue;
            }
            Err(error) => return Stopped::Broken(error.kind()),
        };
        let mut frames = Vec::new();
        let cut = match length {
            0 => decoder.finish(&mut frames),
            _ => decoder.decode(&buffer[..length], &mut frames),
        };
        if !deliver(frames) {
            return Stopped::Refused;
        }
        match cut {
            Ok(()) if length > 0 => {}
            Ok(()) => return Stopped::Ended(End::Finished),
            Err(error) => return Stopped::Ended(End::Unframed(error)),
        }
    }
}
