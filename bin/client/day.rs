//! Days in the local time zone: when a line of another day comes, a line with the date precedes it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// How a time is written that is not of today: day, hours and minutes.
pub(crate) const TIME: &str = "%F %H:%M";

/// The day of the last line on the screen.
#[derive(Debug)]
pub(crate) struct Day(Date);

impl Day {
    /// Begins with this day.
    pub(crate) fn new(day: Date) -> Day {
        Day(day)
    }

    /// Notes the day of a new line. Returns the text of the line with the date, if a later day begins.
    pub(crate) fn advance(&mut self, day: Date) -> Option<String> {
        (day > self.0).then(|| {
            self.0 = day;
            day.strftime("%A, %-d %B %Y").to_string()
        })
    }
}

/// A timestamp of the server in the local time zone.
pub(crate) fn local(timestamp: &str) -> Option<Zoned> {
    let timestamp: Timestamp = timestamp.parse().ok()?;
    Some(timestamp.to_zoned(TimeZone::system()))
}

/// The current day.
pub(crate) fn today() -> Date {
    Zoned::now().date()
}

/// A time as a line about something said or done has it: with the date, unless it is of today.
pub(crate) fn short(time: &Zoned) -> String {
    short_on(time, today())
}

/// The same time for a line of the time `now`, in the local time zone.
pub(crate) fn short_at(time: Timestamp, now: Timestamp) -> String {
    let [time, now] = [time, now].map(|time| time.to_zoned(TimeZone::system()));
    short_on(&time, now.date())
}

fn short_on(time: &Zoned, day: Date) -> String {
    let format = if time.date() == day { "%H:%M" } else { TIME };
    time.strftime(format).to_string()
}

/// The current time, in hours and minutes.
pub(crate) fn now() -> String {
    short(&Zoned::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_day_is_announced_once() {
        let date = |day| Date::constant(2026, 11, day);
        let mut day = Day::new(date(27));
        assert_eq!(day.advance(date(27)), None);
        assert_eq!(day.advance(date(28)).as_deref(), Some("Saturday, 28 November 2026"));
        assert_eq!(day.advance(date(28)), None);
        // A clock that is behind announces nothing.
        assert_eq!(day.advance(date(27)), None);
        assert_eq!(day.advance(date(30)).as_deref(), Some("Monday, 30 November 2026"));
    }

    #[test]
    fn a_text_that_is_no_timestamp_is_no_time() {
        assert!(local("2026-11-28T12:00:00.000Z").is_some());
        for text in ["", "yesterday", "-009999-01-02T01:59:59Zx"] {
            assert!(local(text).is_none(), "{text}");
        }
    }
}
