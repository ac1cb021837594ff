//! Connecting the host that an STA named, where the configuration lets it (SR-134).

use gateway_proto::host_port::HostPort;
use gateway_rt::{ConnectError, Stream};

use crate::reason::Reason;
use crate::shared::Shared;

/// A connection to `host`.
pub(super) async fn connect(shared: &Shared, host: &HostPort) -> Result<Stream, Reason> {
    let rules = &shared.config.hosts;
    if !rules.allow_port(host.port()) {
        return Err(Reason::HostAddress);
    }
    let allowed = |ip| rules.allow_address(ip);
    let connected =
        shared.rt.connect_checked(host.host(), host.port(), shared.config.limits.backend, allowed).await;
    match connected {
        Ok((stream, _)) => Ok(stream),
        Err(ConnectError::Unresolved { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            Err(Reason::HostAddress)
        }
        Err(_) => Err(Reason::HostDown),
    }
}
