//! Sends each name in a separate frame, and the place in front of a message.
//!
//! Fails: DIALECT-9, DIALECT-11, DIALECT-13, DIALECT-14

fn done(name: &str, body: &Dict) -> Vec<String> {
    let say = |body: &Dict| format!("{} say: {}", Said(body).by(), Said(body).words(false));
    match name {
        "message" => vec![say(body)],
        "login" => {
            let mut lines = vec![format!("{} LOGIN SUCCESSFUL", text(body, "username"))];
            lines.extend(past(body).iter().map(say));
            lines
        }
        "register" => vec!["REGISTER SUCCESSFUL".to_owned()],
        "names" => texts(body, "names").into_iter().map(str::to_owned).collect(),
        _ => vec![format!("{SERVER} say: {}", sentence(name, body))],
    }
}
