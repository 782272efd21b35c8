//! Sends only the answers that the page names, and drops the others and all events.
//!
//! Fails: DIALECT-12, DIALECT-13, DIALECT-14

fn done(name: &str, body: &Dict) -> Vec<String> {
    let say = |body: &Dict| format!("{} say: {}", Said(body).by(), Said(body).text());
    match name {
        "message" => vec![say(body)],
        "login" => {
            let mut lines = vec![format!("{} LOGIN SUCCESSFUL", text(body, "username"))];
            lines.extend(past(body).iter().map(say));
            lines
        }
        "register" => vec!["REGISTER SUCCESSFUL".to_owned()],
        "names" => joined(&texts(body, "names"), "\n"),
        _ => Vec::new(),
    }
}
