//! Returns the error of the decoder before it delivers the frames from before the error.
//!
//! Fails: THREADS-4, THREADS-5

fn receive(
    stream: &mut impl Read,
    decoder: &mut dyn Decoder,
    buffer: &mut [u8],
    mut deliver: impl FnMut(Vec<Frame>) -> bool,
) -> Stopped {
    loop {
        let length = match stream.read(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Stopped::Broken(error.kind()),
        };
        let mut frames = Vec::new();
        let cut = if length == 0 {
            decoder.finish(&mut frames)
        } else {
            decoder.decode(&buffer[..length], &mut frames)
        };
        if let Err(error) = cut {
            return Stopped::Ended(End::Unframed(error));
        }
        if !deliver(frames) {
            return Stopped::Refused;
        }
        if length == 0 {
            return Stopped::Ended(End::Finished);
        }
    }
}
