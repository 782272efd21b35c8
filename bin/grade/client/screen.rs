//! What a person sees of what a program prints.

use anstream::adapter::strip_bytes;

/// What it printed, without colours and movements of the cursor.
pub(super) fn text(printed: &[u8]) -> String {
    let plain = strip_bytes(printed).into_vec();
    let text = String::from_utf8_lossy(&plain);
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect()
}

/// The same without white space: where a line is broken and how columns are aligned is the client's
/// own business.
fn seen(printed: &[u8]) -> String {
    text(printed).split_whitespace().collect()
}

/// Whether all of these can be seen in what it printed.
pub(super) fn shows(printed: &[u8], wanted: &[&str]) -> bool {
    let seen_now = seen(printed);
    wanted.iter().all(|text| seen_now.contains(&seen(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_seen_counts() {
        let printed = b"\r\x1b[2K\x1b[1mann\x1b[0m:\thello\r\n  there\x07\r\n\x1b]0;title\x07> ";
        assert!(shows(printed, &["ann", "hello there"]));
        assert!(!shows(printed, &["title"]));
        assert!(!shows(printed, &["hello ann"]));
    }
}
