//! The files a configuration names: bounded, with errors that say which file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use gateway::auth::users::{Cost, UserFile, UserFileError};
use gateway_proto::secret::Secret;
use rustix::fs::Access;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The longest file that is read. Ours: the certificates of a whole operating system are a third of it.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{}: {}", path.display(), reason(source))]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: can't be written: {}", path.display(), reason(source))]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{} is longer than {most} bytes", path.display())]
    TooLong { path: PathBuf, most: u64 },
    #[error("{} has no {what} in PEM form", path.display())]
    Nothing { path: PathBuf, what: &'static str },
    #[error("{} has a damaged {what}", path.display())]
    Damaged { path: PathBuf, what: &'static str },
    #[error("{}:{line}: a line of a user file is name:hash", path.display())]
    UserLine { path: PathBuf, line: usize },
    #[error("{}: {source}", path.display())]
    Users { path: PathBuf, source: UserFileError },
}

impl FileError {
    /// Whether the operating system keeps the file from this process.
    pub(super) fn is_forbidden(&self) -> bool {
        let (Self::Unreadable { source, .. } | Self::Unwritable { source, .. }) = self else { return false };
        source.kind() == io::ErrorKind::PermissionDenied
    }
}

/// Without the number that the standard library adds.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Whether the file can be written, or made. Leaves no trace.
pub(super) fn writable(path: &Path) -> Result<(), FileError> {
    let opened = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let may = Access::WRITE_OK | Access::EXEC_OK;
            rustix::fs::access(folder.unwrap_or(Path::new(".")), may).map_err(io::Error::from)
        }
        opened => opened.map(drop),
    };
    opened.map_err(|source| FileError::Unwritable { path: path.into(), source })
}

/// A text file.
pub(super) fn text(path: &Path) -> Result<String, FileError> {
    let damaged = |_| FileError::Damaged { path: path.into(), what: "character: it is not UTF-8" };
    String::from_utf8(bytes(path)?).map_err(damaged)
}

/// A file whose content must not be shown.
pub(super) fn secret(path: &Path) -> Result<Secret, FileError> {
    bytes(path).map(Secret::new)
}

/// All certificates of a file.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let what = "certificate";
    let bytes = bytes(path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match all {
        Ok(all) if all.is_empty() => Err(FileError::Nothing { path: path.into(), what }),
        Ok(all) => Ok(all),
        Err(_) => Err(FileError::Damaged { path: path.into(), what }),
    }
}

/// A private key, from the text of a PEM file.
pub(super) fn private_key(pem: &Secret) -> Option<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem.expose()).ok()
}

/// Adds the authorities of a file.
pub(super) fn authorities(path: &Path, roots: &mut RootCertStore) -> Result<(), FileError> {
    for certificate in certificates(path)? {
        let damaged = |_| FileError::Damaged { path: path.into(), what: "certificate" };
        roots.add(certificate).map_err(damaged)?;
    }
    Ok(())
}

/// A user file, and how many users it has.
pub(super) fn users(path: &Path) -> Result<(UserFile, usize), FileError> {
    let text = text(path)?;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let users = lines.map(|(line, text)| match text.split_once(':') {
        Some((name, hash)) if !name.is_empty() => Ok((name.to_owned(), hash.to_owned())),
        _ => Err(FileError::UserLine { path: path.into(), line }),
    });
    let users = users.collect::<Result<Vec<_>, _>>()?;
    let count = users.len();
    let file = UserFile::new(users, Cost::Production);
    file.map(|file| (file, count)).map_err(|source| FileError::Users { path: path.into(), source })
}

/// A configuration file with policies: a save of a large appliance is longer than anything else here.
pub(super) fn policies(path: &Path) -> Result<Vec<u8>, FileError> {
    bytes_up_to(path, gateway_policy::limits::FILE_BYTES as u64)
}

/// The HTML pages of a folder by their names without `.html`, in order.
pub(super) fn pages(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, FileError> {
    let unreadable = |source| FileError::Unreadable { path: folder.into(), source };
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let (Some("html" | "htm"), Some(name)) =
            (path.extension().and_then(|it| it.to_str()), path.file_stem().and_then(|it| it.to_str()))
        {
            pages.push((name.to_owned(), bytes(&path)?));
        }
    }
    pages.sort();
    Ok(pages)
}

fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    bytes_up_to(path, FILE_BYTES_MAX)
}

fn bytes_up_to(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Unreadable { path: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(FileError::TooLong { path: path.into(), most });
    }
    Ok(bytes)
}
