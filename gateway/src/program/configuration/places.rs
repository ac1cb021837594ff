//! Which files a configuration is made of. Later wins: what is installed, what this user has, the command line.

use std::io;
use std::path::{Path, PathBuf};

use super::files::FileError;
use crate::program::Sources;

/// The folder of a packaged installation.
const INSTALLED: &str = "/etc/gateway";

/// Names another folder in its place: for tests, and where a system has no /etc.
const INSTALLED_VARIABLE: &str = "GATEWAY_CONFIG_DIR";

/// The configuration in such a folder, and in a user's own.
const FILE: &str = "gateway.toml";

/// Its fragments, in the order of their names.
const FRAGMENTS: &str = "conf.d";

/// Every file, in the order in which they are laid on top of each other. Without any file at all, the installed one,
/// so that who reads it says where a configuration belongs.
pub(super) fn files(sources: &Sources) -> Result<Vec<PathBuf>, FileError> {
    let mut files = standing()?;
    for named in &sources.config {
        // Named once more, it stays where it is: its fragments go on top of it.
        if !files.contains(named) {
            files.push(named.clone());
        }
    }
    if files.is_empty() {
        files.push(installed().join(FILE));
    }
    Ok(files)
}

/// Those that are there without being named.
pub(super) fn standing() -> Result<Vec<PathBuf>, FileError> {
    let installed = installed();
    let mut files = vec![installed.join(FILE)];
    files.extend(fragments(&installed.join(FRAGMENTS))?);
    files.extend(own());
    files.retain(|file| file.exists());
    Ok(files)
}

fn installed() -> PathBuf {
    std::env::var_os(INSTALLED_VARIABLE).map_or_else(|| INSTALLED.into(), PathBuf::from)
}

fn fragments(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |source| FileError::Unreadable { path: folder.into(), source };
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

/// The user's own (XDG Base Directory Specification).
fn own() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("gateway").join(FILE))
}
