//! JSON values in a stream without delimiters.

/// Takes the first whole JSON value out of the received bytes. Bytes that are not JSON are taken up
/// to the next white space or brace.
pub(super) fn cut(stream: &mut Vec<u8>) -> Option<Vec<u8>> {
    let begin = stream.iter().position(|byte| !byte.is_ascii_whitespace())?;
    stream.drain(..begin);
    let mut values = serde_json::Deserializer::from_slice(stream).into_iter::<serde_json::Value>();
    let length = match values.next()? {
        Ok(_) => values.byte_offset(),
        Err(error) if error.is_eof() => return None,
        Err(_) => {
            let rest = stream.iter().skip(1);
            1 + rest.take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'{').count()
        }
    };
    Some(stream.drain(..length.min(stream.len())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_one_by_one() {
        let mut stream = b" {\"a\":\"}\"}{\"b\":[1]} oops {\"c\":".to_vec();
        let taken: Vec<Vec<u8>> = std::iter::from_fn(|| cut(&mut stream)).collect();
        assert_eq!(taken, [&b"{\"a\":\"}\"}"[..], b"{\"b\":[1]}", b"oops"]);
        assert_eq!(stream, b"{\"c\":");
    }
}
