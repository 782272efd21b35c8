//! Text of a given width. A character counts as one column.

/// The mark of a cut.
const CUT: char = '…';

/// Breaks the text into lines of this width: between words where possible, and a longer path after a
/// slash.
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
                let rest = match line.rfind('/') {
                    Some(slash) if slash > 0 => line.split_off(slash + 1),
                    _ => String::new(),
                };
                long = rest.chars().count();
                out.push(std::mem::replace(&mut line, rest));
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

/// Shortens a text that is longer than this, and marks each cut. Long paths lose their first folders
/// (`…/folder/file.py`); then the text is cut between words. Part of a word is only kept if the word is
/// longer than half of the text, and part of a name in a path never.
pub(crate) fn shorten(text: &str, longest: usize) -> String {
    let excess = text.chars().count().saturating_sub(longest);
    if excess == 0 {
        return text.to_owned();
    }
    cut(&with_short_paths(text, excess), longest, longest / 2)
}

/// Cuts a long text so that the character with the number `at` stays visible.
pub(crate) fn around(text: &str, at: usize, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let from = at.saturating_sub(longest / 3).min((length + 1).saturating_sub(longest));
    if from == 0 {
        // Paths up to the difference stay, so that the texts can be compared.
        let place = text.char_indices().nth(at).map_or(text.len(), |(place, _)| place);
        let (before, after) = text.split_at(place);
        let text = format!("{before}{}", with_short_paths(after, length - longest));
        return cut(&text, longest, (at + 1).max(longest / 2));
    }
    let rest: Vec<char> = text.chars().skip(from).collect();
    // Begins at a word, if one begins before the difference; or else at a folder of a path.
    let early = rest.get(..at.saturating_sub(from)).unwrap_or_default();
    let skip = early.iter().position(|it| *it == ' ').map(|place| place + 1);
    let skip = skip.or_else(|| early.iter().position(|it| *it == '/')).unwrap_or(0);
    let rest: String = rest.iter().skip(skip).collect();
    cut(&format!("{CUT}{rest}"), longest, (at + 2).saturating_sub(from + skip).max(longest / 2))
}

/// Cuts the end of a text that is longer than this: between words if at least `least` characters stay.
fn cut(text: &str, longest: usize, least: usize) -> String {
    // A text may be far longer than what stays of it.
    let all: Vec<char> = text.chars().take(longest + 1).collect();
    if all.len() <= longest {
        return text.to_owned();
    }
    // With the mark and a space before it.
    let most = longest.saturating_sub(2);
    let ends_word = |end: &usize| all.get(*end) == Some(&' ');
    let in_path = paths(text).into_iter().find(|(from, to)| *from < most && most < *to);
    let end = (least..=most).rev().find(ends_word);
    let end = end.or(in_path.map(|(from, _)| from).filter(|from| *from > 0));
    match end {
        Some(end) => {
            let kept: String = all.iter().take(end).collect();
            format!("{} {CUT}", kept.trim_end())
        }
        None => clip(text, longest),
    }
}

/// Shortens the longest paths until the text is this much shorter, or each has two names left.
fn with_short_paths(text: &str, mut excess: usize) -> String {
    let mut found = paths(text);
    if found.is_empty() {
        return text.to_owned();
    }
    let all: Vec<char> = text.chars().collect();
    found.sort_by_key(|(from, to)| std::cmp::Reverse(to - from));
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        if excess == 0 {
            break;
        }
        let slashes: Vec<usize> = (from..to).filter(|at| all.get(*at) == Some(&'/')).collect();
        let [inner @ .., _, _] = slashes.as_slice() else { continue };
        let kept = slashes.get(inner.len()).copied().unwrap_or(to);
        // Keeps as many folders as fit.
        let enough = slashes.iter().copied().find(|at| at - from > excess);
        let until = enough.unwrap_or(kept).min(kept);
        // The mark takes one character.
        if until > from + 1 {
            excess = excess.saturating_sub(until - from - 1);
            cuts.push((from, until));
        }
    }
    let is_cut = |at: usize| cuts.iter().find(|(from, until)| (*from..*until).contains(&at));
    let shown = all.iter().enumerate().filter_map(|(at, character)| match is_cut(at) {
        None => Some(*character),
        Some((from, _)) => (at == *from).then_some(CUT),
    });
    shown.collect()
}

/// A text in which each path with two slashes or more is only its last name.
pub(crate) fn without_folders(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let folders: Vec<(usize, usize)> = paths(text)
        .into_iter()
        .filter_map(|(from, to)| {
            let last = (from..to).rev().find(|at| all.get(*at) == Some(&'/'))?;
            Some((from, last + 1))
        })
        .collect();
    let is_kept = |at: &usize| !folders.iter().any(|(from, to)| (*from..*to).contains(at));
    all.iter().enumerate().filter(|(at, _)| is_kept(at)).map(|(_, it)| *it).collect()
}

/// The paths with two slashes or more: their first characters, and the first after them.
fn paths(text: &str) -> Vec<(usize, usize)> {
    if text.matches('/').nth(1).is_none() {
        return Vec::new();
    }
    let part = |it: char| it.is_alphanumeric() || "/._-~+@%…".contains(it);
    let all: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut from = 0;
    for run in all.chunk_by(|one, other| part(*one) == part(*other)) {
        // `//` stands in addresses of the web and in comments.
        let is_path =
            run.iter().filter(|it| **it == '/').count() >= 2 && !run.starts_with(&['/', '/']);
        if is_path {
            found.push((from, from + run.len()));
        }
        from += run.len();
    }
    found
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
    fn a_path_is_broken_after_a_slash() {
        assert_eq!(wrap("/home/ada/chat/server.py", 12), ["/home/ada/", "chat/", "server.py"]);
        assert_eq!(wrap("see /home/ada", 9), ["see", "/home/ada"]);
    }

    #[test]
    fn a_text_is_cut_between_words() {
        assert_eq!(shorten("one two three", 13), "one two three");
        assert_eq!(shorten("one two three", 12), "one two …");
        assert_eq!(shorten("one two three", 9), "one two …");
        assert_eq!(shorten("one two three", 8), "one two…");
        // A long word without a path is cut anywhere.
        assert_eq!(shorten("a {\"key\":\"value\"}", 10), "a {\"key\":…");
        assert_eq!(shorten("", 0), "");
        assert_eq!(shorten("ab", 1), "…");
    }

    #[test]
    fn a_path_loses_folders_but_no_part_of_a_name() {
        let line = "File \"/home/ada/course/chat/server.py\", line 12, in handle";
        assert_eq!(shorten(line, 56), "File \"…/ada/course/chat/server.py\", line 12, in handle");
        assert_eq!(shorten(line, 46), "File \"…/chat/server.py\", line 12, in handle");
        assert_eq!(shorten(line, 36), "File \"…/chat/server.py\", line 12, …");
        for longest in 1..line.len() {
            let short = shorten(line, longest);
            assert!(short.chars().count() <= longest, "{short}");
            assert!(longest < 8 || short.contains("/server.py") || !short.contains('/'), "{short}");
        }
        // A relative path and the place behind it.
        assert_eq!(shorten("at src/net/deep/lines.rs:7:5", 24), "at …/deep/lines.rs:7:5");
        let text = format!("expected {}, and /home/ada/course/x.py:3 broke", "x".repeat(40));
        let shown = around(&text, 2, 70);
        assert!(shown.ends_with("…/course/x.py:3 broke") || shown.ends_with(" …"), "{shown}");
    }

    #[test]
    fn folders_are_removed_from_paths() {
        assert_eq!(without_folders("in /tmp/a7/x.py:3, not a/b"), "in x.py:3, not a/b");
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
