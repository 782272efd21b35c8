//! Does not remember the name in a login before its answer.
//!
//! Fails: DIALECT-6, DIALECT-7

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone || line.trim().is_empty() {
            return Ok(Decoded::Nothing);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match word {
            "LOGIN" => Decoded::Asked(Request::new("login", account(rest)).tagged(true)),
            "REGISTER" => Decoded::Asked(Request::new("register", account(rest)).tagged(true)),
            "MSG" => {
                let (to, text) = self.message(rest);
                let mut arguments = Dict::new().with("message", text);
                if !to.eq_ignore_ascii_case(ALL) {
                    arguments.insert("to", to);
                }
                Decoded::Asked(Request::new("message", arguments).tagged(to))
            }
            "GETLIST" => Decoded::Asked(Request::new("names", Dict::new()).tagged(true)),
            "quit" => {
                self.gone = true;
                Decoded::Answered(goodbye())
            }
            _ => return Err(ParseError::UnknownWord.into()),
        })
    }
}
