//! Returns at the end of the stream without a call of the decoder.
//!
//! Fails: THREADS-3

fn receive(
    stream: &mut impl Read,
    decoder: &mut dyn Decoder,
    buffer: &mut [u8],
    mut deliver: impl FnMut(Vec<Frame>) -> bool,
) -> Stopped {
    loop {
        let length = match stream.read(buffer) {
            Ok(0) => {
                deliver(Vec::new());
                return Stopped::Ended(End::Finished);
            }
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Stopped::Broken(error.kind()),
        };
        let mut frames = Vec::new();
        let cut = decoder.decode(&buffer[..length], &mut frames);
        if !deliver(frames) {
            return Stopped::Refused;
        }
        if let Err(error) = cut {
            return Stopped::Ended(End::Unframed(error));
        }
    }
}
