//! Responses that the client does not know: their keys and values, and lists of dicts as tables.
//!
//! So the answer of a command that a student added is as readable as any other. A response can have
//! any length, so everything here is bounded. Otherwise one wide cell in a long list would make the
//! whole table both wide and long.

use std::collections::HashSet;
use std::fmt::{self, Write};

use parse::{Dict, Response, Value};

use crate::bounded::{Bounded, LINE, shorten};
use crate::day::{TIME, local};

/// The most rows of all tables of one response.
const ROWS: usize = 1000;
/// The most columns of a table.
const COLUMNS: usize = 30;
/// The most characters of a cell.
const CELL: usize = 200;

/// The lines for a response.
pub(crate) fn lines(response: &Response, body: &Dict) -> Vec<String> {
    let name = response.name.as_ref();
    let tables: Vec<&[Value]> = body.iter().filter_map(|(_, value)| rows(value)).collect();
    let others = others(name, body);
    let mut lines = match (others.is_empty(), tables.is_empty()) {
        (true, true) => vec![format!("{name}: done")],
        (true, false) => vec![],
        (false, _) => vec![format!("{name}: {others}")],
    };
    let (mut room, mut left_out) = (ROWS, 0);
    for rows in tables {
        let (shown, hidden) = rows.split_at(room.min(rows.len()));
        room -= shown.len();
        left_out += hidden.len();
        if !shown.is_empty() {
            lines.extend(table(shown));
        }
    }
    if left_out > 0 {
        lines.push(format!("({} not shown)", count(left_out, "row")));
    }
    lines
}

/// The values that are not tables, on one line.
fn others(name: &str, body: &Dict) -> String {
    let mut line = Bounded::new(LINE);
    // `more: no` is not worth showing.
    let shown = |(key, value): &(&str, &Value)| {
        rows(value).is_none() && (*key != "more" || **value != Value::Bool(false))
    };
    for (key, value) in body.iter().filter(shown) {
        let comma = if line.is_empty() { "" } else { ", " };
        // `bans: alice, bob`, and not `bans: bans: alice, bob`.
        let begin =
            if key == name { line.write_str(comma) } else { write!(line, "{comma}{key}: ") };
        if begin.and_then(|()| put(&mut line, value)).is_err() {
            break;
        }
    }
    line.finish()
}

/// The rows of a non-empty list of dicts.
fn rows(value: &Value) -> Option<&[Value]> {
    let rows = value.as_array()?;
    (!rows.is_empty() && rows.iter().all(Value::is_object)).then_some(rows)
}

/// A line of headings, then a line for each row. Columns of numbers are aligned to the right.
fn table(rows: &[Value]) -> Vec<String> {
    let keys = rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys());
    let mut seen = HashSet::new();
    let mut columns: Vec<&String> = keys.filter(|key| seen.insert(*key)).collect();
    let left_out = columns.len().saturating_sub(COLUMNS);
    columns.truncate(COLUMNS);
    let mut lines = vec![String::new(); rows.len() + 1];
    for column in columns {
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row.get(column)).collect();
        let right = values.iter().all(|value| value.is_none_or(Value::is_number));
        let texts = values.into_iter().map(|value| value.map_or(String::new(), cell));
        let texts: Vec<String> = std::iter::once(shorten(column, CELL)).chain(texts).collect();
        let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        for (line, text) in lines.iter_mut().zip(texts) {
            let gap = if line.is_empty() { "" } else { "  " };
            *line +=
                &if right { format!("{gap}{text:>width$}") } else { format!("{gap}{text:width$}") };
        }
    }
    let mut lines: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    if left_out > 0 {
        lines.push(format!("({} not shown)", count(left_out, "column")));
    }
    lines
}

/// `1 row`, `2 rows`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The text of a cell.
fn cell(value: &Value) -> String {
    let mut text = Bounded::new(CELL);
    // An error means that the text is cut, and the text shows that itself.
    let _ = put(&mut text, value);
    text.finish()
}

/// Writes a value in the form that a person would write.
///
/// # Errors
/// When the bound of `text` is reached.
fn put(text: &mut Bounded, value: &Value) -> fmt::Result {
    match value {
        Value::String(string) => match local(string) {
            Some(time) => write!(text, "{}", time.strftime(TIME)),
            None => text.write_str(string),
        },
        Value::Null => text.write_str("-"),
        Value::Bool(true) => text.write_str("yes"),
        Value::Bool(false) => text.write_str("no"),
        Value::Array(items) if items.is_empty() => text.write_str("none"),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            text.write_str(if index == 0 { "" } else { ", " })?;
            put(text, item)
        }),
        other => write!(text, "{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &'static str, body: Dict) -> Vec<String> {
        lines(&Response::ok(name, body.clone()), &body)
    }

    #[test]
    fn a_few_values_are_one_line() {
        let body = Dict::new().with("sides", 6).with("loaded", false);
        assert_eq!(told("roll", body), ["roll: sides: 6, loaded: no"]);
        assert_eq!(told("poke", Dict::new()), ["poke: done"]);
        let names = vec![Value::from("alice"), Value::from("10.0.0.7")];
        assert_eq!(told("bans", Dict::new().with("bans", names)), ["bans: alice, 10.0.0.7"]);
        assert_eq!(told("bans", Dict::new().with("bans", Value::Array(vec![]))), ["bans: none"]);
    }

    #[test]
    fn a_time_is_local() {
        let at = "2026-11-29T03:15:00.000Z";
        let zoned = local(at).unwrap().strftime(TIME).to_string();
        let body = Dict::new().with("since", at).with("day", "2026-11-29");
        assert_eq!(told("poke", body), [format!("poke: since: {zoned}, day: 2026-11-29")]);
    }

    #[test]
    fn a_list_of_dicts_is_a_table() {
        let row = |room: &str, online: u64| Dict::new().with("room", room).with("online", online);
        let rows =
            [row("lobby", 12).with("joined", true), row("tea", 3).with("topic", Value::Null)];
        let rows: Value = rows.into_iter().map(Value::from).collect();
        let body = Dict::new().with("rooms", rows).with("more", true);
        let want = [
            "rooms: more: yes",
            "room   online  joined  topic",
            "lobby      12  yes",
            "tea         3          -",
        ];
        assert_eq!(told("rooms", body), want);
    }

    #[test]
    fn a_wide_cell_is_cut_and_marked() {
        let wide = Dict::new().with("text", "w".repeat(70_000)).with("list", vec![1; 5000]);
        let body = Dict::new().with("rows", vec![Value::from(wide)]);
        let lines = told("roll", body);
        let text = "w".repeat(CELL - 1) + "…";
        let list = "1, ".repeat(CELL / 3) + "1…";
        assert_eq!(lines, [format!("{:CELL$}  list", "text"), format!("{text}  {list}")]);
    }

    #[test]
    fn hidden_rows_and_columns_are_counted() {
        let row = |number| Value::from(Dict::new().with(&format!("k{number}"), number));
        let lines = told("roll", Dict::new().with("rows", (0..2003).map(row).collect::<Value>()));
        assert_eq!(lines.len(), ROWS + 3);
        assert_eq!(lines[1], " 0");
        assert_eq!(lines[ROWS + 1..], ["(970 columns not shown)", "(1003 rows not shown)"]);
    }

    #[test]
    fn the_tables_of_one_response_share_the_bound_on_rows() {
        let list = |count: u64| (0..count).map(|n| Value::from(Dict::new().with("n", n))).collect();
        let (most, two): (Value, Value) = (list(ROWS as u64 - 1), list(2));
        let lines = told("x", Dict::new().with("a", most).with("b", two.clone()).with("c", two));
        assert_eq!(lines[ROWS..], ["n", "0", "(3 rows not shown)"]);
    }
}
