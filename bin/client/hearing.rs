//! What the client makes of the server's words: what it remembers, and which lines it shows.

use parse::{Dict, DictError, ParseError, Response, Value};

use crate::catalogue::{Catalogue, is_word};
use crate::conversation::{Conversation, OWN};

impl Conversation {
    /// Takes in what the server said; returns the lines to show. Call
    /// [`answered`](Conversation::answered) once they have been shown.
    pub(crate) fn hear(&self, response: &Response) -> Vec<String> {
        let body = match &response.outcome {
            Ok(body) if response.tag == Some(Value::from(OWN)) => {
                self.learn(&response.name, body);
                return Vec::new();
            }
            Ok(body) => body,
            // The client's own curiosity may be refused; nobody asked.
            Err(_) if response.tag == Some(Value::from(OWN)) => return Vec::new(),
            Err(error) => return vec![self.mistake(error)],
        };
        self.tell(response, body).unwrap_or_else(|error| vec![self.unreadable(&error.into())])
    }

    /// What to show of a line that is no response.
    pub(crate) fn unreadable(&self, error: &ParseError) -> String {
        self.mistake(&format!("The server said something unreadable. {error}"))
    }

    /// Remembers what the client itself wanted to know. What is not as it should be is left
    /// alone: then completion knows less, and nothing else suffers.
    fn learn(&self, name: &str, body: &Dict) {
        match name {
            "help" => {
                if let Ok(catalogue) = Catalogue::from_help(body) {
                    self.known().catalogue = catalogue;
                }
            }
            "names" => {
                if let Ok(names) = body.list("names") {
                    let names = names.iter().filter_map(Value::as_str).filter(|name| is_word(name));
                    let names = names.map(str::to_owned);
                    self.known().here = names.collect();
                }
            }
            _ => {}
        }
    }

    fn tell(&self, response: &Response, body: &Dict) -> Result<Vec<String>, DictError> {
        let look = self.look();
        Ok(match response.name.as_ref() {
            // On a terminal the line that was typed is still there to be seen.
            "message" if look.terminal && response.tag.is_some() => vec![],
            "message" => vec![look.message(body, self.me().as_deref())?],
            "join" | "leave" => vec![self.came_or_went(&response.name, body)?],
            "notice" => vec![look.event(body.string("message")?)],
            "login" => self.logged_in(body)?,
            "logout" => {
                let mut known = self.known();
                known.me = None;
                known.here.clear();
                vec![look.event("you are logged out")]
            }
            "names" => {
                let names = body.list("names")?.iter().filter_map(Value::as_str);
                vec![look.event(&format!("here: {}", names.collect::<Vec<_>>().join(", ")))]
            }
            "history" => self.history(body)?,
            "version" => vec![look.event(&format!("version {}", body.string("version")?))],
            _ => vec![look.unknown(response, body)],
        })
    }

    fn came_or_went(&self, what: &str, body: &Dict) -> Result<String, DictError> {
        let (name, online) = (body.string("username")?, body.whole_number("online")?);
        let mut known = self.known();
        let what = if what == "join" {
            known.here.extend(is_word(name).then(|| name.to_owned()));
            "joined"
        } else {
            known.here.remove(name);
            "left"
        };
        Ok(self.look().event(&format!("{name} {what} ({online} online)")))
    }

    fn logged_in(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let name = body.string("username")?;
        self.known().me = Some(name.to_owned());
        self.ask_own("names");
        let mut lines = self.messages(body)?;
        if !lines.is_empty() {
            lines.insert(0, self.look().event("said before:"));
        }
        lines.push(self.look().event(&format!("you are {name}")));
        Ok(lines)
    }

    fn history(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let mut lines = self.messages(body)?;
        let first = body.dicts("messages")?.first().and_then(|first| first.whole_number("id").ok());
        match (first, body.get("more") == Some(&Value::Bool(true))) {
            (Some(first), true) => {
                let how = format!("there is more: /history {} {first}", lines.len());
                lines.push(self.look().event(&how));
            }
            (None, _) => lines.push(self.look().event("nothing was said before")),
            (Some(_), false) => {}
        }
        Ok(lines)
    }

    fn messages(&self, body: &Dict) -> Result<Vec<String>, DictError> {
        let me = self.me();
        let messages = body.dicts("messages")?;
        messages.iter().map(|message| self.look().message(message, me.as_deref())).collect()
    }
}
