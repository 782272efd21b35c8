//! Forgets the name of the peer when a second login is refused.
//!
//! Fails: DIALECT-7

impl Interpreter for Person {
    fn answered(&mut self, response: &Response) {
        if response.name == "login" {
            self.wanted = None;
            self.name = response.outcome.as_ref().ok().map(|body| text(body, "username").to_owned());
        }
    }
}
