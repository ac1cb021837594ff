//! Reading certificates for a person: whose, until when, and whether the chain is one.
//!
//! What it is not: a verifier. Whether a certificate may be believed is decided by rustls alone.

use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// What a certificate says.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Whose it is.
    pub(super) subject: String,
    /// Who signed it.
    pub(super) issuer: String,
    /// The same as bytes, for comparing.
    pub(super) issuer_der: Vec<u8>,
    /// DNS names and addresses it is for.
    pub(super) names: Vec<String>,
    /// Valid from.
    pub(super) begins: SystemTime,
    /// Valid until.
    pub(super) ends: SystemTime,
}

impl Facts {
    /// What `certificate` says, if it is one.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        Some(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            issuer_der: parsed.issuer().as_raw().to_vec(),
            names: names.unwrap_or_default(),
            begins: time(parsed.validity().not_before.timestamp()),
            ends: time(parsed.validity().not_after.timestamp()),
        })
    }

    /// Whether one of these authorities issued it, judging by the names.
    pub(super) fn is_issued_by(&self, roots: &RootCertStore) -> bool {
        roots.subjects().iter().any(|subject| subject.as_ref() == self.issuer_der)
    }

    /// Whether it was signed with its own key, judging by the names.
    pub(super) fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

/// Where the chain breaks: the first certificate that the next one did not issue.
pub(super) fn break_in(chain: &[Facts]) -> Option<(&Facts, &Facts)> {
    chain.iter().zip(chain.iter().skip(1)).find(|(lower, upper)| lower.issuer != upper.subject)
}

/// The authorities of the operating system.
pub(super) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Whether `certificate` is for `host`, as a client judges it.
pub(super) fn covers(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let Ok(name) = ServerName::try_from(host) else { return false };
    ParsedCertificate::try_from(certificate).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
}

/// Whole days from `now` to `then`; zero when it is past.
pub(super) fn days_until(then: SystemTime, now: SystemTime) -> u64 {
    then.duration_since(now).unwrap_or_default().as_secs() / (24 * 3600)
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
            let v6 = || <[u8; 16]>::try_from(*bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
            v4.or_else(|_| v6()).ok()
        }
        _ => None,
    }
}

fn time(seconds: i64) -> SystemTime {
    // Certificates of before 1970 are over either way.
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
