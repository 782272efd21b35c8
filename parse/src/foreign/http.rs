//! How HTTP is recognised: by its request line, or by the header that every request has.

/// The methods of browsers and of other common clients: a line that begins with one of these may turn
/// out to be a request line while its end has not come.
const METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"PRI",
];

/// How the target of such a line begins.
const TARGETS: [&[u8]; 4] = [b"/", b"*", b"http://", b"https://"];

/// Whether a line is a request line: a method (any token), a target in one of the four forms that
/// there are, and a version.
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

/// Whether the beginning of a line may turn out to be a request line of one of the common methods.
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

/// Whether a line is the header `Host`, whose value is a name or an address, perhaps with a port.
pub(super) fn is_host(line: &[u8]) -> bool {
    let Some((name, value)) = line.split_at_checked(5) else { return false };
    name.eq_ignore_ascii_case(b"host:") && value.trim_ascii().iter().all(|byte| is_of_host(*byte))
}

/// The characters of a token in HTTP.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[]%".contains(&byte)
}
