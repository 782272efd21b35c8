//! Sends old texts with their newlines, so that one message can look like two. Sends the past in the
//! same frame as the welcome.
//!
//! Fails: DIALECT-9, DIALECT-10, DIALECT-14

fn done(name: &str, body: &Dict) -> Vec<String> {
    let say = |body: &Dict| format!("{} say: {}", text(body, "username"), text(body, "message"));
    match name {
        "message" => vec![say(body)],
        "login" => {
            let mut answer = format!("{} LOGIN SUCCESSFUL", text(body, "username"));
            for message in past(body) {
                answer = answer + "\n" + &say(&message);
            }
            vec![answer]
        }
        "register" => vec!["REGISTER SUCCESSFUL".to_owned()],
        "names" => joined(&texts(body, "names"), "\n"),
        _ => vec![format!("{SERVER} say: {}", sentence(name, body))],
    }
}
