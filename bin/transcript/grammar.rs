//! Tests of the grammar for editors, `handout/transcript.tmLanguage.json`, with all examples of the handout.

use regex::Regex;
use serde_json::Value;

use crate::lines::{self, Line, Way};
use crate::{Dialect, blocks, parse_block};

const GRAMMAR: &str = include_str!("../../handout/transcript.tmLanguage.json");

/// The pages with examples.
const PAGES: [&str; 2] =
    [include_str!("../../handout/protocol.md"), include_str!("../../handout/transcripts.md")];

/// The rules for whole lines: the scope of each, and its expression.
fn rules(grammar: &Value) -> Vec<(String, Regex)> {
    let rules = grammar["patterns"].as_array().unwrap().iter();
    let text = |rule: &Value, key: &str| rule[key].as_str().unwrap().to_owned();
    rules.map(|rule| (text(rule, "name"), Regex::new(&text(rule, "match")).unwrap())).collect()
}

/// The dialect of a code block, if it is a transcript.
fn dialect(info: &str) -> Option<Dialect> {
    if info == "chat" { Some(Dialect::default()) } else { Dialect::named(info).ok() }
}

/// The scope that a line must have.
fn scope(line: &str) -> Option<&'static str> {
    Some(match lines::read(line).unwrap() {
        Line::Blank => return None,
        Line::Comment(_) => "comment.line.number-sign",
        Line::Dialect(_) => "meta.dialect",
        Line::Speaks(..) => "meta.speaks",
        Line::Ignore(_) => "meta.ignore",
        Line::More { .. } => "meta.more",
        Line::Step { way: Way::SendsBytes | Way::ReceivesBytes, .. } => "meta.bytes",
        Line::Step { payload, .. }
            if payload.text.starts_with('(') && payload.text.ends_with(')') =>
        {
            "meta.action"
        }
        Line::Step { .. } => "meta.frame",
    })
}

#[test]
fn the_grammar_knows_every_line_of_the_examples() {
    let grammar: Value = serde_json::from_str(GRAMMAR).unwrap();
    let rules = rules(&grammar);
    let mut seen = Vec::new();
    let extra = "dialect ktn14\ncarol speaks json\nalice << {}\\n\n# words\nignore {…}";
    let examples: Vec<&str> = PAGES
        .iter()
        .flat_map(|page| blocks(page))
        .filter(|it| dialect(it.info).is_some())
        .map(|it| it.text)
        .collect();
    for line in examples.into_iter().chain([extra]).flat_map(str::lines) {
        let Some(want) = scope(line) else { continue };
        let first = rules.iter().find(|(_, rule)| rule.is_match(line));
        let (name, _) = first.unwrap_or_else(|| panic!("no rule matches {line}"));
        assert_eq!(name.strip_suffix(".chat-transcript"), Some(want), "{line}");
        seen.push(want);
    }
    let unused = rules.iter().find(|(name, _)| !seen.iter().any(|it| name.starts_with(it)));
    assert!(unused.is_none(), "no example has a line of {unused:?}");
}

#[test]
fn the_grammar_finds_placeholders_keys_and_escapes() {
    let grammar: Value = serde_json::from_str(GRAMMAR).unwrap();
    let found = |rule: &Value, text: &str| -> Vec<String> {
        let rule = Regex::new(rule["match"].as_str().unwrap()).unwrap();
        rule.find_iter(text).map(|it| it.as_str().to_owned()).collect()
    };
    let frame = r#"{"a\"b":$first,"c": ["…","to ${who} \n \x00 \u00e9"],…}"#;
    let parts = &grammar["repository"];
    assert_eq!(found(&parts["placeholder"], frame), ["$first", "…", "${who}", "…"]);
    assert_eq!(found(&parts["key"], frame), [r#""a\"b":"#, r#""c":"#]);
    assert_eq!(found(&parts["text"]["patterns"][1], frame), ["\\\"", "\\n", "\\x00", "\\u00e9"]);
}

#[test]
fn every_example_of_the_handout_is_a_transcript() {
    let mut count = 0;
    for page in PAGES {
        for block in blocks(page) {
            let Some(dialect) = dialect(block.info) else { continue };
            let parsed = parse_block("page", block.text.as_bytes(), block.first, &dialect);
            let parsed = parsed.unwrap_or_else(|error| panic!("{error}"));
            assert!(!parsed.steps.is_empty());
            count += 1;
        }
    }
    assert!(count > 30, "the examples were not found");
}
