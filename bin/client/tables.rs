//! Answers that this client has no words for: as they are, and lists of dicts as tables.
//!
//! So the list that a command of a student's answers with can be read here like our own.

use parse::{Dict, Response, Value};

/// The lines that tell an answer.
pub(crate) fn lines(response: &Response, body: &Dict) -> Vec<String> {
    let name = response.name.as_ref();
    let tables: Vec<Vec<Dict>> = body.iter().filter_map(|(key, _)| rows(body, key)).collect();
    let others: Vec<String> = body
        .iter()
        .filter(|(key, _)| rows(body, key).is_none())
        // That there is no more than this need not be said.
        .filter(|(key, value)| *key != "more" || **value != Value::Bool(false))
        // `bans: alice, bob`, and not `bans: bans: alice, bob`.
        .map(
            |(key, value)| {
                if key == name { cell(value) } else { format!("{key}: {}", cell(value)) }
            },
        )
        .collect();
    let mut lines = match (others.is_empty(), tables.is_empty()) {
        (true, true) => vec![format!("{name}: done")],
        (true, false) => vec![],
        (false, _) => vec![format!("{name}: {}", others.join(", "))],
    };
    lines.extend(tables.iter().flat_map(|rows| table(rows)));
    lines
}

/// The rows of a list that has nothing but dicts, and at least one.
fn rows(body: &Dict, key: &str) -> Option<Vec<Dict>> {
    body.dicts(key).ok().filter(|rows| !rows.is_empty())
}

/// A line of headings, then one for each row. Numbers stand to the right.
fn table(rows: &[Dict]) -> Vec<String> {
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flat_map(Dict::iter) {
        if !columns.contains(&key) {
            columns.push(key);
        }
    }
    let mut lines = vec![String::new(); rows.len() + 1];
    for column in columns {
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row.get(column)).collect();
        let right = values.iter().all(|value| value.is_none_or(Value::is_number));
        let texts = values.into_iter().map(|value| value.map_or(String::new(), cell));
        let texts: Vec<String> = std::iter::once(column.to_owned()).chain(texts).collect();
        let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        for (line, text) in lines.iter_mut().zip(texts) {
            let gap = if line.is_empty() { "" } else { "  " };
            *line +=
                &if right { format!("{gap}{text:>width$}") } else { format!("{gap}{text:width$}") };
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// One value, as a person writes it.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &'static str, body: Dict) -> Vec<String> {
        lines(&Response::ok(name, body.clone()), &body)
    }

    #[test]
    fn a_few_values_are_a_line() {
        let body = Dict::new().with("sides", 6).with("loaded", false);
        assert_eq!(told("roll", body), ["roll: sides: 6, loaded: no"]);
        assert_eq!(told("poke", Dict::new()), ["poke: done"]);
        let names = vec![Value::from("alice"), Value::from("10.0.0.7")];
        assert_eq!(told("bans", Dict::new().with("bans", names)), ["bans: alice, 10.0.0.7"]);
        assert_eq!(told("bans", Dict::new().with("bans", Value::Array(vec![]))), ["bans: none"]);
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
}
