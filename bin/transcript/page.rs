//! Transcripts in the code blocks of a Markdown page.

/// A code block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The word after the fence: `chat`, or the name of a dialect.
    pub info: &'a str,
    /// The number of its first line on the page.
    pub first: usize,
    /// Its lines.
    pub text: &'a str,
}

/// The code blocks of a page, in their order. A block without an end is left out.
pub fn blocks(page: &str) -> Vec<Block<'_>> {
    const FENCE: &str = "```";
    let mut blocks = Vec::new();
    // The word, the number of the first line, and the offset of the first byte.
    let mut open: Option<(&str, usize, usize)> = None;
    let mut at = 0;
    for (index, line) in page.split_inclusive('\n').enumerate() {
        let begin = at;
        at += line.len();
        match (open, line.trim_end()) {
            (None, line) => {
                if let Some(info) = line.strip_prefix(FENCE) {
                    open = Some((info, index + 2, at));
                }
            }
            (Some((info, first, from)), FENCE) => {
                let text = page.get(from..begin).unwrap_or_default();
                blocks.push(Block { info, first, text });
                open = None;
            }
            (Some(_), _) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_word_and_their_first_line() {
        let page = "# a\n```chat\nx\ny\n```\n\n```\n```\n```open\nz\n";
        let found = blocks(page);
        let want = [
            Block { info: "chat", first: 3, text: "x\ny\n" },
            Block { info: "", first: 8, text: "" },
        ];
        assert_eq!(found, want);
    }
}
