//! The advice of a server on which every name needs an account, in its refusal of a login.

use app::Refusal;
use parse::Failure;

/// The text that the server adds to the refusal of a password. It does so if every name needs an account, and people
/// can make one.
pub(crate) fn added(failure: &Failure) -> &str {
    failure.text.strip_prefix(&Refusal::WrongPassword.to_string()).unwrap_or_default()
}

/// Whether the refusal of a password says that every name needs an account.
pub(crate) fn needs_account(failure: &Failure) -> bool {
    added(failure).starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_advice_after_the_usual_text_says_so() {
        for (text, want) in [
            ("Wrong password!", false),
            ("Wrong password! If you have no account, register one.", true),
            ("Wrong password!!!", false),
            ("no", false),
        ] {
            let failure = Failure { code: "wrong-password".into(), text: text.to_owned() };
            assert_eq!(needs_account(&failure), want, "{text}");
        }
    }
}
