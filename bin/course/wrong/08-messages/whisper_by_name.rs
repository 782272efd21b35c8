//! Looks up the receiver of a whisper when it is delivered, so another peer may get it.
//!
//! Fails: SAY-13

fn receivers(roster: &mut Roster, message: &Message, _origin: Option<&Origin>) -> Audience {
    let Some(name) = &message.to else {
        let members = roster.members(&message.room);
        return members.map_or_else(|| [].into_iter().collect(), People::everyone);
    };
    roster.find(name).map(|person| person.peer).into_iter().collect()
}
