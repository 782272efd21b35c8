//! Returns an empty page if the newest message is larger than a page, so it can never be read.
//!
//! Fails: SAY-2

impl Page {
    pub fn take(newest_first: impl Iterator<Item = Message>, size: PageSize) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for message in newest_first {
            bytes += message.size();
            if page.messages.len() >= size.messages || bytes > size.bytes {
                page.more = true;
                break;
            }
            page.messages.push(message);
        }
        page.messages.reverse();
        page
    }
}
