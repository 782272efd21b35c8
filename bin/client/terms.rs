//! The time and the reason of a ban or a mute, for the administrator who imposed it.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
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

/// A text of the server with its times, such as `2026-11-30 17:42:05 UTC`, in local time.
pub(crate) fn in_local_time(text: &str) -> String {
    const LENGTH: usize = "2026-11-30 17:42:05".len();
    let mut local_text = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" UTC") {
        let at = before.len().checked_sub(LENGTH).filter(|at| before.is_char_boundary(*at));
        let (words, written) = before.split_at(at.unwrap_or_default());
        let time = at.and_then(|_| DateTime::strptime("%F %T", written).ok());
        let time = time.and_then(|time| time.to_zoned(TimeZone::UTC).ok());
        match time {
            Some(time) => {
                let local = time.with_time_zone(TimeZone::system());
                local_text += &format!("{words}{}", local.strftime(TIME));
            }
            None => local_text += &format!("{before} UTC"),
        }
        rest = after;
    }
    local_text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_text_become_local() {
        let zoned = local("2026-11-30T17:42:05Z").unwrap().strftime(TIME).to_string();
        for (text, want) in [
            (
                "You are muted until 2026-11-30 17:42:05 UTC: links",
                format!("You are muted until {zoned}: links"),
            ),
            ("2026-11-30 17:42:05 UTC UTC 2026-11-30 17:42:05 UTC", format!("{zoned} UTC {zoned}")),
            ("é2026-11-30 17:42:05 UTC", format!("é{zoned}")),
            ("until 2026-13-30 17:42:05 UTC", "until 2026-13-30 17:42:05 UTC".to_owned()),
            (" UTC ééééééééééé UTC", " UTC ééééééééééé UTC".to_owned()),
            ("You are muted!", "You are muted!".to_owned()),
        ] {
            assert_eq!(in_local_time(text), want);
        }
    }

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
