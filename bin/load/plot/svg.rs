//! The part of SVG that the plots need: lines, curves, dots and texts.

use std::fmt::Write;

use quick_xml::escape::escape;

/// A drawing, in pixels from the top left.
#[derive(Debug)]
pub(crate) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// The position of a text relative to its point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty drawing.
    pub(crate) fn new(width: f64, height: f64) -> Svg {
        Svg { body: String::new(), width, height }
    }

    /// Draws a straight line. `class` is a class in [`STYLE`].
    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.write(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    /// Draws a curve through these points.
    pub(crate) fn curve(&mut self, colour: &str, points: &[(f64, f64)]) {
        let mut list = String::new();
        for (x, y) in points {
            // Writing into a string does not fail.
            let _ = write!(list, "{x:.1},{y:.1} ");
        }
        let list = list.trim_end();
        self.write(format_args!(r#"<polyline class="curve" stroke="{colour}" points="{list}"/>"#));
    }

    /// Draws a dot.
    pub(crate) fn dot(&mut self, colour: &str, (x, y): (f64, f64)) {
        self.write(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#));
    }

    /// Draws a text with its baseline at the point.
    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let (anchor, text) = (anchor.name(), words(text));
        self.write(format_args!(
            r#"<text class="{class}" text-anchor="{anchor}" x="{x:.1}" y="{y:.1}">{text}</text>"#
        ));
    }

    /// Draws a text that reads upwards, with its middle at the point.
    pub(crate) fn upward(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = words(text);
        self.write(format_args!(
            r#"<text class="{class}" text-anchor="middle" transform="translate({x:.1} {y:.1}) rotate(-90)">{text}</text>"#
        ));
    }

    /// Returns the content of the SVG file.
    pub(crate) fn finish(self) -> String {
        let Svg { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\">\n<style>\n{STYLE}</style>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }

    fn write(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// The styles of the classes.
const STYLE: &str = "\
text { font-family: system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #333333 }
.title { font-size: 18px; font-weight: 600 }
.subtitle, .label { font-size: 13px; fill: #666666 }
.tick { font-size: 12px; fill: #666666 }
.legend { font-size: 13px }
.grid { stroke: #e6e6e6; stroke-width: 1 }
.axis { stroke: #999999; stroke-width: 1 }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round }
";

/// Escapes a text for an element. Removes control characters, which XML does not allow.
fn words(text: &str) -> String {
    escape(text.replace(char::is_control, "")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(words("a<b> & \"c\"\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot;");
    }

    #[test]
    fn a_drawing_contains_its_elements() {
        let mut svg = Svg::new(100.0, 50.0);
        svg.line("grid", (0.0, 1.0), (2.0, 3.0));
        svg.curve("#000000", &[(0.0, 0.0), (1.25, 2.0)]);
        svg.text("tick", Anchor::End, (5.0, 6.0), "10 ms");
        let file = svg.finish();
        for element in [
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50""#,
            r#"<line class="grid" x1="0.0" y1="1.0" x2="2.0" y2="3.0"/>"#,
            r##"<polyline class="curve" stroke="#000000" points="0.0,0.0 1.2,2.0"/>"##,
            r#"<text class="tick" text-anchor="end" x="5.0" y="6.0">10 ms</text>"#,
        ] {
            assert!(file.contains(element), "{element} is not in {file}");
        }
    }
}
