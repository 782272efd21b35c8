//! Sends every message to the lobby.
//!
//! Fails: SAY-9

fn run(call: &mut Call<'_>) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let receiver = match call.arguments.optional_string("to")? {
        Some(_) if call.arguments.contains("room") => return Err(Refusal::WhisperInRoom),
        Some(name) => Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?),
        None => None,
    };
    let mut origin = call.origin();
    origin.to = receiver.as_ref().map(|person| person.peer);
    let (username, to) = (call.asker_name()?, receiver.map(|person| person.name));
    let room = crate::rooms::LOBBY.into();
    let (action, text) = (call.flag("action")?, text.to_owned());
    let change = Change::Say { username, room, to, text, action };
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) })?;
    Ok(Answer::Later)
}
