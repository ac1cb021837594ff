//! Who collects the audit log.

use gateway_proto::host_port::HostPort;

/// A collector of syslog messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syslog {
    /// Where it listens. With TLS its certificate must be for this host.
    pub collector: HostPort,
    /// How messages travel.
    pub transport: SyslogTransport,
    /// The process that messages name; empty for none.
    pub process: String,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogTransport {
    /// A datagram each (RFC 5426). Nobody notices a collector that is down.
    Udp,
    /// A stream, each message behind its length (RFC 6587). Readable on the way.
    Tcp,
    /// The same under TLS (RFC 5425).
    Tls,
}
