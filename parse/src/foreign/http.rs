//! Detection of HTTP: by its request line, or by the header `Host`.

/// Methods of browsers and of other common clients. Until the end of a line arrives, only a line that
/// begins with one of these may become a request line.
const METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PRI",
];

/// Beginnings of the target in such a line.
const TARGETS: [&[u8]; 4] = [b"/", b"*", b"http://", b"https://"];

/// Returns whether a line is a request line: a method (any token), a target in one of its four forms,
/// and a version.
pub(super) fn is_request_line(line: &[u8]) -> bool {
    let mut parts = line.split(|byte| *byte == b' ');
    let (method, target, version) = (parts.next(), parts.next(), parts.next());
    let (Some(method), Some(target), Some(version)) = (method, target, version) else {
        return false;
    };
    // A path, `*`, a URL, or a host with its port.
    let is_target = target.starts_with(b"/")
        || target == b"*"
        || target.iter().skip(1).any(|byte| *byte == b':');
    parts.next().is_none()
        && !method.is_empty()
        && method.iter().all(|byte| is_token(*byte))
        && is_target
        && matches!(version, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'])
}

/// Returns whether the beginning of a line may become a request line with a common method.
pub(super) fn may_become_request_line(begin: &[u8]) -> bool {
    let mut parts = begin.split(|byte| *byte == b' ');
    let (method, target) = (parts.next().unwrap_or_default(), parts.next());
    let (version, more) = (parts.next(), parts.next());
    let Some(target) = target else {
        return !method.is_empty() && METHODS.iter().any(|it| it.starts_with(method));
    };
    let version = version.unwrap_or_default();
    let version = version.strip_suffix(b"\r").unwrap_or(version);
    let sample = b"HTTP/1.1";
    more.is_none()
        && METHODS.contains(&method)
        && (TARGETS.iter().any(|it| it.starts_with(target) || target.starts_with(it))
            || method == b"CONNECT")
        && version.len() <= sample.len()
        && version.iter().zip(sample).all(|(byte, sample)| {
            if sample.is_ascii_digit() { byte.is_ascii_digit() } else { byte == sample }
        })
}

/// Returns whether a line is the header `Host`. Its value is a name or an address, perhaps with a port.
pub(super) fn is_host(line: &[u8]) -> bool {
    let Some((name, value)) = line.split_at_checked(5) else { return false };
    name.eq_ignore_ascii_case(b"host:") && value.trim_ascii().iter().all(|byte| is_of_host(*byte))
}

/// Returns whether a token of HTTP may contain a byte.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[]%".contains(&byte)
}
