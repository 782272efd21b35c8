//! The requirements in the words of a course: those of `handout/protocol.md`, changed where the course
//! demands something else.

use super::{Course, Errors};
use crate::requirement;

/// The requirements about requests that a course need not have answered.
const WITHOUT_ANSWER: [(&str, &str); 3] = [
    ("PARSE-3", "A request that the server does not know MUST NOT end the connection."),
    ("PARSE-4", "A request that lacks an argument MUST NOT end the connection."),
    ("PARSE-5", "An input that is not a request MUST NOT end the connection."),
];

/// The rule for the characters of a name, as `handout/protocol.md` states it.
const CHARACTERS: &str = "a letter of the Latin alphabet, a digit or an underscore";

/// Returns whether a requirement with this id exists.
pub(super) fn is_known(id: &str) -> bool {
    requirement::all().any(|(other, _)| other == id)
}

/// The requirement with this id, from `handout/protocol.md` and the rules of the course.
pub(super) fn derive(course: &Course, id: &str) -> String {
    if !course.answers.to_wrong_requests
        && let Some((_, sentence)) = WITHOUT_ANSWER.iter().find(|(other, _)| *other == id)
    {
        return (*sentence).to_owned();
    }
    let mut sentence = requirement::find(id);
    for (text, own) in errors(&course.errors) {
        let with = |text: &str| format!(" with `{text}`");
        sentence = sentence.replace(&with(text), &own.map(with).unwrap_or_default());
    }
    let also = course.names.also.as_str();
    let characters = match also {
        "" => "a letter of the Latin alphabet or a digit".to_owned(),
        "_" => CHARACTERS.to_owned(),
        also => format!("a letter of the Latin alphabet, a digit or one of `{also}`"),
    };
    sentence = sentence.replace(CHARACTERS, &characters);
    if let (Some(longest), "LOGIN-13") = (course.names.longest, id) {
        sentence = sentence.replace("32", &longest.to_string());
    }
    match id {
        "LEAVE-1" if !course.logout.answer => {
            sentence =
                sentence.replace("MUST be answered", "MUST be answered, or end the connection");
        }
        "LEAVE-2" if !course.logout.stays_open => {
            let open = ", if the connection is still open.";
            sentence = sentence.trim_end_matches('.').to_owned() + open;
        }
        "LEAVE-5" if !course.logout.answer => {
            sentence =
                sentence.replace("MUST be refused", "MUST be refused, or end the connection");
        }
        _ => {}
    }
    sentence
}

/// The error texts of `handout/protocol.md`, each with that of the course.
fn errors(own: &Errors) -> [(&'static str, Option<&str>); 7] {
    [
        ("Invalid username!", own.invalid_name.as_deref()),
        ("Name already taken!", own.name_taken.as_deref()),
        ("Already logged in!", own.already_logged_in.as_deref()),
        ("You are not logged in!", own.not_logged_in.as_deref()),
        ("Not logged in!", own.no_logout.as_deref()),
        ("Unknown request!", own.unknown_request.as_deref()),
        ("Empty message!", own.empty_message.as_deref()),
    ]
}
