//! The address of a server, as a person writes it: with a port or without.

use std::net::Ipv6Addr;

/// The default host.
pub(crate) const HOST: &str = "127.0.0.1";
/// The default port.
pub(crate) const PORT: u16 = 49512;
/// The default port with TLS.
pub(crate) const TLS_PORT: u16 = 49513;

/// Returns the `HOST:PORT` that the text names. `::1`, `[::1]` and `host` get this port, and `:7` the default
/// host.
///
/// An address with a zone (`fe80::1%eth0`) loses its brackets: the resolver of the system reads it,
/// and that knows no brackets.
pub(crate) fn with_port(text: &str, port: u16) -> String {
    if text.contains('%') {
        let bare = text.replace(['[', ']'], "");
        return if is_ipv6(&bare) { format!("{bare}:{port}") } else { bare };
    }
    if is_ipv6(text) {
        return format!("[{text}]:{port}");
    }
    if text.len() > 1 && text.starts_with(':') {
        return format!("{HOST}{text}");
    }
    if text.is_empty() {
        // As it was written, for the error.
        return String::new();
    }
    let ends_after_host = match text.strip_prefix('[') {
        Some(rest) => rest.ends_with(']'),
        None => !text.contains(':'),
    };
    if ends_after_host { format!("{text}:{port}") } else { text.to_owned() }
}

/// Checks the form of a `HOST:PORT`. Whether the host exists is found out when the client connects.
///
/// # Errors
/// A line that names the text and its mistake.
pub(crate) fn check(target: &str) -> Result<(), String> {
    const FORM: &str = "the server is HOST, HOST:PORT or :PORT";
    if let Some((scheme, rest)) = target.split_once("://") {
        return Err(format!(
            "{FORM}, so write {:?} without {scheme}://",
            rest.trim_end_matches('/')
        ));
    }
    let Some((host, port)) = target.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
        return Err(format!("{FORM}; {target:?} names no host"));
    };
    // Colons belong to an IPv6 address only. After another host, the port begins at the first one.
    let in_brackets = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_address = is_ipv6(in_brackets.unwrap_or(host));
    let split = target.split_once(':').filter(|_| !is_address && !host.starts_with('['));
    let (host, port) = split.unwrap_or((host, port));
    if host.contains(|it: char| it.is_whitespace() || it == '/')
        || !is_address && host.contains(':')
    {
        return Err(format!("{FORM}; {host:?} is no name of a host"));
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err(format!("a port is a number from 1 to 65535, not {port:?} (in {target:?})")),
    }
}

/// A hint for a person who cannot reach this address. The last number of an IPv6 address without
/// brackets, or a number alone, may be meant as a port.
pub(crate) fn hint(text: &str) -> String {
    if is_number(text) {
        return format!(" (if {text} is the port, write :{text})");
    }
    let last = text.rsplit_once(':').filter(|_| is_ipv6(text));
    match last {
        Some((host, port)) if port.len() == 4 && is_number(port) => {
            format!(" (if {port} is the port, write [{host}]:{port})")
        }
        _ => String::new(),
    }
}

/// Whether the text looks like a name from the configuration file: it is one word, and neither an address
/// nor a host with a domain.
pub(crate) fn may_be_nickname(text: &str) -> bool {
    text != "localhost" && !text.contains([':', '.', '[', '%']) && !is_number(text)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text is an IPv6 address, which may have a zone, and no port.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, ""));
    address.parse::<Ipv6Addr>().is_ok() && !zone.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_port_or_host_is_the_default_one() {
        for (text, want) in [
            ("host", "host:49512"),
            ("127.0.0.1", "127.0.0.1:49512"),
            ("::1", "[::1]:49512"),
            ("[::1]", "[::1]:49512"),
            ("2001:db8::7", "[2001:db8::7]:49512"),
            (":7", "127.0.0.1:7"),
        ] {
            assert_eq!(with_port(text, PORT), want);
        }
    }

    #[test]
    fn an_address_with_tls_has_another_default_port() {
        assert_eq!(with_port("host", TLS_PORT), "host:49513");
        assert_eq!(with_port("host:49512", TLS_PORT), "host:49512");
    }

    #[test]
    fn an_address_with_a_zone_has_no_brackets() {
        for text in ["fe80::1%eth0", "[fe80::1%eth0]", "[fe80::1%eth0]:49512"] {
            assert_eq!(with_port(text, PORT), "fe80::1%eth0:49512");
        }
    }

    #[test]
    fn an_address_with_a_port_stays_as_it_is() {
        for text in ["host:1", "127.0.0.1:7", "[::1]:7", "host:", "a:b:c"] {
            assert_eq!(with_port(text, PORT), text);
        }
    }

    #[test]
    fn an_address_without_a_host_or_a_port_is_refused() {
        for text in ["host:1", "127.0.0.1:65535", "[::1]:7", "fe80::1%eth0:49512"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, want) in [
            ("host:99999", "a port is a number from 1 to 65535, not \"99999\" (in \"host:99999\")"),
            ("host:", "a port is a number from 1 to 65535, not \"\" (in \"host:\")"),
            ("host:0", "a port is a number from 1 to 65535, not \"0\" (in \"host:0\")"),
            (":49512", "the server is HOST, HOST:PORT or :PORT; \":49512\" names no host"),
            (&with_port("", PORT), "the server is HOST, HOST:PORT or :PORT; \"\" names no host"),
            (
                &with_port(":1:2", PORT),
                "a port is a number from 1 to 65535, not \"1:2\" (in \"127.0.0.1:1:2\")",
            ),
            ("host:1:2", "a port is a number from 1 to 65535, not \"1:2\" (in \"host:1:2\")"),
            ("[::1:7", "the server is HOST, HOST:PORT or :PORT; \"[::1\" is no name of a host"),
            ("[::x]:7", "the server is HOST, HOST:PORT or :PORT; \"[::x]\" is no name of a host"),
            (
                "[::1]:7:7",
                "the server is HOST, HOST:PORT or :PORT; \"[::1]:7\" is no name of a host",
            ),
            ("a b:7", "the server is HOST, HOST:PORT or :PORT; \"a b\" is no name of a host"),
            ("/etc/x:7", "the server is HOST, HOST:PORT or :PORT; \"/etc/x\" is no name of a host"),
            (
                "http://h:7/",
                "the server is HOST, HOST:PORT or :PORT, so write \"h:7\" without http://",
            ),
        ] {
            assert_eq!(check(text), Err(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn only_a_word_that_is_no_address_may_be_a_name_from_the_configuration() {
        for text in ["lan", "home-server"] {
            assert!(may_be_nickname(text), "{text}");
        }
        for text in
            ["10.255.255.1", "::1", "[::1]", "fe80::1%eth0", "example.org", "localhost", "47312"]
        {
            assert!(!may_be_nickname(text), "{text}");
        }
    }

    #[test]
    fn a_number_may_be_meant_as_a_port() {
        assert_eq!(hint("47312"), " (if 47312 is the port, write :47312)");
        assert_eq!(hint("2001:db8::7:8080"), " (if 8080 is the port, write [2001:db8::7]:8080)");
        for text in ["::1", "[::1]:8080", "host:8080", "2001:db8::beef"] {
            assert_eq!(hint(text), "");
        }
    }
}
