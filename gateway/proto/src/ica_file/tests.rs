use proptest::prelude::*;

use super::*;
use crate::host_port::HostPort;
use crate::secret::Secret;

const GOLDEN: &str = "[Encoding]\r
InputEncoding=UTF8\r
\r
[WFClient]\r
Version=2\r
ProxyType=Auto\r
RemoveICAFile=yes\r
TransportReconnectEnabled=On\r
\r
[ApplicationServers]\r
Notepad=\r
\r
[Notepad]\r
Address=;40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF\r
CGPAddress=*:2598\r
CGPSecurityTicket=On\r
SessionReliabilityTTL=120\r
SSLEnable=On\r
SSLProxyHost=gw.example:443\r
BrowserProtocol=HTTPonTCP\r
HTTPBrowserAddress=!\r
InitialProgram=#Notepad\r
LogonTicket=00112233445566778899AABBCCDD\r
LogonTicketType=CTXS1\r
TransportDriver=TCP/IP\r
WinStationDriver=ICA 3.0\r
UILocale=en\r
";

fn golden() -> LaunchFile {
    let ticket = ";40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF".parse().unwrap();
    LaunchFile {
        logon_ticket: Some(Secret::from("00112233445566778899AABBCCDD")),
        session_reliability: Some(SessionReliability {
            ttl_seconds: Some(120),
            ..SessionReliability::default()
        }),
        locale: Some("en".to_owned()),
        ..LaunchFile::new("Notepad", ticket, "gw.example:443".parse().unwrap())
    }
}

#[test]
fn golden_file_both_ways() {
    let written = golden().write().unwrap();
    assert_eq!(written.expose_str(), Some(GOLDEN));
    let read = LaunchFile::parse(GOLDEN.as_bytes()).unwrap();
    assert_eq!(read, golden());
    assert_eq!(read.address().sta().as_str(), "STA0A1B2C3D4E5F");
    assert_eq!(read.ssl_proxy_host().to_string(), "gw.example:443");
    assert!(!format!("{read:?}").contains("0011"));
}

#[test]
fn reads_what_other_writers_leave_out_or_add() {
    let file = "[WFClient]\nTransportReconnectEnabled=Off\n; comment\n[ApplicationServers]\nA=\n[a]\nadDress=;10;S;T\n\
                SSLEnable=on\nSSLProxyHost=gw\nOther=x=y\n";
    let read = LaunchFile::parse(file.as_bytes()).unwrap();
    let gateway: HostPort = "gw:443".parse().unwrap();
    let expected = LaunchFile {
        auto_client_reconnect: false,
        ..LaunchFile::new("A", ";10;S;T".parse().unwrap(), gateway)
    };
    assert_eq!(read, expected);
}

#[test]
fn refusals_say_why() {
    for (from, to, error) in [
        ("[Encoding]", " [Encoding]", IcaFileError::Syntax),
        ("Version=2", "Version", IcaFileError::Syntax),
        ("Version=2", "=2", IcaFileError::Forbidden),
        ("Version=2", "Version=2\0", IcaFileError::Forbidden),
        ("[WFClient]", "[ENCODING]", IcaFileError::Duplicate),
        ("SSLEnable=On", "SSLEnable=Off", IcaFileError::Value("SSLEnable")),
        ("SSLEnable=On", "Address=x", IcaFileError::Duplicate),
        ("SSLProxyHost=gw.example:443\r\n", "", IcaFileError::Missing("SSLProxyHost")),
        ("Notepad=", "Other=", IcaFileError::Missing("application section")),
        ("=*:2598", "=h:2598", IcaFileError::Value("CGPAddress")),
        ("=*:2598", "=*:0", IcaFileError::Address { key: "CGPAddress", source: HostPortError::Port }),
        ("TTL=120", "TTL=-1", IcaFileError::Value("SessionReliabilityTTL")),
        (
            "=gw.example:443",
            "=gw:x",
            IcaFileError::Address { key: "SSLProxyHost", source: HostPortError::Port },
        ),
        ("=;40;STA0A1B2C3D4E5F;", "=192.0.2.10:1494;", IcaFileError::Ticket(TicketError::NoLeadingSemicolon)),
    ] {
        assert!(GOLDEN.contains(from), "{from}");
        assert_eq!(LaunchFile::parse(GOLDEN.replacen(from, to, 1).as_bytes()), Err(error), "{to}");
    }
    assert_eq!(LaunchFile::parse(b""), Err(IcaFileError::Syntax));
    assert_eq!(LaunchFile::parse("[a]\n".repeat(20_000).as_bytes()), Err(IcaFileError::Limit));
    assert_eq!(
        LaunchFile::parse(format!("[a]\n{}", "\n".repeat(2_000)).as_bytes()),
        Err(IcaFileError::Limit)
    );
}

#[test]
fn a_value_can_not_start_a_line() {
    let named = |application: &str| LaunchFile { application: application.to_owned(), ..golden() }.write();
    for application in ["A\r\nAddress=h", "A\nB", "A]", "[A", "A=B", ";A", "#A", "", " A"] {
        assert_eq!(named(application), Err(IcaFileError::Forbidden), "{application}");
    }
    assert_eq!(named("wfclient"), Err(IcaFileError::Duplicate));
    let reference = LaunchFile { launch_reference: Some("x\r\nSSLEnable=Off".to_owned()), ..golden() };
    assert_eq!(reference.write(), Err(IcaFileError::Forbidden));
    let old = LaunchFile { ticket: ";20;S;T".parse().unwrap(), ..golden() };
    assert_eq!(old.write(), Err(IcaFileError::Value("CGPAddress")));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        application: String,
        reference in proptest::option::of("[ -~é]{0,8}"),
        port in 1..=u16::MAX,
        ttl_seconds: Option<u32>,
        auto_client_reconnect: bool,
    ) {
        let file = LaunchFile {
            application,
            launch_reference: reference,
            session_reliability: Some(SessionReliability { port, ttl_seconds }),
            auto_client_reconnect,
            ..golden()
        };
        if let Ok(written) = file.write() {
            prop_assert_eq!(LaunchFile::parse(written.expose()), Ok(file));
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, lines in "(\\[[ -~]{0,4}\\]|[A-z]{0,3}=?[ -~]{0,4}|\r?\n){0,12}") {
        let _ = LaunchFile::parse(&bytes);
        if let Ok(ini) = Ini::parse(lines.as_bytes()) {
            prop_assert!(Ini::parse(ini.write().as_bytes()).is_ok_and(|again| again == ini));
        }
    }
}
