//! Uses the name of the receiver as the sender typed it.
//!
//! Fails: SAY-5

fn run(call: &mut Call<'_>) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let room = call.room()?;
    let to = call.arguments.optional_string("to")?;
    let mut origin = call.origin();
    if let Some(name) = to {
        if call.arguments.contains("room") {
            return Err(Refusal::WhisperInRoom);
        }
        origin.to = Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?.peer);
    }
    let (username, to) = (call.asker_name()?, to.map(Into::into));
    let (action, text) = (call.flag("action")?, text.to_owned());
    let change = Change::Say { username, room, to, text, action };
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) })?;
    Ok(Answer::Later)
}
