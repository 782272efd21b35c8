//! Looks for the receiver of a whisper before it checks the text.
//!
//! Fails: SAY-7

fn run(call: &mut Call<'_>) -> Outcome {
    let receiver = match call.arguments.optional_string("to")? {
        Some(name) => Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?),
        None => None,
    };
    if receiver.is_some() && call.arguments.contains("room") {
        return Err(Refusal::WhisperInRoom);
    }
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let room = call.room()?;
    let mut origin = call.origin();
    origin.to = receiver.as_ref().map(|person| person.peer);
    let change = Change::Say {
        username: call.asker_name()?,
        room,
        to: receiver.map(|person| person.name),
        text: text.to_owned(),
        action: call.flag("action")?,
    };
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) })?;
    Ok(Answer::Later)
}
