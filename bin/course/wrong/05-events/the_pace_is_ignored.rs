//! Writes message after message, without the gaps of the pace.
//!
//! Fails: EVENTS-8

fn write(queue: &mut SendQueue, stream: &mut impl Write) -> Result<Written, ErrorKind> {
    let mut progress = false;
    while queue.bytes() > 0 {
        match write_once(queue, stream) {
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(length) => {
                progress = true;
                queue.advance(length, Instant::now());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(Written::Blocked { progress });
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(Written::Everything)
}
