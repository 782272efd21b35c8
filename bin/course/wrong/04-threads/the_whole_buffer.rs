//! Hands the whole buffer to the decoder, with bytes of earlier reads in it.
//!
//! Fails: THREADS-1, THREADS-2, THREADS-3, THREADS-13

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
            decoder.decode(buffer, &mut frames)
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
