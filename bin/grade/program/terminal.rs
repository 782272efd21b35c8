//! What a graded program reads from and prints to: two pipes, or a terminal, since a program that
//! somebody sits at may do other things there.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use super::output;

/// What Ctrl-D sends.
pub(super) const END: u8 = 4;

/// So wide that nothing is wrapped: what is looked for stands in one piece.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 500, ws_xpixel: 0, ws_ypixel: 0 };

/// The two ends of both.
pub(super) struct Ends {
    /// What the program reads.
    pub(super) reads: OwnedFd,
    /// What it prints to, and says errors on.
    pub(super) prints: OwnedFd,
    /// Where we type. Once the program runs, that does not wait.
    pub(super) typing: File,
    /// Where we see what it prints; reading does not wait.
    pub(super) output: File,
}

impl Ends {
    pub(super) fn pipes() -> io::Result<Ends> {
        let (output, prints) = output::pipe()?;
        let (reads, typing) = io::pipe()?;
        Ok(Ends { reads: reads.into(), prints, typing: OwnedFd::from(typing).into(), output })
    }

    /// A terminal that does not show what is typed: what stands there was printed by the program.
    pub(super) fn terminal() -> io::Result<Ends> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
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
            typing: ours.try_clone()?.into(),
            output: ours.into(),
        })
    }
}
