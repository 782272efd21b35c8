//! Text in which nothing is taken for a mark-up, for XML and HTML alike.

use quick_xml::escape::escape;

use super::visible;

/// One line, for an attribute as for an element. What XML 1.0 has no way to say is made visible first.
pub(crate) fn line(text: &str) -> String {
    escape(visible::line(text)).into_owned()
}

/// Lines, each visible.
pub(crate) fn lines(text: &str) -> String {
    escape(visible::lines(text).join("\n")).into_owned()
}

/// One line of ours, in which what stands between backticks is code.
pub(crate) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // One of them stands alone, and is meant.
        return line(text);
    }
    let part = |(number, part): (usize, &&str)| match number % 2 {
        0 => line(part),
        _ => format!("<code>{}</code>", line(part)),
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_taken_for_elements() {
        assert_eq!(line("<script>'&\"]]>\0"), "&lt;script&gt;&apos;&amp;&quot;]]&gt;␀");
        assert_eq!(prose("use `<+>`, not `*`"), "use <code>&lt;+&gt;</code>, not <code>*</code>");
        assert_eq!(prose("a ` alone"), "a ` alone");
        assert_eq!(lines("a<b\n\x1b[31mc"), "a&lt;b\n␛[31mc");
    }
}
