//! The page of `inspect`: its markup, its style and its script.
//!
//! `inspect` serves the three parts. [`alone`] puts them and the events of a recording into one file,
//! which a browser shows without any program: `grade --inspect` writes such a file for each failed check.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The markup.
pub const PAGE: &str = include_str!("index.html");

/// The style.
pub const STYLE: &str = include_str!("page.css");

/// The script, whose parts share one scope.
pub const SCRIPT: &str = concat!(
    "'use strict';\n",
    include_str!("model.js"),
    include_str!("inside.js"),
    include_str!("picture.js"),
    include_str!("rows.js"),
    include_str!("hands.js"),
    include_str!("steps.js"),
    include_str!("page.js"),
);

/// The rules of a page that stands alone: nothing is loaded, and only the script with the nonce runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
    form-action 'none'; script-src 'nonce-";

/// Writes a page that shows these events, each a JSON object, without any program. `name` is the name of
/// the recording.
///
/// # Panics
/// If the page has no place for its parts.
pub fn alone(name: &str, events: &[String]) -> String {
    // The keys of a hasher are random, so no event can know the nonce.
    let nonce = format!("{:016x}", RandomState::new().build_hasher().finish());
    // A text inside a script element ends at the first `</script`, whatever is around it.
    let events = events.join(",\n").replace('<', "\\u003c");
    let name = name.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let style = "<link rel=\"stylesheet\" href=\"page.css\">";
    let script = "<script src=\"page.js\" defer></script>";
    let (before, rest) = PAGE.split_once(style).unwrap_or_else(|| panic!("{style} is missing"));
    let (between, after) = rest.split_once(script).unwrap_or_else(|| panic!("no {script}"));
    let (body, end) = after.split_once("</body>").unwrap_or_else(|| panic!("the body has no end"));
    format!(
        "{before}<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}{nonce}'\">\n\
         <style>\n{STYLE}</style>{between}{body}\
         <script type=\"application/json\" id=\"recording\" data-name=\"{name}\">[\n{events}\n]</script>\n\
         <script nonce=\"{nonce}\">\n{SCRIPT}</script>\n</body>{end}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_asks_for_nothing_elsewhere() {
        let size = PAGE.len() + STYLE.len() + SCRIPT.len();
        assert!(size < 150_000, "{size} bytes");
        for text in [PAGE, STYLE, SCRIPT] {
            let svg = "http://www.w3.org/2000/svg";
            let others = text.replace(svg, "");
            for absent in ["http:", "https:", "//cdn", "innerHTML", "insertAdjacentHTML", "eval("] {
                assert!(!others.contains(absent), "the page contains {absent}");
            }
        }
    }

    #[test]
    fn no_event_ends_the_script_around_it() {
        let hostile = "{\"text\":\"</script><script>alert(1)</script><!--\"}".to_owned();
        let page = alone("a\"b<c>&", &[hostile]);
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert!(page.contains("\\u003c/script>\\u003cscript>alert(1)"));
        assert!(page.contains("data-name=\"a&quot;b&lt;c>&amp;\""));
        assert!(!page.contains("src=\"page.js\"") && !page.contains("href=\"page.css\""));
    }
}
