//! Cuts a text that is too long for one message into several messages.

use std::fmt;

/// Cuts a text after lines, such that each part has as many lines as fit into `most` bytes. A longer line is one
/// part, which the server then refuses. Blank lines between two parts are left out, because a server refuses
/// a blank message.
pub(crate) fn parts(text: &str, most: u64) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut blank = 0;
    for line in text.lines() {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        let newlines = std::mem::take(&mut blank) + 1;
        match parts.last_mut() {
            Some(part) if (part.len() + newlines + line.len()) as u64 <= most => {
                part.extend(std::iter::repeat_n('\n', newlines));
                part.push_str(line);
            }
            _ => parts.push(line.to_owned()),
        }
    }
    parts
}

/// The number of inputs of a text that the client sends one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    count: usize,
    has_lines: bool,
}

impl Count {
    pub(crate) fn of_lines(count: usize) -> Count {
        Count { count, has_lines: true }
    }

    pub(crate) fn of(parts: &[String]) -> Count {
        let has_lines = !parts.iter().any(|part| part.contains('\n'));
        Count { count: parts.len(), has_lines }
    }

    /// Whether each input is one line.
    pub(crate) fn has_lines(self) -> bool {
        self.has_lines
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.has_lines { "line" } else { "message" };
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {what}{plural}", self.count)
    }
}

/// The text of the parts that were not sent.
pub(crate) fn rest_of(parts: &[String], sent: usize) -> String {
    parts.iter().skip(sent).map(String::as_str).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_as_many_lines_as_fit() {
        let text = "12\n34\n56\n";
        for (most, want) in [
            (8, vec!["12\n34\n56"]),
            (7, vec!["12\n34", "56"]),
            (5, vec!["12\n34", "56"]),
            (4, vec!["12", "34", "56"]),
            (0, vec!["12", "34", "56"]),
        ] {
            assert_eq!(parts(text, most), want, "{most}");
        }
        assert_eq!(parts("a\nlonger\nb\nc", 3), ["a", "longer", "b\nc"]);
        assert_eq!(parts("éé\né", 6), ["éé", "é"], "the limit is in bytes");
    }

    #[test]
    fn blank_lines_are_kept_inside_a_part_and_left_out_between_two() {
        assert_eq!(parts("\n \na\n\n \nb\n\n", 5), ["a\n\n\nb"]);
        assert_eq!(parts("a\n\n\nb", 4), ["a", "b"]);
        assert_eq!(parts("\n \n", 4), [""; 0]);
        assert_eq!(parts("  a\n\tb", 8), ["  a\n\tb"], "the indentation stays");
    }
}
