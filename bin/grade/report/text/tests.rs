//! What is told, word for word, and how long it gets.

use super::*;
use crate::report::Points;
use crate::report::samples::{self, about, difference, failed, heard, outcome, sent};

const HALF: Points = Points { earned: 0.5, possible: 2.0 };

fn plain(outcome: &Outcome, width: usize) -> String {
    told(&about(HALF), outcome, Look { width, colour: false })
}

#[test]
fn a_failure_is_told_from_what_is_required_to_how_to_see_it_again() {
    let want = r#"LOGIN-3 failed: 0.5 of 2 points (stage login)
  A login with a name that somebody is logged in with is refused with an error,
  and whoever has the name hears nothing of it.

What happened
   1. server: the program was started, and listens on port 40112
   2. ann: connected
   3. ann sends: login as "ann"
      {"request":"login","username":"ann"}␊
   4. ann hears: the login is done, with 0 messages of before
      {"response":"login","username":"ann","messages":[]}␊
   5. bob: connected
   6. bob sends: login as "ann"
      {"request":"login","username":"ann"}␊
   7. bob hears: the login is done, with 0 messages of before
      {"response":"login","username":"ann","messages":[]}␊
Then, at bob:
  expected: an answer to the login with an error
  got:      an answer to the login without an error, so ann is logged in twice

Who sent what to whom
            ann      bob      server
      0 ms  │        │        ●  the program was started, and listens on port 4…
    212 ms  ●        │        │  connected
    213 ms  ├────────┼───────▶│  login as "ann"
    215 ms  │◀───────┼────────┤  the login is done, with 0 messages of before
    216 ms  │        ●        │  connected
    216 ms  │        ├───────▶│  login as "ann"
    219 ms  │        │◀───────┤  the login is done, with 0 messages of before
            │        ✗        │  not what was expected

What the program printed
  listening on 40112
  ('127.0.0.1', 51234) is ann
  ('127.0.0.1', 51236) is ann

Why it matters: Two people under one name cannot be told apart by anybody.
Hint: Look at where the names of those who are logged in are kept: is it asked
      before a name is taken, and is it one for all connections?
Look in: app
Again: grade --server 'python3 server.py' --check LOGIN-3 --seed 7f3a
"#;
    assert_eq!(plain(&failed(), 80), want);
}

#[test]
fn it_is_never_longer_than_a_screen_or_two_and_never_wider_than_the_terminal() {
    for entry in samples::all().iter().flat_map(|graded| &graded.results) {
        for width in [0, 40, 60, 61, 73, 80, 88, 120, 300] {
            let text = told(&entry.about, &entry.outcome, Look { width, colour: false });
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.len() <= LONGEST, "{} lines of {width}:\n{text}", lines.len());
            for line in lines.iter().filter(|line| !line.starts_with("Again: ")) {
                let long = line.chars().count();
                assert!(long <= width.max(NARROWEST), "{width} {line:?}");
            }
            let failed = matches!(entry.outcome.verdict, Verdict::Failed(_));
            assert_eq!(failed, text.contains("\n  expected:") && text.contains("\n  got:"));
        }
    }
}

#[test]
fn of_a_long_story_the_end_is_told() {
    let mut outcome = failed();
    let steps = outcome.story.steps.clone();
    outcome.story.steps = steps.iter().cycle().take(700).cloned().collect();
    outcome.output = (1..=100).map(|number| format!("line {number}\n")).collect();
    let text = plain(&outcome, 80);
    for part in [
        "earlier steps are left out",
        "\n 700. bob hears: the login is done",
        "What the program printed (the last",
        "\n  line 100\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("\n   1. "), "{text}");
}

#[test]
fn bytes_are_shown_where_text_does_not_tell_enough() {
    let verdict = || Verdict::Failed(difference("ann", "a text", "no text"));
    let odd = [sent(1, "ann", "a message", b"{\"a\":\"\xff\xfe\"}\n")];
    let text = plain(&outcome("FRAME-1", verdict(), odd.to_vec()), 88);
    assert!(text.contains("\n      {\"a\":\"<ff><fe>\"}␊\n"), "{text}");
    let dump = "\n      0000  7b 22 61 22 3a 22 ff fe  22 7d 0a                 {\"a\":\"..\"}.\n";
    assert!(text.contains(dump), "{text}");
    let usual = [sent(1, "ann", "a message", "{\"a\":\"blåbær\"}\r\n".as_bytes())];
    let text = plain(&outcome("FRAME-1", verdict(), usual.to_vec()), 88);
    assert!(text.contains("{\"a\":\"blåbær\"}␍␊\n") && !text.contains("0000  "), "{text}");
}

#[test]
fn what_looks_the_same_is_told_apart() {
    let verdict = Verdict::Failed(difference("ann", "caf\u{e9}", "cafe\u{301}"));
    let text = plain(&outcome("FRAME-1", verdict, Vec::new()), 88);
    for part in [
        "They look the same, but their bytes differ:",
        "\n  expected  0000  63 61 66 c3 a9 ",
        "\n  got       0000  63 61 66 65 cc 81 ",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_frame_without_words_is_its_own() {
    let verdict = Verdict::Failed(difference("ann", "a", "b"));
    let heard = [heard(3, "ann", "", b"hello\n")];
    let text = plain(&outcome("FRAME-1", verdict, heard.to_vec()), 88);
    assert!(text.contains("ann hears:\n      hello␊\n") && text.contains("┤  hello␊\n"), "{text}");
}

#[test]
fn what_did_not_fail_is_told_in_short() {
    let first = |verdict| plain(&outcome("ROOM-1", verdict, Vec::new()), 80);
    let begins = |verdict, with: &str| {
        let text = first(verdict);
        assert!(text.starts_with(with), "{text}");
        text
    };
    begins(Verdict::Passed, "ROOM-1 passed (stage login)\n");
    begins(Verdict::Absent, "ROOM-1 does not count: there is no such thing in this dialect");
    begins(Verdict::Skipped { after: "ROOM-0" }, "ROOM-1 skipped: ROOM-0 has not passed");
    let why = "the port was taken".to_owned();
    let text = begins(Verdict::Undecided { why }, "ROOM-1 undecided: it does not count");
    assert!(text.contains("\nWhy: the port was taken\n"), "{text}");
    assert!(text.contains("\nAgain: grade "), "{text}");
}

#[test]
fn colours_change_nothing_else() {
    let painted = told(&about(HALF), &failed(), Look { width: 80, colour: true });
    assert!(painted.starts_with("\x1b[31mLOGIN-3 failed: 0.5 of 2 points (stage login)\x1b[0m\n"));
    let mut bare = painted;
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"] {
        bare = bare.replace(code, "");
    }
    assert_eq!(bare, plain(&failed(), 80));
}

#[test]
fn the_summary_has_the_points_of_each_area() {
    let want = "\
python3 server.py: json, seed 7f3a
by alice
  LOGIN      2.5 of 5 points      1 passed, 1 failed, 1 skipped
  ROOM       no points            1 skipped, 1 undecided
  FRAME      no points            1 absent
  together   2.5 of 5 points
  What is undecided or absent does not count.
";
    let look = Look { width: 80, colour: false };
    assert_eq!(summary(&samples::graded(), look), want);
    let stopped = Graded { finished: false, ..samples::graded() };
    assert!(summary(&stopped, look).ends_with("\n  Not all checks have been done.\n"));
    let last = samples::graded().results.pop().unwrap();
    assert!(line(&last, look).starts_with("absent     FRAME-1    A login with a name"));
}
