//! Every way in which the network layer fails, naming the operation and its object.

use std::io;
use std::net::SocketAddr;

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
    /// None of the addresses took the connection.
    #[error("cannot connect to {target}: {}", reasons(attempts))]
    Failed {
        /// What was to be connected to, `HOST:PORT`.
        target: String,
        /// Each address that was tried, with its reason.
        attempts: Vec<(SocketAddr, io::Error)>,
    },
    /// This system had no descriptor or no thread for the connection.
    #[error("cannot connect to {target}: {source}")]
    System {
        /// What was to be connected to, `HOST:PORT`.
        target: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The reason of the only address, or each address with its reason.
fn reasons(attempts: &[(SocketAddr, io::Error)]) -> String {
    match attempts {
        [(_, error)] => error.to_string(),
        _ => {
            let reason = |(address, error): &(SocketAddr, io::Error)| format!("{address}: {error}");
            attempts.iter().map(reason).collect::<Vec<_>>().join("; ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_addresses_is_named_with_its_reason() {
        let attempts = ["[::1]:7", "127.0.0.1:7"].map(|address| {
            (address.parse().unwrap(), io::Error::other(format!("no {}", address.len())))
        });
        let failed =
            |attempts| ConnectError::Failed { target: "host:7".into(), attempts }.to_string();
        let [first, second] = attempts;
        assert_eq!(
            failed(vec![first, second]),
            "cannot connect to host:7: [::1]:7: no 7; 127.0.0.1:7: no 11"
        );
        let one = vec![("127.0.0.1:7".parse().unwrap(), io::Error::other("no"))];
        assert_eq!(failed(one), "cannot connect to host:7: no");
    }
}
