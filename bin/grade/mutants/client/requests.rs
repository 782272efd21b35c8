//! Parses the lines that the user types, and encodes their requests.

use serde_json::{Map, Value};

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::settings::Settings;

/// A parsed line of input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    Login(&'a str),
    Names,
    Logout,
    Quit,
    Say(&'a str),
}

/// Parses a line with its newline; `None` if it is empty.
pub(crate) fn read(line: &str, bug: Bug) -> Option<Input<'_>> {
    let text = line.trim_end_matches(['\r', '\n']);
    Some(match text {
        "" => return None,
        "/names" => Input::Names,
        "/logout" => Input::Logout,
        "/quit" => Input::Quit,
        _ => match text.strip_prefix("/login") {
            Some(name) if bug == Bug::NameWithSpace => Input::Login(name),
            Some(name) if name.starts_with(' ') => Input::Login(name.trim()),
            _ if bug == Bug::SendsTheNewline => Input::Say(line),
            _ => Input::Say(text),
        },
    })
}

/// Encodes the requests for a line. Some lines need no request.
pub(crate) fn encode(input: &Input, settings: Settings) -> Vec<Vec<u8>> {
    let bug = settings.bug;
    let request = |word, key, argument: Option<&str>| request(word, key, argument, settings);
    let ktn15 = settings.dialect == Dialect::Ktn15;
    let (name_key, text_key) = if ktn15 { ("content", "content") } else { ("username", "message") };
    match input {
        Input::Login(name) if bug == Bug::NameInLowerCase => {
            vec![request("login", name_key, Some(&name.to_lowercase()))]
        }
        Input::Login(name) => vec![request("login", name_key, Some(name))],
        Input::Names => {
            let word = match settings.dialect {
                _ if bug == Bug::NamesMisnamed => "who",
                Dialect::Ktn14 => "listUsers",
                Dialect::Json | Dialect::Ktn15 => "names",
            };
            vec![request(word, "content", None)]
        }
        Input::Logout if bug == Bug::LogoutOnlyHere => Vec::new(),
        Input::Logout => vec![request("logout", "content", None)],
        Input::Quit => Vec::new(),
        Input::Say(text) => {
            let texts: Vec<&str> = match bug {
                Bug::FirstWordOnly => text.split_whitespace().take(1).collect(),
                Bug::WordByWord => text.split_whitespace().collect(),
                _ => vec![text],
            };
            let word = if ktn15 { "msg" } else { "message" };
            texts.iter().map(|text| request(word, text_key, Some(text))).collect()
        }
    }
}

fn request(word: &str, key: &str, argument: Option<&str>, settings: Settings) -> Vec<u8> {
    let json = match argument {
        Some(text) if settings.bug == Bug::QuotesByHand => {
            format!("{{\"request\":\"{word}\",\"{key}\":\"{text}\"}}")
        }
        _ => {
            let mut keys = Map::new();
            keys.insert("request".to_owned(), Value::from(word));
            if let Some(text) = argument {
                let text = match settings.bug {
                    Bug::EscapesTwice => text.replace('\\', "\\\\").replace('"', "\\\""),
                    _ => text.to_owned(),
                };
                keys.insert(key.to_owned(), Value::from(text));
            } else if settings.dialect == Dialect::Ktn15 {
                keys.insert(key.to_owned(), Value::Null);
            }
            Value::from(keys).to_string()
        }
    };
    let mut bytes: Vec<u8> = match settings.bug {
        Bug::AsciiOnly => {
            json.chars().map(|it| if it.is_ascii() { it as u8 } else { b'?' }).collect()
        }
        Bug::SendsLatin1 => json.chars().map(|it| u8::try_from(it).unwrap_or(b'?')).collect(),
        _ => json.into_bytes(),
    };
    if settings.dialect == Dialect::Json {
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Json, Ktn14, Ktn15};

    fn sent(line: &str, dialect: Dialect, bug: Bug) -> String {
        let input = read(line, bug);
        let bytes = input.map(|input| encode(&input, Settings { dialect, bug }).concat());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    }

    #[test]
    fn each_dialect_has_its_own_words() {
        for (dialect, line, want) in [
            (Json, "/login Ann_7\n", "{\"request\":\"login\",\"username\":\"Ann_7\"}\n"),
            (Json, "/names\r\n", "{\"request\":\"names\"}\n"),
            (Json, "two words\n", "{\"request\":\"message\",\"message\":\"two words\"}\n"),
            (Ktn14, "/login Ann_7\n", "{\"request\":\"login\",\"username\":\"Ann_7\"}"),
            (Ktn14, "/names\n", "{\"request\":\"listUsers\"}"),
            (Ktn15, "/login Ann_7\n", "{\"request\":\"login\",\"content\":\"Ann_7\"}"),
            (Ktn15, "/logout", "{\"request\":\"logout\",\"content\":null}"),
            (Ktn15, "  hi  \n", "{\"request\":\"msg\",\"content\":\"  hi  \"}"),
            (Ktn15, "/loginning\n", "{\"request\":\"msg\",\"content\":\"/loginning\"}"),
            (Json, "\n", ""),
            (Json, "/quit\n", ""),
        ] {
            assert_eq!(sent(line, dialect, Bug::None), want, "{line:?}");
        }
    }

    #[test]
    fn any_text_arrives_unchanged_without_a_bug() {
        let text = r#""quotes" and \backslashes\ and {braces} and øл𝄞"#;
        let arrived = |bug| {
            let request: Option<Value> = serde_json::from_str(&sent(text, Ktn14, bug)).ok();
            let text = request.as_ref().and_then(|request| request.get("message"));
            text.and_then(Value::as_str).map(str::to_owned)
        };
        assert_eq!(arrived(Bug::None).as_deref(), Some(text));
        for bug in [Bug::QuotesByHand, Bug::EscapesTwice, Bug::AsciiOnly, Bug::SendsLatin1] {
            assert_ne!(arrived(bug).as_deref(), Some(text), "{bug:?}");
        }
    }
}
