//! Text of a given width. A character counts as one column.

/// Breaks the text into lines of this width, between words where possible.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let (mut out, mut line, mut long) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if long > 0 && long + 1 + length > width {
            out.push(std::mem::take(&mut line));
            long = 0;
        } else if long > 0 {
            line.push(' ');
            long += 1;
        }
        for character in word.chars() {
            if long == width {
                out.push(std::mem::take(&mut line));
                long = 0;
            }
            line.push(character);
            long += 1;
        }
    }
    if long > 0 || out.is_empty() {
        out.push(line);
    }
    out
}

/// Cuts a text that is longer than this, and marks the cut with `…`.
pub(crate) fn clip(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
            kept + "…"
        }
    }
}

/// Cuts a long text so that the character with the number `at` stays visible.
pub(crate) fn around(text: &str, at: usize, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let from = at.saturating_sub(longest / 3).min((length + 1).saturating_sub(longest));
    let rest: String = text.chars().skip(from).collect();
    if from == 0 { clip(&rest, longest) } else { clip(&format!("…{rest}"), longest) }
}

/// The number of the first character in which two texts differ.
pub(crate) fn first_difference(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 10), [""]);
        for width in 1..20 {
            let lines = wrap("a few words, unbelievablylongones among them", width);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
        }
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(clip("blåbær", 6), "blåbær");
        assert_eq!(clip("blåbær", 5), "blåb…");
        assert_eq!(clip("", 0), "");
    }

    #[test]
    fn the_difference_stays_visible_after_a_cut() {
        let one = format!("{}X{}", "a".repeat(900), "b".repeat(100));
        let other = format!("{}Y{}", "a".repeat(900), "b".repeat(100));
        let at = first_difference(&one, &other);
        assert_eq!(at, 900);
        let shown = around(&one, at, 60);
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains('X'), "{shown}");
        assert_eq!(shown.chars().count(), 60);
        assert_eq!(around("short", 3, 60), "short");
        assert!(around(&one, 1000, 60).ends_with('b'));
    }
}
