//! TLS in front of a server: certificates, and a relay for peers that know no TLS.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use socket2::{Domain, SockRef, Socket, Type};

use super::{Server, server, with_usual};

/// The small buffers of a relay, so that a peer that does not read is noticed behind it, too.
const BUFFER: usize = 4096;

/// Makes `cert.pem` and `key.pem` in this folder, for `localhost` and `127.0.0.1`. Returns the fingerprint
/// of the key.
pub fn certificate(folder: &Path) -> String {
    let mut command = server();
    command.args(["cert", "--name", "localhost", "--name", "127.0.0.1", "--out"]).arg(folder);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("fingerprint"));
    line.expect("the server makes a certificate").trim().to_owned()
}

impl Server {
    /// Starts a server as [`Server::start`] does, but its first listener encrypts. The first address is
    /// that of a relay, so that peers need not know TLS.
    pub fn start_over_tls(engine: &str, arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path());
        let (certificate_file, key) =
            (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let mut command = server();
        command.args(with_usual(engine, arguments).iter().map(|argument| match *argument {
            "json=127.0.0.1:0" => "tls:json=127.0.0.1:0",
            other => other,
        }));
        command.arg("--tls-cert").arg(&certificate_file).arg("--tls-key").arg(key);
        let mut server = Server::run(command, 1);
        server.addresses[0] = relay(server.addresses[0], &certificate_file);
        server.folder = Some(folder);
        server
    }
}

/// Starts a relay that takes plain connections on a free port, and carries each over TLS to a server with
/// this certificate. It ends with the test program. Returns its address.
pub fn relay(server: SocketAddr, certificate: &Path) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    SockRef::from(&listener).set_recv_buffer_size(BUFFER).unwrap();
    SockRef::from(&listener).set_send_buffer_size(BUFFER).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for peer in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            // A connection that breaks is the business of its two ends.
            thread::spawn(move || carry(peer, server, config));
        }
    });
    address
}

/// Carries one connection until both of its directions have ended.
fn carry(peer: TcpStream, server: SocketAddr, config: Arc<ClientConfig>) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_tcp_mss(536)?;
    socket.connect(&server.into())?;
    let mut server = TcpStream::from(socket);
    server.set_nodelay(true)?;
    peer.set_nodelay(true)?;
    let name = "localhost".try_into().map_err(io::Error::other)?;
    let mut session = ClientConnection::new(config, name).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut server)?;
    }
    let session = Arc::new(Mutex::new(session));
    let there = {
        let (session, peer, server) =
            (Arc::clone(&session), peer.try_clone()?, server.try_clone()?);
        thread::spawn(move || {
            if encrypt(&peer, &server, &session).is_err() {
                let _ = server.shutdown(Shutdown::Both);
            }
        })
    };
    if decrypt(&server, &peer, &session).is_err() {
        let _ = peer.shutdown(Shutdown::Both);
    }
    let _ = there.join();
    Ok(())
}

/// Carries bytes to the server until the peer ends its direction.
fn encrypt(
    mut peer: &TcpStream,
    mut server: &TcpStream,
    session: &Mutex<ClientConnection>,
) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        let length = peer.read(&mut buffer)?;
        let mut encrypted = Vec::new();
        {
            let mut session = session.lock().unwrap();
            session.writer().write_all(&buffer[..length])?;
            if length == 0 {
                session.send_close_notify();
            }
            while session.wants_write() {
                session.write_tls(&mut encrypted)?;
            }
        }
        server.write_all(&encrypted)?;
        if length == 0 {
            return server.shutdown(Shutdown::Write);
        }
    }
}

/// Carries bytes to the peer until the server ends its direction. It must say so before it hangs up.
fn decrypt(
    mut server: &TcpStream,
    mut peer: &TcpStream,
    session: &Mutex<ClientConnection>,
) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    let mut rest = &buffer[..0];
    loop {
        let mut plain = Vec::new();
        // What the end of the handshake has brought comes first.
        let ended = {
            let mut session = session.lock().unwrap();
            if !rest.is_empty() {
                session.read_tls(&mut rest)?;
            }
            let state = session.process_new_packets().map_err(io::Error::other)?;
            plain.resize(state.plaintext_bytes_to_read(), 0);
            session.reader().read_exact(&mut plain)?;
            state.peer_has_closed()
        };
        peer.write_all(&plain)?;
        if ended {
            return peer.shutdown(Shutdown::Write);
        }
        if rest.is_empty() {
            let length = server.read(&mut buffer)?;
            if length == 0 {
                return Err(io::Error::other("the server hung up without a farewell"));
            }
            rest = &buffer[..length];
        }
    }
}
