//! Framing of requests: a newline ends one in `json`, the end of the value in the other dialects.

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::settings::Settings;

/// Maximum length of a request, in bytes.
const FRAME: usize = 8192;
/// Buffer size of one read in a course project.
pub(crate) const READ_SIZE: usize = 4096;

/// Why a connection must be closed.
pub(crate) enum Broken {
    /// The client gets this error first.
    WithError(String),
    /// The client gets no error.
    Silently,
}

/// The received bytes that are not a whole request yet.
pub(crate) struct Frames {
    settings: Settings,
    partial: Vec<u8>,
    /// Number of open brackets, whether a string is open, and whether the last byte is a backslash
    /// that escapes the next one.
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl Frames {
    pub(crate) fn new(settings: Settings) -> Frames {
        Frames { settings, partial: Vec::new(), depth: 0, quoted: false, escaped: false }
    }

    /// Buffer size of one read.
    pub(crate) fn read_size(&self) -> usize {
        if self.settings.bugs.has(Bug::RecvIsMessage) { READ_SIZE } else { 2 * FRAME }
    }

    /// Length of the incomplete request.
    pub(crate) fn waiting(&self) -> usize {
        self.partial.len()
    }

    /// Appends the requests that are complete after this input.
    pub(crate) fn cut(&mut self, input: &[u8], frames: &mut Vec<Vec<u8>>) -> Result<(), Broken> {
        let bugs = self.settings.bugs;
        if bugs.has(Bug::RecvIsMessage) {
            frames.push(input.to_vec());
            return Ok(());
        }
        match self.settings.dialect {
            Dialect::Json => self.lines(input, frames)?,
            Dialect::Ktn14 | Dialect::Ktn15 => self.values(input, frames)?,
        }
        if bugs.has(Bug::DiesOverReadSize) {
            let longer = frames.iter().position(|frame| frame.len() > READ_SIZE);
            if longer.is_some() || self.waiting() > READ_SIZE {
                frames.truncate(longer.unwrap_or(frames.len()));
                return Err(Broken::Silently);
            }
        }
        if bugs.has(Bug::SplitRefused) {
            self.take(frames);
        }
        Ok(())
    }

    fn lines(&mut self, input: &[u8], frames: &mut Vec<Vec<u8>>) -> Result<(), Broken> {
        for byte in input.iter().copied() {
            if byte == b'\n' {
                if self.partial.last() == Some(&b'\r') {
                    self.partial.pop();
                }
                if self.partial.len() > FRAME {
                    return Err(too_long());
                }
                frames.push(std::mem::take(&mut self.partial));
                continue;
            }
            // One byte more than the limit, because it may be a carriage return.
            if self.partial.len() > FRAME {
                return Err(too_long());
            }
            self.partial.push(byte);
        }
        Ok(())
    }

    fn values(&mut self, input: &[u8], frames: &mut Vec<Vec<u8>>) -> Result<(), Broken> {
        for byte in input.iter().copied() {
            if !self.ends_by_itself() && (byte.is_ascii_whitespace() || opens(byte)) {
                self.take(frames);
                if byte.is_ascii_whitespace() {
                    continue;
                }
            }
            if self.partial.len() >= FRAME {
                return Err(too_long());
            }
            self.partial.push(byte);
            if self.ends_by_itself() && self.is_end(byte) {
                self.take(frames);
            }
        }
        // A bare word is not a request and has no visible end. It is taken here, so that the client
        // gets an error.
        if !self.ends_by_itself() {
            self.take(frames);
        }
        Ok(())
    }

    /// Whether the input began with a value that marks its own end: an object, a list or a string.
    fn ends_by_itself(&self) -> bool {
        self.partial.first().copied().is_some_and(opens)
    }

    /// Whether the value ends with this byte.
    fn is_end(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            b'{' | b'[' if !self.quoted => self.depth += 1,
            b'}' | b']' if !self.quoted => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.depth == 0 && !self.quoted
    }

    /// Takes the received bytes as a request.
    fn take(&mut self, frames: &mut Vec<Vec<u8>>) {
        (self.depth, self.quoted, self.escaped) = (0, false, false);
        if !self.partial.is_empty() {
            frames.push(std::mem::take(&mut self.partial));
        }
    }
}

/// Whether a value that marks its own end begins with this byte.
fn opens(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"')
}

fn too_long() -> Broken {
    Broken::WithError(format!("Not a JSON object: a frame is over {FRAME} bytes"))
}
