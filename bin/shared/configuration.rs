//! Parses configuration files in TOML. Errors name the file and the line.

mod quoting;

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer, Error};

use quoting::{NO_TEXT, Quoted};

/// The parser's error about a value that should be one of several words.
const NO_WORD: &str = "wanted string or table";

/// Parses the text of a configuration file.
///
/// # Errors
/// A line for each mistake: the file, the line number, and the error. A wrong value is named with its field. A
/// text that is not TOML has one mistake, the first, besides the values that lack their quotes.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    let Quoted { text, added } = Quoted::new(text);
    let errors = match DeTable::parse(&text).map(|table| deserialize(&text, table)) {
        Ok(Ok(value)) if added.is_empty() => return Ok(value),
        Ok(read) => read.err().unwrap_or_default(),
        Err(error) => vec![error],
    };
    let mut mistakes: Vec<(usize, String)> =
        errors.iter().map(|error| (start(error), in_words(error))).collect();
    for place in added {
        // The error of the field says more.
        if !mistakes.iter().any(|(start, _)| place.contains(start)) {
            let (value, _) = text.split_at(place.start).1.split_at(place.len());
            mistakes.push((place.start, format!("a text needs quotes, as in {value}")));
        }
    }
    mistakes.sort_by_key(|(start, _)| *start);
    let lines = mistakes.iter().map(|(start, mistake)| {
        let number = text.bytes().take(*start).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}, line {number}: {mistake}", path.display())
    });
    Err(lines.collect::<Vec<_>>().join("\n"))
}

/// Reads the fields of a table.
///
/// # Errors
/// An error for each wrong field.
fn deserialize<'text, T: DeserializeOwned>(
    text: &'text str,
    mut table: Spanned<DeTable<'text>>,
) -> Result<T, Vec<Error>> {
    let mut errors: Vec<Error> = Vec::new();
    // Each error is about one field. The next attempt, without this field, finds the next error.
    loop {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => return Err(errors),
            Err(error) => error,
        };
        let error = allowed::<T>(text, &table, &error).unwrap_or(error);
        // The field may be missing because it was wrong.
        let is_missing = error.message().starts_with("missing field");
        let is_left_out = error.span().is_some_and(|span| leave_out(table.get_mut(), span.start));
        if !is_missing || errors.is_empty() {
            errors.push(error);
        }
        if is_missing || !is_left_out {
            return Err(errors);
        }
    }
}

/// The error that names the allowed words, if this error says only that the value should be a word.
fn allowed<'text, T: DeserializeOwned>(
    text: &'text str,
    table: &Spanned<DeTable<'text>>,
    error: &Error,
) -> Option<Error> {
    let span = error.span().filter(|_| error.message() == NO_WORD)?;
    let word = text.get(span.clone()).filter(|value| !value.contains('\n'))?;
    let mut table = table.clone();
    if !replace(table.get_mut(), span.start, word) {
        return None;
    }
    let about_word = T::deserialize(Deserializer::from(table)).err()?;
    (about_word.span() == Some(span)).then_some(about_word)
}

/// Replaces the value at this byte of the text, in the innermost table that has it, by a word. Returns whether
/// there was one.
fn replace<'text>(table: &mut DeTable<'text>, at: usize, word: &'text str) -> bool {
    for (_, value) in table.iter_mut() {
        let is_at = value.span().contains(&at);
        if let DeValue::Table(inner) = value.get_mut() {
            if replace(inner, at, word) {
                return true;
            }
        } else if is_at {
            *value.get_mut() = DeValue::String(word.into());
            return true;
        }
    }
    false
}

/// The byte at which the mistake begins.
fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// Removes the field at this byte of the text, from the innermost table that has it. Returns whether there was
/// one.
fn leave_out(table: &mut DeTable<'_>, at: usize) -> bool {
    for (_, value) in table.iter_mut() {
        if let DeValue::Table(inner) = value.get_mut()
            && leave_out(inner, at)
        {
            return true;
        }
    }
    let is_there = |key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>| {
        key.span().contains(&at) || value.span().contains(&at)
    };
    let found = table.iter().find(|(key, value)| is_there(key, value));
    let name = found.map(|(key, _)| key.get_ref().clone().into_owned());
    name.is_some_and(|name| table.remove(&*name).is_some())
}

/// The text of an error, with its field.
fn in_words(error: &Error) -> String {
    if error.message().starts_with(NO_TEXT) {
        let is_missing = error.span().is_some_and(|span| span.is_empty());
        return if is_missing { "the value is missing" } else { "a text needs quotes" }.to_owned();
    }
    // Without the text of the file, the error shows the field. Some errors have several lines.
    let mut error = error.clone();
    error.set_input(None);
    let text = error.to_string();
    let message = text.split_once('\n').map_or(text.as_str(), |(message, _)| message);
    let rest = text.lines().skip(1).map(|line| format!(" {line}")).collect::<String>();
    format!("{}{rest}", plain(message))
}

/// An error about a value in words for people who do not know the types of Rust.
fn plain(message: &str) -> String {
    let parts = |kind| message.strip_prefix(kind)?.rsplit_once(", expected ");
    if let Some((found, allowed)) = parts("unknown variant ") {
        let allowed = allowed.trim_start_matches("one of ");
        return format!("{found} is no possible value; possible are {allowed}");
    }
    if let Some((found, wanted)) = parts("invalid type: ") {
        return format!("expected {}, not {}", wanted_in_words(wanted), found_in_words(found));
    }
    match message {
        NO_WORD => "expected a text in quotes".to_owned(),
        message => message.to_owned(),
    }
}

fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "a boolean" => "true or false",
        "a sequence" => "a list, as in [\"a\", \"b\"]",
        "a string" => "a text in quotes",
        "a map" => "a section, as in [name]",
        "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        other => other,
    }
}

fn found_in_words(found: &str) -> String {
    let number = |number: &str| format!("the number {}", number.trim_matches('`'));
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer", value)) => number(value),
        Some(("floating", value)) => number(value.trim_start_matches("point ")),
        Some(("boolean", value)) => value.trim_matches('`').to_owned(),
        _ if found == "sequence" => "a list".to_owned(),
        _ if found == "map" => "a section".to_owned(),
        _ => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Fields {
        bell: bool,
        names: Vec<String>,
        minutes: f64,
        joins: Joins,
        inner: Option<Box<Fields>>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Joins {
        #[default]
        All,
        Off,
    }

    impl Default for Fields {
        fn default() -> Fields {
            Fields { bell: true, names: vec![], minutes: 0.5, joins: Joins::All, inner: None }
        }
    }

    fn errors(text: &str) -> Vec<String> {
        let error = super::parse::<Fields>(Path::new("file"), text).unwrap_err();
        error.lines().map(|line| line.strip_prefix("file, line ").unwrap().to_owned()).collect()
    }

    #[test]
    fn a_value_that_is_none_of_several_words_gets_the_list() {
        let possible = "is no possible value; possible are `all` or `off` in `joins`";
        for (text, found) in [("'most'", "most"), ("3", "3"), ("true", "true"), ("[]", "[]")] {
            assert_eq!(errors(&format!("joins = {text}")), [format!("1: `{found}` {possible}")]);
        }
        let inner = possible.replace("joins", "inner.joins");
        assert_eq!(errors("[inner]\njoins = 3\n"), [format!("2: `3` {inner}")]);
        assert_eq!(errors("joins = [\n3\n]"), ["1: expected a text in quotes in `joins`"]);
    }

    #[test]
    fn a_value_without_quotes_gets_the_error_of_its_field() {
        let no_text = |name: &str, text: &str| format!("not the text \"{text}\" in `{name}`");
        for word in ["yes", "True", "f", "1x"] {
            let want = format!("1: expected true or false, {}", no_text("bell", word));
            assert_eq!(errors(&format!("bell = {word} # or no")), [want]);
        }
        let want = format!("1: expected a number, {}", no_text("minutes", "5 min"));
        assert_eq!(errors("minutes = 5 min"), [want]);
        assert_eq!(errors("joins = all"), ["1: a text needs quotes, as in \"all\""]);
        assert_eq!(errors("joins = most").len(), 1);
    }

    #[test]
    fn every_value_without_quotes_is_named() {
        let text = "names = [\ntea,\n 'x', 10.0.0.1, a b]\nbell = yes\n[inner]\nnames = [\u{e9}]\n";
        let needs = |line, value: &str| format!("{line}: a text needs quotes, as in \"{value}\"");
        let bell = "4: expected true or false, not the text \"yes\" in `bell`".to_owned();
        let want =
            [needs(2, "tea"), needs(3, "10.0.0.1"), needs(3, "a b"), bell, needs(6, "\u{e9}")];
        assert_eq!(errors(text), want);
        assert_eq!(errors("bell ="), ["1: the value is missing"]);
        assert_eq!(errors("names = [a\"b]")[0], "1: a text needs quotes");
    }
}
