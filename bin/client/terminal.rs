//! A person at a terminal: a line editor, above which messages appear.
//!
//! The main thread waits in the editor for what is typed. The `hear` thread prints what the
//! server says through the editor's printer, which puts it above the line being typed and leaves
//! that line as it was.
//!
//! The editor has no call that makes it give up waiting, but a signal does that. So when the
//! connection ends, or the process is told to, the thread that knows it raises SIGINT in this
//! process until the main thread has seen why, and left through its destructors: that is what
//! gives the terminal back as it was.

use std::io::{self, Write};
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use parse::{LinkEvent, LinkReceiver};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor, ExternalPrinter};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::REFUSED;
use crate::completion::Completion;
use crate::conversation::Conversation;
use crate::history;
use crate::typed::Typed;

/// Ended by Ctrl-C, as a shell counts it.
const INTERRUPTED: u8 = 130;
/// How long the next prompt waits for the answer to a command that changes it.
const PROMPT: Duration = Duration::from_secs(1);
/// How often the editor is told to give up waiting, until it has.
const INTERRUPT: Duration = Duration::from_millis(50);
/// A message that changes nothing on the screen, with the newline that follows it: one line up.
const NOTHING: &str = "\x1b[A";

/// A terminal that can be edited on.
pub(crate) struct Terminal {
    editor: Editor<Completion, FileHistory>,
    history: Option<PathBuf>,
}

/// Why the editor is made to give up.
enum Ending {
    Closed(String),
    Signal(i32),
}

impl Terminal {
    /// The terminal of this process; `None` if it cannot move its cursor.
    pub(crate) fn open() -> Option<Terminal> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .history_ignore_dups(true)
            .and_then(|builder| builder.max_history_size(1000))
            .map(|builder| builder.build())
            .ok()?;
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config).ok()?;
        editor.create_external_printer().ok()?;
        Some(Terminal { editor, history: None })
    }

    /// Takes up what was typed in earlier runs. Without it the client works as well.
    fn remember(&mut self) -> Result<(), String> {
        self.history = history::file()?;
        if let Some(file) = &self.history {
            let failed = |error| format!("{}: {error}", file.display());
            self.editor.load_history(file).map_err(failed)?;
        }
        Ok(())
    }

    /// Remembers a line, now and for later runs. At once, since a process may be killed.
    fn remember_line(&mut self, line: &str) {
        let added = self.editor.add_history_entry(line).unwrap_or(false);
        if let (true, Some(file)) = (added, &self.history)
            && self.editor.append_history(file).is_err()
        {
            // It was said once, at the start, if it cannot be written; a full disk is no reason
            // to disturb a conversation.
            self.history = None;
        }
    }
}

/// Runs until the person leaves, or the connection ends.
pub(crate) fn run(
    mut terminal: Terminal,
    target: &str,
    conversation: Conversation,
    receiver: LinkReceiver,
    name: Option<String>,
) -> ExitCode {
    let look = conversation.look();
    let say = |line: &str| drop(writeln!(io::stdout(), "{line}"));
    if let Err(error) = terminal.remember() {
        say(&look.error(&format!("what you type will not be remembered: {error}")));
    }
    terminal.editor.set_helper(Some(Completion(conversation.clone())));

    let (ending, endings) = mpsc::sync_channel(2);
    if let Err(error) = start_threads(&mut terminal, &conversation, receiver, ending) {
        say(&look.error(&format!("cannot start: {error}")));
        return ExitCode::from(REFUSED);
    }
    say(&look.event(&format!("connected to {target}; /help lists the commands")));
    match &name {
        Some(name) => {
            let _ = conversation.login(name);
            conversation.wait(0, PROMPT);
        }
        None => say(&look.event("/login NAME to come in")),
    }
    let code = type_lines(&mut terminal, &conversation, &endings);
    conversation.finish();
    code
}

/// The life of the main thread: a line after the other.
fn type_lines(
    terminal: &mut Terminal,
    conversation: &Conversation,
    endings: &Receiver<Ending>,
) -> ExitCode {
    let look = conversation.look();
    let say = |line: &str| drop(writeln!(io::stdout(), "{line}"));
    let mut interrupted = false;
    loop {
        let prompt = look.prompt(conversation.me().as_deref());
        let read = terminal.editor.readline(&prompt);
        // First of all, since what made the editor give up looks like a Ctrl-C to it.
        match endings.try_recv() {
            Ok(Ending::Closed(why)) => {
                say(&look.error(&why));
                return ExitCode::from(REFUSED);
            }
            Ok(Ending::Signal(signal)) => {
                return ExitCode::from(u8::try_from(128 + signal).unwrap_or(REFUSED));
            }
            Err(_) => {}
        }
        match read {
            Ok(typed) => {
                interrupted = false;
                terminal.remember_line(&typed);
                // What was pasted can be many lines.
                for line in typed.lines() {
                    if type_line(conversation, line).is_break() {
                        return ExitCode::SUCCESS;
                    }
                }
            }
            Err(ReadlineError::Eof) => return ExitCode::SUCCESS,
            Err(ReadlineError::Interrupted) if interrupted => {
                return ExitCode::from(INTERRUPTED);
            }
            Err(ReadlineError::Interrupted) => {
                interrupted = true;
                say(&look.event("Ctrl-C again, or Ctrl-D, to leave"));
            }
            // The window was resized before the line was set up; the next one knows its size.
            Err(ReadlineError::Signal(_)) => {}
            Err(error) => {
                say(&look.error(&format!("cannot read the terminal: {error}")));
                return ExitCode::from(REFUSED);
            }
        }
    }
}

/// Does what one line says; breaks off when it says to leave.
fn type_line(conversation: &Conversation, line: &str) -> ControlFlow<()> {
    let mistake = |why: &str| vec![conversation.mistake(why)];
    let lines = match conversation.read(line) {
        Typed::Nothing => vec![],
        Typed::Quit => return Break(()),
        Typed::Help => conversation.help(),
        Typed::Mistake(why) => mistake(&why),
        Typed::Ask(request) => {
            let changes_prompt = matches!(request.name.as_str(), "login" | "logout");
            match conversation.ask(request) {
                Ok(()) if changes_prompt => {
                    conversation.wait(0, PROMPT);
                    vec![]
                }
                Ok(()) => vec![],
                Err(unsent) => mistake(&unsent.to_string()),
            }
        }
    };
    for line in lines {
        let _ = writeln!(io::stdout(), "{line}");
    }
    Continue(())
}

/// Starts whatever can end the main thread's wait.
fn start_threads(
    terminal: &mut Terminal,
    conversation: &Conversation,
    receiver: LinkReceiver,
    ending: SyncSender<Ending>,
) -> io::Result<()> {
    // Outside of the editor a SIGINT must not end the process: it means "look again".
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let mut signals = Signals::new([SIGTERM, SIGHUP])?;
    let told = ending.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(&told, Ending::Signal(signal));
        }
    })?;
    let printer = terminal.editor.create_external_printer().map_err(io::Error::other)?;
    let hearing = conversation.clone();
    thread::Builder::new().name("hear".to_owned()).spawn(move || {
        let why = hear(&hearing, receiver, printer);
        end(&ending, Ending::Closed(why));
    })?;
    Ok(())
}

/// The life of the `hear` thread: show what the server says, until the connection is over.
fn hear(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut printer: impl ExternalPrinter,
) -> String {
    let mut print = |lines: Vec<String>| {
        // All at once, so that a backlog does not repaint the line being typed fifty times.
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        if !text.is_empty() {
            // It fails only when the main thread is gone, and the process with it.
            let _ = printer.print(text);
        }
    };
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                print(conversation.hear(&response));
                conversation.answered(&response);
            }
            LinkEvent::Unreadable(error) => print(vec![conversation.unreadable(&error)]),
            LinkEvent::Closed(reason) => {
                // The editor shows its messages one by one, and takes the next one when it has
                // shown the one before. So when it takes this, the server's last words are seen.
                print(vec![NOTHING.to_owned()]);
                return conversation.end(reason);
            }
            LinkEvent::Quiet => {}
        }
    }
}

/// Makes the main thread leave, for this reason.
fn end(endings: &SyncSender<Ending>, ending: Ending) {
    if endings.send(ending).is_err() {
        return;
    }
    // The main thread may be just about to wait, so once may be too early. It ends this loop by
    // ending the process.
    loop {
        let _ = signal_hook::low_level::raise(SIGINT);
        thread::park_timeout(INTERRUPT);
    }
}
