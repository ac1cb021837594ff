//! `mocks list`: the mocks there are. Specification: ours.

use serde_json::json;

use super::Format;
use super::catalogue::Kind;
use super::failure::Failure;
use super::output::print;
use super::site::Site;

/// Prints name, usual address and a line about every mock.
pub(super) fn list(format: Format) -> Result<(), Failure> {
    let mut site = Site::default();
    for kind in Kind::ALL {
        let (name, about, at) = (kind.name(), kind.about(), *site.places(kind).0);
        match format {
            Format::Text => print(&format!("{name:<11} {:<15} {about}", at.to_string())),
            Format::Json => {
                let misbehaviours = kind.misbehaviours();
                let mock = json!({
                    "name": name,
                    "listen": at.to_string(),
                    "about": about,
                    "misbehaviours": misbehaviours,
                });
                print(&mock.to_string());
            }
        }
    }
    Ok(())
}
