//! TLS from outside: certificates, wrong protocols on a port, and the keys that a client trusts.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::Command as Run;
use expectrl::Expect;
use harness::clients::{self, empty_home, exit_code, until};
use harness::{DEADLINE, Peer, Server, json, tls};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

use crate::engines::on_each_engine;

/// A certificate and its key, in files.
struct Identity {
    folder: TempDir,
    fingerprint: String,
}

impl Identity {
    fn new() -> Identity {
        let folder = tempfile::tempdir().unwrap();
        let fingerprint = tls::certificate(folder.path());
        Identity { folder, fingerprint }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces the pair by another one.
    fn change(&mut self) {
        for name in ["cert.pem", "key.pem"] {
            fs::remove_file(self.file(name)).unwrap();
        }
        self.fingerprint = tls::certificate(self.folder.path());
    }

    /// Starts a server with a plain listener and one at `address` that encrypts, without a terminal.
    fn serve(&self, engine: &str, address: &str) -> Server {
        let mut command = Command::new("setsid");
        command.args(["env", "--default-signal=HUP"]).arg(harness::server().get_program());
        command.args(harness::with_usual(engine, &["--listen"])).arg(format!("tls:json={address}"));
        command.arg("--tls-cert").arg(self.file("cert.pem"));
        command.arg("--tls-key").arg(self.file("key.pem"));
        Server::run(command, 2)
    }
}

const ANY: &str = "127.0.0.1:0";

/// Runs a client in a pipe, which logs in as alice and asks for the names.
fn script(home: &Path, address: SocketAddr, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut client = Run::from_std(harness::client(home));
    client.args(["--tls", &address.to_string(), "--name", "alice"]).args(arguments);
    client.write_stdin("/names\n").timeout(DEADLINE).assert()
}

#[test]
fn a_certificate_is_made_once_and_its_key_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new");
    let make = || Run::from_std(harness::server()).arg("cert").arg("--out").arg(&out).assert();
    make().success().stdout(contains("fingerprint   sha256:")).stdout(contains("in words      "));
    let mode = |name: &str| fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("key.pem"), 0o600);
    let before = fs::read(out.join("key.pem")).unwrap();
    let exists = format!("{} exists", out.join("cert.pem").display());
    make().code(1).stdout("").stderr(contains(exists));
    fs::remove_file(out.join("cert.pem")).unwrap();
    make().code(1).stderr(contains("key.pem exists"));
    assert_eq!(fs::read(out.join("key.pem")).unwrap(), before);
    let mut wrong = Run::from_std(harness::server());
    let says = "cannot make a certificate for hôst: ";
    wrong.args(["cert", "--name", "hôst"]).arg("--out").arg(folder.path().join("x"));
    wrong.assert().code(1).stderr(contains(says));
}

#[test]
fn a_server_without_a_usable_certificate_does_not_start() {
    let identity = Identity::new();
    let start = |certificate: &Path, key: &Path| {
        let mut server = Run::from_std(harness::server());
        server.args(["--data", ":memory:", "--log", "off", "--listen", "tls:json=127.0.0.1:0"]);
        server.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key).assert()
    };
    let (certificate, key) = (identity.file("cert.pem"), identity.file("key.pem"));
    let missing = identity.file("missing.pem");
    start(&missing, &key).code(3).stderr(contains("missing.pem: No such file"));
    start(&certificate, &certificate).code(3).stderr(contains("contains no private key"));
    // Other users may read the folder, but `chmod 600` is no advice for one.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut server = Run::from_std(harness::server());
    server.args(["--data", ":memory:", "--listen", "tls:json=127.0.0.1:0", "--tls-cert"]);
    server.arg(&certificate).arg("--tls-key").arg(folder.path());
    let only_the_error = contains("Is a directory").and(contains("chmod").not());
    server.assert().code(3).stdout(contains("chmod").not()).stderr(only_the_error);
    let other = Identity::new();
    start(&certificate, &other.file("key.pem"))
        .code(3)
        .stderr(contains("cannot use the certificate"));
}

/// Sends bytes, and returns what comes back until the end.
fn answer(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut heard = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut heard);
    heard
}

#[test]
fn a_protocol_on_the_wrong_port_is_closed_and_named_in_the_log() {
    on_each_engine(|engine| {
        let identity = Identity::new();
        let server = identity.serve(engine, ANY);
        let [plain, secured] = server.addresses[..] else { unreachable!("two listeners") };
        let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        for (address, bytes, says) in [
            (plain, &hello[..], "closed: the peer speaks TLS "),
            (plain, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "closed: the peer speaks HTTP "),
            (secured, b"GET / HTTP/1.1\r\n\r\n", "closed: the peer speaks HTTP, not TLS "),
            (
                secured,
                b"{\"request\":\"login\",\"username\":\"eve\"}\n",
                "closed: the peer speaks another protocol, not TLS ",
            ),
        ] {
            assert_eq!(answer(address, bytes), b"", "{engine}: {says}");
            server.logs(says);
        }
        server.login("alice").has_heard_everything();
    });
}

#[test]
fn a_browser_that_speaks_tls_is_closed_without_an_answer() {
    on_each_engine(|engine| {
        let server = Server::start_over_tls(engine, &[]);
        assert_eq!(answer(server.address(), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), b"");
        server.logs("closed: the peer speaks HTTP ");
    });
}

#[test]
fn a_hangup_reads_the_certificate_anew_and_ends_no_connection() {
    on_each_engine(|engine| {
        let mut identity = Identity::new();
        let server = identity.serve(engine, ANY);
        let relay = tls::relay(server.addresses[1], &identity.file("cert.pem"));
        let mut alice = Peer::connect(relay);
        alice.asks(json!({"request": "login", "username": "anna"}));
        alice.hears(json!({"response": "login"}));
        let old = identity.fingerprint.clone();
        identity.change();
        server.signal("HUP");
        let read = "read the TLS certificate and its key anew";
        let log = server.log_until(read);
        assert!(log.last().unwrap().contains(&identity.fingerprint), "{log:?}");
        alice.has_heard_everything();
        let home = empty_home();
        let accepts = |key: &str| {
            script(home.path(), server.addresses[1], &["--tls-fingerprint", key])
                .try_success()
                .is_ok()
        };
        assert!(!accepts(&old) && accepts(&identity.fingerprint), "{engine}");
        // A bad file changes nothing.
        fs::write(identity.file("key.pem"), "nonsense").unwrap();
        server.signal("HUP");
        server.logs("kept the old TLS certificate: ");
        assert!(accepts(&identity.fingerprint), "{engine}");
        alice.hears(json!({"response": "join"}));
    });
}

#[test]
fn a_person_can_stop_the_wait_for_a_server_that_does_not_answer() {
    // The system accepts connections to it, and no program answers.
    let silent = TcpListener::bind(ANY).unwrap();
    let (home, target) = (empty_home(), silent.local_addr().unwrap().to_string());
    let wait = || {
        let arguments = ["--tls", target.as_str(), "--name", "alice", "--color", "never"];
        let mut screen = clients::terminal(home.path(), &arguments);
        until(&mut screen, &format!("* waiting for {target} to answer; Ctrl-C stops that"));
        screen
    };
    let mut screen = wait();
    screen.send("\x03").unwrap();
    assert_eq!(exit_code(&mut screen), 130);
    let mut screen = wait();
    let pid = screen.get_process().pid().to_string();
    harness::send_signal(pid.parse().unwrap(), "TERM");
    assert_eq!(exit_code(&mut screen), 143);
}

#[test]
fn a_script_connects_only_to_a_key_that_it_knows() {
    let identity = Identity::new();
    let server = identity.serve("events", ANY);
    let (home, address) = (empty_home(), server.addresses[1]);
    let unknown = script(home.path(), address, &[]).code(3).stdout("");
    unknown
        .stderr(contains("its key is not known, and no authority vouches for it"))
        .stderr(contains(format!("use --tls-fingerprint {}", identity.fingerprint)));
    let only = ["--tls-fingerprint", &identity.fingerprint];
    script(home.path(), address, &only).success().stderr("").stdout(contains("alice"));
    let other = format!("sha256:{}", "07".repeat(32));
    script(home.path(), address, &["--tls-fingerprint", &other])
        .code(3)
        .stderr(contains("its key is another one than --tls-fingerprint says"))
        .stderr(contains(identity.fingerprint.as_str()).and(contains(other.as_str())))
        .stderr(contains("Nothing was sent"));
    // At a terminal, no word is broken.
    let target = address.to_string();
    let arguments = ["--tls", target.as_str(), "--tls-fingerprint", other.as_str(), "--name", "a"];
    let mut screen = clients::terminal(home.path(), &arguments);
    let shown = until(&mut screen, "sha256:").replace("\r\n  ", " ");
    let words = "its key is another one than --tls-fingerprint says. Nothing was sent. The key is ";
    assert!(shown.contains(words), "{shown}");
    assert_eq!(exit_code(&mut screen), 3);
    script(home.path(), address, &["--tls-fingerprint", "07"])
        .code(2)
        .stderr(contains("is no fingerprint"));
    // A server without TLS does not get the login either.
    script(home.path(), server.address(), &[]).code(3).stderr(contains("speak TLS?"));
    // Nor does one of another protocol.
    let web = TcpListener::bind(ANY).unwrap();
    let elsewhere = web.local_addr().unwrap();
    let answers = std::thread::spawn(move || {
        let (mut peer, _) = web.accept().unwrap();
        peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        // Until the client has closed the connection.
        let _ = peer.read_to_end(&mut Vec::new());
    });
    script(home.path(), elsewhere, &[])
        .code(3)
        .stderr(contains("speaks another protocol, not TLS; without --tls it may answer"));
    answers.join().unwrap();
    // The authorities of this machine count; here they are the certificate itself.
    let mut client = harness::client(home.path());
    client.env("SSL_CERT_FILE", identity.file("cert.pem"));
    let mut client = Run::from_std(client);
    client.args(["--tls", &address.to_string(), "--name", "alice"]).write_stdin("/names\n");
    client.timeout(DEADLINE).assert().success().stderr("");
}

#[test]
fn a_client_without_tls_at_a_port_with_tls_is_told() {
    let identity = Identity::new();
    let server = identity.serve("events", ANY);
    let (home, target) = (empty_home(), server.addresses[1].to_string());
    let hint = format!("; does {target} want --tls?");
    for reconnect in ["--reconnect", "--no-reconnect"] {
        let mut client = Run::from_std(harness::client(home.path()));
        client.args([&*target, "--name", "alice", reconnect]).write_stdin("hi\n");
        client.timeout(DEADLINE).assert().code(1).stdout("").stderr(contains(&*hint));
        let arguments = [&*target, "--name", "alice", "--color", "never", reconnect];
        let mut screen = clients::terminal(home.path(), &arguments);
        let shown = until(&mut screen, &hint);
        assert!(!shown.contains("another name?") && !shown.contains("does not take"), "{shown}");
        assert_eq!(exit_code(&mut screen), 1);
    }
}

#[test]
fn a_person_trusts_a_key_once_and_is_warned_when_it_changes() {
    let mut identity = Identity::new();
    let mut server = identity.serve("events", ANY);
    let (home, address) = (empty_home(), server.addresses[1]);
    let target = address.to_string();
    let arguments = ["--tls", target.as_str(), "--name", "alice", "--color", "never"];
    let question = "do you trust this key from now on? [y/N] ";

    let mut screen = clients::terminal(home.path(), &arguments);
    let shown = until(&mut screen, question);
    assert!(shown.contains(&identity.fingerprint), "{shown}");
    screen.send_line("n").unwrap();
    until(&mut screen, "you do not trust its key");
    assert_eq!(exit_code(&mut screen), 3);

    let mut screen = clients::terminal(home.path(), &arguments);
    until(&mut screen, question);
    screen.send_line("y").unwrap();
    until(&mut screen, "connected to ");
    screen.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut screen), 0);
    let known = home.path().join("strata/known-servers");
    let text = fs::read_to_string(&known).unwrap();
    assert_eq!(text, format!("{target} {}\n", identity.fingerprint));
    assert_eq!(fs::metadata(&known).unwrap().permissions().mode() & 0o777, 0o600);

    // The key is known: no question, neither here nor when the client connects again.
    let mut screen = clients::terminal(home.path(), &arguments);
    until(&mut screen, "connected to ");
    until(&mut screen, "alice> ");
    server.signal("KILL");
    server.exit_code();
    until(&mut screen, "connecting again");
    let mut server = identity.serve("events", &target);
    until(&mut screen, "connected again");

    // The server has another key: the client that connects again ends, and so does a new one.
    server.signal("KILL");
    server.exit_code();
    until(&mut screen, "connecting again");
    identity.change();
    let server = identity.serve("events", &target);
    until(&mut screen, "its key is another one than before");
    assert_eq!(exit_code(&mut screen), 1);
    let remedy = format!("remove the line of {target} from {}", known.display());
    script(home.path(), address, &[]).code(3).stdout("").stderr(contains(remedy));
    fs::remove_file(&known).unwrap();
    let mut screen = clients::terminal(home.path(), &arguments);
    until(&mut screen, question);
    screen.send_line("").unwrap();
    assert_eq!(exit_code(&mut screen), 3);
    drop(server);
}

/// An address of this machine that is not loopback, if it has a network.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only chooses the address.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn a_password_on_a_plain_connection_through_a_network_is_warned_about_once() {
    let Some(own) = own_address() else {
        return harness::skipped("this machine has no network");
    };
    const WARNING: &str = "warning: the connection is not encrypted";
    let identity = Identity::new();
    let mut command = harness::server();
    command.args(["--data", ":memory:", "--listen"]).arg(format!("json={own}:0"));
    command.args(["--listen", "json=127.0.0.1:0", "--listen"]).arg(format!("tls:json={own}:0"));
    command.arg("--tls-cert").arg(identity.file("cert.pem"));
    command.arg("--tls-key").arg(identity.file("key.pem"));
    let server = Server::run(command, 3);
    let home = empty_home();
    let warnings = |address: SocketAddr, arguments: &[&str], name: &str| {
        let mut client = Run::from_std(harness::client(home.path()));
        let input = format!("/register {name} long-enough\n/passwd long-enough longer-still\n");
        client.arg(address.to_string()).args(arguments).write_stdin(input).timeout(DEADLINE);
        let output = client.output().unwrap();
        String::from_utf8(output.stderr).unwrap().matches(WARNING).count()
    };
    assert_eq!(warnings(server.addresses[0], &[], "anna"), 1);
    assert_eq!(warnings(server.addresses[1], &[], "berta"), 0);
    assert_eq!(
        warnings(server.addresses[2], &["--tls-fingerprint", &identity.fingerprint], "carla"),
        0
    );
    let target = server.addresses[0].to_string();
    let mut screen = clients::nameless(home.path(), &[&target]);
    until(&mut screen, "> ");
    screen.send_line("/login anna").unwrap();
    let shown = until(&mut screen, "password for anna: ");
    assert!(shown.contains(WARNING), "{shown}");
}
