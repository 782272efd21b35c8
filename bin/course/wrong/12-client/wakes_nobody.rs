//! Changes the state and wakes no thread: a waiting thread notices it when its time is over.
//!
//! Fails: SCREEN-9, SCREEN-10, SCREEN-14

impl Conversation {
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        match &response.tag {
            Some(Value::Number(tag)) => {
                if let Some(tag) = tag.as_u64() {
                    known.asked.remove(&tag);
                }
            }
            Some(tag) if tag == OWN => known.own = known.own.saturating_sub(1),
            _ => {}
        }
    }

    pub(crate) fn end(&self, reason: CloseReason) -> String {
        self.known().closed = true;
        match reason {
            CloseReason::Finished => "the server closed the connection".to_owned(),
            reason => format!("connection to the server: {reason}"),
        }
    }
}
