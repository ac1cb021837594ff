//! TLS over the seam: rustls with the injected provider, clock and randomness.
//!
//! SR-60..SR-62: TLS 1.2 and 1.3, or 1.3 only ([`Profile`]), ALPN `http/1.1` only (the ICA clients share the port), no 0-RTT,
//! no session tickets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::time::TlsTime;
use crate::{Rt, Stream};

/// Why a TLS handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not finished in time.
    #[error("no TLS handshake within {0:?}")]
    Deadline(Duration),
    /// The peer, or what it sent, was refused; an alert was sent where TLS has one.
    #[error("TLS handshake failed: {0}")]
    Handshake(#[source] io::Error),
    /// The name to connect to is no DNS name or address.
    #[error("{0} is no server name")]
    Name(String),
}

/// A certificate chain and its private key.
pub struct Identity {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// Which versions of TLS a server speaks: Mozilla's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// TLS 1.2 and 1.3.
    #[default]
    Intermediate,
    /// TLS 1.3.
    Modern,
}

static MODERN: &[&SupportedProtocolVersion] = &[&TLS13];

impl Profile {
    fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        match self {
            Self::Intermediate => ALL_VERSIONS,
            Self::Modern => MODERN,
        }
    }
}

/// A server's configuration. Errors when key and certificate do not belong together.
pub fn server_config(
    rt: &Rt,
    identity: Identity,
    profile: Profile,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let time = Arc::new(TlsTime(rt.clock.clone()));
    let mut config = ServerConfig::builder_with_details(rt.crypto.clone(), time)
        .with_protocol_versions(profile.versions())?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// A client's configuration that trusts exactly `roots`.
pub fn client_config(rt: &Rt, roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let time = Arc::new(TlsTime(rt.clock.clone()));
    let mut config = ClientConfig::builder_with_details(rt.crypto.clone(), time)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// Accepts TLS on `stream` within `deadline`.
pub async fn accept(
    config: Arc<ServerConfig>,
    stream: Stream,
    deadline: Duration,
) -> Result<Stream, TlsError> {
    match tokio::time::timeout(deadline, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(tls)) => Ok(Box::new(tls)),
        Ok(Err(error)) => Err(TlsError::Handshake(error)),
        Err(_) => Err(TlsError::Deadline(deadline)),
    }
}

/// Starts TLS on `stream` toward `name` within `deadline`.
pub async fn connect(
    config: Arc<ClientConfig>,
    stream: Stream,
    name: &str,
    deadline: Duration,
) -> Result<Stream, TlsError> {
    let server = ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name(name.to_owned()))?;
    match tokio::time::timeout(deadline, TlsConnector::from(config).connect(server, stream)).await {
        Ok(Ok(tls)) => Ok(Box::new(tls)),
        Ok(Err(error)) => Err(TlsError::Handshake(error)),
        Err(_) => Err(TlsError::Deadline(deadline)),
    }
}
