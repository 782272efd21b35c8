//! Forgets that a peer with a name must not log in again.
//!
//! Fails: NAME-3, NAME-13

impl Access {
    pub(crate) fn check(
        self,
        session: &Session,
        is_admin: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let is_in = session.name.is_some();
        match self {
            Access::Anyone | Access::Unauthenticated => Ok(()),
            Access::LoggedIn if is_in => Ok(()),
            Access::Present if is_in || session.is_observer() => Ok(()),
            Access::Admin if is_in || session.is_observer() => {
                if is_admin()? { Ok(()) } else { Err(Refusal::NotAllowed) }
            }
            _ => Err(Refusal::NotLoggedIn),
        }
    }
}
