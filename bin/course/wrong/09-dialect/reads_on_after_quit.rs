//! Answers `quit`, and then goes on reading requests. An empty line is an unknown word.
//!
//! Fails: DIALECT-4, DIALECT-8

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let request = match word {
            "LOGIN" => {
                let arguments = account(rest);
                self.wanted = arguments.string("username").ok().map(str::to_owned);
                Request::new("login", arguments).tagged(true)
            }
            "REGISTER" => Request::new("register", account(rest)).tagged(true),
            "MSG" => {
                let (to, text) = self.message(rest);
                let message = Dict::new().with("message", text);
                let everyone = to.eq_ignore_ascii_case(ALL);
                let arguments = if everyone { message } else { message.with("to", to) };
                Request::new("message", arguments).tagged(to)
            }
            "GETLIST" => Request::new("names", Dict::new()).tagged(true),
            "quit" => return Ok(Decoded::Answered(goodbye())),
            _ => return Err(ParseError::UnknownWord.into()),
        };
        Ok(Decoded::Asked(request))
    }
}
