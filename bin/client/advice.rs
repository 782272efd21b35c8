//! Advice for a person whose request was refused, by the code of the refusal and the request.
//!
//! Some texts of errors are fixed by courses, so the server cannot explain more in them.

use app::{RESERVED, Refusal};
use parse::{Failure, Request, is_word};

use crate::limits::NAME_RULE;
use crate::members::added;
use crate::protocol::{LOGIN, MESSAGE, PASSWD, PASSWORD, REGISTER, ROOM, TO, USERNAME};
use crate::rooms::shown;
use crate::server_limits::{ServerLimits, too_many};

/// Returns what the person should know, or `None` if the text of the error says it.
pub(crate) fn advice(
    code: &str,
    request: Option<&Request>,
    limits: ServerLimits,
) -> Option<String> {
    let is = |refusal: Refusal| refusal.code() == code;
    let named = |argument| request.and_then(|request| request.arguments.get(argument)?.as_str());
    if is(Refusal::InvalidUsername) || is(Refusal::InvalidRoom) {
        let name = named(USERNAME).or(named(ROOM)).filter(|name| is_word(name));
        let long = |name: &str| too_many(name.len(), "characters", limits.name);
        Some(name.map_or(NAME_RULE.to_owned(), long))
    } else if is(Refusal::NameTaken) {
        let name = named(USERNAME)?;
        let is_reserved = RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved));
        is_reserved.then(|| format!("the name {name} is reserved: nobody can have it"))
    } else if is(Refusal::MessageTooLong) {
        named(MESSAGE).map(|text| too_many(text.len(), "bytes", limits.text))
    } else if is(Refusal::NotAllowed) && request.is_some_and(|it| it.name == REGISTER) {
        Some("on this server, people cannot make accounts".to_owned())
    } else if is(Refusal::LoggedInElsewhere) {
        Some(
            "the name is free when that connection ends: leave there, or try again later"
                .to_owned(),
        )
    } else if is(Refusal::NotLoggedIn) {
        Some("/login NAME logs in".to_owned())
    } else if is(Refusal::WrongPassword) && request.is_some_and(|it| it.name == PASSWD) {
        Some("the old password is wrong: your password is not changed".to_owned())
    } else if is(Refusal::NotInRoom) {
        let room = shown(named(ROOM)?);
        Some(match request.map(|request| &*request.name) {
            Some("leave") => format!("you are not in {room}: /rooms shows where you are"),
            // The word stands where the number may. Only `#2` names a room like a number.
            Some("history")
                if request.is_some_and(|it| !it.arguments.contains("before"))
                    && named(ROOM)?.parse::<u64>().is_err() =>
            {
                let room = named(ROOM)?;
                format!("{room:?} is neither a number nor a room that you are in")
            }
            Some("names" | "history") => {
                format!("you are not in {room}: only its members see that, /rooms lists the rooms")
            }
            _ => format!("you are not in {room}: /join {room} enters it, /rooms lists all rooms"),
        })
    } else if is(Refusal::NoSuchUser) && named(TO).is_some_and(|to| to.starts_with('#')) {
        let room = named(TO)?;
        Some(format!(
            "whispers go to people, and {room} is a room: after /join {room}, a text goes to everyone there"
        ))
    } else if is(Refusal::NoSuchUser) {
        let name = named(TO).or(named(USERNAME))?;
        Some(format!("{name} is not here; /names lists the people who are"))
    } else {
        None
    }
}

/// The text of a refusal with the advice, in one line. An advice that says the same as the text replaces it.
pub(crate) fn for_person(failure: &Failure, advice: Option<String>) -> String {
    match advice {
        Some(advice) if failure.code == Refusal::NotInRoom.code() => advice,
        Some(advice) => format!("{} ({advice})", failure.text.trim_end_matches(['!', '.'])),
        None => failure.text.clone(),
    }
}

/// The text of a refusal for a script, which names what the script has to give.
pub(crate) fn for_script(
    failure: &Failure,
    request: Option<&Request>,
    limits: ServerLimits,
) -> String {
    let is = |refusal: Refusal| refusal.code() == failure.code;
    let login = request.filter(|request| request.name == LOGIN).map(|login| &login.arguments);
    match login.and_then(|login| login.get(USERNAME)?.as_str()) {
        Some(name)
            if is(Refusal::WrongPassword) && login.is_some_and(|it| !it.contains(PASSWORD)) =>
        {
            let how = format!("--password-file FILE, or the line /login {name} PASSWORD.");
            format!("{name} needs a password: {how}{}", added(failure))
        }
        _ if is(Refusal::NotLoggedIn) => {
            format!("{} Use --name NAME, or the line /login NAME.", failure.text)
        }
        Some(_) if is(Refusal::LoggedInElsewhere) => {
            let text = &failure.text;
            format!("{text} With --name and --password-file, --replace ends that session.")
        }
        _ => for_person(failure, advice(&failure.code, request, limits)),
    }
}

#[cfg(test)]
mod tests {
    use parse::Dict;

    use super::*;

    /// The advice for a server that does not tell its limits.
    fn advice(code: &str, request: Option<&Request>) -> Option<String> {
        super::advice(code, request, ServerLimits::default())
    }

    #[test]
    fn the_limits_of_a_server_are_not_guessed_and_its_accounts_are_explained() {
        let said = |refusal: Refusal, name: &str, key, value: &str| {
            let request = Request::new(name.to_owned(), Dict::new().with(key, value));
            advice(refusal.code(), Some(&request))
        };
        let rule = Some(NAME_RULE.to_owned());
        assert_eq!(said(Refusal::InvalidUsername, LOGIN, USERNAME, "al!ce"), rule);
        let long = said(Refusal::InvalidUsername, LOGIN, USERNAME, "ferdinand");
        assert_eq!(long.as_deref(), Some("9 characters are too many here"));
        let long = said(Refusal::MessageTooLong, MESSAGE, MESSAGE, "zzz");
        assert_eq!(long.as_deref(), Some("3 bytes are too many here"));
        let limits = ServerLimits { text: Some(2), name: Some(8), history: None };
        let long = |name: &'static str, value: &str| {
            let request = Request::new(name, Dict::new().with(name, value));
            let code = if name == MESSAGE { "message-too-long" } else { "invalid-room" };
            super::advice(code, Some(&request), limits).unwrap()
        };
        assert_eq!(long(MESSAGE, "zzz"), "it has 3 bytes, and here 2 are the most");
        assert_eq!(long(ROOM, "ferdinand"), "it has 9 characters, and here 8 are the most");
        let closed = said(Refusal::NotAllowed, REGISTER, USERNAME, "erin");
        assert_eq!(closed.as_deref(), Some("on this server, people cannot make accounts"));
        assert_eq!(said(Refusal::NotAllowed, "kick", USERNAME, "erin"), None);
    }

    #[test]
    fn an_invalid_name_is_explained_and_a_taken_one_needs_no_words() {
        assert!(advice("invalid-username", None).is_some_and(|rule| rule.contains("underscores")));
        assert!(advice("invalid-room", None).is_some());
        let login = |name| Request::new("login", Dict::new().with("username", name));
        assert_eq!(advice("name-taken", Some(&login("alice"))), None);
        let reserved = advice("name-taken", Some(&login("Admin")));
        assert_eq!(reserved.unwrap(), "the name Admin is reserved: nobody can have it");
        let request = |name: &str| Request::new(name, Dict::new());
        let of = |name| advice("wrong-password", Some(&request(name)));
        assert!(of("passwd").is_some_and(|advice| advice.contains("the old password is wrong")));
        assert_eq!(of("login"), None);
    }

    #[test]
    fn an_advice_follows_the_text_unless_it_says_the_same() {
        let shown = |code: &'static str| {
            let failure = Failure { code: code.into(), text: "Refused!".into() };
            for_person(&failure, Some("because".to_owned()))
        };
        assert_eq!(shown("not-in-room"), "because");
        assert_eq!(shown("no-such-user"), "Refused (because)");
    }

    #[test]
    fn a_room_or_a_person_that_the_server_does_not_know_is_named() {
        let of_argument = |code, key, value: &str| {
            advice(code, Some(&Request::new("message", Dict::new().with(key, value))))
        };
        assert_eq!(
            of_argument("not-in-room", "room", "x").as_deref(),
            Some("you are not in #x: /join #x enters it, /rooms lists all rooms")
        );
        let of_room = |name, room: &str| {
            let request = Request::new(name, Dict::new().with("room", room));
            advice("not-in-room", Some(&request)).unwrap()
        };
        let of = |name| of_room(name, "x");
        assert_eq!(of("leave"), "you are not in #x: /rooms shows where you are");
        assert_eq!(
            of("names"),
            "you are not in #x: only its members see that, /rooms lists the rooms"
        );
        assert_eq!(of("history"), "\"x\" is neither a number nor a room that you are in");
        assert_eq!(
            of_room("history", "2"),
            "you are not in #2: only its members see that, /rooms lists the rooms"
        );
        let want = Some("bbo is not here; /names lists the people who are");
        assert_eq!(of_argument("no-such-user", "to", "bbo").as_deref(), want);
        assert_eq!(of_argument("no-such-user", "username", "bbo").as_deref(), want);
        assert_eq!(of_argument("no-such-user", "room", "x"), None);
        let want = "whispers go to people, and #tea is a room: after /join #tea, a text goes to everyone there";
        assert_eq!(of_argument("no-such-user", "to", "#tea").as_deref(), Some(want));
    }
}
