//! Tries again and again while a write would block, and stops the loop for all clients.
//!
//! Fails: EVENTS-6, EVENTS-7, EVENTS-8, EVENTS-13

fn write(queue: &mut SendQueue, stream: &mut impl Write) -> Result<Written, ErrorKind> {
    while queue.bytes() > 0 {
        if queue.is_paced()
            && let Some(until) = queue.rests(Instant::now())
        {
            return Ok(Written::Resting(until));
        }
        match write_once(queue, stream) {
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(length) => queue.advance(length, Instant::now()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(Written::Everything)
}
