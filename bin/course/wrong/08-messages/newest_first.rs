//! Leaves the messages of a page in the order of the iterator: newest first.
//!
//! Fails: SAY-1, SAY-2, SAY-14

impl Page {
    pub fn take(newest_first: impl Iterator<Item = Message>, size: PageSize) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for message in newest_first {
            bytes += message.size();
            let full = page.messages.len() >= size.messages
                || (bytes > size.bytes && !page.messages.is_empty());
            if full {
                page.more = true;
                break;
            }
            page.messages.push(message);
        }
        page
    }
}
