//! Control characters and invisible characters.

/// Returns whether a character may end a line or control a terminal. These are the control characters
/// (C0, DEL and C1), and the line and paragraph separators of Unicode, which end lines in the standard
/// libraries of Java, Python and JavaScript.
pub fn is_control(character: char) -> bool {
    // `char::is_control` is the category Cc.
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Returns whether a character takes no space on a screen: the Unicode property
/// `Default_Ignorable_Code_Point`.
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Escapes in JSON text the characters of [`is_control`] that JSON allows unescaped. So a JSON object
/// is one line for every reader.
pub(crate) fn escape(json: String) -> String {
    // In UTF-8 these characters begin with one of these bytes, which most texts do not contain.
    if !json.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xe2)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        // The characters occur only inside strings, where an escape means the same.
        if is_control(character) {
            escaped += &format!("\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_contains_no_character_that_may_end_a_line() {
        let json = escape("\"a\u{2028}b\u{2029}c\u{85}d\u{7f}e\u{9f}é–\u{2027}\"".to_owned());
        assert_eq!(json, "\"a\\u2028b\\u2029c\\u0085d\\u007fe\\u009fé–\u{2027}\"");
        for code in 0..=0x10_ffff {
            let Some(character) = char::from_u32(code) else { continue };
            let written = escape(serde_json::to_string(&character.to_string()).unwrap());
            assert!(!written.chars().any(is_control), "{code:x}: {written:?}");
            let read: String = serde_json::from_str(&written).unwrap();
            assert_eq!(read, character.to_string(), "{code:x}");
        }
    }
}
