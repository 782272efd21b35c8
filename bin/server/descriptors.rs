//! Every connection takes a file descriptor, and a system gives few of them unless it is asked.
//! Used by the server and by `load`.

/// Raises the limit of this process, and of those that it starts, as far as it may itself; says
/// what it is then, if there is one. Shells set a low one (1,024 is common) for the sake of
/// programs that use `select`.
#[cfg(unix)]
pub(crate) fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // macOS has a lower limit of its own and refuses; then what there was is what there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok())
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) fn raise() -> Option<usize> {
    None
}
