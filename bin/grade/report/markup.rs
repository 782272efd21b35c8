//! Escaping of text for XML and HTML.

use quick_xml::escape::escape;

use super::visible;

/// Escapes one line, for an attribute or an element. Characters that XML 1.0 cannot express are made
/// visible first.
pub(crate) fn line(text: &str) -> String {
    escape(visible::line(text)).into_owned()
}

/// Escapes several lines, each made visible.
pub(crate) fn lines(text: &str) -> String {
    escape(visible::lines(text).join("\n")).into_owned()
}

/// Escapes one line of grade's own prose; text between backticks becomes code.
pub(crate) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A single backtick is an ordinary character.
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
    fn text_is_never_taken_for_markup() {
        assert_eq!(line("<script>'&\"]]>\0"), "&lt;script&gt;&apos;&amp;&quot;]]&gt;␀");
        assert_eq!(prose("use `<+>`, not `*`"), "use <code>&lt;+&gt;</code>, not <code>*</code>");
        assert_eq!(prose("a ` alone"), "a ` alone");
        assert_eq!(lines("a<b\n\x1b[31mc"), "a&lt;b\n␛[31mc");
    }
}
