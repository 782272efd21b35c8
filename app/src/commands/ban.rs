//! `ban`: bans a name, an address or a range of addresses.

use parse::Dict;

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::{Act, Measure, Refusal, Subject, Terms, people, span, text};

pub(super) const COMMAND: Command = Command {
    name: "ban",
    arguments: TERMS,
    access: Access::Admin,
    order: Order::Alone,
    summary: "Ban a name, an address or a range, for a time such as 10m, else forever.",
    run,
};

/// The arguments of `ban` and of `mute`.
pub(super) const TERMS: &[Argument] =
    &[Argument::text("who"), Argument::optional_text("time"), Argument::optional_text("reason")];

/// The shortest and the longest length of a range, for IPv4 and for IPv6. A wider range would be half of
/// the internet; in a narrower one of IPv6, a person changes the address at will.
const V4: (u8, u8) = (8, 32);
const V6: (u8, u8) = (16, 64);

fn run(call: &mut Call<'_>) -> Outcome {
    impose(call, Measure::Ban)
}

/// Imposes a sanction on whom the request names.
///
/// # Errors
/// Returns an error if the subject or the time cannot be read, or if the subject is the
/// administrator or another one.
pub(super) fn impose(call: &mut Call<'_>, measure: Measure) -> Outcome {
    let who = subject(call)?;
    let terms = terms(call.arguments)?;
    let own = match &who {
        Subject::Name(name) => call.administrator()?.eq_ignore_ascii_case(name),
        Subject::Range(range) => {
            range.contains(&call.chat.roster.connected(call.peer).address().to_canonical())
        }
    };
    if own {
        return Err(Refusal::NotYourself);
    }
    if let Subject::Name(name) = &who
        && call.chat.log.account(name)?.is_some_and(|account| account.admin)
    {
        return Err(Refusal::IsAdministrator);
    }
    call.administer(Act::Impose(measure, who, terms))
}

/// Reads the subject of a request.
///
/// # Errors
/// Returns [`Refusal::BadAddress`] if the text looks like an address or a range and is none, or if the
/// range is too wide or too narrow; [`Refusal::InvalidUsername`] if it is no name either.
pub(super) fn subject(call: &Call<'_>) -> Result<Subject, Refusal> {
    let text = call.arguments.string("who")?;
    match Subject::read(text) {
        Some(Subject::Range(range)) => {
            let (shortest, longest) = if range.addr().is_ipv4() { V4 } else { V6 };
            let is_allowed = (shortest..=longest).contains(&range.prefix_len());
            is_allowed.then_some(Subject::Range(range)).ok_or_else(|| bad_address(text))
        }
        Some(Subject::Name(_)) if text.contains(['.', ':']) => Err(bad_address(text)),
        Some(Subject::Name(name)) if people::is_name(&name, call.chat.limits.name) => {
            Ok(Subject::Name(name))
        }
        Some(Subject::Name(_)) => Err(Refusal::InvalidUsername),
        None => Err(bad_address(text)),
    }
}

fn bad_address(text: &str) -> Refusal {
    Refusal::BadAddress(span::quote(text))
}

fn terms(arguments: &Dict) -> Result<Terms, Refusal> {
    let time = arguments.optional_string("time")?.map(span::read).transpose()?.flatten();
    let reason = arguments.optional_string("reason")?.and_then(text::reason).map(Into::into);
    Ok(Terms { seconds: time.map(|time| time.as_secs()), reason })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::testing::{Room, dict};
    use parse::{Dict, Peer};

    fn spam(who: &str, time: &str) -> Dict {
        dict("who", who).with("time", time).with("reason", "spam\r\n")
    }

    fn is_in(room: &mut Room, address: &str) -> bool {
        let peer = room.connect_from(address);
        room.heard(peer).is_empty()
    }

    fn refuses(room: &mut Room, root: Peer, request: Dict, error: &str) {
        room.ask(root, "ban", request);
        assert_eq!(room.heard(root), [format!("ban error: {error}")]);
    }

    #[test]
    fn a_banned_name_cannot_log_in_until_the_ban_is_removed() {
        let mut room = Room::new();
        let (root, bob) = (room.login_admin("root"), room.login("Bob"));
        room.heard(root);
        room.ask(root, "ban", dict("who", "BOB"));
        assert_eq!(room.heard(root), [r#"ban who="bob""#]);
        assert_eq!(
            room.heard(bob),
            [r#"notice message="You are banned!" reason="banned""#, "(closed)"]
        );
        room.leave(bob);
        let again = room.connect();
        room.ask(again, "login", dict("username", "bOb"));
        assert_eq!(room.heard(again), ["login error: You are banned!"]);
        room.heard(root);
        room.ask(root, "ban", dict("who", "bob"));
        room.ask(root, "unban", dict("who", "Bob"));
        room.ask(root, "unban", dict("who", "Bob"));
        let want = ["ban error: Banned already!", r#"unban who="bob""#, "unban error: Not banned!"];
        assert_eq!(room.heard(root), want);
        room.ask(again, "login", dict("username", "bob"));
        assert!(room.heard(again)[0].starts_with("login username="));
    }

    #[test]
    fn a_ban_with_a_time_ends_by_the_clock_and_names_its_end_and_its_reason() {
        let mut room = Room::new();
        let (root, bob) = (room.login_admin("root"), room.login("bob"));
        room.heard(root);
        room.ask(root, "ban", spam("bob", "1h"));
        let until = r#"until="1970-01-01T01:00:00.000Z" reason="spam""#;
        assert_eq!(room.heard(root), [format!(r#"ban who="bob" {until}"#)]);
        let error = "You are banned until 1970-01-01 01:00:00 UTC: spam";
        assert_eq!(
            room.heard(bob),
            [format!(r#"notice message="{error}" reason="banned""#), "(closed)".to_owned()]
        );
        room.leave(bob);
        let again = room.connect();
        for _ in 0..2 {
            room.ask(again, "login", dict("username", "bob"));
            room.ask(again, "register", dict("username", "bob").with("password", "correct horse"));
            let want = ["login", "register"].map(|request| format!("{request} error: {error}"));
            assert_eq!(room.heard(again), want);
            room.set_wall("1970-01-01T00:59:59.999Z".parse().unwrap());
        }
        room.set_wall("1970-01-01T01:00:00Z".parse().unwrap());
        room.ask(again, "login", dict("username", "bob"));
        assert!(room.heard(again)[0].starts_with("login username="));
        room.heard(root);
        room.ask(root, "unban", dict("who", "bob"));
        assert_eq!(room.heard(root), ["unban error: Not banned!"]);
    }

    #[test]
    fn other_terms_replace_those_of_a_ban() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        room.ask(root, "ban", spam("bob", "1h"));
        room.ask(root, "ban", spam("bob", "1d"));
        room.ask(root, "ban", dict("who", "bob").with("time", "forever"));
        let heard = room.heard(root);
        assert!(heard[1].contains("1970-01-02T00:00:00.000Z"), "{heard:?}");
        assert_eq!(heard[2], "ban error: Banned already!");
        room.pass(Duration::ZERO);
    }

    #[test]
    fn a_ban_of_an_address_closes_all_its_connections() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        let near = room.connect_from("10.0.0.7:1");
        let far = room.connect_from("10.0.0.8:1");
        room.ask(root, "ban", dict("who", "10.0.0.7"));
        assert_eq!(room.heard(root), [r#"ban who="10.0.0.7""#]);
        assert_eq!(
            room.heard(near),
            [r#"notice message="You are banned!" reason="banned""#, "(closed)"]
        );
        assert_eq!(room.heard(far), [""; 0]);
        let again = room.connect_from("10.0.0.7:2");
        assert_eq!(room.heard(again), ["error error: You are banned!", "(closed)"]);
    }

    #[test]
    fn a_ban_of_a_range_concerns_its_addresses() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        for (range, written) in [("10.1.2.3/8", "10.0.0.0/8"), ("2001:db8::/32", "2001:db8::/32")] {
            room.ask(root, "ban", dict("who", range));
            assert_eq!(room.heard(root), [format!("ban who={written:?}")]);
        }
        for (address, want) in [
            ("10.255.0.1:1", false),
            ("11.0.0.1:1", true),
            ("[2001:db8:9::1]:1", false),
            ("[2001:db9::1]:1", true),
        ] {
            assert_eq!(is_in(&mut room, address), want, "{address}");
        }
        room.ask(root, "unban", dict("who", "10.0.0.0/8"));
        assert!(is_in(&mut room, "10.255.0.1:2"));
    }

    #[test]
    fn a_ban_that_is_refused_says_what_is_wrong_with_it() {
        let mut room = Room::new();
        room.register_admin("carol");
        let root = room.login_admin("root");
        for (who, error) in [
            ("Root", "Not yourself!"),
            ("127.0.0.1", "Not yourself!"),
            ("127.0.0.0/8", "Not yourself!"),
            ("Carol", "An administrator has this name!"),
            ("a b", "Invalid username!"),
        ] {
            refuses(&mut room, root, dict("who", who), error);
        }
        for who in ["10.0.0", "10.0.0.0/33", "0.0.0.0/0", "10.0.0.0/7", "::/15", "::/65", "bob/8"] {
            let error = format!(
                "{who:?} is no address or range! IPv4 ranges are /8 to /32, IPv6 ranges /16 to /64."
            );
            refuses(&mut room, root, dict("who", who), &error);
        }
        let error = "\"1x\" is no time! Write a number and s, m, h, d or w, as in 10m, up to 520w, \
                     or forever.";
        refuses(&mut room, root, spam("bob", "1x"), error);
        room.ask(root, "bans", Dict::new());
        assert_eq!(room.heard(root), ["bans bans=[] total=0 more=false"]);
    }
}
