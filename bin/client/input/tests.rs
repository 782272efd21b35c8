//! Tests of the parser.

use std::collections::BTreeSet;

use super::*;
use crate::catalogue::Secrets;

fn parsed_in(line: &str, rooms: &Rooms, secrets: Secrets) -> Input {
    let here = Here { names: &BTreeSet::new(), is_complete: true };
    parse(line, &Catalogue::built_in(secrets), rooms, here)
}

/// The same, while bob is here.
fn parsed_beside_bob(line: &str) -> Input {
    let names = BTreeSet::from(["Bob".to_owned()]);
    let here = Here { names: &names, is_complete: true };
    parse(line, &Catalogue::built_in(Secrets::Asked), &Rooms::default(), here)
}

fn parsed(line: &str) -> Input {
    parsed_in(line, &Rooms::default(), Secrets::Asked)
}

fn shown(input: Input) -> String {
    match input {
        Input::Ask(request) => Value::from(request.into_dict()).to_string(),
        other => format!("{other:?}"),
    }
}

fn asked(line: &str) -> String {
    shown(parsed(line))
}

#[test]
fn plain_text_is_sent_unchanged() {
    assert_eq!(asked("hello  you "), r#"{"request":"message","message":"hello  you "}"#);
    assert_eq!(asked("//etc"), r#"{"request":"message","message":"/etc"}"#);
    assert_eq!(asked(" hm"), r#"{"request":"message","message":" hm"}"#);
}

#[test]
fn the_client_itself_connects_again() {
    assert_eq!(parsed("/reconnect"), Input::Reconnect);
    assert_eq!(parsed("/Reconnect "), Input::Reconnect);
}

#[test]
fn invisible_characters_do_not_turn_a_command_into_a_message() {
    let want = r#"{"request":"message","message":"psst","to":"bob"}"#;
    for before in [
        "\u{feff}",
        "\u{200b}",
        "\u{200d}\u{2060}",
        "\u{a0}",
        "\u{3000}",
        "\u{ad}",
        "\u{202e}",
        "\u{1b}",
        "\0",
        "\u{fe0f}",
        "\u{e0001}",
        "\u{3164}",
        " \u{feff}\t\u{200e} ",
    ] {
        assert_eq!(asked(&format!("{before}/msg bob psst")), want, "{before:?}");
    }
    // A text that is not a command is sent unchanged.
    assert_eq!(asked("\u{200b}hm"), "{\"request\":\"message\",\"message\":\"\u{200b}hm\"}");
}

#[test]
fn a_possible_whisper_is_suspicious_and_can_be_sent_with_say() {
    let here = Here { names: &["bob".to_owned()].into(), is_complete: true };
    let catalogue = Catalogue::built_in(Secrets::Asked);
    for line in ["msg bob psst", "//msg bob psst", "\u{feff}\\msg bob psst", " /\u{2215}msg a b"] {
        let read = parse(line, &catalogue, &Rooms::default(), here);
        let refused = matches!(read, Input::Suspicious(_) | Input::Mistake(_) | Input::Unknown(_));
        assert!(refused, "{line:?}: {read:?}");
    }
    let want = r#"{"request":"message","message":"msg bob  psst"}"#;
    assert_eq!(asked("/say msg bob  psst"), want);
    assert_eq!(parsed("/say"), Input::Mistake("usage: /say TEXT".to_owned()));
}

#[test]
fn a_whisper_names_a_person_and_has_a_text() {
    let want = r#"{"request":"message","message":"hi","to":"bob"}"#;
    for name in ["bob", "bob:", "@bob"] {
        assert_eq!(asked(&format!("/msg {name} hi")), want);
    }
    for (line, why) in [
        ("/msg", "usage: /msg NAME TEXT"),
        ("/msg bob  ", "the whisper to bob has no text; usage: /msg NAME TEXT"),
        ("/msg bob: ", "the whisper to bob has no text; usage: /msg NAME TEXT"),
        ("/msg : hi", "the whisper names no person; usage: /msg NAME TEXT"),
        ("/msg bob:hi", "a space follows the name: /msg bob hi"),
    ] {
        assert_eq!(parsed(line), Input::Mistake(why.to_owned()), "{line}");
    }
}

#[test]
fn the_short_word_for_quit_takes_no_reason_because_it_is_one_for_a_whisper_elsewhere() {
    assert_eq!(parsed("/q"), Input::Quit(String::new()));
    assert_eq!(parsed("/quit bob hi"), Input::Quit("bob hi".to_owned()));
    let whisper = r#"{"request":"message","message":"hi","to":"bob"}"#;
    assert_eq!(shown(parsed_beside_bob("/Q bob hi")), whisper);
    let usage = |input| matches!(input, Input::Mistake(why) if why.ends_with("/msg NAME TEXT"));
    assert!(usage(parsed_beside_bob("/q bob")));
    let help =
        "good is not here: /q NAME TEXT whispers, /q alone leaves, and so does /quit good night";
    assert_eq!(parsed_beside_bob("/q good night"), Input::Mistake(help.to_owned()));
}

#[test]
fn the_number_of_a_message_can_be_typed_as_it_is_shown() {
    assert_eq!(asked("/remove #7"), r#"{"request":"remove","id":7}"#);
    // Where a room is possible, the mark is that of a room.
    assert_eq!(asked("/history 20 #7"), r#"{"request":"history","limit":20,"room":"7"}"#);
    assert!(matches!(parsed("/remove #x"), Input::Mistake(why) if why.contains("\"#x\"")));
}

#[test]
fn a_command_takes_its_arguments_in_order() {
    assert_eq!(asked("/login alice"), r#"{"request":"login","username":"alice"}"#);
    assert_eq!(asked("/names"), r#"{"request":"names"}"#);
    assert_eq!(asked("/history"), r#"{"request":"history"}"#);
    assert_eq!(asked("/history 20  7"), r#"{"request":"history","limit":20,"before":7}"#);
    // The server refuses an invalid name.
    assert_eq!(asked("/shutdown"), r#"{"request":"shutdown"}"#);
    assert_eq!(asked("/shutdown all"), r#"{"request":"shutdown","all":true}"#);
    for wrong in ["/shutdown now", "/shutdown all now"] {
        assert_eq!(parsed(wrong), Input::Mistake("usage: /shutdown [ALL]".to_owned()));
    }
    let kick = r#"{"request":"kick","username":"carl","reason":"no spam"}"#;
    assert_eq!(asked("/kick carl no spam"), kick);
}

#[test]
fn a_secret_is_part_of_the_line_only_without_a_terminal() {
    let hint = "usage: /login USERNAME; the client then asks for the password and hides it";
    assert_eq!(parsed("/login alice hunter22"), Input::Exposed(hint.to_owned()));
    assert!(matches!(parsed(" /register alice  two words"), Input::Exposed(_)));
    let hint = "usage: /passwd; the client then asks for the old password and hides it";
    assert_eq!(parsed("/passwd hunter22"), Input::Exposed(hint.to_owned()));
    let want = r#"{"request":"register","username":"alice","login":true}"#;
    assert_eq!(asked("/register alice"), want);
    let plain = |line| shown(parsed_in(line, &Rooms::default(), Secrets::InLine));
    let want = r#"{"request":"login","username":"alice","password":"two words"}"#;
    assert_eq!(plain("/login alice two words"), want);
    assert_eq!(plain("/login alice"), r#"{"request":"login","username":"alice"}"#);
    let want = r#"{"request":"register","username":"alice","password":"two words"}"#;
    assert_eq!(plain("/register alice two words"), want);
    assert_eq!(plain("/register alice"), r#"Mistake("usage: /register USERNAME PASSWORD")"#);
}

#[test]
fn a_command_applies_to_the_current_room() {
    let mut rooms = Rooms::default();
    rooms.log_in();
    let asked = |rooms: &Rooms, line| shown(parsed_in(line, rooms, Secrets::Asked));
    assert_eq!(asked(&rooms, "/leave"), r#"{"request":"leave","room":"lobby"}"#);
    assert_eq!(asked(&rooms, "/join Tea"), r#"{"request":"join","room":"Tea"}"#);
    assert_eq!(asked(&rooms, "/join"), r#"Mistake("usage: /join ROOM")"#);
    rooms.enter("tea");
    assert_eq!(asked(&rooms, "hi"), r#"{"request":"message","message":"hi","room":"tea"}"#);
    assert_eq!(asked(&rooms, "/names"), r#"{"request":"names","room":"tea"}"#);
    assert_eq!(
        asked(&rooms, "/history 5 cake"),
        r#"{"request":"history","limit":5,"room":"cake"}"#
    );
    assert_eq!(asked(&rooms, "/history #7up"), r#"{"request":"history","room":"7up"}"#);
    assert_eq!(asked(&rooms, "/join #Cake"), r#"{"request":"join","room":"Cake"}"#);
    assert_eq!(asked(&rooms, "/names cake"), r#"{"request":"names","room":"cake"}"#);
    assert_eq!(asked(&rooms, "/history 5"), r#"{"request":"history","limit":5,"room":"tea"}"#);
    assert_eq!(asked(&rooms, "/leave"), r#"{"request":"leave","room":"tea"}"#);
    let whisper = r#"{"request":"message","message":"psst","to":"bob"}"#;
    assert_eq!(asked(&rooms, "/msg bob psst"), whisper);
    assert_eq!(asked(&rooms, "/join LOBBY"), r#"SwitchRoom("lobby")"#);
    assert_eq!(asked(&rooms, "/join tea"), r#"SwitchRoom("tea")"#);
    assert_eq!(asked(&rooms, "/join"), r#"Mistake("usage: /join ROOM")"#);
}

#[test]
fn a_room_may_stand_before_numbers_and_may_begin_with_a_digit() {
    let history =
        |limit: &str, room: &str| format!(r#"{{"request":"history",{limit}"room":"{room}"}}"#);
    let of_two = r#""limit":2,"#;
    for (line, limit, room) in [
        ("/history 123abc", "", "123abc"),
        ("/history 2 123abc", of_two, "123abc"),
        ("/history #2", "", "2"),
        ("/history 2 #2", of_two, "2"),
        ("/history #2 2", of_two, "2"),
        ("/history lobby 2", of_two, "lobby"),
        ("/history 2 tea 7", r#""limit":2,"before":7,"#, "tea"),
        ("/history 2 7 3", r#""limit":2,"before":7,"#, "3"),
    ] {
        assert_eq!(asked(line), history(limit, room), "{line}");
    }
    let usage = Input::Mistake("usage: /history [LIMIT] [BEFORE] [ROOM]".to_owned());
    for line in ["/history kitchen lobby", "/history 1 2 3 4", "/history 1 2 3 tea"] {
        assert_eq!(parsed(line), usage, "{line}");
    }
}

#[test]
fn msg_sends_a_whisper() {
    let want = r#"{"request":"message","message":"how  are you","to":"bob"}"#;
    assert_eq!(asked("/msg bob how  are you"), want);
    assert_eq!(asked("  /msg bob how  are you"), want);
}

#[test]
fn me_sends_an_action_to_the_current_room() {
    let want = r#"{"request":"message","message":"waves  twice","action":true}"#;
    assert_eq!(asked("/me  waves  twice "), want);
    let mut rooms = Rooms::default();
    rooms.log_in();
    rooms.enter("tea");
    let want = r#"{"request":"message","message":"waves","room":"tea","action":true}"#;
    assert_eq!(shown(parsed_in("/me waves", &rooms, Secrets::Asked)), want);
    assert_eq!(parsed("/me "), Input::Mistake("usage: /me TEXT".to_owned()));
}

#[test]
fn ignoring_is_a_command_of_the_client() {
    let add = |name: &str| Input::Ignoring(Ignoring::Add(name.to_owned()));
    assert_eq!(parsed("/ignore Bob "), add("Bob"));
    assert_eq!(parsed("/unignore b"), Input::Ignoring(Ignoring::Remove("b".to_owned())));
    assert_eq!(parsed("/ignored"), Input::Ignoring(Ignoring::List));
    for line in ["/ignore", "/ignore a b", "/unignore", "/unignore a b"] {
        let word = line.split(' ').next().unwrap();
        assert_eq!(parsed(line), Input::Mistake(format!("usage: {word} NAME")));
    }
}

#[test]
fn the_letter_case_of_a_command_does_not_count() {
    assert_eq!(parsed("/QUIT now"), parsed("/quit now"));
    assert_eq!(parsed("/Msg bob hi"), parsed("/msg bob hi"));
    assert_eq!(parsed("/JOIN Tea"), parsed("/join Tea"));
    // A password behind it is hidden from the history, too.
    assert!(matches!(parsed("/Register ann secret"), Input::Exposed(_)));
}

#[test]
fn an_unknown_command_with_arguments_may_be_one_with_a_password() {
    for line in ["/loign alice pw", "/pasword a b", "/regster bob pw", "/pass x", "/ /login al pw"]
    {
        assert!(matches!(parsed(line), Input::Unknown(_)), "{line:?}");
    }
    for line in ["/loign", "/fly "] {
        assert!(matches!(parsed(line), Input::Mistake(_)), "{line:?}");
    }
}

#[test]
fn a_path_is_no_mistyped_command() {
    for path in ["/etc/passwd", "/tmp/", "/bin/ban"] {
        let want = format!(
            "{path} is no command; to send a text that begins with a slash, type two: /{path}"
        );
        for line in [path, &format!("{path} is a file")] {
            assert_eq!(parsed(line), Input::Mistake(want.clone()));
        }
    }
    for line in ["/login/alice pw", "/regster/ bob pw", "/ /etc is a folder"] {
        assert!(matches!(parsed(line), Input::Unknown(_)), "{line:?}");
    }
}

#[test]
fn an_error_shows_the_correct_usage() {
    let mistake = |text: &str| Input::Mistake(text.to_owned());
    assert_eq!(parsed("/login"), mistake("usage: /login USERNAME"));
    assert_eq!(parsed("/version x"), mistake("usage: /version"));
    assert_eq!(parsed("/bans x 2 y"), mistake("usage: /bans [PATTERN] [SKIP]"));
    let ban = Dict::new().with("who", "bob").with("time", "1h").with("reason", "spam and more");
    assert_eq!(parsed("/ban bob 1h spam and more"), Input::Ask(Request::new("ban", ban)));
    let history = "usage: /history [LIMIT] [BEFORE] [ROOM]";
    for word in ["-5", "2.5"] {
        let want = format!("{word:?} is no whole number; {history}");
        assert_eq!(parsed(&format!("/history {word}")), mistake(&want));
    }
    let digits = "9".repeat(22);
    let want = format!("{digits:?} is too large a number; {history}");
    assert_eq!(parsed(&format!("/history {digits}")), mistake(&want));
    assert_eq!(parsed("/history 0"), mistake(&format!("a limit is at least 1; {history}")));
    assert_eq!(parsed("/remove 1 2"), mistake("usage: /remove ID"));
    assert_eq!(parsed("/fly"), mistake("unknown command /fly; /help lists the commands"));
    assert_eq!(parsed("/Fly"), mistake("unknown command /Fly; /help lists the commands"));
    assert_eq!(parsed("/"), mistake("a slash starts a command; /help lists the commands"));
}

#[test]
fn an_empty_line_sends_nothing() {
    for line in ["", "  ", "\n", "\r\n"] {
        assert_eq!(parsed(line), Input::Nothing);
    }
    assert_eq!((parsed("/quit"), parsed("/help")), (Input::Quit(String::new()), Input::Help));
    assert_eq!(parsed("/quit gone  home "), Input::Quit("gone  home".to_owned()));
    assert_eq!(parsed("/help /msg"), Input::Explain("msg".to_owned()));
}

#[test]
fn the_words_of_other_clients_work() {
    for (alias, line) in [
        ("/w bob hi", "/msg bob hi"),
        ("/Query bob", "/msg bob"),
        ("/j tea", "/join tea"),
        ("/part tea", "/leave tea"),
        ("/who", "/names"),
        ("/exit gone home", "/quit gone home"),
        ("/em waves", "/me waves"),
        ("/block bob", "/ignore bob"),
    ] {
        assert_eq!(parsed(alias), parsed(line), "{alias}");
    }
}
