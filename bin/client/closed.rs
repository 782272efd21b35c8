//! Words for the end of a connection.

use parse::CloseReason;

/// The text that says why a connection has ended.
pub(crate) fn text_of_end(reason: CloseReason) -> String {
    match reason {
        CloseReason::Finished => "the server closed the connection".to_owned(),
        CloseReason::Broken(how) => format!("the connection to the server broke ({how})"),
        reason => format!("the connection to the server has ended ({reason})"),
    }
}
