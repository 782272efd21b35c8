//! Takes a full page for a page with more before it.
//!
//! Fails: SAY-1

impl Page {
    pub fn take(newest_first: impl Iterator<Item = Message>, size: PageSize) -> Page {
        let mut bytes = 0;
        let mut messages: Vec<Message> = Vec::new();
        let mut more = false;
        for message in newest_first.take(size.messages) {
            bytes += message.size();
            if bytes > size.bytes && !messages.is_empty() {
                more = true;
                break;
            }
            messages.push(message);
        }
        more = more || messages.len() == size.messages;
        messages.reverse();
        Page { messages, more }
    }
}
