//! Spans of time, as administrators type them: `90s`, `10m`, `2h`, `1d`, `4w`.

use std::time::Duration;

use crate::Refusal;

/// The units and their seconds, the longest first.
const UNITS: [(char, u64); 5] =
    [('w', 7 * 24 * 60 * 60), ('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];

/// The longest span, ten years of 52 weeks.
const LONGEST: u64 = 520 * 7 * 24 * 60 * 60;

/// The word for a span without an end.
const FOREVER: &str = "forever";

/// The most characters of a wrong span that its error quotes.
const QUOTED: usize = 40;

/// Reads a span. Returns `None` for `forever`.
///
/// # Errors
/// Returns [`Refusal::BadTime`] if the text is neither.
pub(crate) fn read(text: &str) -> Result<Option<Duration>, Refusal> {
    if text.eq_ignore_ascii_case(FOREVER) {
        return Ok(None);
    }
    seconds(text).map(Duration::from_secs).map(Some).ok_or_else(|| Refusal::BadTime(quote(text)))
}

fn seconds(text: &str) -> Option<u64> {
    let (at, last) = text.char_indices().last()?;
    let (_, unit) = UNITS.iter().find(|(name, _)| last.eq_ignore_ascii_case(name))?;
    let number = text.get(..at).filter(|number| number.bytes().all(|it| it.is_ascii_digit()))?;
    let seconds = number.parse::<u64>().ok()?.checked_mul(*unit)?;
    (1..=LONGEST).contains(&seconds).then_some(seconds)
}

/// Writes a span with the longest unit that divides it.
pub(crate) fn written(span: Duration) -> String {
    let seconds = span.as_secs();
    let unit = UNITS.iter().find(|(_, unit)| seconds.is_multiple_of(*unit));
    unit.map_or_else(String::new, |(name, unit)| format!("{}{name}", seconds / unit))
}

/// Quotes the beginning of a text that a person typed, for an error.
pub(crate) fn quote(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTED).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, want) in
            [("90s", 90), ("10m", 600), ("2H", 7200), ("1d", 86_400), ("4w", 2_419_200)]
        {
            let span = Duration::from_secs(want);
            assert_eq!(read(text), Ok(Some(span)), "{text}");
        }
        assert_eq!(read("Forever"), Ok(None));
        for wrong in [
            "",
            "1x",
            "h",
            "0m",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "10",
            "521w",
            "99999999999999999999s",
        ] {
            assert_eq!(read(wrong), Err(Refusal::BadTime(format!("{wrong:?}"))), "{wrong}");
        }
        assert_eq!(quote(&"x".repeat(41)), format!("\"{}…\"", "x".repeat(40)));
    }

    #[test]
    fn a_span_is_written_as_it_is_read() {
        for text in ["90s", "10m", "2h", "1d", "4w"] {
            assert_eq!(written(read(text).unwrap().unwrap()), text);
        }
    }
}
