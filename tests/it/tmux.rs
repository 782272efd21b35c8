//! The client in a window of tmux, which breaks its lines anew when the window is resized.

use std::process::{Command, Output};

use harness::clients::empty_home;
use harness::{DEADLINE, Peer, Server, client, json, wait_until};
use tempfile::TempDir;

use crate::reconnect;
use crate::rows::behind_time;

const ROWS: &str = "24";

/// A server of tmux with one window, which is stopped when it is dropped.
struct Tmux {
    /// The folder of its socket.
    folder: TempDir,
}

impl Tmux {
    /// Starts alice's client in a window of this width; `None` without tmux.
    fn open(server: &Server, home: &TempDir, columns: u16) -> Option<Tmux> {
        Command::new("tmux").arg("-V").output().ok()?;
        let tmux = Tmux { folder: empty_home() };
        let mut shown = client(home.path());
        shown.args([&*server.address().to_string(), "--name", "alice", "--color", "never"]);
        let columns = columns.to_string();
        let mut window = tmux.command(&["new-session", "-d", "-x", &columns, "-y", ROWS]);
        // The server of tmux passes its environment on.
        for (name, value) in shown.get_envs() {
            match value {
                Some(value) => window.env(name, value),
                None => window.env_remove(name),
            };
        }
        window.env_remove("STY").env_remove("XTERM_VERSION");
        window.arg(shown.get_program()).args(shown.get_args());
        assert!(window.output().unwrap().status.success());
        Some(tmux)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.folder.path().join("socket")).args(["-f", "/dev/null"]);
        command.args(arguments).env_remove("TMUX");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn resize(&self, columns: u16) {
        self.resize_to(&columns.to_string(), ROWS);
    }

    fn resize_to(&self, columns: &str, rows: &str) {
        self.run(&["resize-window", "-x", columns, "-y", rows]);
    }

    /// The lines of the history and of the screen, without the times of messages. A line that tmux has
    /// broken is one line.
    fn lines(&self) -> Vec<String> {
        let shown = self.run(&["capture-pane", "-p", "-J", "-S", "-"]).stdout;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let lines = shown.lines().map(str::trim_end).filter(|line| !line.is_empty());
        lines.map(|line| behind_time(line).unwrap_or(line).to_owned()).collect()
    }

    /// Waits until the last row of the window begins with this text.
    fn ends_in(&self, text: &str) {
        wait_until(&format!("the last row of tmux is {text:?}"), DEADLINE, || {
            let shown = self.run(&["capture-pane", "-p"]).stdout;
            let shown = String::from_utf8_lossy(&shown).into_owned();
            shown.lines().last().is_some_and(|row| row.starts_with(text))
        });
    }

    /// Waits until one of the lines is this one.
    fn has(&self, want: &str) {
        wait_until(want, DEADLINE, || self.lines().iter().any(|line| line == want));
    }

    /// Waits until the last lines are these.
    fn ends_with(&self, want: &[String]) {
        let what = format!("tmux shows {want:#?}");
        wait_until(&what, DEADLINE, || self.lines().ends_with(want));
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// The home of alice, her client in a window of 80 columns, and bob, when her window tells that he is here; `None`
/// without tmux. That line answers a question of the client, so it may come after messages of bob.
fn alice_and_bob(server: &Server) -> Option<(TempDir, Tmux, Peer)> {
    let mut bob = server.login("bob");
    let home = empty_home();
    let tmux = Tmux::open(server, &home, 80)?;
    bob.hears(json!({"response": "join", "username": "alice"}));
    tmux.has("* also here: bob");
    Some((home, tmux, bob))
}

#[test]
#[ignore = "slow"]
fn a_line_with_rows_is_shown_once_after_every_change_of_the_width() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    for widths in [&[100, 50, 100][..], &[90, 50, 120, 50, 120], &[80, 20, 80, 20, 200]] {
        let home = empty_home();
        let Some(tmux) = Tmux::open(&server, &home, widths[0]) else {
            return harness::skipped("this machine has no tmux");
        };
        bob.hears(json!({"response": "join", "username": "alice"}));
        let typed: String = ('a'..='z').cycle().take(140).collect();
        let prompt = format!("alice> {typed}");
        tmux.ends_with(&["* also here: bob".to_owned(), "alice>".to_owned()]);
        tmux.run(&["send-keys", "-l", &typed]);
        tmux.ends_with(std::slice::from_ref(&prompt));
        let mut want = ["* you are alice", "* also here: bob"].map(str::to_owned).to_vec();
        for (number, &width) in widths.iter().enumerate().skip(1) {
            tmux.resize(width);
            // Even in the narrowest window it has one row.
            let said = format!("{number}: {width}");
            bob.says(&said);
            bob.hears(json!({"response": "message", "message": said}));
            want.push(format!("bob: {said}"));
            tmux.ends_with(&[want.last().unwrap().clone(), prompt.clone()]);
        }
        want.push(prompt);
        let lines = tmux.lines();
        let begin = lines.iter().position(|line| *line == want[0]);
        assert_eq!(lines[begin.unwrap()..], want, "{widths:?}: {lines:#?}");
        let copies = lines.iter().filter(|line| line.starts_with("alice>")).count();
        assert_eq!(copies, 1, "{widths:?}: {lines:#?}");
        drop(tmux);
        bob.hears(json!({"response": "leave", "username": "alice"}));
    }
}

#[test]
#[ignore = "slow"]
fn a_change_of_the_height_erases_no_message_above_a_line_with_rows() {
    // The line has eleven or three rows, and the cursor is at its beginning, in its middle, or at its end.
    for (count, keys, rows) in [
        (850, "C-a", "6"),
        (850, "M-b", "6"),
        (850, "C-e", "8"),
        (200, "C-a", "22"),
        (200, "C-a", "2"),
    ] {
        let server = Server::start("events", &["--flood", "off"]);
        let Some((_home, tmux, mut bob)) = alice_and_bob(&server) else {
            return harness::skipped("this machine has no tmux");
        };
        let mut says = |text: &str| {
            bob.says(text);
            bob.hears(json!({"response": "message", "message": text}));
        };
        let said = ["one", "two", "three", "four", "five", "six"];
        said.iter().for_each(|text| says(text));
        tmux.ends_with(&["bob: six", "alice>"].map(str::to_owned));
        let words = "word-a word-b ".repeat(count / 14);
        tmux.run(&["send-keys", "-l", &words]);
        let line = format!("alice> {}", words.trim_end());
        tmux.ends_with(std::slice::from_ref(&line));
        tmux.run(&["send-keys", "-N", "60", keys]);
        for (size, text) in [(rows, "low"), (ROWS, "high"), (rows, "low again"), (ROWS, "end")] {
            tmux.resize_to("80", size);
            says(text);
            tmux.has(&format!("bob: {text}"));
        }
        tmux.ends_with(&["bob: end".to_owned(), line]);
        let lines = tmux.lines();
        for text in said.iter().chain(&["low", "high", "low again", "end"]) {
            let shown = lines.iter().filter(|line| **line == format!("bob: {text}")).count();
            assert_eq!(shown, 1, "{text} with {keys} in {rows} rows: {lines:#?}");
        }
    }
}

#[test]
fn the_prompt_stays_in_the_last_row_while_the_connection_is_lost_and_after_it() {
    let folder = empty_home();
    let server = reconnect::start(0, folder.path());
    let port = server.address().port();
    let Some(tmux) = Tmux::open(&server, &folder, 80) else {
        return harness::skipped("this machine has no tmux");
    };
    tmux.ends_in("alice>");
    drop(server);
    tmux.ends_in("reconnecting in ");
    tmux.run(&["send-keys", "Enter"]);
    tmux.ends_in("reconnecting in ");
    let _server = reconnect::start(port, folder.path());
    tmux.ends_in("alice>");
    tmux.ends_with(&["* connected again; you are alice".to_owned(), "alice>".to_owned()]);
}

#[test]
fn a_paste_while_the_client_waits_for_an_answer_is_one_paste() {
    let server = Server::start("events", &[]);
    let Some((_home, tmux, mut bob)) = alice_and_bob(&server) else {
        return harness::skipped("this machine has no tmux");
    };
    server.signal("STOP");
    // The client waits for the answer to a message of several lines.
    for keys in
        [&["send-keys", "one", "M-Enter", "two", "Enter"][..], &["set-buffer", "1\n2\n3\n4"]]
    {
        tmux.run(keys);
    }
    tmux.has("alice: one");
    tmux.run(&["paste-buffer", "-p"]);
    server.signal("CONT");
    bob.hears(json!({"response": "message", "message": "one\ntwo"}));
    tmux.ends_in("send them? [y/n]");
    tmux.run(&["send-keys", "y", "Enter"]);
    bob.hears(json!({"response": "message", "message": "1\n2\n3\n4"}));
}
