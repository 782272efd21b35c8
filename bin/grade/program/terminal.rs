//! The input and output of a graded program: two pipes, or a terminal. Some programs behave differently
//! at a terminal.

use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use super::output;

/// The byte that Ctrl-D sends.
pub(super) const END: u8 = 4;

/// A width at which no program wraps its lines, so that a text stays in one piece.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 500, ws_xpixel: 0, ws_ypixel: 0 };

/// Both ends of input and output.
pub(super) struct Ends {
    /// The program's input.
    pub(super) reads: OwnedFd,
    /// The program's output, and its error output unless that is apart.
    pub(super) prints: OwnedFd,
    /// The program's error output, if it is apart.
    pub(super) errors: Option<OwnedFd>,
    /// Grade writes the input here. Once the program runs, writing does not block.
    pub(super) typing: File,
    /// Grade reads the output here; reading does not block.
    pub(super) output: File,
}

impl Ends {
    pub(super) fn pipes() -> io::Result<Ends> {
        let (output, prints) = output::pipe()?;
        let (reads, typing) = io::pipe()?;
        let typing = OwnedFd::from(typing).into();
        Ok(Ends { reads: reads.into(), prints, errors: None, typing, output })
    }

    /// Pipes with the output and the error output apart. Their readers are returned; `output` has ended.
    pub(super) fn apart() -> io::Result<(Ends, [PipeReader; 2])> {
        let (from_output, prints) = io::pipe()?;
        let (from_errors, errors) = io::pipe()?;
        let ends = Ends { prints: prints.into(), errors: Some(errors.into()), ..Ends::pipes()? };
        Ok((ends, [from_output, from_errors]))
    }

    /// A terminal without echo: everything on it was printed by the program.
    pub(super) fn terminal() -> io::Result<Ends> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        #[cfg(target_os = "linux")]
        let flags = flags | OpenptFlags::CLOEXEC;
        let ours = openpt(flags)?;
        // Where the system cannot do both at once.
        fcntl_setfd(&ours, FdFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = rustix::fs::open(name, flags, rustix::fs::Mode::empty())?;
        let mut modes = tcgetattr(&theirs)?;
        modes.local_modes -= LocalModes::ECHO;
        tcsetattr(&theirs, OptionalActions::Now, &modes)?;
        tcsetwinsize(&theirs, SIZE)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        Ok(Ends {
            reads: theirs.try_clone()?,
            prints: theirs,
            errors: None,
            typing: ours.try_clone()?.into(),
            output: ours.into(),
        })
    }
}
