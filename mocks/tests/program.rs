//! The program `mocks` from outside: its command line, its exit status, its sockets. Peers here are raw bytes.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);
const FREE: &str = "127.0.0.1:0";

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mocks"));
    command.args(args).stdin(Stdio::null()).env_remove("MOCKS_PASSWORD");
    command
}

fn run(args: &[&str]) -> Output {
    program(args).output().unwrap()
}

/// Status and standard error of a run that fails.
fn failure(args: &[&str]) -> (Option<i32>, String) {
    let output = run(args);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }

    fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A running mock. It ends with the test.
struct Mock {
    child: Child,
    told: BufReader<std::process::ChildStderr>,
    lines: BufReader<std::process::ChildStdout>,
    at: SocketAddr,
}

impl Mock {
    fn start(name: &str, options: &[&str]) -> Self {
        let args = [&["run", name, "--listen", FREE], options].concat();
        let mut child =
            program(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let lines = BufReader::new(child.stdout.take().unwrap());
        let at = address(&mut told);
        Self { child, told, lines, at }
    }

    /// The address of the control port, told behind the mock's own.
    fn control(&mut self) -> SocketAddr {
        address(&mut self.told)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in the next line that the program tells.
fn address(told: &mut impl BufRead) -> SocketAddr {
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    let start = line.find("127.0.0.1:").unwrap_or_else(|| panic!("no address in {line:?}"));
    let end = line[start..].find(['/', ' ', '\n']).unwrap();
    line[start..start + end].parse().unwrap()
}

/// What comes back on a connection of its own for these bytes.
fn exchange(at: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn http(at: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    exchange(
        at,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {at}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

const WISH: &str = "<?xml version=\"1.0\"?><CtxSTAProtocol version=\"4.0\"><RequestTicket>\
    <AllowedTicketType>STA-v4</AllowedTicketType><AllowedAuthorityIDType>STA-v1</AllowedAuthorityIDType>\
    <TicketData><Value name=\"ICAAddress\">192.0.2.10:1494</Value></TicketData></RequestTicket></CtxSTAProtocol>";

fn wish(at: SocketAddr) -> String {
    http(at, "POST", "/scripts/ctxsta.dll", WISH)
}

#[test]
fn the_list_has_every_mock_and_every_mock_helps() {
    let list = String::from_utf8(run(&["list"]).stdout).unwrap();
    let names: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(
        names.starts_with(&["storefront", "broker", "sta", "radius", "ldap", "anakam", "ica-host", "syslog"]),
        "{names:?}"
    );
    for name in names {
        let help = run(&["run", name, "--help"]);
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(help.contains("Example") && help.contains(&format!("mocks run {name}")), "{help}");
    }
    let json = String::from_utf8(run(&["list", "--output", "json"]).stdout).unwrap();
    assert!(json.lines().all(|line| line.starts_with('{') && line.contains("\"misbehaviours\":[")), "{json}");
}

#[test]
fn slips_are_recognised() {
    let (status, told) = failure(&["run", "storfront"]);
    assert!(status == Some(2) && told.contains("'storefront'"), "{told}");
    let folder = Folder::new("slips");
    let site = folder.file("site.toml", "[sta]\nlifetme = \"10s\"\n");
    let (status, told) = failure(&["run", "sta", "--config", &site]);
    assert!(status == Some(3) && told.contains("did you mean `lifetime`?"), "{told}");
    let site = folder.file("site.toml", "[sta]\nmisbehaviours = [{ what = \"slwo\", by = \"3s\" }]\n");
    let (status, told) = failure(&["run", "sta", "--config", &site]);
    assert!(status == Some(3) && told.contains("did you mean \"slow\"?"), "{told}");
    let (status, told) = failure(&["run", "sta", "--config", &folder.path("none.toml")]);
    assert!(status == Some(3) && told.contains("none.toml"), "{told}");
}

#[test]
fn a_busy_port_is_one_line_and_status_four() {
    let taken = TcpListener::bind(FREE).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let (status, told) = failure(&["run", "broker", "--listen", &at]);
    assert_eq!((status, told.lines().count()), (Some(4), 1), "{told}");
    assert!(told.contains(&at), "{told}");
    let taken = UdpSocket::bind(FREE).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    assert_eq!(failure(&["run", "radius", "--listen", &at]).0, Some(4));
}

#[test]
fn mocks_stay_on_loopback_unless_told_otherwise() {
    let (status, told) = failure(&["run", "sta", "--listen", "0.0.0.0:0"]);
    assert!(status == Some(2) && told.contains("--expose"), "{told}");
    let output =
        program(&["run", "sta", "--listen", FREE, "--control", "0.0.0.0:0", "--expose"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_sta_answers_and_tells_without_the_ticket() {
    let mut sta = Mock::start("sta", &[]);
    let answer = wish(sta.at);
    let ticket = answer.split("<Ticket>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<AuthorityID>STA01<"), "{answer}");
    let lines = [sta.line(), sta.line()];
    assert!(lines[0].contains("sta") && lines[0].contains('←') && lines[1].contains('→'), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains(ticket)), "{lines:?}");
}

#[test]
fn an_interrupt_is_a_clean_end() {
    for signal in ["INT", "TERM"] {
        let mut sta = Mock::start("sta", &[]);
        let sent = Command::new("kill").args(["-s", signal, &sta.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(sta.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

/// The datagram was computed with an independent implementation of MD5 and HMAC.
#[test]
fn a_radius_server_answers_a_datagram_with_the_secret_of_a_file() {
    const ALICE: [u8; 67] = *b"\x01\x07\0\x43\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\
        \x50\x12\x52\xdd\x37\x10\xc2\x13\x12\x96\xff\x50\x98\x7a\xc4\x7f\xe8\x98\x01\x07alice\
        \x02\x12\xfb\xef\x6e\xe8\x9c\x99\x63\x54\x5f\x99\x88\xfc\x3e\x73\x28\xc0\x20\x04gw";
    let folder = Folder::new("radius");
    let site = folder.file("site.toml", "[[user]]\nname = \"alice\"\npassword = \"wonderland\"\n");
    let secret = folder.file("radius.secret", "a shared secret of the lab\n");
    let mut radius = Mock::start("radius", &["--config", &site, "--secret-file", &secret]);
    let socket = UdpSocket::bind(FREE).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.send_to(&ALICE, radius.at).unwrap();
    let mut answer = [0; 4096];
    socket.recv_from(&mut answer).unwrap();
    assert_eq!(answer[..2], [2, 7], "Access-Accept under the request's identifier");
    assert!(radius.line().contains("Access-Request id=7 User-Name=alice"));
}

/// printf gateway:only-for-the-lab-0003 | base64
const ACCOUNT: &str = "Authorization: Basic Z2F0ZXdheTpvbmx5LWZvci10aGUtbGFiLTAwMDM=";

#[test]
fn a_passcode_is_in_the_outbox_and_nowhere_else() {
    let mut server = Mock::start("anakam", &["--control", FREE]);
    let (at, control) = (server.at, server.control());
    let ask = |method: &str, path: &str, body: &str| {
        let head = format!("{method} /tfa/api/5.5/default/{path} HTTP/1.1\r\nHost: {at}\r\n{ACCOUNT}");
        let length = body.len();
        exchange(at, &format!("{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"))
    };
    let begun = ask("POST", "auth?applicationKey=/&userKey=alice", "");
    let key = begun.split("<AuthenticationKey>").nth(1).and_then(|rest| rest.get(..36)).expect("a key");
    let put = |command: &str, more: &str| {
        let body = format!(
            "<request command=\"{command}\"><parameters><parameter value=\"{key}\" name=\"authenticationKey\"/>\
             <parameter value=\"192.0.2.1\" name=\"remoteIpAddress\"/>{more}</parameters></request>"
        );
        ask("PUT", &format!("challenge/{key}"), &body)
    };
    let chosen =
        put("execute", "<parameter name=\"destination.selection\" value=\"methods.email~Primary\"/>");
    assert!(chosen.contains("parameters_accepted"), "{chosen}");
    assert!(put("get-params", "").contains("aXXX@example.test"));
    let outbox = http(control, "GET", "/outbox", "");
    let code = outbox.split("\"passcode\":\"").nth(1).and_then(|rest| rest.get(..6)).expect("a passcode");
    assert!(outbox.contains("\"user\":\"alice\""), "{outbox}");
    assert!(!http(control, "GET", "/journal", "").contains(code));
    let passed = put("execute", &format!("<parameter name=\"user.passcode\" value=\"{code}\"/>"));
    assert!(passed.contains("\"authenticated\""), "{passed}");
    let mut sta = Mock::start("sta", &["--control", FREE]);
    let control = sta.control();
    assert!(http(control, "GET", "/outbox", "").starts_with("HTTP/1.1 404"), "an STA sends none");
}

#[test]
fn a_misbehaviour_is_switched_on_and_off() {
    let mut sta = Mock::start("sta", &["--control", FREE, "--output", "json"]);
    let control = sta.control();
    let told =
        http(control, "PUT", "/misbehaviours", r#"[{"what":"error","code":"out-of-order","on":"issue"}]"#);
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("out-of-order"), "{told}");
    assert!(wish(sta.at).contains("<ErrorId>out-of-order<"));
    let state = http(control, "GET", "/misbehaviours", "");
    assert!(state.contains(r#""on":["issue","redeem","refresh"]"#), "{state}");
    // What is refused changes nothing.
    let refused = http(control, "PUT", "/misbehaviours", r#"[{"what":"forge"}]"#);
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("no misbehaviour"), "{refused}");
    assert!(http(control, "PUT", "/misbehaviours", "[{").starts_with("HTTP/1.1 400"));
    assert!(wish(sta.at).contains("<ErrorId>out-of-order<"));
    assert!(http(control, "DELETE", "/misbehaviours", "").contains(r#""rules":[]"#));
    assert!(wish(sta.at).contains("<Ticket>"));
    let journal = http(control, "GET", "/journal", "");
    assert!(journal.contains(r#""kind":"sta.misbehaved""#), "{journal}");
    assert!(sta.line().starts_with('{'));
}

#[test]
fn a_control_port_answers_programs_of_this_machine_only() {
    let mut sta = Mock::start("sta", &["--control", FREE]);
    let control = sta.control();
    for head in ["Host: evil.example", "Host: localhost\r\nOrigin: http://evil.example"] {
        let answer =
            exchange(control, &format!("GET /journal HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    assert!(http(control, "POST", "/journal", "").starts_with("HTTP/1.1 405"));
    assert!(http(control, "GET", "/secrets", "").starts_with("HTTP/1.1 404"));
    let long = format!("[{}]", " ".repeat(100_000));
    assert!(http(control, "PUT", "/misbehaviours", &long).starts_with("HTTP/1.1 400"));
}

#[test]
fn certificates_are_made_once_and_serve_tls_that_a_receiver_trusts() {
    let folder = Folder::new("pki");
    let out = folder.path("pki");
    assert_eq!(run(&["pki", "--out", &out]).status.code(), Some(0));
    let (status, told) = failure(&["pki", "--out", &out]);
    assert!(status == Some(1) && told.contains("ca.pem"), "{told}");
    let pki = |name: &str| folder.path(&format!("pki/{name}"));
    let (cert, key) = (pki("storefront.pem"), pki("storefront.key"));
    let store = Mock::start("storefront", &["--tls-cert", &cert, "--tls-key", &key]);
    let password = folder.file("password", "Winter-26\n");
    let gateway = format!("https://localhost:{}", store.at.port());
    let ca = pki("ca.pem");
    let login = |gateway: &str, ca: &str| {
        failure(&[
            "receiver",
            "--gateway",
            gateway,
            "--ca",
            ca,
            "--user",
            "alice",
            "--password-file",
            &password,
            "login",
        ])
    };
    // TLS is fine; that a store is no gateway is a refusal.
    let (status, told) = login(&gateway, &ca);
    assert!(status == Some(1) && told.contains("login refused: status 404"), "{told}");
    // Somebody else's certificate, and nobody.
    let (status, told) = login(&gateway, &pki("gateway.pem"));
    assert!(status == Some(5) && told.contains("TLS handshake failed"), "{told}");
    drop(store);
    assert_eq!(login(&gateway, &ca).0, Some(5));
    let (status, told) = failure(&["run", "sta", "--tls-cert", &cert, "--tls-key", &pki("sta.key")]);
    assert!(status == Some(3) && told.contains("sta.key"), "{told}");
}

#[test]
fn a_receiver_without_a_password_asks_nobody() {
    let folder = Folder::new("receiver");
    let pki = folder.path("pki");
    run(&["pki", "--out", &pki]);
    let ca = folder.path("pki/ca.pem");
    let (status, told) =
        failure(&["receiver", "--gateway", "https://localhost:1", "--ca", &ca, "--user", "alice", "apps"]);
    assert!(status == Some(2) && told.contains("MOCKS_PASSWORD"), "{told}");
    let (status, told) = failure(&["receiver", "--gateway", "http://localhost", "--ca", &ca, "apps"]);
    assert!(status == Some(2) && told.contains("https"), "{told}");
}
