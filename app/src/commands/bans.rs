//! `bans`: lists the banned names and addresses.

use parse::{Dict, Value};

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::pattern::Pattern;
use crate::{Act, Measure, Refusal, Sanction, Subject};

pub(super) const COMMAND: Command = Command {
    name: "bans",
    arguments: LIST,
    access: Access::Admin,
    order: Order::Alone,
    summary: "List the bans, or those that match a pattern such as bob* or 10.0.0.0/8.",
    run,
};

/// The arguments of a list.
pub(super) const LIST: &[Argument] =
    &[Argument::optional_text("pattern"), Argument::optional_number("skip")];

/// The most sanctions in an answer, so that it stays below the limit of an outbox.
const MOST: usize = 200;

fn run(call: &mut Call<'_>) -> Outcome {
    list(call, Measure::Ban, Act::Bans, "bans")
}

/// Lists the sanctions of this kind that match the pattern of the request.
///
/// # Errors
/// Returns an error if the pattern cannot be read.
pub(super) fn list(call: &mut Call<'_>, measure: Measure, act: Act, key: &'static str) -> Outcome {
    let (pattern, skip) = selection(call.arguments)?;
    call.note(act)?;
    let sanctions = call.chat.log.sanctions();
    let all = sanctions.all(measure, call.now.wall);
    let mut page = Page::new(skip, MOST);
    for (who, sanction) in all.filter(|(who, sanction)| matches(&pattern, who, sanction)) {
        page.add(|| describe(who, sanction));
    }
    Ok(Answer::Now(page.body(key)))
}

/// The pattern of a request, and the number of matches to skip.
///
/// # Errors
/// Returns [`Refusal::BadAddress`] if the pattern has a slash and is no range.
pub(super) fn selection(arguments: &Dict) -> Result<(Pattern, usize), Refusal> {
    let pattern = Pattern::read(arguments.optional_string("pattern")?.unwrap_or_default())?;
    let skip = arguments.optional_whole_number("skip")?.unwrap_or(0);
    Ok((pattern, usize::try_from(skip).unwrap_or(usize::MAX)))
}

fn matches(pattern: &Pattern, who: &Subject, sanction: &Sanction) -> bool {
    let meets = matches!(who, Subject::Range(range) if pattern.meets(range));
    let reason = sanction.reason.as_deref();
    meets
        || pattern.matches(&who.to_string())
        || pattern.matches(&sanction.by)
        || reason.is_some_and(|reason| pattern.matches(reason))
}

fn describe(who: &Subject, sanction: &Sanction) -> Dict {
    let Sanction { by, since, until, reason } = sanction;
    Dict::new()
        .with("who", who.to_string())
        .with("until", until.map_or(Value::Null, |until| Value::from(format!("{until:.3}"))))
        .with("reason", reason.as_deref().map_or(Value::Null, Value::from))
        .with("by", &**by)
        .with("since", format!("{since:.3}"))
}

/// A page of a list. Only what is on it is described, so a long list costs little.
pub(super) struct Page {
    skip: usize,
    most: usize,
    total: usize,
    rows: Vec<Value>,
}

impl Page {
    /// An empty page, for at most `most` rows after the first `skip` ones.
    pub(super) fn new(skip: usize, most: usize) -> Page {
        Page { skip, most, total: 0, rows: Vec::new() }
    }

    /// Adds a row if it is on the page, and counts it.
    pub(super) fn add(&mut self, describe: impl FnOnce() -> Dict) {
        if self.total >= self.skip && self.rows.len() < self.most {
            self.rows.push(Value::from(describe()));
        }
        self.total += 1;
    }

    /// The rows under this key, the number of all that match, and whether there are more after these.
    pub(super) fn body(self, key: &'static str) -> Dict {
        let more = self.skip.saturating_add(self.rows.len()) < self.total;
        Dict::new().with(key, self.rows).with("total", self.total).with("more", more)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn it_lists_names_first_and_those_that_match() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for who in ["10.0.0.7", "bob", "10.1.0.0/16", "al", "2001:db8::1"] {
            room.ask(root, "ban", dict("who", who).with("reason", format!("for {who}")));
        }
        room.ask(root, "ban", dict("who", "eve").with("time", "1h"));
        room.heard(root);
        let al = r#"{"who":"al","until":null,"reason":"for al","by":"root","since":"1970-01-01T00:00:00.000Z"}"#;
        room.ask(root, "bans", dict("pattern", "al"));
        assert_eq!(room.heard(root), [format!("bans bans=[{al}] total=1 more=false")]);
        let mut listed = |request: Dict| {
            room.ask(root, "bans", request);
            let heard = room.heard(root).concat();
            let mut who: Vec<String> = heard
                .split(r#""who":""#)
                .skip(1)
                .map(|row| row.split('"').next().unwrap().to_owned())
                .collect();
            who.extend(heard.split_once(" total=").map(|(_, rest)| rest.to_owned()));
            who.join(" ")
        };
        let all = "al bob eve 10.0.0.7 10.1.0.0/16 2001:db8::/64 6 more=false";
        assert_eq!(listed(Dict::new()), all);
        for (pattern, want) in [
            ("*", all),
            ("10.0.0.0/8", "10.0.0.7 10.1.0.0/16 2 more=false"),
            ("10.1.2.0/24", "10.1.0.0/16 1 more=false"),
            ("FOR *", "al bob 10.0.0.7 10.1.0.0/16 2001:db8::/64 5 more=false"),
            ("e*", "eve 1 more=false"),
            ("nobody", "0 more=false"),
        ] {
            assert_eq!(listed(dict("pattern", pattern)), want, "{pattern}");
        }
        assert_eq!(listed(Dict::new().with("skip", 5)), "2001:db8::/64 6 more=false");
        assert_eq!(listed(Dict::new().with("skip", u64::MAX)), "6 more=false");
        room.set_wall("1970-01-01T01:00:00Z".parse().unwrap());
        room.ask(root, "bans", dict("pattern", "eve"));
        assert_eq!(room.heard(root), ["bans bans=[] total=0 more=false"]);
        room.ask(root, "bans", dict("pattern", "a/b"));
        assert!(room.heard(root)[0].starts_with("bans error: \"a/b\" is no address or range!"));
    }

    #[test]
    fn a_page_of_many_has_the_first_ones_and_their_number() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for number in 100..350 {
            room.ask(root, "ban", dict("who", &format!("name{number}")));
        }
        room.heard(root);
        for (skip, first, last, more) in
            [(0, "name100", "name299", true), (200, "name300", "name349", false)]
        {
            room.ask(root, "bans", Dict::new().with("skip", skip));
            let heard = room.heard(root).concat();
            assert!(heard.starts_with(&format!(r#"bans bans=[{{"who":"{first}""#)), "{heard}");
            assert!(heard.contains(&format!(r#"{{"who":"{last}""#)), "{heard}");
            assert!(heard.ends_with(&format!("total=250 more={more}")), "{heard}");
        }
    }
}
