//! Tests of the two sides against each other, without a socket.

use std::io::IoSlice;
use std::path::PathBuf;

use super::*;
use crate::{Security as _, SecurityError, Session};

/// Makes a certificate and its key, as files in a folder for this test.
fn files(test: &str) -> (PathBuf, PathBuf, Pair) {
    let folder = std::env::temp_dir().join(format!("net-tls-{}-{test}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let pair = write_pair(&certificate, &key);
    (certificate, key, pair)
}

fn write_pair(certificate: &PathBuf, key: &PathBuf) -> Pair {
    let pair = self_signed(&["localhost".to_owned()]).unwrap();
    std::fs::write(certificate, &pair.certificate).unwrap();
    std::fs::write(key, &pair.key).unwrap();
    pair
}

fn server(test: &str) -> (Server, Fingerprint) {
    let (certificate, key, pair) = files(test);
    let server = Server::read(&certificate, &key, || {}).unwrap();
    std::fs::remove_dir_all(certificate.parent().unwrap()).unwrap();
    assert_eq!(server.fingerprint(), pair.fingerprint);
    (server, pair.fingerprint)
}

fn outgoing(session: &mut dyn Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    session.take_outgoing(&mut bytes);
    bytes
}

/// Hands bytes over in these pieces.
fn give(session: &mut dyn Session, pieces: &[&[u8]]) -> Result<(), SecurityError> {
    for piece in pieces {
        assert_eq!(session.receive(piece)?, piece.len());
    }
    Ok(())
}

/// Lets a client and a server shake hands; `cut` cuts the bytes of each flight into pieces.
fn shake_hands(
    client: &mut dyn Session,
    server: &mut dyn Session,
    cut: impl Fn(&[u8]) -> Vec<&[u8]>,
) -> Result<(), SecurityError> {
    for _ in 0..3 {
        let flight = outgoing(client);
        give(server, &cut(&flight))?;
        let flight = outgoing(server);
        give(client, &cut(&flight))?;
    }
    assert!(client.is_established() && server.is_established());
    Ok(())
}

fn take(session: &mut dyn Session) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 10];
    while let Some(length @ 1..) = session.take(&mut buffer) {
        text.extend(&buffer[..length]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
#[ignore = "slow"]
fn a_handshake_succeeds_for_every_split_of_each_flight() {
    let (server, key) = server("splits");
    let client = Client::new(Trust::Key(key));
    let mut longest = 0;
    for split in 0.. {
        let (mut ours, mut theirs) = (server.accept(), client.connect("localhost:1").unwrap());
        let flights = std::cell::Cell::new(0);
        let result = shake_hands(&mut *theirs, &mut *ours, |flight| {
            flights.set(flights.get().max(flight.len()));
            let (begin, rest) = flight.split_at(split.min(flight.len()));
            [begin, rest].into_iter().filter(|piece| !piece.is_empty()).collect()
        });
        assert_eq!(result, Ok(()), "{split}");
        longest = longest.max(flights.get());
        if split >= longest {
            break;
        }
    }
    assert!(longest > 500, "a flight of {longest} bytes");
    let (mut ours, mut theirs) = (server.accept(), client.connect("localhost:1").unwrap());
    assert_eq!(shake_hands(&mut *theirs, &mut *ours, |it| it.chunks(1).collect()), Ok(()));
    // Then both directions work, and end one by one.
    assert_eq!(theirs.encrypt(&[IoSlice::new(b"hel"), IoSlice::new(b"lo")]), 5);
    theirs.finish();
    give(&mut *ours, &[&outgoing(&mut *theirs)]).unwrap();
    assert_eq!((take(&mut *ours), ours.take(&mut [0])), ("hello".to_owned(), Some(0)));
    assert_eq!(ours.encrypt(&[IoSlice::new(b"goodbye")]), 7);
    give(&mut *theirs, &[&outgoing(&mut *ours)]).unwrap();
    assert_eq!((take(&mut *theirs), theirs.take(&mut [0])), ("goodbye".to_owned(), None));
}

#[test]
fn a_session_encrypts_no_more_than_a_record_ahead() {
    let (server, key) = server("ahead");
    let client = Client::new(Trust::Key(key));
    let (mut ours, mut theirs) = (server.accept(), client.connect("localhost:1").unwrap());
    shake_hands(&mut *theirs, &mut *ours, |it| vec![it]).unwrap();
    let much = vec![b'x'; 1_000_000];
    let mut sent = 0;
    while sent < much.len() {
        let taken = ours.encrypt(&[IoSlice::new(&much[sent..])]);
        assert!((1..=16 * 1024).contains(&taken), "{taken}");
        sent += taken;
        let record = outgoing(&mut *ours);
        assert!(record.len() < taken + 100, "{} for {taken}", record.len());
        give(&mut *theirs, &[&record]).unwrap();
        assert_eq!(take(&mut *theirs).len(), taken);
    }
}

#[test]
fn a_server_names_what_is_no_tls() {
    let (server, _) = server("foreign");
    let meet = |bytes: &[u8]| server.accept().receive(bytes).unwrap_err().to_string();
    assert_eq!(meet(b"GET / HTTP/1.1\r\n"), "the peer speaks HTTP, not TLS");
    assert_eq!(meet(b"{"), "the peer speaks another protocol, not TLS");
    assert_eq!(meet(b"SSH-2.0-x\r\n"), "the peer speaks another protocol, not TLS");
    let broken = meet(b"\x16\x03\x01\0\x05hello");
    assert!(broken.starts_with("TLS failed: "), "{broken}");
}

/// Shakes hands with a server that has another key, or none that is known.
fn judged(trust: Trust) -> (Fingerprint, SecurityError, usize) {
    let (server, key) = server("judged");
    let client = Client::new(trust);
    let (mut ours, mut theirs) = (server.accept(), client.connect("localhost:1").unwrap());
    let error = shake_hands(&mut *theirs, &mut *ours, |it| vec![it]).unwrap_err();
    assert!(!theirs.is_established());
    // An alert, which is a record of seven bytes, or encrypted of 24, after a change of the cipher of six.
    (key, error, outgoing(&mut *theirs).len())
}

#[test]
fn a_client_sends_only_an_alert_to_a_server_that_it_does_not_trust() {
    let other = Fingerprint::new([7; 32]);
    let (key, error, sent) = judged(Trust::Key(other));
    assert_eq!(error, SecurityError::WrongKey { key, wanted: other });
    assert!(sent < 32, "{sent} bytes");
    let (key, error, sent) = judged(Trust::Authorities { known: Some(other) });
    assert_eq!(error, SecurityError::ChangedKey { key, known: other });
    assert!(sent < 32, "{sent} bytes");
    let (key, error, sent) = judged(Trust::Authorities { known: None });
    assert!(matches!(error, SecurityError::UnknownKey { key: shown, .. } if shown == key));
    assert!(sent < 32, "{sent} bytes");
}

#[test]
fn a_known_key_is_trusted_without_an_authority() {
    let (server, key) = server("known");
    let client = Client::new(Trust::Authorities { known: Some(key) });
    for target in ["localhost:1", "127.0.0.1:1", "[::1]:1", "fe80::1%eth0:1"] {
        let (mut ours, mut theirs) = (server.accept(), client.connect(target).unwrap());
        let result = shake_hands(&mut *theirs, &mut *ours, |it| vec![it]);
        assert_eq!(result, Ok(()), "{target}");
    }
    assert!(client.connect("a host:1").is_err());
}

#[test]
fn a_certificate_that_is_read_anew_counts_for_later_sessions() {
    let (certificate, key, old) = files("anew");
    let server = Server::read(&certificate, &key, || {}).unwrap();
    let new = write_pair(&certificate, &key);
    let shake = |pair: &Pair| {
        let client = Client::new(Trust::Key(pair.fingerprint));
        let mut theirs = client.connect("localhost:1").unwrap();
        shake_hands(&mut *theirs, &mut *server.accept(), |it| vec![it]).is_ok()
    };
    assert!(shake(&old) && !shake(&new), "files alone change nothing");
    assert_eq!(server.read_anew().unwrap(), new.fingerprint);
    assert!(!shake(&old) && shake(&new));
    for (file, text, want) in [
        (&key, "nonsense", "contains no private key without a passphrase"),
        (&key, &old.key, "cannot use the certificate "),
        (&certificate, "nonsense", "contains no certificate"),
    ] {
        let before = std::fs::read(file).unwrap();
        std::fs::write(file, text).unwrap();
        let error = server.read_anew().unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
        assert!(shake(&new), "the old pair stays");
        std::fs::write(file, before).unwrap();
    }
    std::fs::remove_file(&key).unwrap();
    let error = server.read_anew().unwrap_err().to_string();
    assert!(error.contains(&format!("cannot read {}: ", key.display())), "{error}");
    std::fs::remove_dir_all(certificate.parent().unwrap()).unwrap();
}
