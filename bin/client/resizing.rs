//! Redraws the input line when the size of the terminal changes.
//!
//! Most terminals break their lines anew when they are resized. The editor does not know that: it would erase
//! as many rows as its line had before, which erases messages or leaves a part of the line. So the editor
//! does not see the signal SIGWINCH, which all threads block. A thread here waits for it. The thread erases
//! the line where it is now, and makes the editor begin again with the same text and the new width.
//!
//! The editor also counts on the edges of the window: it moves the cursor down to the end of its line and erases as many
//! rows upwards. In a window that is lower than the line, the movement down ends at the last row. So after a change of
//! the height a line of several rows begins again, too.
//!
//! A terminal that becomes narrower breaks all its lines, and the first rows may go to its history, where nothing
//! can erase them. tmux moves rows there even if there are free ones at the end of the window. So the client keeps
//! its line in the last row: the rows above it go first.
//!
//! No message is printed in between: the printer of the `receive` thread waits. It also looks at the size
//! itself before each message, because a signal may be late.

mod part;
mod screen;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::SIGINT;

use crate::stdio;
use screen::Screen;
pub(crate) use screen::{ERASE, UP, rows};

/// The interval between two attempts to end the editor's wait.
const INTERRUPT: Duration = Duration::from_millis(20);
/// The editor tells what it draws just before it writes. After this time it has written.
const QUIET: Duration = Duration::from_millis(15);
/// A multiplexer passes on the sizes of its window with a delay of up to 250 ms. Until this time after the
/// last change, the size that the system tells may be an old one.
const STEADY: Duration = Duration::from_millis(300);
/// The longest time for which a message waits until the editor has begun again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Blocks SIGWINCH for this thread and the threads that it starts.
///
/// # Errors
/// When the system refuses.
pub(crate) fn block_signal() -> io::Result<()> {
    Ok(SigSet::from_iter([Signal::SIGWINCH]).thread_block()?)
}

/// What the editor shows, and whether it has to begin again. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Resizing(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    /// What the editor shows; `None` while it is not on.
    screen: Option<Screen>,
    /// Whether the editor draws its line for the last time, so that it is shown whole.
    is_whole: bool,
    /// The number of rows between the cursor, after the editor has ended, and the beginning of its line.
    climb: Option<usize>,
    /// Whether the editor has to begin again, and has not shown its line yet.
    is_moving: bool,
    /// When the editor last drew, or was about to.
    drawn: Instant,
    /// The last known size, and when it changed.
    size: (usize, Option<usize>),
    resized: Option<Instant>,
}

impl Resizing {
    /// Starts the thread that waits for SIGWINCH, which must be [blocked](block_signal).
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub(crate) fn start() -> io::Result<Resizing> {
        let state = State {
            screen: None,
            is_whole: false,
            climb: None,
            is_moving: false,
            drawn: Instant::now(),
            size: size(),
            resized: None,
        };
        let resizing = Resizing(Arc::new((Mutex::new(state), Condvar::new())));
        let watching = resizing.clone();
        thread::Builder::new().name("resize".to_owned()).spawn(move || {
            let signal = SigSet::from_iter([Signal::SIGWINCH]);
            while signal.wait().is_ok() {
                watching.lock().resized = Some(Instant::now());
                watching.settle();
            }
        })?;
        Ok(resizing)
    }

    /// The editor begins, with this prompt.
    pub(crate) fn begin(&self, prompt: &str) {
        let mut state = self.lock();
        state.screen = Some(Screen::new(prompt, stdio::columns(), stdio::height()));
        state.is_whole = false;
    }

    /// The editor has ended. If it ended in order to begin again, it returns the number of rows between the
    /// cursor and the beginning of the line.
    pub(crate) fn end(&self) -> Option<usize> {
        let mut state = self.lock();
        state.screen = None;
        let climb = state.climb.take();
        if climb.is_none() {
            state.is_moving = false;
            self.0.1.notify_all();
        }
        climb
    }

    /// The editor shows a line, after the prompt. `search` is the prompt if it is that of a search.
    pub(crate) fn shown(&self, search: Option<&str>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.climb.is_none() {
            state.is_moving = false;
            self.0.1.notify_all();
        }
        state.drawn = Instant::now();
        if let Some(screen) = &mut state.screen {
            screen.is_default = search.is_none();
            screen.search = search.map(str::to_owned);
            screen.hint.clear();
            let height = if state.is_whole { None } else { stdio::height() };
            screen.choose_part(height);
            screen.height = stdio::height();
        }
    }

    /// The editor shows all rows of its line from now on, also those for which the window is too low. Returns
    /// whether there are such rows.
    pub(crate) fn show_whole(&self) -> bool {
        let is_tall = self.is_tall();
        self.lock().is_whole = true;
        is_tall
    }

    /// Whether the window is too low for the line.
    pub(crate) fn is_tall(&self) -> bool {
        let state = self.lock();
        let is_higher = |height| state.screen.as_ref().is_some_and(|it| it.is_higher_than(height));
        stdio::height().is_some_and(is_higher)
    }

    /// What the editor has to show of its prompt; `None` if all of it.
    pub(crate) fn part_of_prompt(&self) -> Option<String> {
        self.lock().screen.as_ref().and_then(Screen::part_of_prompt)
    }

    /// What the editor has to show of its line; `None` if all of it.
    pub(crate) fn part_of_line(&self) -> Option<String> {
        self.lock().screen.as_ref().and_then(Screen::part_of_line)
    }

    /// The editor's line, with the cursor at byte `position`.
    pub(crate) fn line(&self, line: &str, position: usize) {
        let mut state = self.lock();
        state.drawn = Instant::now();
        if let Some(screen) = &mut state.screen {
            screen.line.replace_range(.., line);
            screen.position = position;
        }
    }

    /// The editor shows a hint behind the line.
    pub(crate) fn hint(&self, hint: &str) {
        if let Some(screen) = &mut self.lock().screen {
            screen.hint.replace_range(.., hint);
        }
    }

    /// Moves everything but the line out of the window, and leaves the line in the last row.
    pub(crate) fn clear_window(&self) {
        if let Some(screen) = &self.lock().screen {
            let _ = stdio::print_raw(&screen.erase_drawn());
            stdio::go_down();
        }
    }

    /// Whether the line has more than one row.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.lock().screen.as_ref().is_some_and(Screen::is_wrapped)
    }

    /// Whether the end of the line is in the first column of a row, behind a full row or a newline.
    pub(crate) fn ends_row(&self) -> bool {
        self.lock().screen.as_ref().is_some_and(Screen::ends_row)
    }

    /// Whether the editor has to end.
    pub(crate) fn is_moving(&self) -> bool {
        self.lock().climb.is_some()
    }

    /// If the size has changed, and the editor has not drawn for the new one, makes it begin again, and waits until it has.
    /// It may have changed once more in the meantime.
    pub(crate) fn settle(&self) {
        let mut state = self.lock();
        loop {
            while !state.is_quiet() {
                let waited = self.0.1.wait_timeout(state, QUIET);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if !state.is_moving && !state.begin_to_move() {
                return;
            }
            let until = Instant::now() + PATIENCE;
            while state.is_moving {
                if Instant::now() >= until {
                    return;
                }
                if state.climb.is_some() {
                    // A signal that arrives before the editor's wait has no effect, so it is repeated.
                    let _ = signal_hook::low_level::raise(SIGINT);
                }
                let waited = self.0.1.wait_timeout(state, INTERRUPT);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The width and the height of the window.
fn size() -> (usize, Option<usize>) {
    (stdio::columns(), stdio::height())
}

impl State {
    /// Erases the line if the editor has drawn it for another size. Returns whether the editor has to begin again.
    fn begin_to_move(&mut self) -> bool {
        let (columns, height) = self.size;
        if let Some(screen) = self.misdrawn() {
            let (erase, climb) = screen.erase(columns, height);
            let _ = stdio::print_raw(&erase);
            self.climb = Some(climb);
            self.is_moving = true;
        }
        self.is_moving
    }

    /// What the editor shows, if it is wrong for the size.
    fn misdrawn(&self) -> Option<&Screen> {
        let (columns, height) = self.size;
        let drawn = self.screen.as_ref().filter(|screen| screen.is_default);
        drawn.filter(|screen| screen.fails_in(columns, height))
    }

    /// Whether the size has not changed for a while, and the editor draws nothing. An editor that has drawn for this size
    /// may go on to draw, as for a person who types fast: nothing has to be erased.
    fn is_quiet(&mut self) -> bool {
        let size = size();
        if size != self.size {
            self.size = size;
            self.resized = Some(Instant::now());
        }
        let is_steady = self.resized.is_none_or(|then| then.elapsed() >= STEADY);
        is_steady && (self.drawn.elapsed() >= QUIET || self.misdrawn().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_that_draws_for_the_right_size_holds_nothing_up() {
        let mut state = State {
            screen: Some(Screen::new("> ", stdio::columns(), stdio::height())),
            is_whole: false,
            climb: None,
            is_moving: false,
            drawn: Instant::now() + STEADY,
            size: size(),
            resized: None,
        };
        assert!(state.is_quiet());
        state.resized = Some(Instant::now());
        assert!(!state.is_quiet(), "the size may change once more");
    }
}
