//! `history`: returns earlier messages, a page at a time.

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::rooms::in_room;

pub(super) const COMMAND: Command = Command {
    name: "history",
    arguments: &[
        Argument::optional_number("limit"),
        Argument::optional_number("before"),
        Argument::optional_text("room"),
    ],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "Get earlier messages, or those before an id.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let before = call.arguments.optional_whole_number("before")?;
    let limit = call.arguments.optional_whole_number("limit")?.unwrap_or(u64::MAX);
    // A limit above the server's own is no error: `more` tells the client that there is more.
    let size = call.chat.limits.history.at_most(limit);
    let room = call.room()?;
    let page = call.chat.log.page(&room, before, size)?;
    Ok(Answer::Now(in_room(&room).with("messages", page.to_list()).with("more", page.more)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    /// The texts and `more` of an answer to `history` with these arguments.
    fn history(said: u64, arguments: Dict) -> String {
        let mut room = Room::new();
        let alice = room.login("alice");
        for number in 1..=said {
            room.ask(alice, "message", dict("message", &format!("text{number}")));
        }
        room.heard(alice);
        room.ask(alice, "history", arguments);
        let answer = room.heard(alice).join("\n");
        let words = answer.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words
            .filter(|word| word.starts_with("text") || matches!(*word, "true" | "false"))
            .collect();
        words.join(" ")
    }

    #[test]
    fn it_returns_the_latest_messages_oldest_first() {
        assert_eq!(history(0, Dict::new()), "false");
        assert_eq!(history(3, Dict::new()), "text1 text2 text3 false");
        assert_eq!(history(3, Dict::new().with("limit", 2)), "text2 text3 true");
    }

    #[test]
    fn before_pages_backwards() {
        let page = |before: u64| Dict::new().with("limit", 2).with("before", before);
        assert_eq!(history(5, page(4)), "text2 text3 true");
        assert_eq!(history(5, page(2)), "text1 false");
        assert_eq!(history(5, page(1)), "false");
    }

    #[test]
    fn a_page_has_at_most_a_hundred_messages() {
        let answer = history(101, Dict::new().with("limit", 1_000_000));
        assert!(answer.starts_with("text2 ") && answer.ends_with("text101 true"), "{answer}");
    }
}
