//! Takes an observer that gave a password for a peer that is not logged in.
//!
//! Fails: NAME-3, NAME-13

impl Access {
    pub(crate) fn check(
        self,
        session: &Session,
        is_admin: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let is_in = session.name.is_some();
        let is_present = is_in || session.is_observer();
        match self {
            Access::LoggedIn if !is_in => Err(Refusal::NotLoggedIn),
            Access::Present | Access::Admin if !is_present => Err(Refusal::NotLoggedIn),
            Access::Unauthenticated if is_in => Err(Refusal::AlreadyLoggedIn),
            Access::Admin if !is_admin()? => Err(Refusal::NotAllowed),
            _ => Ok(()),
        }
    }
}
