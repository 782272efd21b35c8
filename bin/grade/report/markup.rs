//! Text in which nothing is taken for a mark-up, for XML and HTML alike.

use crate::escape::escape;

use super::visible;

/// One line, for an attribute as for an element. What XML 1.0 has no way to say is made visible first.
pub(crate) fn line(text: &str) -> String {
    escape(&visible::line(text))
}

/// Lines, each visible.
pub(crate) fn lines(text: &str) -> String {
    escape(&visible::lines(text).join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_taken_for_elements() {
        assert_eq!(line("<script>'&\"]]>\0"), "&lt;script&gt;&#39;&amp;&quot;]]&gt;␀");
        assert_eq!(lines("a<b\n\x1b[31mc"), "a&lt;b\n␛[31mc");
    }
}
