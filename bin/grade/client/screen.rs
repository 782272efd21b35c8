//! The visible text in the output of a program.

use anstream::adapter::strip_bytes;

/// The output without colours and cursor movements.
pub(super) fn text(printed: &[u8]) -> String {
    let plain = strip_bytes(printed).into_vec();
    let text = String::from_utf8_lossy(&plain);
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect()
}

/// The same without white space: line breaks and columns are up to the client.
fn seen(printed: &[u8]) -> String {
    text(printed).split_whitespace().collect()
}

/// Whether the output shows all of these texts.
pub(super) fn shows(printed: &[u8], wanted: &[&str]) -> bool {
    let seen_now = seen(printed);
    wanted.iter().all(|text| seen_now.contains(&seen(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_and_white_space_do_not_count() {
        let printed = b"\r\x1b[2K\x1b[1mann\x1b[0m:\thello\r\n  there\x07\r\n\x1b]0;title\x07> ";
        assert!(shows(printed, &["ann", "hello there"]));
        assert!(!shows(printed, &["title"]));
        assert!(!shows(printed, &["hello ann"]));
    }
}
