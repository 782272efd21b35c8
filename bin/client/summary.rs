//! The end of a return: the messages that were missed, and what became of the requests without an answer.

use jiff::Timestamp;
use parse::{Dict, Request};

use crate::absence::{Progress, Returning};
use crate::conversation::Conversation;
use crate::missed::room;
use crate::protocol::PAGE;
use crate::protocol::{LOBBY, MESSAGE, TO, text_of};
use crate::rooms::shown;

impl Conversation {
    /// The end of a return: the missed messages, and the requests that were perhaps lost.
    pub(crate) fn summary(&self, mut returning: Returning) -> Progress {
        let (style, me) = (self.style(), self.me().unwrap_or_default());
        let all = |returning: &Returning| returning.missed.all().cloned().collect::<Vec<Dict>>();
        let with_own = all(&returning);
        // Also the person's own messages, which are not shown: they stand above.
        with_own.iter().for_each(|message| self.known().seen.note(message));
        let unanswered = std::mem::take(&mut returning.unanswered);
        let before = returning.me.clone();
        let lost =
            unanswered.iter().filter_map(|request| self.fate(request, &before, &mut returning));
        let lost = lost.collect();
        // A person still sees the texts that they typed. A script gets its own messages like those of others.
        let missed = if style.terminal { all(&returning) } else { with_own };
        let left_out = returning.missed.left_out.iter().map(|(room, first)| {
            let room = if room == LOBBY { String::new() } else { format!(" {}", shown(room)) };
            style.event(&format!("not all: /history {PAGE} {first}{room} has more"))
        });
        let said = vec![style.event(&format!("connected again; you are {me}"))];
        Progress { said, missed, left_out: left_out.collect(), lost }
    }

    /// The lines for a step of a return.
    pub(crate) fn lines_of_return(&self, progress: Progress) -> Vec<String> {
        let Progress { said: mut lines, missed, left_out, lost } = progress;
        let style = self.style();
        let line = |message: &Dict| {
            let message = self.placed(message);
            let known = self.known();
            style.message(&message, known.me.as_deref(), &known.palette)
        };
        // A message that cannot be shown is none.
        let heeded = self.heeded(&missed);
        let missed: Vec<String> = heeded.iter().copied().flat_map(line).collect();
        for message in heeded {
            let sent = message.string("timestamp").ok().and_then(|sent| sent.parse().ok());
            self.known().note_call(message, sent.unwrap_or_else(Timestamp::now));
        }
        if !missed.is_empty() {
            lines.push(style.event("missed while away:"));
            self.known().attention.note_marker();
            lines.extend(left_out);
            lines.extend(missed);
            lines.push(style.event("end of what was missed"));
        }
        lines.extend(lost);
        lines
    }

    /// The line that says what became of a request without an answer. A message that others have is in the
    /// history; a script gets it from there.
    pub(crate) fn fate(
        &self,
        request: &Request,
        me: &str,
        returning: &mut Returning,
    ) -> Option<String> {
        let text = text_of(request);
        let typed = self.known().catalogue.retyped(request);
        if request.name != MESSAGE {
            self.known().lost.note_lost(&typed);
            return Some(
                self.mistake(&format!("no answer came to {typed}: perhaps it was not done")),
            );
        }
        let up = if self.style().terminal { " (Up brings it back)" } else { "" };
        if let Ok(Some(to)) = request.arguments.optional_string(TO) {
            self.known().lost.note_lost(&typed);
            return Some(self.mistake(&format!("perhaps not delivered to {to}: {text}{up}")));
        }
        let room = room(&request.arguments);
        if returning.missed.take_own(me, room, text) {
            let text = self.known().catalogue.recognizable(request);
            let style = self.style();
            return style.terminal.then(|| style.event(&format!("your message arrived: {text}")));
        }
        self.known().lost.note_lost(&typed);
        // The server has let the person in under the same name, so it no longer reads their old connection.
        let is_same = self.me().is_some_and(|now| now.eq_ignore_ascii_case(me));
        let perhaps =
            if is_same && returning.missed.whole.contains(room) { "" } else { "perhaps " };
        Some(self.mistake(&format!("{perhaps}not sent: {typed}{up}")))
    }
}
