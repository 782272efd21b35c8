//! A channel between the grader and a sandbox: messages in JSON, with open files beside them.
//!
//! It is a Unix socket that keeps the boundaries of messages. The end of the other side shows as the
//! end of the channel, also if that side was killed.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg, sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Maximum size of a message. The longest name the visible folders, or have a long command.
const LONGEST: usize = 128 * 1024;

/// Maximum number of files beside a message.
const FILES: usize = 4;

/// One end of a channel.
#[derive(Debug)]
pub(super) struct Channel(OwnedFd);

impl Channel {
    /// Both ends of a new channel.
    pub(super) fn pair() -> io::Result<(Channel, OwnedFd)> {
        let flags = SocketFlags::CLOEXEC;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        Ok((Channel(ours), theirs))
    }

    pub(super) fn of(end: OwnedFd) -> Channel {
        Channel(end)
    }

    /// Sends a message and these files.
    pub(super) fn send(
        &self,
        message: &impl Serialize,
        files: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let bytes = serde_json::to_vec(message).map_err(io::Error::other)?;
        if bytes.len() > LONGEST {
            let error = format!("it is told more than {LONGEST} bytes at once");
            return Err(io::Error::new(ErrorKind::InvalidInput, error));
        }
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(files)) {
            return Err(io::Error::other("there are too many files beside a message"));
        }
        sendmsg(&self.0, &[IoSlice::new(&bytes)], &mut beside, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Waits for a message. `None` means the end of the channel.
    pub(super) fn receive<M: DeserializeOwned>(&self) -> io::Result<Option<(M, Vec<OwnedFd>)>> {
        // A buffer for the longest message would take longer to clear than most messages to read.
        let none: &mut [u8] = &mut [];
        let length = loop {
            match recv(&self.0, &mut *none, RecvFlags::PEEK | RecvFlags::TRUNC) {
                Err(rustix::io::Errno::INTR) => {}
                // What the other end had not read when it was killed.
                Err(rustix::io::Errno::CONNRESET) => return Ok(None),
                received => break received?.1,
            }
        };
        let mut bytes = vec![0; length.min(LONGEST)];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(FILES))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let length = loop {
            let mut into = [IoSliceMut::new(&mut bytes)];
            match recvmsg(&self.0, &mut into, &mut beside, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => {}
                // What the other end had not read when it was killed.
                Err(rustix::io::Errno::CONNRESET) => return Ok(None),
                received => break received?.bytes,
            }
        };
        let mut files = Vec::new();
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(more) = message {
                files.extend(more);
            }
        }
        let Some(bytes) = bytes.get(..length).filter(|bytes| !bytes.is_empty()) else {
            return Ok(None);
        };
        let message = serde_json::from_slice(bytes)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        Ok(Some((message, files)))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_message_arrives_with_its_files_and_the_end_shows() {
        let (ours, theirs) = Channel::pair().unwrap();
        let theirs = Channel::of(theirs);
        let (mut reads, writes) = io::pipe().unwrap();
        ours.send(&"hello", &[writes.as_fd()]).unwrap();
        ours.send(&"again", &[]).unwrap();
        drop(writes);
        let (message, files): (String, _) = theirs.receive().unwrap().unwrap();
        let mut file = std::fs::File::from(files.into_iter().next().unwrap());
        assert_eq!(message, "hello");
        file.write_all(b"x").unwrap();
        drop(file);
        let mut text = String::new();
        reads.read_to_string(&mut text).unwrap();
        assert_eq!(text, "x");
        assert_eq!(theirs.receive::<String>().unwrap().unwrap().0, "again");
        drop(ours);
        assert!(theirs.receive::<String>().unwrap().is_none());
    }
}
