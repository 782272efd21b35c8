//! `/r`: answers the last whisper. Another whisper may come while the person types, so the client shows the receiver
//! before it sends anything.

use super::Person;

impl Person {
    /// Starts the next line with the whisper that answers the last one.
    pub(super) fn reply(&self, text: &str) {
        let whisperer = self.conversation.known().whisperer.clone();
        match whisperer {
            Some(name) => self.keyboard.propose(&format!("/msg {name} {text}")),
            None => self.mistake("nobody has whispered to you; /msg NAME TEXT whispers"),
        }
    }
}
