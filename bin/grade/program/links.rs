//! Symbolic links of a submission. A link to a file of the submission leads, in the copy, to the copy
//! of that file, however the target is spelled.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The target that a link in the folder `from` has in its copy `to`. Neither path contains links.
pub(super) fn target_in_copy(from: &Path, to: &Path, link: &Path) -> io::Result<PathBuf> {
    let target = fs::read_link(link)?;
    let spelled = normal(&link.parent().unwrap_or(from).join(&target));
    let in_copy = |path: &Path| path.strip_prefix(from).ok().map(|rest| to.join(rest));
    if let Ok(real) = fs::canonicalize(link)
        && real != spelled
        && let Some(path) = in_copy(&real)
    {
        // The target leads through other links, which could lead through the submission itself.
        return Ok(path);
    }
    match in_copy(&spelled) {
        Some(_) if target.is_relative() && stays_below(from, link, &target) => Ok(target),
        Some(path) => Ok(path),
        None => Ok(spelled),
    }
}

/// Returns whether a relative target stays inside the folder all the way.
fn stays_below(folder: &Path, link: &Path, target: &Path) -> bool {
    let inside = link.strip_prefix(folder).unwrap_or(link);
    let mut depth = inside.components().count().saturating_sub(1);
    target.components().all(|part| match part {
        Component::ParentDir => depth.checked_sub(1).map(|less| depth = less).is_some(),
        Component::Normal(_) => {
            depth += 1;
            true
        }
        _ => true,
    })
}

/// A path without `.` and `..`, resolved by its spelling alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_into_the_submission_leads_into_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let outer = fs::canonicalize(folder.path()).unwrap();
        let (from, to) = (outer.join("sub"), Path::new("/copy"));
        fs::create_dir_all(from.join("a/b")).unwrap();
        for file in ["sub/file", "sub/a/file", "other"] {
            fs::write(outer.join(file), file).unwrap();
        }
        symlink(&outer, from.join("out")).unwrap();
        symlink(&from, outer.join("same")).unwrap();
        let same = outer.join("same/file");
        let is = |link: &str, target: &Path, want: &Path| {
            let link = from.join(link);
            symlink(target, &link).unwrap();
            let found = target_in_copy(&from, to, &link).unwrap();
            fs::remove_file(link).unwrap();
            assert_eq!(found, want, "{}", target.display());
        };
        for kept in ["file", "a/file", "a/../file", "nowhere", "."] {
            is("link", Path::new(kept), Path::new(kept));
        }
        is("a/link", Path::new("../file"), Path::new("../file"));
        for inside in
            [Path::new("../sub/file"), &from.join("file"), &same, Path::new("out/sub/file")]
        {
            is("link", inside, Path::new("/copy/file"));
        }
        is("link", &from.join("nowhere"), Path::new("/copy/nowhere"));
        is("a/b/link", Path::new("../../../sub/a/file"), Path::new("/copy/a/file"));
        is("a/link", Path::new("../../other"), &outer.join("other"));
        is("link", Path::new("/dev/null"), Path::new("/dev/null"));
    }
}
