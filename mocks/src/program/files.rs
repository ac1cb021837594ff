//! The files the program reads: bounded, with errors that name the file. Specification: ours.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use gateway_proto::secret::Secret;
use gateway_rt::tls::Identity;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::failure::Failure;
use super::limits::FILE_BYTES_MAX;

/// A whole file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = read().map_err(|error| Failure::file(format!("{}: {error}", path.display())))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::file(format!("{}: longer than {FILE_BYTES_MAX} bytes", path.display())));
    }
    Ok(bytes)
}

/// A file of text.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|_| Failure::file(format!("{}: not UTF-8", path.display())))
}

/// A secret in a file of its own; the line break at its end does not count.
pub(super) fn secret(path: &Path) -> Result<Secret, Failure> {
    let mut bytes = bytes(path)?;
    let length =
        bytes.strip_suffix(b"\n").map_or(bytes.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
    bytes.truncate(length);
    if bytes.is_empty() {
        return Err(Failure::file(format!("{}: empty", path.display())));
    }
    Ok(Secret::from(bytes))
}

/// Certificates to trust.
pub(super) fn roots(path: &Path) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| Failure::file(format!("{}: {error}", path.display())))?;
    }
    Ok(roots)
}

/// A certificate chain and its key.
pub(super) fn identity(chain: &Path, key: &Path) -> Result<Identity, Failure> {
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(|error| Failure::file(format!("{}: no private key: {error}", key.display())))?;
    Ok(Identity { chain: certificates(chain)?, key: private })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let wrong = |error: String| Failure::file(format!("{}: no certificate: {error}", path.display()));
    let bytes = bytes(path)?;
    let found = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() { Err(wrong("there is none".to_owned())) } else { Ok(found) }
}
