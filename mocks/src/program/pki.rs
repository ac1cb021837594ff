//! `mocks pki`: a certificate authority and certificates, for tests. Its key is thrown away, so nobody can
//! sign more with what lies around. ECDSA P-256, which everything that speaks TLS 1.2 understands.
//!
//! Specification: RFC 5280 as rcgen writes it; names and lives are ours.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args as ClapArgs;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::failure::Failure;
use super::output::print;

/// What to write.
#[derive(ClapArgs)]
#[command(after_help = "Example:
  mocks pki --out pki --name gw.example.test
  mocks run storefront --tls-cert pki/storefront.pem --tls-key pki/storefront.key")]
pub(super) struct Args {
    /// Folder to write into; files in it are never replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A name or address for all certificates, besides localhost, 127.0.0.1 and ::1; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// How many days they are valid
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=825))]
    days: u64,
}

/// Servers that get a certificate.
const SERVERS: [&str; 7] = ["gateway", "storefront", "broker", "sta", "ldap", "anakam", "syslog"];

/// Certificates are valid from a little before now, for machines whose clock is late.
const BACKDATED: Duration = Duration::from_secs(3600);

/// Writes `ca.pem` and, for each server, `<server>.pem` (the chain) and `<server>.key`.
pub(super) fn write(args: &Args) -> Result<(), Failure> {
    let made = make(args, gateway_rt::tokio::real().clock.now());
    let files = made.map_err(|error| Failure::usage(format!("no certificates: {error}")))?;
    let out = args.out.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&args.out)
        .map_err(|error| Failure::broken(format!("{out}: {error}")))?;
    for (name, content) in files {
        let path = args.out.join(name);
        create(&path, &content).map_err(|error| Failure::broken(format!("{}: {error}", path.display())))?;
        print(&path.display().to_string());
    }
    Ok(())
}

fn make(args: &Args, now: SystemTime) -> Result<Vec<(String, String)>, rcgen::Error> {
    let mut authority = params("Gateway Lab test CA", &[], args.days, now)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut files = vec![("ca.pem".to_owned(), authority.pem())];
    for server in SERVERS {
        let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let names: Vec<_> = args.names.iter().cloned().chain(local).collect();
        let mut leaf = params(server, &names, args.days, now)?;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &authority)?;
        files.push((format!("{server}.pem"), certificate.pem()));
        files.push((format!("{server}.key"), key.serialize_pem()));
    }
    Ok(files)
}

fn params(
    name: &str,
    names: &[String],
    days: u64,
    now: SystemTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = date_time_ymd(1970, 1, 1) + now.duration_since(UNIX_EPOCH).unwrap_or_default();
    params.not_before = now - BACKDATED;
    params.not_after = now + Duration::from_secs(days * 24 * 3600);
    Ok(params)
}

/// A new file that only its owner reads.
fn create(path: &Path, content: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(content.as_bytes())
}
