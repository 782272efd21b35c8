//! Returns early after an answer to the person, so that only answers to the client's own requests wake a
//! thread. The end of the connection wakes none.
//!
//! Fails: SCREEN-9, SCREEN-10

impl Conversation {
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        match &response.tag {
            Some(Value::Number(tag)) => {
                if let Some(tag) = tag.as_u64() {
                    known.asked.remove(&tag);
                }
                return;
            }
            Some(tag) if tag == OWN => known.own.answer(&response.name),
            _ => {}
        }
        drop(known);
        self.shared.1.notify_all();
    }

    pub(crate) fn end(&self, reason: CloseReason) -> String {
        self.known().closed = true;
        text_of_end(reason)
    }
}
