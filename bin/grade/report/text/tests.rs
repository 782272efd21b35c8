//! The exact texts of reports, and their lengths.

use super::*;
use crate::report::Points;
use crate::report::samples::{self, about, did, difference, failed, heard, outcome, sent};

const HALF: Points = Points { earned: 0.5, possible: 2.0 };

fn plain(outcome: &Outcome, width: usize) -> String {
    detail(&about(HALF), outcome, Style { width, colour: false })
}

#[test]
fn a_failure_report_runs_from_the_requirement_to_the_command_that_repeats_it() {
    let want = r#"LOGIN-3 failed: 0.5 of 2 points (part of the assignment: login)
  A login with a name that another user has is refused with an error, and that
  user hears nothing of it.

What happened
   1. server: the program was started, and listens on port 40112
   2. ann: connected
   3. ann sends: login as "ann"
      {"request":"login","username":"ann"}␊
   4. ann receives: the login is done, with 0 messages of before
      {"response":"login","username":"ann","messages":[]}␊
   5. bob: connected
   6. bob sends: login as "ann"
      {"request":"login","username":"ann"}␊
   7. bob receives: the login is done, with 0 messages of before
      {"response":"login","username":"ann","messages":[]}␊
Then, at bob:
  expected: an answer to the login with an error
  got:      an answer to the login without an error, so ann is logged in twice

What the server printed
  listening on 40112
  ('127.0.0.1', 51234) is ann
  ('127.0.0.1', 51236) is ann

Why it matters: Nobody can tell two users with the same name apart.
Hint: Look at the list of names in use: is it asked before a name is given away,
      and do all connections share it?
Look in: app, which decides what each request does and who receives a message
Again: grade --server 'python3 server.py' --check LOGIN-3 --seed 7f3a
"#;
    assert_eq!(plain(&failed(), 80), want);
}

#[test]
#[ignore = "slow"]
fn a_report_keeps_to_its_length_and_to_the_width_of_the_terminal() {
    let is_command = |line: &str| line.starts_with("Again: ") || line.starts_with("See it: ");
    for entry in samples::all().iter().flat_map(|graded| &graded.results) {
        for width in [0, 60, 61, 73, 80, 120, 300] {
            let text = detail(&entry.about, &entry.outcome, Style { width, colour: false });
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.len() <= LONGEST, "{} lines of {width}:\n{text}", lines.len());
            for line in lines.iter().filter(|line| !is_command(line)) {
                let long = line.chars().count();
                assert!(long <= width.max(NARROWEST), "{width} {line:?}");
            }
            let failed = matches!(entry.outcome.verdict, Verdict::Failed(_));
            assert_eq!(failed, text.contains("\n  expected:") && text.contains("\n  got:"));
        }
    }
}

/// A trace in which no step is like another.
fn long_story() -> Vec<crate::trace::Step> {
    let word = |number: u64| "x".repeat(usize::try_from(number).unwrap());
    (1..=70).map(|number| sent(number, "ann", &word(number), word(number).as_bytes())).collect()
}

#[test]
fn a_long_trace_is_cut_to_its_end() {
    let mut outcome = failed();
    outcome.trace.steps = long_story();
    outcome.output = (1..=100).map(|number| "y".repeat(number) + "\n").collect();
    let text = plain(&outcome, 160);
    let last = format!("\n  70. ann sends: {}\n", "x".repeat(70));
    let printed = format!("\n  {}\n", "y".repeat(100));
    let parts =
        ["      (58 earlier steps are left out)\n", "      (84 earlier lines are left out)\n"];
    for part in [&parts[..], &[last.as_str(), printed.as_str()]].concat() {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("\n   1. "), "{text}");
}

#[test]
fn repeated_steps_are_folded_into_a_count() {
    let verdict = Verdict::Failed(difference("ben", "logged in", "refused, 2 s later"));
    let login = |at| sent(at, "ben", "login", b"{}");
    let refused = |at| heard(at, "ben", "refused", b"{\"error\":\"taken\"}");
    let tries = (0..40).flat_map(|round| [login(round * 50), refused(round * 50 + 2)]);
    let mut outcome = outcome("LEAVE-6", verdict, tries.collect());
    outcome.output = (0..40).map(|number| format!("try {number} at 0x7fbc{number:x}\n")).collect();
    let text = plain(&outcome, 80);
    let want = r#"
What happened
   1. ben sends: login
      {}
   2. ben receives: refused
      {"error":"taken"}
      … 76 more steps like these, in 1.9 s
  79. ben sends: login
      {}
  80. ben receives: refused
      {"error":"taken"}
Then, at ben:
  expected: logged in
  got:      refused, 2 s later

What the server printed
  try 0 at 0x7fbc0
  … 38 more lines like these
  try 39 at 0x7fbc27

"#;
    assert!(text.contains(want), "{text}");
}

#[test]
fn the_picture_shows_the_order_of_several_participants() {
    let verdict = Verdict::Failed(difference("ann", "what ben said", "nothing, for 3 s"));
    let mut steps = vec![did(1, "ann", "connects"), did(2, "ben", "connects")];
    for round in 1..=10 {
        steps.push(sent(round * 10, "ann", &format!("say \"number {round}\""), b"{}"));
        steps.push(heard(round * 10 + 3, "ben", &format!("ann says \"number {round}\""), b"{}"));
    }
    steps.push(did(5000, "ann", "waits for 3 s, and hears nothing"));
    let text = plain(&outcome("MESSAGE-1", verdict, steps), 80);
    let want = r#"
Who sent what to whom
            ann      ben      server
      1 ms  ●        │        │  connects
      2 ms  │        ●        │  connects
     10 ms  ├────────┼───────▶│  say "number 1"
     13 ms  │        │◀───────┤  ann says "number 1"
            ⋮        ⋮        ⋮  … 16 more steps like these
    100 ms  ├────────┼───────▶│  say "number 10"
    103 ms  │        │◀───────┤  ann says "number 10"
   5000 ms  ●        │        │  waits for 3 s, and hears nothing
            ✗        │        │  not as expected
"#;
    assert!(text.contains(want), "{text}");
}

#[test]
fn the_report_on_a_client_says_client() {
    let verdict = Verdict::Failed(difference("server", "a login", "nothing, for 3 s"));
    let steps = vec![
        did(0, "client", "is started"),
        sent(1, "user", "types a name", b"ann\n"),
        did(2, "server", "waits for 3 s, and hears nothing"),
        sent(3, "user", "types another", b"ben\n"),
    ];
    let mut outcome = outcome("ASK-1", verdict, steps);
    outcome.output = "name?\n".to_owned();
    let about = About { program: "client", ..about(HALF) };
    let text = detail(&about, &outcome, Style { width: 80, colour: false });
    let picture =
        "\n            user     server   client\n      0 ms  │        │        ●  is started";
    for part in ["\nWhat the client printed\n  name?\n", "\nThen, at server:\n", picture] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("the server"), "{text}");
}

#[test]
fn a_course_without_layers_names_none() {
    let bare = About { layer: None, ..about(HALF) };
    let text = detail(&bare, &failed(), Style { width: 80, colour: false });
    assert!(text.contains("\nHint:") && !text.contains("Look in"), "{text}");
}

#[test]
fn an_exception_in_the_output_is_named_in_place_of_a_layer() {
    let mut outcome = failed();
    outcome.output += "Traceback (most recent call last):\n  File \"/tmp/a/server.py\", line 7, in login\n\
                       KeyError: 'ann'\n";
    let text = plain(&outcome, 80);
    assert!(text.contains("\nException: KeyError in login, server.py line 7\n"), "{text}");
    assert!(!text.contains("Look in"), "{text}");
}

#[test]
fn the_rest_of_the_input_stands_after_the_early_answer() {
    let mut outcome = failed();
    outcome.trace.steps.clear();
    let what = |words: &str, bytes: &[u8]| (words.to_owned(), bytes.to_owned());
    let (words, bytes) = what("the first byte of it", b"{");
    outcome.trace.record("bob", crate::trace::What::Sent { words, bytes });
    let came = std::time::Instant::now();
    while came == std::time::Instant::now() {}
    let (words, bytes) = what("the other bytes of it", b"\"request\":\"names\"}\n");
    outcome.trace.record("bob", crate::trace::What::Sent { words, bytes });
    let (words, bytes) = what("refused", b"{\"error\":\"EOF\"}\n");
    outcome.trace.record_at(came, "bob", crate::trace::What::Received { words, bytes });
    let want = r#"
   1. bob sends: the first byte of it
      {
   2. bob receives: refused
      {"error":"EOF"}␊
   3. bob sends: the other bytes of it
      "request":"names"}␊
In step 2, at bob:
  expected: an answer to the login with an error
  got:      an answer to the login without an error, so ann is logged in twice
  This answer came before bob had sent step 3.
"#;
    let text = plain(&outcome, 80);
    assert!(text.contains(want), "{text}");
}

#[test]
fn a_program_in_trouble_gets_a_hint_of_its_own() {
    let ended = difference("ann", "the answer to the login", "the program ended with exit code 1");
    let ended = crate::verdict::Difference { instead: Some("Look at what it printed."), ..ended };
    let text = plain(&outcome("LOGIN-1", Verdict::Failed(ended), Vec::new()), 80);
    assert!(text.contains("\nHint: Look at what it printed.\n"), "{text}");
    assert_eq!(text.matches("\nHint:").count(), 1);
}

#[test]
fn unprintable_bytes_are_dumped_in_hexadecimal() {
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
fn texts_that_look_alike_are_dumped_in_hexadecimal() {
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
fn a_frame_without_a_description_is_shown_alone() {
    let verdict = Verdict::Failed(difference("ann", "a", "b"));
    let heard = [heard(3, "ann", "", b"hello\n")];
    let text = plain(&outcome("FRAME-1", verdict, heard.to_vec()), 88);
    assert!(text.contains("ann receives:\n      hello␊\n"), "{text}");
}

#[test]
fn checks_that_did_not_fail_have_short_reports() {
    let first = |verdict| plain(&outcome("ROOM-1", verdict, Vec::new()), 80);
    let begins = |verdict, with: &str| {
        let text = first(verdict);
        assert!(text.starts_with(with), "{text}");
        text
    };
    begins(Verdict::Passed, "ROOM-1 passed (part of the assignment: login)\n");
    begins(Verdict::Absent, "ROOM-1 does not count: this dialect has no such feature");
    begins(Verdict::Skipped { after: "ROOM-0" }, "ROOM-1 skipped (needs ROOM-0)");
    let why = "the port was taken".to_owned();
    let text = begins(Verdict::Undecided { why }, "ROOM-1 undecided: it does not count");
    assert!(text.contains("\nWhy: the port was taken\n"), "{text}");
    assert!(text.contains("\nAgain: grade "), "{text}");
}

#[test]
fn a_failure_with_a_known_reason_has_a_short_report() {
    let mut graded = samples::graded();
    graded.results.clear();
    for id in ["LOGIN-1", "LOGIN-2", "LOGIN-3"] {
        let ended = id != "LOGIN-3";
        let got = if ended { "the program ended" } else { "nothing, for 3 s" };
        let difference =
            crate::verdict::Difference { ended, ..difference("ann", "an answer", got) };
        let verdict = Verdict::Failed(difference);
        graded.results.push(samples::entry(id, verdict));
    }
    let detail = failures(&graded, Style { width: 80, colour: false });
    assert_eq!(detail.len(), 3);
    let want = r#"LOGIN-2 failed: 0 of 1 point (part of the assignment: login)
  A login with a name that another user has is refused with an error, and that
  user hears nothing of it.
Then, at ann:
  expected: an answer
  got:      the program ended
  It probably failed for the same reason as LOGIN-1.
Again: grade --server 'python3 server.py' --check LOGIN-3 --seed 7f3a
"#;
    assert_eq!(detail[1], want);
    assert!(detail[0].contains("\nHint:") && detail[2].contains("\nHint:"), "{detail:?}");
}

#[test]
fn colours_do_not_change_the_text() {
    let painted = detail(&about(HALF), &failed(), Style { width: 80, colour: true });
    assert!(painted.starts_with(
        "\x1b[31mLOGIN-3 failed: 0.5 of 2 points (part of the assignment: login)\x1b[0m\n"
    ));
    let mut bare = painted;
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"] {
        bare = bare.replace(code, "");
    }
    assert_eq!(bare, plain(&failed(), 80));
}

#[test]
fn the_summary_lists_the_points_of_each_area() {
    let want = "\
python3 server.py: json, seed 7f3a
by alice

What costs points, the dearest cause first
  −2.5 points  LOGIN-3, and a check that needs it: LOGIN-4
               A login with a name that another user has is refused with an
               error, and that user hears nothing of it. Got: an answer to the
               login without an error, so ann is logged in twice

What could not be decided
  3 points     ROOM-1     undecided, and not counted: the port was taken by
                          another program
  3 points     ROOM-2     skipped (needs ROOM-1)

Points by part of the assignment
  login   2.5 of 5  1 passed, 1 failed, 2 skipped, 1 undecided, 1 absent
  Undecided and absent checks do not count.
  total: 2.5 of 5 points
";
    let style = Style { width: 80, colour: false };
    assert_eq!(summary(&samples::graded(), style), want);
    let stopped = Graded { finished: false, ..samples::graded() };
    let detail = summary(&stopped, style);
    assert!(detail.contains("\n  Not all checks have been done.\n"), "{detail}");
    let last = samples::graded().results.pop().unwrap();
    assert!(line("[6/6] ", &last, style).starts_with("[6/6] absent     FRAME-1    A login"));
}

#[test]
fn the_report_file_holds_the_summary_and_then_the_failures() {
    let file = report(&samples::graded());
    let want = "\
Note: This run was not isolated: there is no sandbox.
How this server talks (object if this is wrong):
  - This server answers a login with `info` then `history`.

python3 server.py: json, seed 7f3a
";
    assert!(file.starts_with(want), "{file}");
    let heads: Vec<&str> = ["LOGIN-1", "LOGIN-3", "LOGIN-4", "ROOM-1", "ROOM-2", "FRAME-1"]
        .into_iter()
        .filter(|id| file.contains(&format!("\n{id} ")))
        .collect();
    // The file leaves LOGIN-4 out, because the summary says that it was skipped after LOGIN-3.
    assert_eq!(heads, ["LOGIN-3", "ROOM-1", "ROOM-2"]);
}
