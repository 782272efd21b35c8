//! Takes every response for the answer to the oldest request, unless it answers a request of the client
//! itself.
//!
//! Fails: SCREEN-8, SCREEN-11

impl Conversation {
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        if response.tag == Some(Value::from(OWN)) {
            known.own.answer(&response.name);
        } else {
            known.asked.pop_first();
        }
        drop(known);
        self.shared.1.notify_all();
    }
}
