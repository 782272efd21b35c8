//! The sequence diagram as SVG for the HTML page. It inherits the text colour of the page, and it is
//! narrow, so that the labels fit beside it on a phone.

use std::fmt::Write;

use super::sequence::{Row, Sequence, Way};
use super::{markup, paragraph};

/// Distance from the left edge to the first lane; the times stand there.
const MARGIN: usize = 58;
const GAP: usize = 48;
/// Right end of the times.
const TIMES: usize = MARGIN - 18;
/// Width of the labels right of the last lane.
const WORDS: usize = 400;
const ROW: usize = 24;
const HEAD: usize = 36;

/// Draws the diagram as an element of the page.
pub(super) fn draw(sequence: &Sequence<'_>) -> String {
    let width = MARGIN + sequence.program() * GAP + WORDS;
    let height = HEAD + sequence.rows.len() * ROW + 12;
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"sequence\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace, monospace\" font-size=\"12\" fill=\"currentColor\" \
         stroke=\"none\"><title>Who sent what to whom</title>\
         <text x=\"{TIMES}\" y=\"16\" text-anchor=\"end\" fill-opacity=\"0.7\">ms</text>"
    );
    for (number, lane) in sequence.lanes.iter().enumerate() {
        let x = across(number);
        let name = markup::line(&paragraph::clip(lane, 6));
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"16\" text-anchor=\"middle\" font-weight=\"bold\">{name}</text>\
             <line x1=\"{x}\" y1=\"24\" x2=\"{x}\" y2=\"{height}\" stroke=\"currentColor\" \
             stroke-opacity=\"0.35\"/>"
        );
    }
    for (number, row) in sequence.rows.iter().enumerate() {
        draw_row(&mut out, sequence, row, HEAD + number * ROW + ROW / 2);
    }
    out + "</svg>\n"
}

fn across(lane: usize) -> usize {
    MARGIN + lane * GAP
}

fn draw_row(out: &mut String, sequence: &Sequence<'_>, row: &Row<'_>, y: usize) {
    let (person, program) = (across(sequence.lane(row)), across(sequence.program()));
    let (title, label) =
        (markup::line(&row.full), markup::line(&paragraph::shorten(&row.label, 50)));
    let class = match row.way {
        Way::Wrong => " class=\"wrong\"",
        Way::More => " fill-opacity=\"0.7\"",
        _ => "",
    };
    let _ = write!(out, "<g{class}><title>{title}</title>");
    let baseline = y + 4;
    if let Some(at) = row.at {
        let at = at.as_millis();
        let _ = write!(
            out,
            "<text x=\"{TIMES}\" y=\"{baseline}\" text-anchor=\"end\" fill-opacity=\"0.7\">\
             {at}</text>"
        );
    }
    match row.way {
        Way::There => arrow(out, person, program, y),
        Way::Back => arrow(out, program, person, y),
        Way::Here => {
            let _ = write!(out, "<circle cx=\"{person}\" cy=\"{y}\" r=\"4\"/>");
        }
        Way::More => {
            for lane in 0..=sequence.program() {
                let (x, up, down) = (across(lane), y - 6, y + 6);
                let _ = write!(
                    out,
                    "<path d=\"M{x} {up}V{down}\" stroke=\"currentColor\" stroke-width=\"3\" \
                     stroke-dasharray=\"2 3\"/>"
                );
            }
        }
        Way::Wrong => {
            let (left, right, up, down) = (person - 6, person + 6, y - 6, y + 6);
            let _ = write!(
                out,
                "<path d=\"M{left} {up}L{right} {down}M{left} {down}L{right} {up}\" \
                 stroke=\"currentColor\" stroke-width=\"2.5\"/>"
            );
        }
    }
    let words = program + 14;
    let _ = writeln!(out, "<text x=\"{words}\" y=\"{baseline}\">{label}</text></g>");
}

fn arrow(out: &mut String, from: usize, to: usize, y: usize) {
    // The arrow head is drawn instead of a marker, because the id of a marker would have to be unique
    // in the page.
    let back = if from < to { to.saturating_sub(9) } else { to + 9 };
    let (up, down) = (y - 4, y + 4);
    let _ = write!(
        out,
        "<line x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\" stroke=\"currentColor\" \
         stroke-width=\"1.5\"/><path d=\"M{to} {y}L{back} {up}L{back} {down}Z\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{samples, wellformed};

    #[test]
    fn arrows_lead_from_sender_to_receiver() {
        let outcome = samples::failed();
        let drawing = draw(&Sequence::last(&outcome.trace, "server", 12, None));
        wellformed::check(&drawing).unwrap();
        for part in [
            "<text x=\"58\" y=\"16\" text-anchor=\"middle\" font-weight=\"bold\">ann</text>",
            "text-anchor=\"middle\" font-weight=\"bold\">server</text>",
            "<title>login as &quot;ann&quot;: {&quot;request&quot;:",
            "M154 96L145 92L145 100Z",
        ] {
            assert!(drawing.contains(part), "{part} is not in {drawing}");
        }
        assert!(!drawing.contains('#'), "a fixed colour would not suit every page");
    }

    #[test]
    #[ignore = "slow"]
    fn hostile_text_stays_text() {
        let graded = samples::hostile();
        for entry in &graded.results {
            wellformed::check(&draw(&Sequence::last(&entry.outcome.trace, "server", 12, None)))
                .unwrap();
        }
    }
}
