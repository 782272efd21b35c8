//! Calls the system once and takes it for granted that it took everything.
//!
//! Fails: EVENTS-6, EVENTS-7, EVENTS-8

fn write(queue: &mut SendQueue, stream: &mut impl Write) -> Result<Written, ErrorKind> {
    if queue.bytes() == 0 {
        return Ok(Written::Everything);
    }
    if let Some(until) = queue.rests(Instant::now()) {
        return Ok(Written::Resting(until));
    }
    match write_once(queue, stream) {
        Ok(0) => Err(ErrorKind::WriteZero),
        Ok(_) => {
            queue.advance(queue.bytes(), Instant::now());
            Ok(Written::Everything)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Ok(Written::Blocked { progress: false })
        }
        Err(error) => Err(error.kind()),
    }
}
