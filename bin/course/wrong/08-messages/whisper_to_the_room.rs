//! Sends a whisper to everyone in the room.
//!
//! Fails: SAY-3, SAY-5, SAY-13

fn receivers(roster: &mut Roster, message: &Message, _origin: Option<&Origin>) -> Audience {
    let members = roster.members(&message.room);
    members.map_or_else(|| [].into_iter().collect(), People::everyone)
}
