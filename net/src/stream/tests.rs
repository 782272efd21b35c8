//! Tests of a stream, with a session that is easy to follow.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::*;

/// A session whose records are a length and that many bytes, each with its lowest bit flipped. A record
/// has at most four bytes. The byte `?` at the beginning is the handshake.
#[derive(Default)]
struct Toy {
    established: bool,
    received: Vec<u8>,
    plain: VecDeque<u8>,
    outgoing: Vec<u8>,
    ended: bool,
}

impl Session for Toy {
    fn receive(&mut self, bytes: &[u8]) -> Result<usize, SecurityError> {
        if !self.established {
            if bytes[0] != b'?' {
                self.outgoing.push(b'!');
                return Err(SecurityError::Foreign("another protocol"));
            }
            self.established = true;
            self.outgoing.push(b'.');
            return Ok(1);
        }
        // Takes one record at a time, so that the stream has to keep the rest.
        let length = bytes.len().min(1 + self.received.first().map_or(4, |it| usize::from(*it)));
        for byte in &bytes[..length] {
            self.received.push(*byte);
            let wanted = 1 + usize::from(self.received[0]);
            if self.received.len() == wanted {
                self.ended |= wanted == 1;
                self.plain.extend(self.received.drain(..).skip(1).map(|byte| byte ^ 1));
                self.received.clear();
            }
        }
        Ok(length)
    }

    fn take(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let length = buffer.len().min(self.plain.len());
        buffer.iter_mut().zip(self.plain.drain(..length)).for_each(|(to, from)| *to = from);
        (length > 0 || self.ended).then_some(length)
    }

    fn encrypt(&mut self, pieces: &[IoSlice<'_>]) -> usize {
        let all: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).take(4).collect();
        self.outgoing.push(u8::try_from(all.len()).unwrap());
        self.outgoing.extend(all.iter().map(|byte| byte ^ 1));
        all.len()
    }

    fn finish(&mut self) {
        self.outgoing.push(0);
    }

    fn take_outgoing(&mut self, bytes: &mut Vec<u8>) {
        bytes.append(&mut self.outgoing);
    }

    fn is_established(&self) -> bool {
        self.established
    }
}

/// A socket whose reads return these bytes, and which takes as many bytes as `takes` says.
#[derive(Default)]
struct Socket {
    reads: RefCell<VecDeque<Vec<u8>>>,
    takes: RefCell<usize>,
    taken: RefCell<Vec<u8>>,
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reads.borrow_mut().pop_front().ok_or(ErrorKind::WouldBlock)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(*self.takes.borrow());
        if length == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        *self.takes.borrow_mut() -= length;
        self.taken.borrow_mut().extend(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream whose handshake is over, and whose socket has these bytes to read.
fn stream(reads: &[&[u8]]) -> Stream<Socket> {
    let session = Toy { established: true, ..Toy::default() };
    stream_with(session, reads)
}

fn stream_with(session: Toy, reads: &[&[u8]]) -> Stream<Socket> {
    let reads = RefCell::new(reads.iter().map(|read| read.to_vec()).collect());
    Stream::new(Socket { reads, ..Socket::default() }, Some(Box::new(session)))
}

/// Reads until the socket has nothing more, with a buffer of three bytes.
fn read_all(stream: &Stream<Socket>) -> (String, Result<usize, ErrorKind>) {
    let mut text = String::new();
    loop {
        let mut buffer = [0; 3];
        match (&*stream).read(&mut buffer) {
            Ok(0) => return (text, Ok(0)),
            Ok(length) => text += std::str::from_utf8(&buffer[..length]).unwrap(),
            Err(error) => return (text, Err(error.kind())),
        }
    }
}

#[test]
fn bytes_are_decrypted_whatever_the_reads_are() {
    let bytes = b"\x04idmm\x01n\x02!x\x04nsme\x01 ";
    let blocked = Err(ErrorKind::WouldBlock);
    for split in 0..bytes.len() {
        let (begin, rest) = bytes.split_at(split);
        let reads: Vec<&[u8]> = [begin, rest].into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(read_all(&stream(&reads)), ("hello yorld!".into(), blocked), "{split}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_all(&stream(&single)), ("hello yorld!".into(), blocked));
}

#[test]
fn the_end_comes_with_a_farewell_or_without() {
    assert_eq!(read_all(&stream(&[b"\x01i\0"])), ("h".into(), Ok(0)));
    assert_eq!(read_all(&stream(&[b"\x01i", b""])), ("h".into(), Ok(0)));
    // Half a record is nothing.
    assert_eq!(read_all(&stream(&[b"\x01i\x04id", b""])), ("h".into(), Ok(0)));
}

/// Writes what is left of the text; returns how many bytes the stream took in each call.
fn write_all(stream: &Stream<Socket>, text: &mut &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while !text.is_empty()
        && let Ok(length) = (&*stream).write(text)
    {
        lengths.push(length);
        *text = &text[length..];
    }
    lengths
}

#[test]
fn a_byte_is_reported_when_the_system_has_it_and_the_bytes_around_it() {
    for step in 1..12 {
        let stream = stream(&[]);
        let mut text = &b"hello world"[..];
        let mut reported = 0;
        while !text.is_empty() {
            *stream.socket().takes.borrow_mut() = step;
            reported += write_all(&stream, &mut text).iter().sum::<usize>();
            let taken = stream.socket().taken.borrow().len();
            // Three records have a byte more each than the text in them.
            assert!(reported <= taken, "{step}: {reported} of {taken}");
            assert_eq!(reported + text.len(), 11, "{step}");
            assert!(taken < 14 || text.is_empty(), "{step}: the last byte is reported");
        }
        assert_eq!(*stream.socket().taken.borrow(), b"\x04idmm\x04n!vn\x03sme", "{step}");
    }
}

#[test]
fn progress_inside_of_a_record_is_reported() {
    let stream = stream(&[]);
    let mut text = &b"abcd"[..];
    *stream.socket().takes.borrow_mut() = 3;
    assert_eq!(write_all(&stream, &mut text), [2]);
    assert_eq!(write_all(&stream, &mut text), []);
    *stream.socket().takes.borrow_mut() = 9;
    assert_eq!((write_all(&stream, &mut text), text), (vec![2], &b""[..]));
}

#[test]
fn a_farewell_that_the_system_does_not_take_follows_later() {
    let stream = stream(&[]);
    assert_eq!(stream.finish().unwrap_err().kind(), ErrorKind::WouldBlock);
    *stream.socket().takes.borrow_mut() = 9;
    stream.finish().unwrap();
    stream.finish().unwrap();
    assert_eq!(*stream.socket().taken.borrow(), [0], "one farewell");
}

#[test]
fn a_handshake_needs_both_directions() {
    let stream = stream_with(Toy::default(), &[b"?\x01i"]);
    assert_eq!(stream.handshake(), Ok(Step::More));
    assert_eq!(stream.handshake(), Ok(Step::Blocked), "the answer is not written");
    *stream.socket().takes.borrow_mut() = 9;
    assert_eq!(stream.handshake(), Ok(Step::Done));
    assert_eq!(*stream.socket().taken.borrow(), b".");
    assert_eq!(read_all(&stream), ("h".into(), Err(ErrorKind::WouldBlock)), "the rest of a read");
}

#[test]
fn a_handshake_that_fails_is_reported_and_answered() {
    let stream = stream_with(Toy::default(), &[b"GET /"]);
    *stream.socket().takes.borrow_mut() = 9;
    assert_eq!(stream.handshake(), Err(SecurityError::Foreign("another protocol")));
    assert_eq!(*stream.socket().taken.borrow(), b"!");
    let silent = stream_with(Toy::default(), &[]);
    assert_eq!(silent.handshake(), Ok(Step::Blocked));
    let gone = stream_with(Toy::default(), &[b""]);
    assert_eq!(gone.handshake(), Err(SecurityError::HungUp));
}

#[test]
fn a_plain_stream_is_its_socket() {
    let reads = RefCell::new([b"hello".to_vec()].into());
    let plain = Stream::new(Socket { reads, takes: 3.into(), ..Socket::default() }, None);
    assert_eq!(plain.handshake(), Ok(Step::Done));
    let mut buffer = [0; 9];
    assert_eq!((&plain).read(&mut buffer).unwrap(), 5);
    assert_eq!((&plain).write(b"hello").unwrap(), 3);
    plain.finish().unwrap();
    assert_eq!(*plain.socket().taken.borrow(), b"hel");
}
