//! Plain input lines and plain output lines: for scripts, tests and pipes.
//!
//! The client ends when the input has ended and the last answers have arrived. Before it sends a
//! line, it waits for the answer to the previous line. So a file of ten thousand lines arrives
//! complete, although the server limits the rate of requests.
//!
//! If the reader of the output closes it, as `head` does, the client sends no further line. It ends when it
//! reads one, which is an error, or has to wait for one.

use std::io::{self, PipeReader};
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use parse::{CloseReason, LinkReceiver, Request, Unsent};

use crate::connections::{self, Closed, Display};
use crate::conversation::Conversation;
use crate::exit::{CANNOT_CONNECT, REFUSED};
use crate::foreign::Beginning;
use crate::input::Input;
use crate::output::Output;
use crate::protocol::MESSAGE;
use crate::returning::CONNECTED;
use crate::server::Server;
use crate::stdio;
use crate::watch;

/// How long the client waits for an answer before it sends the next line or ends. So it also works,
/// slowly, with a server that echoes no tags.
const PATIENCE: Duration = Duration::from_secs(10);

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How long the client waits for the server's commands before it uses its built-in list.
const COMMANDS: Duration = Duration::from_secs(5);
/// The error for a text that looks like a mistyped command.
const DOUBT: &str = "this looks like a mistyped command and was not sent; /say TEXT sends it";

/// Runs until the input, the output or the connection ends.
pub(crate) fn run(
    conversation: Conversation,
    receiver: LinkReceiver,
    server: &Server,
    login: Option<Request>,
    output: Output,
) -> ExitCode {
    if conversation.style().terminal {
        let how = if login.is_none() { "; /login NAME logs in" } else { "" };
        let seen = "This terminal has no line editor: a password is seen while it is typed";
        complain(&format!("connected to {}. {seen}{how}", server.target));
    }
    let (closed, open) = match io::pipe() {
        Ok(pipe) => pipe,
        Err(error) => return fail(&format!("cannot make a pipe: {error}")),
    };
    conversation.known().output = Some(open);
    let (ending, ended) = mpsc::sync_channel(1);
    let typing = conversation.clone();
    // The thread may block in a read; the process ends without it.
    let started = thread::Builder::new().name("type".to_owned()).spawn(move || {
        // If the thread panicked silently, the client would wait for the server without end.
        let result = catch_unwind(AssertUnwindSafe(|| type_lines(&typing, login, output, &closed)));
        let bug = |_| Typed::Failed("a bug ended the thread that reads the input".to_owned());
        let _ = ending.send(result.unwrap_or_else(bug));
        typing.finish();
    });
    if let Err(error) = started.and_then(|_| {
        watch::start(&conversation, |news| news.text().into_iter().for_each(complain))
    }) {
        return fail(&format!("cannot start a thread: {error}"));
    }

    let mut pipe = Pipe { conversation: &conversation, output, reason: CloseReason::Finished };
    let closed = match connections::show_all(&mut pipe, &conversation, receiver, server) {
        Ok(closed) => closed,
        Err(error) => return fail(&cannot_write(&error)),
    };
    let known = conversation.known();
    if known.beginning.is_foreign() {
        complain(&closed.why);
        return ExitCode::from(CANNOT_CONNECT);
    }
    match ended.try_recv() {
        Ok(Typed::Failed(why)) => fail(&why),
        // The server closed the connection before the client did.
        Err(_) | Ok(Typed::Cut) if !known.shut_down => fail(&closed.why),
        Ok(Typed::Whole) if !known.shut_down && pipe.reason != CloseReason::Finished => {
            fail(&closed.why)
        }
        _ if known.refused => ExitCode::from(REFUSED),
        _ => ExitCode::SUCCESS,
    }
}

/// The output of the client, with the reason why the last connection closed.
struct Pipe<'a> {
    conversation: &'a Conversation,
    output: Output,
    reason: CloseReason,
}

impl Display for Pipe<'_> {
    type Error = io::Error;

    fn show(&mut self, receiver: LinkReceiver) -> io::Result<Closed> {
        self.reason = self.output.show(self.conversation, receiver)?;
        let is_bug = self.reason == CloseReason::Bug;
        Ok(Closed { why: self.conversation.end(self.reason), is_bug })
    }

    fn say_lost(&mut self, text: &str) {
        complain(text);
    }

    fn count_down(&mut self, _seconds: usize, _attempt: usize) {}
}

/// Prints a text that is no part of the conversation.
fn complain(text: &str) {
    stdio::print_error(&format!("client: {text}"));
}

fn cannot_write(error: &io::Error) -> String {
    format!("cannot write the output: {error}")
}

fn fail(why: &str) -> ExitCode {
    complain(why);
    ExitCode::from(REFUSED)
}

/// How the input ended.
enum Typed {
    /// The server has answered the last line that the client had to send.
    Whole,
    /// The connection closed before that.
    Cut,
    /// The text says why no more was sent.
    Failed(String),
}

impl Typed {
    /// The end of the input, or of the part that the client had to send.
    fn whole(conversation: &Conversation) -> Typed {
        let known = conversation.known();
        if known.closed && known.outstanding().next().is_some() { Typed::Cut } else { Typed::Whole }
    }
}

/// Sends each line of the input, until the input, the output or the conversation ends. `closed` can be read when
/// the output is closed.
fn type_lines(
    conversation: &Conversation,
    login: Option<Request>,
    output: Output,
    closed: &PipeReader,
) -> Typed {
    let begun = Instant::now();
    let silent = || Typed::Failed(conversation.give_up_waiting(begun));
    // Now the client knows the server's commands, if the server lists them.
    if !conversation.wait(COMMANDS) {
        conversation.pass_over_own();
    }
    if let Some(login) = login {
        conversation.exposes(&login).into_iter().for_each(complain);
        match conversation.ask(login) {
            Ok(()) if !conversation.wait(PATIENCE) => return silent(),
            // A person can type another login, a script cannot.
            Ok(()) if conversation.me().is_none() && !conversation.style().terminal => {
                return Typed::whole(conversation);
            }
            Ok(()) => {}
            Err(Unsent::Closed) => return Typed::Cut,
            Err(Unsent::TooLong) => return Typed::Failed("the login is too long".to_owned()),
        }
    }
    let mut input = match stdio::input() {
        Ok(input) => input,
        Err(error) => return Typed::Failed(format!("cannot open the input: {error}")),
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        match stdio::read_line(&mut input, &mut line, closed) {
            // Nobody reads the output, and every line that came was sent.
            Ok(false) => break,
            Ok(true) if line.is_empty() => break,
            Ok(true) => {}
            Err(error) => {
                let why = conversation.mistake(&format!("cannot read the input: {error}"));
                let _ = output.say(conversation, &[why]);
                break;
            }
        }
        conversation.wait(PATIENCE);
        conversation.wait_for_return();
        if conversation.known().closed {
            return Typed::Cut;
        }
        match type_line(conversation, &line, number, output) {
            Continue(()) => {}
            Break(Typed::Whole) => break,
            Break(typed) => return typed,
        }
    }
    loop {
        conversation.wait_for_return();
        if !conversation.wait(PATIENCE) {
            return silent();
        }
        // A lost connection ends the wait, too.
        if !conversation.known().is_breaking() {
            return Typed::whole(conversation);
        }
    }
}

impl Conversation {
    /// Records that the server does not answer, and that no more requests follow. Returns the text that says
    /// so, after which nothing else is reported. `begun` is the time of the first request.
    fn give_up_waiting(&self, begun: Instant) -> String {
        let mut known = self.known();
        let has_heard = known.liveness.has_heard();
        if !has_heard && known.me.is_none() {
            known.beginning = Beginning::Silent;
        }
        let why = if has_heard {
            format!("the server did not answer within {} s", PATIENCE.as_secs())
        } else {
            format!("nothing came from the server for {} s", begun.elapsed().as_secs())
        };
        known.given_up = Some(why.clone());
        known.finished = true;
        drop(known);
        // A server that has answered before may still read what it got.
        if !has_heard {
            self.link().abort();
        }
        why
    }
}

/// Executes one line of input; breaks after the last one, or if the output is closed or cannot be written.
fn type_line(
    conversation: &Conversation,
    line: &[u8],
    number: u64,
    output: Output,
) -> ControlFlow<Typed> {
    // The client's own output comes after the answers to the previous lines.
    let say = |lines: &[String]| {
        conversation.wait(PATIENCE);
        output.say(conversation, lines)
    };
    let mistake = |why: &str| say(&[conversation.mistake(why)]);
    // A byte-order mark is not part of the first line.
    let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    let input = match std::str::from_utf8(line) {
        Ok(line) => conversation.parse_input(line),
        Err(_) => {
            Input::Mistake(format!("line {number} of the input is not UTF-8 and was not sent"))
        }
    };
    let is_closed = conversation.known().output.is_none();
    if is_closed && !matches!(input, Input::Nothing | Input::Quit(_)) {
        let left = format!("the input from line {number} on was not sent");
        return Break(Typed::Failed(format!("the reader of the output has closed it; {left}")));
    }
    let printed = match input {
        Input::Nothing => Ok(()),
        Input::Quit(reason) => {
            conversation.say_goodbye(&reason);
            return Break(Typed::Whole);
        }
        // The client reads a line only when it is connected.
        Input::Reconnect => say(&[conversation.style().event(CONNECTED)]),
        Input::Search(text) => {
            conversation.wait(PATIENCE);
            let waits = || {
                conversation.wait_for_page(PATIENCE);
                false
            };
            say(&conversation.look_up(&text, waits, |_| ()))
        }
        Input::Help => say(&conversation.help(None, None)),
        Input::Explain(command) => say(&conversation.explain(&command, None)),
        // A script knows who whispered.
        Input::Reply(_) => mistake("/r is for people at a terminal: /msg NAME TEXT"),
        Input::SwitchRoom(room) => say(&[conversation.switch_room(&room)]),
        Input::Ignoring(what) => say(&[conversation.ignore(&what)]),
        Input::Mistake(why) | Input::Unknown(why) | Input::Exposed(why) => mistake(&why),
        // No person is at a terminal to confirm the text.
        Input::Suspicious(_) => mistake(DOUBT),
        Input::Ask(request) => {
            conversation.exposes(&request).into_iter().for_each(complain);
            let message = (request.name == MESSAGE).then(|| request.clone());
            match (conversation.ask(request), message) {
                (Ok(()), _) => Ok(()),
                // The other thread knows why.
                (Err(Unsent::Closed), _) => return Break(Typed::Cut),
                (Err(Unsent::TooLong), Some(message)) => {
                    let known = conversation.known();
                    let why = known.catalogue.not_sent(&known.limits.too_long(&message), &message);
                    drop(known);
                    mistake(&why)
                }
                (Err(unsent @ Unsent::TooLong), None) => mistake(&unsent.to_string()),
            }
        }
    };
    match printed {
        Ok(()) => Continue(()),
        Err(error) => Break(Typed::Failed(cannot_write(&error))),
    }
}
