//! Certificates of a test network: a certificate authority and leaves for it.
//!
//! For runs, the same bytes every time: Ed25519 (RFC 8410), because its signatures need no randomness, with keys
//! made from public constants, which whoever reads this file has. Never for use outside a test network.
//!
//! For people's browsers, which know no Ed25519: P-256 with fresh keys that nobody else has, short-lived, and an
//! authority that can vouch for nothing but this machine (RFC 5280 §4.2.1.10).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_rt::tls::Identity;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// RFC 8410 §7: the PKCS#8 envelope of an Ed25519 key, up to its 32 secret bytes.
const PKCS8_ED25519: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// How long certificates for browsers are valid: an authority that was trusted and forgotten soon ends.
const BROWSERS_DAYS: u32 = 30;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a certificate could not be made: a name is no DNS name or address.
#[derive(Debug, thiserror::Error)]
#[error("no certificate for {names}: {source}")]
pub struct PkiError {
    /// The names that were asked for.
    names: String,
    /// What the certificate library said.
    source: rcgen::Error,
}

/// A certificate authority of a test network.
pub struct TestPki {
    start: SystemTime,
    keys: Keys,
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
}

impl TestPki {
    /// The authority of a world that starts at `start`. Everything it signs is valid from a day before, for
    /// ten years.
    pub fn new(start: SystemTime) -> Self {
        let key = key("certificate authority");
        let mut params = params(&[], start - DAY, start + 3650 * DAY).expect("a certificate without names");
        params.distinguished_name.push(DnType::CommonName, "Gateway Lab Test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(SerialNumber::from(1));
        let root = params.self_signed(&key).expect("an Ed25519 key signs");
        Self { start, keys: Keys::Public, issuer: Issuer::new(params, key), root }
    }

    /// An authority for browsers on this machine, from `start` on for a month.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn for_browsers(start: SystemTime) -> Result<Self, PkiError> {
        let made = || {
            let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
            let mut params = params(&[], start - DAY, start + BROWSERS_DAYS * DAY)?;
            params.distinguished_name.push(DnType::CommonName, "Gateway Lab, this machine only");
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![
                    GeneralSubtree::DnsName("localhost".to_owned()),
                    GeneralSubtree::DnsName("test".to_owned()),
                    GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0])),
                ],
                excluded_subtrees: Vec::new(),
            });
            let root = params.self_signed(&key)?;
            Ok(Self { start, keys: Keys::Fresh, issuer: Issuer::new(params, key), root })
        };
        made().map_err(|source| PkiError { names: "browsers".to_owned(), source })
    }

    /// What a client that trusts this authority trusts.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root_der()).expect("our own root is well-formed");
        roots
    }

    /// The authority's certificate.
    pub fn root_der(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// The authority's certificate, for files.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// A valid certificate for `names` (DNS names or addresses). One with other names than a client asks
    /// for is how a wrong name is made.
    pub fn leaf(&self, names: &[&str]) -> Result<Identity, PkiError> {
        let days = if self.keys == Keys::Fresh { BROWSERS_DAYS } else { 3650 };
        self.signed(names, self.start - DAY, self.start + days * DAY)
    }

    /// A certificate that ran out a day before the world's start.
    pub fn expired(&self, names: &[&str]) -> Result<Identity, PkiError> {
        self.signed(names, self.start - 30 * DAY, self.start - DAY)
    }

    /// A certificate that runs out `after` the world's start.
    pub fn expiring(&self, names: &[&str], after: Duration) -> Result<Identity, PkiError> {
        self.signed(names, self.start - DAY, self.start + after)
    }

    /// A certificate that nobody but its owner signed.
    pub fn self_signed(&self, names: &[&str]) -> Result<Identity, PkiError> {
        let key = key(&format!("self-signed {}", names.join(" ")));
        let made = params(names, self.start - DAY, self.start + 3650 * DAY)
            .and_then(|params| params.self_signed(&key))
            .map_err(|source| PkiError { names: names.join(", "), source })?;
        Ok(identity(&made, &key))
    }

    fn signed(&self, names: &[&str], from: SystemTime, to: SystemTime) -> Result<Identity, PkiError> {
        let made = || {
            let key = self.keys.leaf(names)?;
            let mut params = params(names, from, to)?;
            if self.keys == Keys::Fresh {
                // Only the alternative names count. OpenSSL takes a common name without spaces for one more of them.
                params.distinguished_name = rcgen::DistinguishedName::new();
                params.distinguished_name.push(DnType::CommonName, "a host of Gateway Lab");
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
            Ok(identity(&params.signed_by(&key, &self.issuer)?, &key))
        };
        made().map_err(|source| PkiError { names: names.join(", "), source })
    }
}

/// Where keys come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Ed25519 keys that anybody can make.
    Public,
    /// P-256 keys that nobody else has.
    Fresh,
}

impl Keys {
    fn leaf(self, names: &[&str]) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::Public => Ok(key(&format!("leaf {}", names.join(" ")))),
            Self::Fresh => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        }
    }
}

fn params(names: &[&str], from: SystemTime, to: SystemTime) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, *name);
    }
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + from.duration_since(UNIX_EPOCH).unwrap_or_default();
    params.not_after = epoch + to.duration_since(UNIX_EPOCH).unwrap_or_default();
    let serial = blake3::hash(format!("{names:?} {}", params.not_after.unix_timestamp()).as_bytes());
    // RFC 5280 §4.1.2.2: positive, so the top bit is clear, and never zero.
    let serial: Vec<u8> = std::iter::once(0x40).chain(serial.as_bytes()[..15].iter().copied()).collect();
    params.serial_number = Some(SerialNumber::from(serial));
    Ok(params)
}

/// The key that belongs to `name`, the same in every run.
fn key(name: &str) -> KeyPair {
    let secret = blake3::hash(format!("gateway lab test key: {name}").as_bytes());
    let pkcs8 = [PKCS8_ED25519.as_slice(), secret.as_bytes()].concat();
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), &rcgen::PKCS_ED25519)
        .expect("any 32 bytes are an Ed25519 key")
}

fn identity(certificate: &rcgen::Certificate, key: &KeyPair) -> Identity {
    Identity {
        chain: vec![certificate.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    }
}
