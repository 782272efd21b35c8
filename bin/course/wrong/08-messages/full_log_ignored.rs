//! Ignores that the log did not take the draft, so the peer waits for an answer forever.
//!
//! Fails: SAY-11

fn run(call: &mut Call<'_>) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let room = call.room()?;
    let receiver = match call.arguments.optional_string("to")? {
        Some(_) if call.arguments.contains("room") => return Err(Refusal::WhisperInRoom),
        Some(name) => Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?),
        None => None,
    };
    let mut origin = call.origin();
    origin.to = receiver.as_ref().map(|person| person.peer);
    let (username, to) = (call.asker_name()?, receiver.map(|person| person.name));
    let (action, text) = (call.flag("action")?, text.to_owned());
    let change = Change::Say { username, room, to, text, action };
    let _ = call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) });
    Ok(Answer::Later)
}
