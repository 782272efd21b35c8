//! Does not look at the name of the answer.
//!
//! Fails: DIALECT-6, DIALECT-7

impl Interpreter for Person {
    fn answered(&mut self, response: &Response) {
        self.wanted = None;
        if let Ok(body) = &response.outcome {
            self.name = Some(text(body, "username").to_owned());
        }
    }
}
