//! The time and the reason of a ban or a mute, for the administrator who imposed it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use parse::{Dict, DictError};

use crate::day::{self, TIME, local};

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

/// A text of the server with its times, such as `2026-11-30 17:42:05 UTC`, in local time. A time of today has no date.
pub(crate) fn in_local_time(text: &str) -> String {
    let mut local = String::new();
    let mut rest = text;
    while let Some((before, time, after)) = split_at_time(rest) {
        let time = time.to_zoned(TimeZone::system());
        let format = if time.date() == day::today() { "%T" } else { "%F %T" };
        local += &format!("{before}{}", time.strftime(format));
        rest = after;
    }
    local + rest
}

/// The first time in a text of the server.
pub(crate) fn first_time(text: &str) -> Option<Timestamp> {
    split_at_time(text).map(|(_, time, _)| time)
}

/// Splits a text around its first time.
fn split_at_time(text: &str) -> Option<(&str, Timestamp, &str)> {
    const LENGTH: usize = "2026-11-30 17:42:05".len();
    text.match_indices(" UTC").find_map(|(end, utc)| {
        let begin = end.checked_sub(LENGTH)?;
        let time = DateTime::strptime("%F %T", text.get(begin..end)?).ok()?;
        let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some((text.get(..begin)?, time, text.get(end + utc.len()..)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_text_become_local() {
        let zoned = local("2026-11-30T17:42:05Z").unwrap();
        let format = if zoned.date() == day::today() { "%T" } else { "%F %T" };
        let zoned = zoned.strftime(format).to_string();
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
