//! The configuration of the program: from files, environment and command line to a [`gateway::Config`].
//!
//! [`tree`] joins what was written and knows where; [`read`] and [`raw`] give it types; [`build`] reads the files
//! it names and makes values of it; [`lint`] says what will not work although it is well-formed.

mod build;
mod files;
mod finding;
mod lint;
mod places;
mod print;
mod raw;
mod read;
mod secret;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::RootCertStore;
use serde::Deserialize as _;

use super::Sources;
use super::admin::Place;
use raw::Raw;
use tree::{Node, Origin};

pub(super) use finding::{Finding, Severity, errors, exit, failure};
pub(super) use print::print;
pub(super) use raw::LogFormat;
pub(super) use words::Time;

/// A commented configuration to start from.
pub(super) const TEMPLATE: &str = include_str!("../../../examples/gateway.toml");

/// Everything the program needs to serve.
pub(super) struct Configuration {
    /// The gateway's own.
    pub(super) gateway: gateway::Config,
    /// Where administrators connect.
    pub(super) admin: Place,
    /// How log lines are written.
    pub(super) log_format: LogFormat,
    /// Where they go; standard error without a file.
    pub(super) log_file: Option<PathBuf>,
    /// What will not work.
    pub(super) warnings: Vec<Finding>,
}

/// Settings that are well-formed, and where each was written.
struct Written {
    raw: Raw,
    tree: Node,
}

impl Written {
    fn read(sources: &Sources) -> Result<Self, Finding> {
        let mut tree = Node::empty();
        for path in places::files(sources).map_err(|error| unreadable(&error))? {
            let text = files::text(&path).map_err(|error| match error.is_forbidden() {
                true => unreadable(&error),
                false => unreadable(&error).help("`gateway config template` prints one to start from"),
            })?;
            tree.merge(Node::parse(&path, &text)?);
        }
        // A variable that is not text can't be one of ours.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        tree.merge_environment(variables)?;
        for assignment in &sources.set {
            tree.merge_set(assignment)?;
        }
        Self::over(tree)
    }

    fn over(tree: Node) -> Result<Self, Finding> {
        let raw = Raw::deserialize(&tree).map_err(Finding::from)?;
        Ok(Self { raw, tree })
    }

    fn origin(&self, setting: &str) -> Option<&Origin> {
        self.tree.find(setting).map(|node| &node.origin)
    }

    /// The folder from which a relative path of this setting is meant: that of the file it stands in.
    fn base(&self, setting: &str) -> &Path {
        match self.origin(setting) {
            Some(Origin::File { path, .. }) => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        }
    }
}

/// Reads everything. All findings when there is an error among them ([`errors`]); else they are the warnings.
pub(super) fn load(sources: &Sources, now: SystemTime) -> Result<Configuration, Vec<Finding>> {
    let written = Written::read(sources).map_err(|finding| vec![finding])?;
    build::build(&written, now)
}

/// Where the administration of this configuration listens; without a configuration, where it usually does.
pub(super) fn admin_place(sources: &Sources) -> Result<Place, Finding> {
    let standing = places::standing().map_err(|error| unreadable(&error))?;
    if standing.is_empty() && sources.config.is_empty() {
        return Ok(Place::usual());
    }
    Written::read(sources).map(|written| written.raw.admin.listen.0)
}

/// The authorities of a PEM file.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore, Finding> {
    let mut roots = RootCertStore::empty();
    files::authorities(path, &mut roots).map_err(|error| unreadable(&error))?;
    Ok(roots)
}

/// The JSON schema.
pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Raw).to_value()
}

fn unreadable(error: &files::FileError) -> Finding {
    let code = if error.is_forbidden() { finding::FILE_FORBIDDEN } else { "file" };
    Finding::error(code, error.to_string())
}
