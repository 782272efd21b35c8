//! Where a request ends: at a newline in `json`, where the value does in the other two.

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::settings::Settings;

/// How long a request may be, in bytes.
const FRAME: usize = 8192;
/// How much one read of a course project asks for.
pub(crate) const READ_SIZE: usize = 4096;

/// Why nothing more can be read from a client.
pub(crate) enum Broken {
    /// It is told this.
    WithError(String),
    /// It is told nothing.
    Silently,
}

/// What has come from one client and is no whole request yet.
pub(crate) struct Frames {
    settings: Settings,
    partial: Vec<u8>,
    /// How many brackets are open in it, whether a string is, and whether its last byte is a
    /// backslash that says something about the next one.
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl Frames {
    pub(crate) fn new(settings: Settings) -> Frames {
        Frames { settings, partial: Vec::new(), depth: 0, quoted: false, escaped: false }
    }

    /// How many bytes one read asks for.
    pub(crate) fn read_size(&self) -> usize {
        if self.settings.bug == Bug::RecvIsMessage { READ_SIZE } else { 2 * FRAME }
    }

    /// How much of a request is here whose end is not.
    pub(crate) fn waiting(&self) -> usize {
        self.partial.len()
    }

    /// The requests that are whole now that this has come.
    pub(crate) fn cut(&mut self, input: &[u8], frames: &mut Vec<Vec<u8>>) -> Result<(), Broken> {
        let bug = self.settings.bug;
        if bug == Bug::RecvIsMessage {
            frames.push(input.to_vec());
            return Ok(());
        }
        match self.settings.dialect {
            Dialect::Json => self.lines(input, frames)?,
            Dialect::Ktn14 | Dialect::Ktn15 => self.values(input, frames)?,
        }
        if bug == Bug::DiesOverReadSize {
            let longer = frames.iter().position(|frame| frame.len() > READ_SIZE);
            if longer.is_some() || self.waiting() > READ_SIZE {
                frames.truncate(longer.unwrap_or(frames.len()));
                return Err(Broken::Silently);
            }
        }
        if bug == Bug::SplitRefused {
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
            // One more than may be: it can still be a carriage return.
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
        // A word is no request, and nobody knows where it ends: so that it is answered, here.
        if !self.ends_by_itself() {
            self.take(frames);
        }
        Ok(())
    }

    /// Whether what has come began as a value that says itself where it ends.
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

    /// What is here is a request.
    fn take(&mut self, frames: &mut Vec<Vec<u8>>) {
        (self.depth, self.quoted, self.escaped) = (0, false, false);
        if !self.partial.is_empty() {
            frames.push(std::mem::take(&mut self.partial));
        }
    }
}

/// Whether a value that ends by itself begins with this.
fn opens(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"')
}

fn too_long() -> Broken {
    Broken::WithError(format!("Not a JSON object: a frame is over {FRAME} bytes"))
}
