//! The time and the reason of a ban or a mute, for the administrator who imposed it.

use parse::{Dict, DictError};

use crate::day::{TIME, local};

/// The end of a sentence such as `bob is banned`: until when, in local time, and why.
///
/// # Errors
/// When the answer does not have the form that the protocol describes.
pub(crate) fn terms(body: &Dict) -> Result<String, DictError> {
    let until = body.optional_string("until")?.map(|until| match local(until) {
        Some(until) => format!(" until {}", until.strftime(TIME)),
        None => format!(" until {until}"),
    });
    let reason = body.optional_string("reason")?.map(|reason| format!(": {reason}"));
    Ok(until.unwrap_or_default() + &reason.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terms_are_the_end_of_a_sentence() {
        let body = Dict::new().with("who", "bob");
        assert_eq!(terms(&body), Ok(String::new()));
        let body = body.with("reason", "spam");
        assert_eq!(terms(&body), Ok(": spam".to_owned()));
        let at = "2026-11-29T03:15:00.000Z";
        let zoned = local(at).unwrap().strftime(TIME).to_string();
        let body = body.with("until", at);
        assert_eq!(terms(&body), Ok(format!(" until {zoned}: spam")));
        let body = body.with("until", "soon");
        assert_eq!(terms(&body), Ok(" until soon: spam".to_owned()));
    }
}
