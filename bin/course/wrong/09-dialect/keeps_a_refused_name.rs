//! Keeps the name in a login after the chat has refused it.
//!
//! Fails: DIALECT-6, DIALECT-7

impl Interpreter for Person {
    fn answered(&mut self, response: &Response) {
        if let ("login", Ok(body)) = (response.name.as_ref(), &response.outcome) {
            self.name = Some(text(body, "username").to_owned());
            self.wanted = None;
        }
    }
}
