//! Every way in which the network layer fails, naming the operation and its object.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Why a stream of bytes cannot be cut into frames any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A frame is longer than it may be, so its end is not worth waiting for.
    #[error("a frame is over {limit} bytes")]
    TooLong {
        /// The most bytes a frame may have.
        limit: usize,
    },
    /// Where the length of a frame should be there is something else.
    #[error("{header:?} is no length of a frame")]
    BadLength {
        /// What is there.
        header: String,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame, {got} bytes after the last whole one")]
    Truncated {
        /// How many bytes of the frame had come.
        got: usize,
    },
    /// The stream is of a protocol that this server does not speak, as a decoder of the layer above
    /// has found out.
    #[error("the stream is {protocol}")]
    Foreign {
        /// What the protocol is called.
        protocol: &'static str,
    },
}

impl FramingError {
    /// What the end of a stream is after so many bytes of a frame that is not whole.
    ///
    /// # Errors
    /// When there are any: nothing that was sent is lost without a word.
    pub fn at_end(got: usize) -> Result<(), FramingError> {
        if got == 0 { Ok(()) } else { Err(FramingError::Truncated { got }) }
    }
}

/// Why a server could not be brought up.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address cannot be listened on: it is taken, or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The engine could not start its own threads or descriptors.
    #[error("cannot start the engine: {source}")]
    Engine {
        /// What the system said.
        source: io::Error,
    },
}

/// Why a client could not connect.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("cannot find {target}: {source}")]
    Resolve {
        /// What was to be connected to, `HOST:PORT`.
        target: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// None of the addresses took the connection; this is what the last one said.
    #[error("cannot connect to {target}: {source}")]
    Refused {
        /// What was to be connected to, `HOST:PORT`.
        target: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answered in time.
    #[error("cannot connect to {target}: no answer within {deadline:?}")]
    TimedOut {
        /// What was to be connected to, `HOST:PORT`.
        target: String,
        /// How long it was tried.
        deadline: Duration,
    },
}
