//! Where scenarios are: files below a `scenarios` folder, found at run time, so that a new file needs no build.
//!
//! `worlds` and `fragments` hold what scenarios use, `invalid` what must not load; none of these is a scenario.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use crate::scenario::{self, Diagnostic, FILE_BYTES_MAX, Loaded, Loader};
use crate::trace::vocabulary;

/// The folder that is looked for when no path is given.
pub const FOLDER: &str = "scenarios";
/// Folders of the catalogue that hold no scenarios.
const NOT_SCENARIOS: [&str; 3] = ["worlds", "fragments", "invalid"];
/// Folders inside each other that are searched: two are in use. Ends a search that a link has led astray.
const DEPTH_MAX: usize = 8;

/// One file of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The catalogue's folder, which names in `use` are relative to.
    pub root: PathBuf,
    /// The file's name below it, with forward slashes: `login/challenge.kdl`.
    pub file: String,
}

/// Why there are no scenarios.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// No folder of this name.
    #[error("there is no `{FOLDER}` folder here or above")]
    NoFolder,
    /// A path that can't be read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// A file name that is not UTF-8.
    #[error("{}: the name is not UTF-8", path.display())]
    Name {
        /// Which.
        path: PathBuf,
    },
    /// The paths hold no scenario.
    #[error("no scenario found")]
    Empty,
}

impl Entry {
    /// `login/challenge`
    pub fn name(&self) -> &str {
        self.file.strip_suffix(".kdl").unwrap_or(&self.file)
    }

    /// The file on disk.
    pub fn path(&self) -> PathBuf {
        self.root.join(&self.file)
    }

    /// The file as one says it beside the catalogue's folder: `scenarios/login/challenge.kdl`.
    pub fn shown(&self) -> String {
        match self.root.file_name() {
            Some(folder) if folder == FOLDER => format!("{FOLDER}/{}", self.file),
            _ => self.path().display().to_string(),
        }
    }

    /// Whether the file is a scenario, and not something that scenarios use.
    pub fn is_scenario(&self) -> bool {
        let (folder, _) = self.file.split_once('/').unwrap_or_default();
        !NOT_SCENARIOS.contains(&folder)
    }

    /// The plans of the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<Loaded, Vec<Diagnostic>> {
        let names = vocabulary::Names::collect();
        scenario::load(&self.file, &Disk { root: &self.root }, &names.vocabulary())
    }
}

/// The nearest folder with scenarios, from the current one upwards.
pub fn nearest_root() -> Result<PathBuf, CatalogueError> {
    let here = std::env::current_dir().map_err(|source| unreadable(Path::new("."), source))?;
    let root = here.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.is_dir());
    root.ok_or(CatalogueError::NoFolder)
}

/// All scenarios at these paths, or of the nearest catalogue when there are none; sorted.
pub fn scenarios(paths: &[PathBuf]) -> Result<Vec<Entry>, CatalogueError> {
    let mut entries = files(paths)?;
    // Who names a file means it, wherever it lies.
    entries.retain(|entry| entry.is_scenario() || paths.iter().any(|path| entry.path().ends_with(path)));
    if entries.is_empty() { Err(CatalogueError::Empty) } else { Ok(entries) }
}

/// All `.kdl` files at these paths, or of the nearest catalogue when there are none; sorted.
pub fn files(paths: &[PathBuf]) -> Result<Vec<Entry>, CatalogueError> {
    let mut entries = Vec::new();
    if paths.is_empty() {
        let root = nearest_root()?;
        collect(&root, &root, 0, &mut entries, &mut Vec::new())?;
    }
    for path in paths {
        let path = fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
        let root = root_of(&path);
        if path.is_dir() {
            collect(&root, &path, 0, &mut entries, &mut Vec::new())?;
        } else {
            entries.push(entry(&root, &path)?);
        }
    }
    entries.sort();
    entries.dedup();
    Ok(entries)
}

/// Files of a catalogue that are none of its own: neither scenarios (`.kdl`) nor policies (`.conf`) and their pages
/// (`.html`), which scenarios name.
pub fn strays(root: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    let mut strays = Vec::new();
    collect(root, root, 0, &mut Vec::new(), &mut strays)?;
    strays.sort();
    Ok(strays)
}

/// The catalogue a path belongs to: the folder of that name around it, or just where it lies.
fn root_of(path: &Path) -> PathBuf {
    let around = path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == FOLDER));
    let beside = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    around.unwrap_or(beside).to_owned()
}

fn collect(
    root: &Path,
    folder: &Path,
    depth: usize,
    entries: &mut Vec<Entry>,
    strays: &mut Vec<PathBuf>,
) -> Result<(), CatalogueError> {
    for item in fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = item.map_err(|source| unreadable(folder, source))?.path();
        if path.is_dir() && depth < DEPTH_MAX {
            collect(root, &path, depth + 1, entries, strays)?;
        } else if path.extension().is_some_and(|extension| extension == "kdl") {
            entries.push(entry(root, &path)?);
        } else if !path.extension().is_some_and(|extension| extension == "conf" || extension == "html") {
            strays.push(path);
        }
    }
    Ok(())
}

fn entry(root: &Path, path: &Path) -> Result<Entry, CatalogueError> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| CatalogueError::Name { path: path.to_owned() })?;
    Ok(Entry { root: root.to_owned(), file: parts.join("/") })
}

fn unreadable(path: &Path, why: io::Error) -> CatalogueError {
    CatalogueError::Unreadable { path: path.to_owned(), why }
}

/// Reads files below a folder and nothing else.
struct Disk<'a> {
    root: &'a Path,
}

impl Loader for Disk<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        let below = Path::new(name);
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err("it is not below the scenarios folder".to_owned());
        }
        let path = self.root.join(below);
        let size = fs::metadata(&path).map_err(|error| error.to_string())?.len();
        if size > FILE_BYTES_MAX as u64 {
            return Err(format!("it is larger than {FILE_BYTES_MAX} bytes"));
        }
        fs::read_to_string(&path).map_err(|error| error.to_string())
    }
}
