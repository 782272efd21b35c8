//! The token that tells a server of the exam its mistakes, sealed with the code that the teacher announces.
//!
//! A keystream from SHA-256 hides the names, and a tag recognises a wrong code. Each token has a number of its
//! own, so equal exams have different tokens. The seal holds until the code is known: the program that
//! opens the token runs on the student's machine.

use super::draw::digest;

/// Length of the hidden text. All tokens have the same, so that it does not tell the names.
const LENGTH: usize = 64;
/// Lengths of the number of a token, and of its tag.
const NONCE: usize = 8;
const TAG: usize = 8;
/// How often the code is hashed, so that guessing codes takes long.
const ROUNDS: u32 = 20_000;

/// Seals a text of at most 64 bytes.
pub(super) fn seal(code: &str, nonce: u64, text: &str) -> String {
    assert!(text.len() <= LENGTH, "the names of two mistakes fit into a token");
    let nonce = nonce.to_be_bytes();
    let key = key(code, &nonce);
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(LENGTH, 0);
    let tag = tag(&key, &bytes);
    apply_stream(&key, &mut bytes);
    let whole = [nonce.as_slice(), &bytes, &tag].concat();
    whole.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a token.
///
/// # Errors
/// One line that says whether the token or the code is wrong.
pub(super) fn open(code: &str, token: &str) -> Result<String, String> {
    let damaged = || "the token of this server is damaged: copy the file again".to_owned();
    let bytes = unhex(token).ok_or_else(damaged)?;
    if bytes.len() != NONCE + LENGTH + TAG {
        return Err(damaged());
    }
    let (nonce, rest) = bytes.split_at(NONCE);
    let (hidden, sealed) = rest.split_at(LENGTH);
    let key = key(code, nonce);
    let mut text = hidden.to_vec();
    apply_stream(&key, &mut text);
    if tag(&key, &text) != sealed {
        return Err(
            "the code does not open this server: compare it with the code that the teacher \
                    announced"
                .to_owned(),
        );
    }
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).map_err(|_| damaged())
}

/// The key for this code, however it is capitalised and spaced.
fn key(code: &str, nonce: &[u8]) -> [u8; 32] {
    let words: Vec<String> = code.split_whitespace().map(str::to_lowercase).collect();
    let mut key = digest(&[words.join(" ").as_bytes(), nonce]);
    for _ in 0..ROUNDS {
        key = digest(&[&key]);
    }
    key
}

fn tag(key: &[u8; 32], text: &[u8]) -> [u8; TAG] {
    let mut tag = [0; TAG];
    for (to, from) in tag.iter_mut().zip(digest(&[key, b"tag", text])) {
        *to = from;
    }
    tag
}

fn apply_stream(key: &[u8; 32], bytes: &mut [u8]) {
    for (block, number) in bytes.chunks_mut(32).zip(0_u64..) {
        let stream = digest(&[key, b"stream", &number.to_be_bytes()]);
        for (byte, mask) in block.iter_mut().zip(stream) {
            *byte ^= mask;
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let byte = |pair: &[u32]| u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | digit));
    digits.chunks(2).map(|pair| byte(pair).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_opens_a_token() {
        let token = seal("bafilo dekosu", 7, "no-echo tag-dropped");
        assert_eq!(open(" Bafilo  DEKOSU\n", &token).unwrap(), "no-echo tag-dropped");
        let wrong = open("bafilo dekosa", &token).unwrap_err();
        assert!(wrong.starts_with("the code does not open"), "{wrong}");
        for damaged in ["", "zz", "00", &token[2..], &format!("{token}00"), "ä"] {
            let error = open("bafilo dekosu", damaged).unwrap_err();
            assert!(error.starts_with("the token of this server is damaged"), "{error}");
        }
    }

    #[test]
    fn tokens_of_equal_exams_differ() {
        let tokens = [1, 2].map(|nonce| seal("code", nonce, "no-echo not-unique"));
        assert_ne!(tokens[0][16..], tokens[1][16..]);
        assert_eq!(tokens[0].len(), seal("code", 1, "").len());
    }
}
