//! The same requests on two configurations: what a change changes.

use std::path::PathBuf;

use super::file::TestFile;
use super::run;
use crate::program::failure::Failure;
use crate::program::output;

/// Prints every request whose outcome differs. Fails if one does.
pub(super) fn diff(files: &[TestFile], old: &PathBuf, new: &PathBuf) -> Result<(), Failure> {
    let (mut text, mut changed, mut requests) = (String::new(), 0_usize, 0_usize);
    for file in files {
        let (before, after) = (run::run(file, Some(old))?, run::run(file, Some(new))?);
        requests += before.steps.len();
        for (before, after) in before.steps.iter().zip(&after.steps) {
            if before.summary != after.summary {
                changed += 1;
                text += &format!("{}: {}\n", file.name, before.name);
                text += &format!("  - {}\n  + {}\n", before.summary, after.summary);
            }
        }
    }
    output::print(&format!("{text}{changed} of {requests} requests come out differently"));
    if changed == 0 { Ok(()) } else { Err(Failure::broken("the configurations differ")) }
}
