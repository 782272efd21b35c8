//! One connection to Redis, which is made again after it broke.

use std::time::Duration;

use redis::{Client, Connection, ConnectionInfo, RedisError, RedisResult};

/// How long a connection attempt takes.
const CONNECT: Duration = Duration::from_secs(2);
/// The wait after the first failure. It doubles up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// A connection for one purpose.
#[derive(Debug)]
pub(super) struct Link {
    redis: ConnectionInfo,
    /// What the connection is for, in log lines.
    purpose: &'static str,
    /// How long an answer takes.
    timeout: Duration,
    connection: Option<Connected>,
    failing: bool,
    wait: Duration,
    longest: Duration,
}

/// A connection, with the `Debug` that the library leaves out.
struct Connected(Connection);

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

/// Connects, with these limits on the time of an answer.
pub(super) fn connect(redis: &ConnectionInfo, timeout: Duration) -> RedisResult<Connection> {
    let connection = Client::open(redis.clone())?.get_connection_with_timeout(CONNECT)?;
    connection.set_read_timeout(Some(timeout))?;
    connection.set_write_timeout(Some(timeout))?;
    Ok(connection)
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There was no connection, so nothing was sent.
    #[error("no connection to Redis: {0}")]
    NotSent(RedisError),
    /// Redis has refused the call, so it has no effect.
    #[error("Redis refuses: {0}")]
    Refused(RedisError),
    /// The connection broke. It is unknown whether the call has an effect.
    #[error("Redis does not answer: {0}")]
    Unknown(RedisError),
}

impl Failure {
    /// What Redis does, and the error.
    fn parts(&self) -> (&'static str, &RedisError) {
        match self {
            Failure::NotSent(error) | Failure::Unknown(error) => ("does not answer", error),
            Failure::Refused(error) => ("refuses a call", error),
        }
    }
}

impl Link {
    /// A connection that is made at the first call. `longest` is the longest wait between attempts.
    pub(super) fn new(
        redis: &ConnectionInfo,
        purpose: &'static str,
        timeout: Duration,
        longest: Duration,
    ) -> Link {
        let (redis, connection, wait) = (redis.clone(), None, FIRST_WAIT);
        Link { redis, purpose, timeout, connection, failing: false, wait, longest }
    }

    /// Whether the last call failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    /// Whether the next call makes a new connection.
    pub(super) fn is_closed(&self) -> bool {
        self.connection.is_none()
    }

    /// Returns how long to wait before the next call after a failure.
    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// Makes a call, over a new connection if there is none.
    pub(super) fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Failure> {
        let result = self.try_call(call);
        match &result {
            Ok(_) => {
                if self.failing {
                    tracing::info!("Redis answers again ({})", self.purpose);
                }
                (self.failing, self.wait) = (false, FIRST_WAIT);
            }
            Err(failure) => {
                if !self.failing {
                    let (what, error) = failure.parts();
                    tracing::error!(%error, "Redis {what} ({}); trying again", self.purpose);
                }
                self.wait = if self.failing { self.longest.min(self.wait * 2) } else { FIRST_WAIT };
                self.failing = true;
            }
        }
        result
    }

    fn try_call<T>(
        &mut self,
        call: impl FnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.redis, self.timeout).map(Connected).map_err(Failure::NotSent)?,
        };
        match call(&mut connection.0) {
            Ok(value) => {
                self.connection = Some(connection);
                Ok(value)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    redis::ErrorKind::Server(_) | redis::ErrorKind::Extension
                ) =>
            {
                self.connection = Some(connection);
                Err(Failure::Refused(error))
            }
            // After a late answer, the next answer would be taken for that of another call.
            Err(error) => Err(Failure::Unknown(error)),
        }
    }
}
