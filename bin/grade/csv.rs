//! Comma-separated values after RFC 4180, in which no spreadsheet takes a name for a formula.

use crate::report::visible;

/// The text of a file with these rows.
pub(crate) fn text(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        out += &cells.join(",");
        out += "\r\n";
    }
    out
}

/// A cell as it stands in a file. In some countries a spreadsheet separates cells with semicolons or
/// tabs, so these are quoted, too.
fn quoted(cell: &str) -> String {
    let plain = |letter: char| !matches!(letter, ',' | ';' | '"' | '\r' | '\n' | '\t');
    if cell.chars().all(plain) && cell.trim() == cell {
        return cell.to_owned();
    }
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// A text chosen by a student, as a harmless cell. An apostrophe keeps a spreadsheet from taking it for
/// a formula, and escape sequences are made visible for a terminal. Two visibly different texts are
/// different cells.
pub(crate) fn harmless(text: &str) -> String {
    let formula = |letter: char| {
        matches!(letter, '=' | '+' | '-' | '@')
            // Some spreadsheets treat these like the others.
            || matches!(letter, '＝' | '＋' | '－' | '＠')
    };
    let text = visible::line(text);
    // Some spreadsheets skip blanks before a formula.
    let begin = text.trim_start_matches(|letter: char| letter == '\'' || letter.is_whitespace());
    if begin.starts_with(formula) { format!("'{text}") } else { text }
}

/// The rows of a file; `None` if a quote is misplaced. Both kinds of line end are accepted.
pub(crate) fn rows(text: &str) -> Option<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            inside(quoted)?
        } else {
            let end = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
            let (cell, after) = rest.split_at(end);
            (cell.to_owned(), after)
        };
        row.push(cell);
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
            if !rest.is_empty() {
                continue;
            }
            // A file that ends with a comma ends with an empty cell.
            row.push(String::new());
        } else {
            let line = after.strip_prefix('\r').unwrap_or(after);
            rest = match line.strip_prefix('\n') {
                Some(next) => next,
                None if line.is_empty() => line,
                None => return None,
            };
        }
        rows.push(std::mem::take(&mut row));
    }
    // An empty line is not a row.
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    Some(rows)
}

/// The cell up to its closing quote, and the text after that.
fn inside(quoted: &str) -> Option<(String, &str)> {
    let (mut cell, mut rest) = (String::new(), quoted);
    loop {
        let (part, after) = rest.split_once('"')?;
        cell += part;
        rest = match after.strip_prefix('"') {
            Some(after) => after,
            None => return Some((cell, after)),
        };
        cell.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn only_special_cells_are_quoted() {
        let rows = [row(&["name", "Ada Lovelace", "", "2.5"]), row(&["a,b", "x;=1", "5\"", " c"])];
        assert_eq!(text(&rows), "name,Ada Lovelace,,2.5\r\n\"a,b\",\"x;=1\",\"5\"\"\",\" c\"\r\n");
    }

    #[test]
    fn written_rows_are_read_back() {
        let hard = ["", "a", "\"", "\"\"", ",", "\r\n", "\n", "a\"b,c\nd", "å\t;", " ", "'=1+1"];
        let mut all = Vec::new();
        for one in hard {
            all.extend(hard.map(|other| row(&["x", one, other])));
            all.push(row(&[one, "x"]));
        }
        assert_eq!(rows(&text(&all)), Some(all));
    }

    #[test]
    fn files_of_other_programs_are_read() {
        let want = Some(vec![row(&["a", "b"]), row(&["1", ""])]);
        for text in ["a,b\n1,\n", "a,b\r\n1,", "\u{feff}\"a\",\"b\"\r\n\r\n1,\"\"\r\n"] {
            assert_eq!(rows(text), want, "{text:?}");
        }
        assert_eq!(rows(""), Some(Vec::new()));
        for broken in ["\"a", "\"a\"b,c", "a\rb"] {
            assert_eq!(rows(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn no_name_is_a_formula() {
        let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", " =1", "\u{a0}=1", "' -1"];
        for name in formulas {
            assert_eq!(harmless(name), format!("'{name}"));
        }
        for name in ["ada", "1", "'s-Hertogenbosch", "a=b", ""] {
            assert_eq!(harmless(name), name);
        }
    }

    #[test]
    fn no_name_controls_a_terminal() {
        for (name, cell) in [
            ("\x1b[2J\x1b]0;title\x07ada", "␛[2J␛]0;title␇ada"),
            ("ada\r\n=1+1", "ada␍␊=1+1"),
            ("\t=1", "␉=1"),
            ("\u{feff}=1", "<U+FEFF>=1"),
            ("\u{202e}ada", "<U+202E>ada"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("+\x1b[0m", "'+␛[0m"),
        ] {
            assert_eq!(harmless(name), cell, "{name:?}");
        }
    }
}
