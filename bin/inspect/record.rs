//! The record of a run: every event as a line of JSON, in a file.
//!
//! The newest lines are also in memory. A page that connects late, or scrolls back, gets older lines
//! from the file. So the memory is bounded, however long a run is. If the file cannot be written, the
//! newest lines remain.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::event::Event;

/// Greatest number of lines in memory.
const LINES: usize = 4096;

/// Greatest number of bytes of the lines in memory.
const BYTES: usize = 8 << 20;

/// The distance in lines between two known places of the file.
const STRIDE: u64 = 64;

/// The events so far, for all threads.
pub(crate) struct Record {
    state: Mutex<State>,
    changed: Condvar,
    file: File,
}

#[derive(Default)]
struct State {
    /// The newest lines.
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    /// The number of all lines.
    count: u64,
    /// The number of lines in the file; less than `count` if it could not be written.
    filed: u64,
    /// The place in the file of every 64th line.
    places: Vec<u64>,
    length: u64,
    /// Whether no more lines come.
    ended: bool,
}

impl Record {
    /// Creates an empty record in a file.
    pub(crate) fn new(file: File) -> Record {
        Record { state: Mutex::default(), changed: Condvar::new(), file }
    }

    /// Opens the record of an earlier run.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is not an event.
    pub(crate) fn open(path: &Path) -> io::Result<Record> {
        let file = File::open(path)?;
        let record = Record::new(file.try_clone()?);
        let mut lines = BufReader::new(file);
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            let text = line.trim_end_matches('\n');
            if !is_event(text) {
                let number = record.lock().count + 1;
                let why = format!("line {number} is not an event of inspect");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            let mut state = record.lock();
            state.filed += 1;
            state.add(text.into());
            drop(state);
            line.clear();
        }
        Ok(record)
    }

    /// Takes events until the proxy ends.
    pub(crate) fn run(&self, events: &Receiver<Event>) {
        let mut file = BufWriter::new(&self.file);
        let mut works = true;
        while let Ok(first) = events.recv() {
            let mut batch = vec![first];
            batch.extend(events.try_iter().take(1024));
            let lines: Vec<Arc<str>> = batch.iter().map(line).collect();
            let written = lines.iter().try_for_each(|line| writeln!(file, "{line}"));
            works = works && written.and_then(|()| file.flush()).is_ok();
            let mut state = self.lock();
            if works {
                state.filed += lines.len() as u64;
            }
            lines.into_iter().for_each(|line| state.add(line));
            drop(state);
            self.changed.notify_all();
        }
        self.end();
    }

    /// Wakes all waiting threads: no more lines come.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits for lines from this number on. Returns the number of the first one and the lines, or `None` at
    /// the end of the record. After the time it returns no lines.
    pub(crate) fn wait(
        &self,
        from: u64,
        most: usize,
        time: Duration,
    ) -> Option<(u64, Vec<Arc<str>>)> {
        let state = self.lock();
        let waits = |state: &mut State| state.count <= from && !state.ended;
        let waited = self.changed.wait_timeout_while(state, time, waits);
        let (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.count <= from {
            return if state.ended { None } else { Some((from, Vec::new())) };
        }
        drop(state);
        Some(self.lines(from, most))
    }

    /// Returns lines from this number on, at most so many, with the number of the first one.
    pub(crate) fn lines(&self, from: u64, most: usize) -> (u64, Vec<Arc<str>>) {
        let state = self.lock();
        let first = state.count - state.lines.len() as u64;
        if from >= first {
            let skip = usize::try_from(from - first).unwrap_or(usize::MAX);
            return (from, state.lines.iter().skip(skip).take(most).cloned().collect());
        }
        if from >= state.filed {
            // They are neither in the file nor in memory.
            return (first, state.lines.iter().take(most).cloned().collect());
        }
        let index = usize::try_from(from / STRIDE).unwrap_or(usize::MAX);
        let place = state.places.get(index).copied().unwrap_or_default();
        drop(state);
        let reader = BufReader::new(At { file: &self.file, place });
        let skip = usize::try_from(from % STRIDE).unwrap_or_default();
        let lines = reader.lines().skip(skip).take(most).map_while(Result::ok);
        (from, lines.map(Arc::from).collect())
    }

    /// The number of lines.
    pub(crate) fn count(&self) -> u64 {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, line: Arc<str>) {
        if self.count.is_multiple_of(STRIDE) {
            self.places.push(self.length);
        }
        self.count += 1;
        self.length += line.len() as u64 + 1;
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES && self.lines.len() > 1 {
            let gone = self.lines.pop_front();
            self.bytes -= gone.map_or(0, |gone| gone.len());
        }
    }
}

/// Whether a line is an event.
pub(crate) fn is_event(line: &str) -> bool {
    let event = serde_json::from_str::<serde_json::Value>(line);
    event.is_ok_and(|event| event.get("event").is_some_and(serde_json::Value::is_string))
}

/// Writes an event as a line.
#[expect(clippy::expect_used, reason = "an event has only strings, numbers and lists")]
pub(crate) fn line(event: &Event) -> Arc<str> {
    serde_json::to_string(event).expect("an event is JSON").into()
}

/// A reader of a file from a place on, beside other readers and the writer.
struct At<'a> {
    file: &'a File,
    place: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.place)?;
        self.place += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::event::What;

    fn event(number: u64) -> Event {
        let name = format!("{number}");
        Event { at: 0.5, client: number, what: What::Named { name } }
    }

    #[test]
    fn old_lines_come_from_the_file_and_new_ones_from_memory() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let record = Record::new(path.reopen().unwrap());
        let (sender, receiver) = sync_channel(16);
        let most = 3 * LINES as u64 + 7;
        std::thread::scope(|scope| {
            let record = &record;
            scope.spawn(move || record.run(&receiver));
            (0..most).for_each(|number| sender.send(event(number)).unwrap());
            drop(sender);
        });
        let opened = Record::open(path.path()).unwrap();
        for record in [&record, &opened] {
            assert_eq!(record.count(), most);
            assert!(record.lock().lines.len() <= LINES);
            for from in [0, 1, 63, 64, 65, 5000, most - 2] {
                let (first, lines) = record.lines(from, 2);
                assert_eq!((first, lines.len()), (from, 2));
                assert_eq!(*lines[1], *line(&event(from + 1)), "from {from}");
            }
        }
        assert_eq!(record.wait(most, 1, Duration::from_secs(20)), None, "the record has ended");
    }

    #[test]
    fn a_file_of_another_program_is_refused_with_its_line() {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), "{\"event\":\"named\",\"at\":1,\"client\":1}\nhello\n")
            .unwrap();
        let error = Record::open(path.path()).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "line 2 is not an event of inspect");
    }
}
