//! The unanswered requests that the client made for itself: for the commands of the server, for names, on
//! the way back to a conversation.

/// Unanswered requests of the client itself, oldest first.
#[derive(Debug, Default)]
pub(crate) struct OwnRequests(Vec<OwnRequest>);

/// A request of the client itself.
#[derive(Debug)]
struct OwnRequest {
    name: String,
    /// The tag of the person's next request, which was sent later.
    next: u64,
}

impl OwnRequests {
    /// Records a request. `next` is the tag of the person's next request.
    pub(crate) fn add(&mut self, name: &str, next: u64) {
        self.0.push(OwnRequest { name: name.to_owned(), next });
    }

    /// The number of requests.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of requests of this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|request| request.name == name).count()
    }

    /// Whether the name of a request fits.
    pub(crate) fn any(&self, mut fits: impl FnMut(&str) -> bool) -> bool {
        self.0.iter().any(|request| fits(&request.name))
    }

    /// Removes the oldest request of this name, which has its answer. An answer with another name, as that
    /// of a server that does not know the request, is one to the oldest request. Without a request, an
    /// answer changes nothing.
    pub(crate) fn answer(&mut self, name: &str) {
        let place = self.0.iter().position(|request| request.name == name).unwrap_or(0);
        if place < self.0.len() {
            self.0.remove(place);
        }
    }

    /// Removes a request that could not be sent, if it is still here.
    pub(crate) fn withdraw(&mut self, name: &str, next: u64) {
        let is_it = |request: &OwnRequest| request.name == name && request.next == next;
        if let Some(place) = self.0.iter().rposition(is_it) {
            self.0.remove(place);
        }
    }

    /// Removes the requests that were sent before the person's request with this tag.
    pub(crate) fn pass_over(&mut self, tag: u64) {
        self.0.retain(|request| request.next > tag);
    }

    /// Removes all requests.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(own: &OwnRequests) -> Vec<&str> {
        own.0.iter().map(|request| &*request.name).collect()
    }

    #[test]
    fn an_answer_belongs_to_the_oldest_request_of_its_name_or_to_the_oldest_of_all() {
        let mut own = OwnRequests::default();
        for name in ["help", "names", "rooms", "names"] {
            own.add(name, 1);
        }
        own.answer("names");
        assert_eq!(names(&own), ["help", "rooms", "names"]);
        own.answer("error");
        assert_eq!(names(&own), ["rooms", "names"]);
        own.answer("names");
        own.answer("names");
        assert_eq!(own.len(), 0);
        own.answer("names");
        assert_eq!(own.len(), 0);
    }

    #[test]
    fn older_requests_than_one_of_the_person_are_passed_over() {
        let mut own = OwnRequests::default();
        own.add("help", 1);
        own.add("names", 2);
        own.pass_over(1);
        assert_eq!(names(&own), ["names"]);
        own.withdraw("names", 1);
        assert_eq!(names(&own), ["names"]);
        own.withdraw("names", 2);
        assert_eq!(own.len(), 0);
    }
}
