//! The errors of the network layer. Each names the operation and its object.

use std::io;
use std::net::SocketAddr;

use crate::SecurityError;

/// The reason why a decoder cannot cut the rest of a stream into frames.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A frame is longer than the limit.
    #[error("a frame is over {limit} bytes")]
    TooLong {
        /// The most bytes that a frame may have.
        limit: usize,
    },
    /// The header of a frame is not a length.
    #[error("{header:?} is no length of a frame")]
    BadLength {
        /// The text of the header.
        header: String,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame, {got} bytes after the last whole one")]
    Truncated {
        /// The number of bytes of that frame that arrived.
        got: usize,
    },
    /// The stream belongs to a protocol that this server does not speak. A decoder of the layer above
    /// detects that.
    #[error("the stream is {protocol}")]
    Foreign {
        /// The name of the protocol.
        protocol: &'static str,
    },
}

impl FramingError {
    /// Judges the end of a stream after `got` bytes of an incomplete frame.
    ///
    /// # Errors
    /// When there are any, so that no byte is lost without a report.
    pub fn at_end(got: usize) -> Result<(), FramingError> {
        if got == 0 { Ok(()) } else { Err(FramingError::Truncated { got }) }
    }
}

/// The reason why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The server cannot listen on an address: another program has it, or this machine does not.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address in question.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The engine could not get its threads or descriptors.
    #[error("cannot start the engine: {source}")]
    Engine {
        /// The error of the system.
        source: io::Error,
    },
}

/// The reason why a client could not connect.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("cannot find {target}: {source}")]
    Resolve {
        /// The target of the connection, `HOST:PORT`.
        target: String,
        /// The error of the resolver.
        source: io::Error,
    },
    /// None of the addresses accepted the connection.
    #[error("cannot connect to {target}: {}", reasons(attempts))]
    Failed {
        /// The target of the connection, `HOST:PORT`.
        target: String,
        /// Each address, with its error.
        attempts: Vec<(SocketAddr, io::Error)>,
    },
    /// The connection could not be encrypted, or the server not be trusted. No byte of the caller was sent.
    #[error("cannot connect to {target}: {source}")]
    Insecure {
        /// The target of the connection, `HOST:PORT`.
        target: String,
        /// The reason.
        source: SecurityError,
    },
    /// The system had no descriptor or no thread for the connection.
    #[error("cannot connect to {target}: {source}")]
    System {
        /// The target of the connection, `HOST:PORT`.
        target: String,
        /// The error of the system.
        source: io::Error,
    },
}

/// Formats the error of the only address, or each address with its error.
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
