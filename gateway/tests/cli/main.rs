//! The program from outside: exit statuses, messages, signals, the administration's port.
#![expect(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

mod policy;
mod site;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use site::{Site, gateway, ran, text};

/// A gateway that serves, killed at the end if it still does.
struct Running {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    users: SocketAddr,
    admin: String,
}

impl Running {
    fn start(config: &Path) -> Self {
        Self::of(gateway().arg("serve").arg("-c").arg(config))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let line = line_with(&mut log, "program.started");
        let address = |before: &str| {
            let rest = line.split(before).nth(1).unwrap_or_else(|| panic!("{before} in {line}"));
            rest.split(['"', ',']).next().unwrap().to_owned()
        };
        let (users, admin) = (address("users at ").parse().unwrap(), address("administration at "));
        line_with(&mut log, "gateway.started");
        Self { child, log, users, admin }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        let host = &self.admin;
        write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn ctl(&self, args: &[&str]) -> (Option<i32>, String) {
        ran(&[&["ctl", "--admin", &self.admin], args].concat())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The next log line with this in it. Ends with the log, so never waits for ever.
fn line_with(log: &mut impl BufRead, what: &str) -> String {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "{what} is not in:\n{seen}");
        if line.contains(what) {
            return line;
        }
        seen.push_str(&line);
    }
}

#[test]
fn serves_answers_and_stops_when_told() {
    let site = Site::new("serves");
    let mut running = Running::start(&site.config());
    assert!(running.ask("GET /livez").starts_with("HTTP/1.1 200"), "livez");
    let ready = running.ask("GET /readyz?verbose");
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.contains("[-] StoreFront failed: 127.0.0.1:1"),
        "{ready}"
    );
    let metrics = running.ask("GET /metrics");
    assert!(metrics.contains("\ngateway_sessions 0\n"), "{metrics}");
    assert!(metrics.contains("gateway_events_total{event=\"gateway.started\",reason=\"\"} 1"), "{metrics}");
    assert!(running.ask("POST /livez").starts_with("HTTP/1.1 404"));
    assert_eq!(running.ctl(&["sessions", "list", "--output", "json"]), (Some(0), "[]\n".to_owned()));
    assert_eq!(running.ctl(&["sessions", "kill", "0123"]).0, Some(1));
    running.signal("-TERM");
    line_with(&mut running.log, "gateway.stopped");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

/// Logs in as a browser does; the answer's head.
fn log_in(site: &Site, at: SocketAddr, form: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (rt, deadline) = (gateway_rt::tokio::real(), Duration::from_secs(10));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(site.folder.join("gateway.crt")).unwrap()).unwrap();
        let (stream, _) = rt.connect(&at.ip().to_string(), at.port(), deadline).await.unwrap();
        let config = gateway_rt::tls::client_config(&rt, roots).unwrap();
        let host = "gateway.example.com";
        let mut stream = gateway_rt::tls::connect(config, stream, host, deadline).await.unwrap();
        let length = form.len();
        let request = format!(
            "POST /cgi/login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    })
}

#[test]
fn an_administrator_sees_sessions_and_ends_them() {
    let site = Site::new("sessions");
    site.write("users", &hashed("alice", "Winter-26"));
    let mut running = Running::start(&site.config());
    let wrong = log_in(&site, running.users, "login=alice&passwd=Winter-27");
    assert!(wrong.contains("X-Gateway-Reason: login-refused"), "{wrong}");
    assert_eq!(running.ctl(&["sessions", "list", "--output", "json"]).1, "[]\n");
    let right = log_in(&site, running.users, "login=alice&passwd=Winter-26");
    assert!(right.contains("Location: /cgi/setclient?"), "{right}");
    let (_, list) = running.ctl(&["sessions", "list"]);
    let session = list.lines().nth(1).unwrap();
    assert!(session.ends_with("alice"), "{list}");
    let id = session.split(' ').next().unwrap();
    assert_eq!(running.ctl(&["sessions", "kill", id]), (Some(0), "ended\n".to_owned()));
    let line = line_with(&mut running.log, "session.ended");
    assert!(line.contains("ended by the administrator") && line.contains(id), "{line}");
    assert_eq!(running.ctl(&["sessions", "kill", id]).0, Some(1));
}

#[test]
fn a_reload_takes_what_is_right_and_keeps_the_old_otherwise() {
    let site = Site::new("reloads");
    let mut running = Running::start(&site.config());
    site.certificate("other.example.com");
    let (status, said) = running.ctl(&["reload"]);
    assert!(status == Some(0) && said.contains("certificate-name"), "{said}");
    line_with(&mut running.log, "gateway.reloaded");
    site.write("gateway.crt", "no certificate");
    let (status, said) = running.ctl(&["reload"]);
    assert!(status == Some(3) && said.contains("gateway.crt"), "{said}");
    running.signal("-HUP");
    line_with(&mut running.log, "program.reload-refused");
    assert!(running.ask("GET /livez").starts_with("HTTP/1.1 200"), "goes on");
    assert_eq!(running.ctl(&["drain"]), (Some(0), "stopping\n".to_owned()));
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_administration_can_be_one_accounts_alone() {
    let site = Site::new("unix");
    let (config, socket) = (site.config(), site.folder.join("admin.sock"));
    let listen = format!("admin.listen=unix:{}", socket.display());
    let start = || Running::of(gateway().arg("serve").arg("-c").arg(&config).args(["--set", &listen]));
    let mut running = start();
    assert_eq!(running.admin, format!("unix:{}", socket.display()));
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(running.ctl(&["sessions", "list", "--output", "json"]), (Some(0), "[]\n".to_owned()));
    let (status, said) = ran(&["serve", "-c", config.to_str().unwrap(), "--set", &listen]);
    assert!(status == Some(4) && said.contains("another program listens there already"), "{said}");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    assert!(socket.exists(), "a killed program takes nothing away");
    let mut running = start();
    assert_eq!(running.ctl(&["drain"]).0, Some(0));
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert!(!socket.exists(), "one that ends does");
    assert_eq!(running.ctl(&["ready"]).0, Some(5));
}

/// Whether this text comes into a file, soon.
#[expect(clippy::disallowed_methods, reason = "another process writes, in real time")]
fn comes(file: &Path, what: &str) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        fs::read_to_string(file).is_ok_and(|text| text.contains(what))
    })
}

#[test]
fn the_log_is_opened_again_and_told_what_goes_on() {
    let site = Site::new("usr");
    let (config, log) = (site.config(), site.folder.join("audit.log"));
    let mut command = gateway();
    command.arg("serve").arg("-c").arg(&config).args(["--set", "log.file=audit.log"]);
    let mut child = command.current_dir(&site.folder).stderr(Stdio::null()).spawn().unwrap();
    let wait_for = |what: &str| comes(&log, what);
    let signal = |name: &str| Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(wait_for("gateway.started"));
    fs::rename(&log, site.folder.join("audit.log.1")).unwrap();
    assert!(signal("-USR1").success());
    assert!(signal("-USR2").success());
    let told = wait_for("program.state") && wait_for("0 connections, 0 sessions");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told, "{:?}", fs::read_to_string(&log));
}

#[test]
fn a_supervisor_is_told_and_a_watchdog_fed() {
    let site = Site::new("notify");
    let path = site.folder.join("notify");
    let heard = UnixDatagram::bind(&path).unwrap();
    heard.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let next = |wanted: &str| {
        let mut bytes = [0; 512];
        for _ in 0..100 {
            let length = heard.recv(&mut bytes).unwrap();
            if text(&bytes[..length]).contains(wanted) {
                return text(&bytes[..length]);
            }
        }
        panic!("{wanted} is not told");
    };
    let mut command = gateway();
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000").env_remove("WATCHDOG_PID");
    let mut running = Running::of(command.arg("serve").arg("-c").arg(site.config()));
    assert!(next("READY=1").contains(&format!("STATUS=users at {}", running.users)));
    next("WATCHDOG=1");
    next("WATCHDOG=1");
    running.signal("-HUP");
    assert!(next("RELOADING=1").contains("MONOTONIC_USEC="));
    next("READY=1");
    running.signal("-TERM");
    next("STOPPING=1");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_can_not_be_listened_on_is_told_in_one_line() {
    let site = Site::new("busy");
    let running = Running::start(&site.config());
    let listen = format!("listen={}", running.users);
    let config = site.config();
    let (status, said) = ran(&["serve", "-c", config.to_str().unwrap(), "--set", &listen]);
    let expected = format!("gateway: listen: {}: another program listens there already\n", running.users);
    assert_eq!((status, said), (Some(4), expected));
}

#[test]
fn a_wrong_configuration_has_its_status_and_its_place() {
    let site = Site::new("wrong");
    let config = site.config();
    let serve = |set: &str| ran(&["serve", "-c", config.to_str().unwrap(), "--set", set]);
    let taken = format!("store.path={}", site.folder.join("gateway.crt").display());
    for (set, status, said) in [
        (
            "lissten=1",
            3,
            "--set lissten: error: lissten: there is no such setting [unknown-key]; did you mean listen?",
        ),
        (
            "limits.sessions=0",
            3,
            "--set limits.sessions: error: limits.sessions: 1 to 1000000 is allowed [limit]",
        ),
        ("admin.listen=0.0.0.0:1", 3, "admin-address"),
        (
            "tls.key={ inline = \"x\" }",
            3,
            "--set tls.key: error: tls.key: a secret in the configuration itself",
        ),
        ("tls.key={ env = \"GATEWAY_NOT_THERE\" }", 3, "GATEWAY_NOT_THERE is not set"),
        ("tls.certificate=missing", 3, "missing: no such file or directory [file]"),
        ("store.path=missing/state", 3, "missing/state: can't be written: no such file or directory [file]"),
        (taken.as_str(), 3, "this is not a gateway's state file"),
        ("listen=192.0.2.1:0", 4, "listen: 192.0.2.1:0: this machine has no such address"),
    ] {
        let (code, message) = serve(set);
        assert_eq!(code, Some(status), "{message}");
        assert!(message.contains(said), "{said} is not in {message}");
        assert!(!message.contains("panicked") && message.lines().count() <= 2, "{message}");
    }
    site.write("gateway.toml", "fqdn = 'a'\n[tls]\ncertificat = 'a'\n");
    let (code, message) = ran(&["check", "-c", config.to_str().unwrap()]);
    let place = format!("{}:3:1: error: tls.certificat: there is no such setting", config.display());
    assert!(code == Some(3) && message.contains(&place), "{message}");
    assert_eq!(ran(&["serve", "--no-such-flag"]).0, Some(2));
    assert_eq!(ran(&["serve", "-c", "/nowhere/gateway.toml"]).0, Some(3));
    assert_eq!(ran(&["ctl", "--admin", "127.0.0.1:1", "ready"]).0, Some(5));
}

#[test]
fn lints_find_what_will_not_work() {
    let site = Site::new("lints");
    let sta = |scheme: &str, id: &str| format!("{{ id = \"{id}\", url = \"{scheme}://sta.example.com\" }}");
    let twice = format!("sta=[{}, {}]", sta("http", "A"), sta("https", "A"));
    let radius = "factor={ radius = { server = [{ address = \"r:1812\", secret = { inline = \"short\" } }], budget = \"60s\", tries = 5, first-retransmit = \"30s\" } }";
    let ldap = "factor={ ldap = { base = 'dc=x', name-attribute = 'userPrincipalName', server = [{ address = 'dc1:636' }] } }";
    let rule = r"second-factor=[{ users = ['LAB\alice'], exempt = true }]";
    let other = "fqdn=other.example.com";
    for (set, status, codes) in [
        (vec![], 0, vec!["users-empty", "sta-none", "callback-none", "published-loopback"]),
        (vec![twice.as_str()], 3, vec!["sta-duplicate", "sta-scheme", "ica-hosts-none"]),
        (
            vec!["test-secrets=true", radius],
            3,
            vec!["test-secrets", "radius-secret", "radius-budget", "radius-tries"],
        ),
        (vec!["test-secrets=true", radius, "sessions.duplicates=deny"], 3, vec!["names-apart"]),
        (vec![ldap, rule, "names.domains=['CORP']"], 0, vec!["names-upn", "names-domain"]),
        (vec!["sessions.bind=['user-agent']"], 0, vec!["session-bind"]),
        (vec![other], 0, vec!["certificate-name"]),
    ] {
        let output = site.check(&set);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(status), "{said}");
        for code in codes {
            assert!(said.contains(&format!("[{code}]")), "{code} is not in {said}");
        }
    }
    let made = rcgen::generate_simple_self_signed(["gateway.example.com".to_owned()]).unwrap();
    site.write("gateway.key", &made.signing_key.serialize_pem());
    let output = site.check(&[]);
    assert!(text(&output.stdout).contains("[certificate-key]") && output.status.code() == Some(3));
}

#[test]
fn a_printed_configuration_shows_origins_and_no_secret() {
    let site = Site::new("prints");
    let config = site.config();
    let mut command = gateway();
    command.env("GATEWAY__LIMITS__SESSION_IDLE", "7m").args(["config", "print", "-c"]).arg(&config);
    let output = command.args(["--set", "callback.token={ inline = \"hunter2\" }"]).output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success() && !said.contains("hunter2") && said.contains("«hidden»"), "{said}");
    let line = |setting: &str| {
        said.lines().find(|line| line.starts_with(setting)).unwrap_or_else(|| panic!("{said}"))
    };
    assert!(
        line("limits.session-idle = \"7m\"")
            .ends_with("# environment variable GATEWAY__LIMITS__SESSION_IDLE")
    );
    assert!(line("fqdn = ").ends_with("gateway.toml:1:1"));
    assert!(line("limits.backend = \"20s\"").ends_with("# default"));
}

#[test]
fn later_files_win_and_fragments_come_in_the_order_of_their_names() {
    let site = Site::new("layers");
    let own = site.folder.join("own/gateway");
    fs::create_dir_all(site.folder.join("conf.d")).unwrap();
    fs::create_dir_all(&own).unwrap();
    site.write("conf.d/20-later.toml", "name = 'twenty'\n[limits]\nsessions = 20\nbackend = '20s'\n");
    site.write("conf.d/10-first.toml", "name = 'ten'\n[limits]\nsession-idle = '10m'\n");
    site.write("conf.d/30.toml.bak", "name = 'nobody'\n");
    fs::write(own.join("gateway.toml"), "[limits]\nsessions = 30\nbackend = '30s'\n").unwrap();
    site.write("named.toml", "[limits]\nsessions = 40\n[tls]\nkey = { env = 'KEY' }\n");
    let mut command = gateway();
    command.env("GATEWAY_CONFIG_DIR", &site.folder).env("XDG_CONFIG_HOME", site.folder.join("own"));
    // Named once more, the installed file stays below its fragments.
    command.args(["config", "print", "-c"]).arg(site.config()).arg("-c").arg(site.folder.join("named.toml"));
    let output = command.output().unwrap();
    let said = text(&output.stdout);
    for (setting, origin) in [
        ("name = \"twenty\"", "20-later.toml:1:1"),
        ("limits.session-idle = \"10m\"", "10-first.toml:3:1"),
        ("limits.backend = \"30s\"", "own/gateway/gateway.toml:3:1"),
        ("limits.sessions = 40", "named.toml:2:1"),
        ("tls.key.env = \"KEY\"", "named.toml:4:9"),
        ("fqdn = \"gateway.example.com\"", "gateway.toml:1:1"),
    ] {
        let line = said.lines().find(|line| line.starts_with(setting));
        assert!(line.is_some_and(|line| line.ends_with(origin)), "{setting} {origin}: {said}");
    }
}

#[test]
fn who_is_logged_in_still_is_after_the_process_was_killed() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new("state");
    let with_state = fs::read_to_string(site.config()).unwrap() + "[store]\npath = 'state'\n";
    site.write("gateway.toml", &with_state);
    site.write("users", &hashed("alice", "Winter-26"));
    let mut running = Running::start(&site.config());
    log_in(&site, running.users, "login=alice&passwd=Winter-26");
    let (_, before) = running.ctl(&["sessions", "list"]);
    let id = before.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let state = site.folder.join("state");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read(&state).unwrap().windows(9).any(|bytes| bytes == b"Winter-26"));
    // Nobody else may have the file.
    let (code, message) = ran(&["serve", "-c", site.config().to_str().unwrap()]);
    assert!(code == Some(4) && message.contains("another process uses it"), "{code:?} {message}");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let mut running = Running::start(&site.config());
    assert!(running.ctl(&["sessions", "list"]).1.contains(&id));
    assert_eq!(
        running.ctl(&["devices", "revoke", r"EXAMPLE\alice"]),
        (Some(0), "0 devices are not known any more\n".to_owned())
    );
    assert_eq!(running.ctl(&["sessions", "kill", &id]), (Some(0), "ended\n".to_owned()));
    running.signal("-KILL");
    running.child.wait().unwrap();
    let running = Running::start(&site.config());
    assert_eq!(running.ctl(&["sessions", "list", "--output", "json"]).1, "[]\n");
}

/// A line of a user file.
fn hashed(user: &str, password: &str) -> String {
    let mut command = gateway();
    command.args(["hash-password", "--user", user]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    text(&output.stdout)
}

#[test]
fn a_password_is_hashed_and_never_shown() {
    let line = hashed("alice", "Winter-26");
    assert!(line.starts_with("alice:$argon2id$") && !line.contains("Winter"), "{line}");
    assert_eq!(ran(&["hash-password"]).0, Some(2), "no password");
    assert_eq!(ran(&["hash-password", "--user", "a:b"]).0, Some(2), "no user name");
}

#[test]
fn what_the_program_says_about_itself_is_there() {
    for (args, word) in [
        (&["config", "template"][..], "fqdn = "),
        (&["config", "schema"], "\"fqdn\""),
        (&["completions", "bash"], "_gateway"),
        (&["man"], ".TH gateway"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["doctor", "http://gateway.example.com"], "https"),
    ] {
        assert!(ran(args).1.contains(word), "{args:?}");
    }
}
