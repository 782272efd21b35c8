//! Asks for administrators' rights before it asks for a login, so the error is wrong.
//!
//! Fails: NAME-3

impl Access {
    pub(crate) fn check(
        self,
        session: &Session,
        is_admin: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let is_in = session.name.is_some();
        match self {
            Access::Admin if !is_admin()? => Err(Refusal::NotAllowed),
            Access::LoggedIn if !is_in => Err(Refusal::NotLoggedIn),
            Access::Present if !is_in && !session.is_observer() => Err(Refusal::NotLoggedIn),
            Access::Unauthenticated if is_in || session.proof.is_some() => {
                Err(Refusal::AlreadyLoggedIn)
            }
            _ => Ok(()),
        }
    }
}
