//! Configurations as the command line names them: files, standard input, pages beside them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use gateway_policy::conf::{Loaded, Loader};
use gateway_policy::limits::FILE_BYTES;

use crate::program::failure::{Exit, Failure};

/// How files become a configuration.
#[derive(Args)]
pub(super) struct Reading {
    /// Takes the commands out of an article: web quotes and entities undone, everything else left out
    #[arg(long)]
    pub(super) repair: bool,
    /// An HTML page that a responder action names; a saved file does not hold it. May be given more than once
    #[arg(long = "page", value_name = "NAME=FILE")]
    pages: Vec<String>,
}

impl Reading {
    /// One configuration from these files, in this order.
    pub(super) fn load(&self, paths: &[PathBuf]) -> Result<Loaded, Failure> {
        let mut loader = Loader::new();
        for page in &self.pages {
            let Some((name, path)) = page.split_once('=') else {
                return Err(Failure::usage(format!("--page {page}: write NAME=FILE")));
            };
            loader.page(name, read(Path::new(path))?);
        }
        for path in paths {
            let bytes = read(path)?;
            let name = path.display().to_string();
            if self.repair { loader.read_repaired(name, &bytes) } else { loader.read(name, &bytes) }
        }
        Ok(loader.finish())
    }
}

/// A file's bytes, or those of standard input for `-`. One byte more than can be loaded is enough to say so.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let limit = FILE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let done = if path == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    match done {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(Exit::Forbidden, format!("{}: {error}", path.display()))),
    }
}
