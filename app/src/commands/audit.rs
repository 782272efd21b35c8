//! `audit`: lists what administrators did.

use parse::{Dict, Value};

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::{Act, Audited};

pub(super) const COMMAND: Command = Command {
    name: "audit",
    arguments: &[Argument::optional_text("username"), Argument::optional_number("before")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "List what administrators did, or one of them, or what was done before an id.",
    run,
};

/// The most acts in an answer, so that it stays below the limit of an outbox.
const MOST: usize = 200;

/// The name that stands for every administrator.
const EVERYONE: &str = "*";

/// Lists the latest acts, oldest first, as `history` does.
fn run(call: &mut Call<'_>) -> Outcome {
    let who = call.arguments.optional_string("username")?.filter(|who| *who != EVERYONE);
    let before = call.arguments.optional_whole_number("before")?;
    // One more act shows that there are more.
    let mut acts = call.chat.log.audit(who, before, MOST + 1)?;
    call.note(Act::Audit)?;
    let more = acts.len() > MOST;
    let acts: Value =
        acts.drain(usize::from(more)..).map(|act| Value::from(describe(act))).collect();
    Ok(Answer::Now(Dict::new().with("audit", acts).with("more", more)))
}

fn describe(act: Audited) -> Dict {
    let Audited { id, at, who, what } = act;
    Dict::new()
        .with("id", id)
        .with("timestamp", format!("{at:.3}"))
        .with("username", &*who)
        .with("act", what)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    /// The ids and the acts of an answer to `audit` with these arguments, and `more`.
    fn acts(room: &mut Room, root: parse::Peer, arguments: Dict) -> String {
        room.heard(root);
        room.ask(root, "audit", arguments);
        let heard = room.heard(root).concat();
        let rows = heard.split(r#"{"id":"#).skip(1).map(|row| {
            let (id, rest) = row.split_once(',').unwrap();
            let (_, act) = rest.split_once(r#""act":""#).unwrap();
            format!("{id} {}", act.split('"').next().unwrap())
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        format!("{rows} {}", heard.ends_with("more=true"))
    }

    #[test]
    fn it_lists_the_latest_acts_oldest_first() {
        let mut room = Room::new();
        let (root, carol) = (room.login_admin("root"), room.login_admin("Carol"));
        room.ask(root, "ban", dict("who", "bob").with("time", "90m").with("reason", "spam"));
        room.ask(root, "ban", dict("who", "bob"));
        room.ask(carol, "mute", dict("who", "10.0.0.0/8"));
        room.ask(carol, "unban", dict("who", "bob"));
        let all = "1 ban bob 90m: spam, 2 mute 10.0.0.0/8, 3 unban bob false";
        assert_eq!(acts(&mut room, root, Dict::new()), all, "the refused one is not there");
        let before = dict("username", "*").with("before", 3);
        assert_eq!(acts(&mut room, root, before), "1 ban bob 90m: spam, 2 mute 10.0.0.0/8 false");
        let of_carol = dict("username", "cAROL");
        assert_eq!(acts(&mut room, root, of_carol), "2 mute 10.0.0.0/8, 3 unban bob false");
        room.ask(root, "audit", dict("username", "carol").with("before", 4));
        let row = r#"{"id":3,"timestamp":"1970-01-01T00:00:00.000Z","username":"Carol","act":"unban bob"}"#;
        let heard = room.heard(root).concat();
        assert!(heard.ends_with(&format!("{row}] more=false")), "{heard}");
    }

    #[test]
    fn an_answer_has_at_most_two_hundred_acts() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for _ in 0..250 {
            room.ask(root, "bans", Dict::new());
        }
        let page = acts(&mut room, root, Dict::new());
        assert!(page.starts_with("51 bans, ") && page.ends_with(", 250 bans true"), "{page}");
        let page = acts(&mut room, root, Dict::new().with("before", 51));
        assert!(page.starts_with("1 bans, ") && page.ends_with(", 50 bans false"), "{page}");
    }
}
