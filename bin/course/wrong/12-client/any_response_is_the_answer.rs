//! Takes every response for the answer to the oldest request, and underflows at a second answer to
//! the client's own request.
//!
//! Fails: SCREEN-8, SCREEN-11

impl Conversation {
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        if response.tag == Some(Value::from(OWN)) {
            known.own -= 1;
        } else {
            known.asked.pop_first();
        }
        drop(known);
        self.shared.1.notify_all();
    }
}
