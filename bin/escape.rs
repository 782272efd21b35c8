//! Text in XML and HTML. Used by `load` and by `grade`.

/// Text in which nothing is taken for a mark-up; `>` neither, since `]]>` must not stand in XML.
/// Control characters, which XML cannot say at all, are for others to see to.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
