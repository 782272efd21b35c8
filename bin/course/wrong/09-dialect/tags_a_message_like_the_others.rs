//! Gives every request the same tag, so that a refusal cannot name the receiver. Accepts words in any
//! case.
//!
//! Fails: DIALECT-3, DIALECT-4, DIALECT-13, DIALECT-14

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone || line.trim().is_empty() {
            return Ok(Decoded::Nothing);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, arguments) = match word.to_ascii_uppercase().as_str() {
            "LOGIN" => {
                let arguments = account(rest);
                self.wanted = Some(text(&arguments, "username").to_owned());
                ("login", arguments)
            }
            "REGISTER" => ("register", account(rest)),
            "MSG" => {
                let (to, text) = self.message(rest);
                let message = Dict::new().with("message", text);
                let everyone = to.eq_ignore_ascii_case(ALL);
                ("message", if everyone { message } else { message.with("to", to) })
            }
            "GETLIST" => ("names", Dict::new()),
            "QUIT" => {
                self.gone = true;
                return Ok(Decoded::Answered(goodbye()));
            }
            _ => return Err(ParseError::UnknownWord.into()),
        };
        Ok(Decoded::Asked(Request::new(name, arguments).tagged(true)))
    }
}
