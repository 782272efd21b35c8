//! Those who are connected and should have a name: they have a while to log in.
//!
//! Everybody has the same while, so whoever became a stranger first is the first to be looked at
//! again: a queue is enough, and nobody has to be taken out of it before.

use parse::{Peer, Response};

use crate::{Chat, Moment, Now, Refusal, Replies};

impl Chat {
    /// Hangs up on those who have stayed too long without a login.
    pub(crate) fn hang_up_on_late(&mut self, now: Now, replies: &mut Replies) {
        while let Some((_, peer)) = self.strangers.pop_front_if(|(then, _)| *then <= now.monotonic)
        {
            let waiting = self.is_waiting(peer);
            let Some(session) = self.sessions.get(&peer) else { continue };
            // It may have logged in and out since then, and have another while.
            let late = session.login_by.is_some_and(|by| by <= now.monotonic);
            if session.name.is_some() || session.closing || !late {
                continue;
            }
            if waiting {
                // It is not late: we are.
                self.expect_login(peer, now);
                continue;
            }
            if session.has_spoken {
                tracing::info!(%peer, "closed: no login in time");
            }
            let refusal = Refusal::NoLoginInTime.to_string();
            replies.say(peer, Response::error("error", refusal));
            self.close(peer, replies);
        }
    }

    /// Moves login deadlines before this moment to this moment.
    pub(crate) fn put_off_late(&mut self, by: Moment) {
        // Soonest first, so these are the first ones, and stay in order.
        for (then, peer) in self.strangers.iter_mut().take_while(|(then, _)| *then < by) {
            *then = by;
            if let Some(session) = self.sessions.get_mut(peer) {
                session.login_by = session.login_by.map(|login_by| login_by.max(by));
            }
        }
    }

    /// When the next one may be late.
    pub(crate) fn next_late(&self) -> Option<Moment> {
        self.strangers.front().map(|(then, _)| *then)
    }

    /// Looks at a peer again when it should have logged in.
    pub(crate) fn expect_login(&mut self, peer: Peer, now: Now) {
        let by = self.limits.login.map(|limit| now.monotonic.after(limit));
        self.strangers.extend(by.map(|by| (by, peer)));
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.login_by = by;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;
    use std::time::Duration;

    #[test]
    fn whoever_does_not_log_in_in_time_is_told_so_and_hung_up_on() {
        let mut room = Room::new();
        let (late, early) = (room.connect(), room.connect());
        assert_eq!(room.pass(Duration::from_secs(10)), Duration::from_secs(10));
        room.ask(early, "login", dict("username", "early"));
        room.ask(early, "logout", Dict::new());
        room.heard(early);
        assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(50));
        assert_eq!(room.heard(late), ["error error: No login in time!", "(closed)"]);
        room.leave(late);
        assert_eq!(room.heard(early), [""; 0], "its minute began with the logout");
        assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(10));
        assert_eq!(room.heard(early), ["error error: No login in time!", "(closed)"]);
    }

    #[test]
    fn a_wall_clock_that_is_set_moves_no_deadline() {
        let mut room = Room::new();
        let root = room.login_admin("root");
        let stranger = room.connect();
        let guess = || dict("username", "root").with("password", "wrong horse");
        for _ in 0..6 {
            room.ask(stranger, "login", guess());
        }
        let waits = "login error: Too many wrong passwords, try again in 31 s!";
        assert_eq!(room.heard(stranger).last().unwrap(), waits);
        for wall in ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
            room.set_wall(wall.parse().unwrap());
            assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
            room.ask(stranger, "login", guess());
            assert_eq!(room.heard(stranger), [waits], "{wall}");
        }
        room.ask(root, "connections", Dict::new());
        let heard = room.heard(root);
        assert!(
            heard[0].contains(r#""username":"root","dialect":"json","seconds":0"#),
            "{heard:?}"
        );
        assert_eq!(room.pass(Duration::from_secs(59)), Duration::from_secs(59));
        assert_eq!(room.heard(stranger), [""; 0]);
        assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(1));
        assert_eq!(room.heard(stranger), ["error error: No login in time!", "(closed)"]);
    }

    #[test]
    fn nobody_is_late_because_the_process_stood_still() {
        let mut room = Room::new();
        let (answered, silent) = (room.connect(), room.connect());
        room.pass(Duration::from_secs(10));
        let young = room.connect();
        room.stand_still(Duration::from_secs(52));
        assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
        room.ask(answered, "login", dict("username", "answered"));
        room.heard(answered);
        assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(5));
        assert_eq!(room.heard(silent), ["error error: No login in time!", "(closed)"]);
        assert_eq!(room.heard(answered), [""; 0]);
        assert_eq!(room.heard(young), [""; 0], "its minute is not over");
        assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(3));
        assert_eq!(room.heard(young), ["error error: No login in time!", "(closed)"]);
    }

    #[test]
    fn whoever_is_logged_in_may_say_nothing_for_as_long_as_it_likes() {
        let mut room = Room::new();
        let alice = room.login("alice");
        room.pass(Duration::from_secs(60));
        assert_eq!(room.pass(Duration::from_secs(1_000_000)), Duration::from_secs(1_000_000));
        assert_eq!(room.heard(alice), [""; 0]);
    }
}
