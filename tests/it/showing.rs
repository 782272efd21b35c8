//! What the client shows in a terminal, and how.

use harness::clients::until;
use harness::json;

use crate::terminal::alice_at_a_terminal;

#[test]
fn invisible_characters_are_shown_and_emoji_stay_whole() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let family = "👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3} ❤\u{fe0f}";
    bob.says(&format!("hi\u{e0041}\u{200b}\u{fe0f} {family}"));
    bob.hears(json!({"response": "message"}));
    until(&mut alice, &format!("bob: hi<U+E0041><U+200B><U+FE0F> {family}"));
}
