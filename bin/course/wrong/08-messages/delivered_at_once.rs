//! Delivers the message before the log has it: other peers may see a message that gets lost.
//!
//! Fails: SAY-3, SAY-4, SAY-8, SAY-9, SAY-10, SAY-12, SAY-14

fn run(call: &mut Call<'_>) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let room = call.room()?;
    let receiver = match call.arguments.optional_string("to")? {
        Some(_) if call.arguments.contains("room") => return Err(Refusal::WhisperInRoom),
        Some(name) => Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?),
        None => None,
    };
    let body = parse::Dict::new().with("username", call.asker()?).with("message", text);
    if receiver.is_none() && let Some(members) = call.chat.roster.members(&room) {
        let everyone = members.everyone().except(call.peer);
        call.replies.say_to_all(everyone, parse::Response::ok("message", body));
    }
    let mut origin = call.origin();
    origin.to = receiver.as_ref().map(|person| person.peer);
    let (username, to) = (call.asker_name()?, receiver.map(|person| person.name));
    let (action, text) = (call.flag("action")?, text.to_owned());
    let change = Change::Say { username, room, to, text, action };
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) })?;
    Ok(Answer::Later)
}
