//! A check that a text is well-formed XML 1.0, as far as grade writes any: no comments, no CDATA
//! sections, no names with colons.

/// An element. Elements are listed in the order of their start tags.
#[derive(Debug)]
pub(super) struct Element {
    /// The name of the parent; empty for the outermost element.
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

/// All elements, or the first error.
pub(super) fn check(text: &str) -> Result<Vec<Element>, String> {
    if let Some(character) = text.chars().find(|character| !allowed(*character)) {
        return Err(format!("there is a {character:?}"));
    }
    let mut rest = text;
    if let Some(declaration) = rest.strip_prefix("<?xml ") {
        rest = declaration.split_once("?>").ok_or("a declaration without an end")?.1;
    }
    rest = rest.strip_prefix("<!DOCTYPE html>").unwrap_or(rest).trim_start();
    let (mut open, mut found): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let (before, tag) = rest.split_once('<').unwrap_or((rest, ""));
        content(before)?;
        if open.is_empty() && !before.trim().is_empty() {
            return Err(format!("{before:?} stands outside"));
        }
        if before.len() == rest.len() {
            break;
        }
        let (tag, after) = tag.split_once('>').ok_or("a tag without an end")?;
        rest = after;
        if tag.contains('<') {
            return Err(format!("< stands in <{tag}>"));
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> ends nothing"));
            }
            continue;
        }
        let (tag, ends) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("{name:?} is no name"));
        }
        if open.is_empty() && !found.is_empty() {
            return Err(format!("<{name}> is a second outermost element"));
        }
        let parent = open.last().cloned().unwrap_or_default();
        let attributes = read_attributes(attributes)?;
        found.push(Element { parent, name: name.to_owned(), attributes });
        if !ends {
            open.push(name.to_owned());
        }
    }
    match open.last() {
        Some(name) => Err(format!("<{name}> has no end")),
        None if found.is_empty() => Err("there is no element".to_owned()),
        None => Ok(found),
    }
}

/// The characters of XML 1.0.
fn allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn content(text: &str) -> Result<(), String> {
    if text.contains("]]>") {
        return Err("]]> stands in text".to_owned());
    }
    for after in text.split('&').skip(1) {
        let name = after.split_once(';').ok_or("& without ;")?.0;
        let number = name.strip_prefix('#').is_some_and(|number| number.parse::<u32>().is_ok());
        if !number && !["amp", "lt", "gt", "quot", "apos"].contains(&name) {
            return Err(format!("&{name}; is nothing"));
        }
    }
    Ok(())
}

fn read_attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").ok_or_else(|| format!("{rest:?}"))?;
        let (value, after) = value.split_once('"').ok_or_else(|| format!("{rest:?}"))?;
        let name = name.trim();
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
        if name.is_empty() || !name.chars().all(letters) {
            return Err(format!("{name:?} is no name"));
        }
        if attributes.iter().any(|(other, _)| other == name) {
            return Err(format!("{name} stands twice"));
        }
        content(value)?;
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_xml_is_read() {
        let text = "<?xml version=\"1.0\"?>\n<a b=\"c&lt;\">x &#39;<d/><e f=\"\">]]&gt;</e></a>\n";
        let names: Vec<(String, String)> = check(text)
            .unwrap()
            .into_iter()
            .map(|element| (element.parent, element.name))
            .collect();
        let names: Vec<(&str, &str)> =
            names.iter().map(|(parent, name)| (parent.as_str(), name.as_str())).collect();
        assert_eq!(names, [("", "a"), ("a", "d"), ("a", "e")]);
    }

    #[test]
    fn malformed_xml_is_rejected() {
        for text in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a b=c/>",
            "<a>&nbsp;</a>",
            "<a>&</a>",
            "<a>]]></a>",
            "<a>\0</a>",
            "<a b=\"<\"/>",
            "<a>x",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
