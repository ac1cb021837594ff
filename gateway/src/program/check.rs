//! `gateway check`: what is wrong with a configuration, or will be.

use serde_json::json;

use super::Sources;
use super::configuration::{self, Finding, Severity};
use super::failure::{Exit, Failure};
use super::output::{self, Format};
use super::probe::{self, Dependency};

/// Prints all findings. Fails with errors, with warnings if they count, or with what can't be reached.
pub(super) async fn check(
    sources: &Sources,
    connect: bool,
    strict: bool,
    format: Format,
) -> Result<(), Failure> {
    let rt = gateway_rt::tokio::real();
    let (findings, gateway) = match configuration::load(sources, rt.clock.now()) {
        Ok(loaded) => (loaded.warnings, Some(loaded.gateway)),
        Err(findings) => (findings, None),
    };
    let dependencies = match gateway {
        Some(config) if connect => probe::all(&rt, &config).await,
        _ => Vec::new(),
    };
    match format {
        Format::Text => output::print(&report(&findings, &dependencies)),
        Format::Json => output::print_json(&json!({
            "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "dependencies": dependencies.iter().map(Dependency::json).collect::<Vec<_>>(),
        })),
    }
    let errors: Vec<_> = findings.into_iter().filter(|f| strict || f.severity == Severity::Error).collect();
    if let Some(exit) = configuration::exit(&errors) {
        return Err(Failure::new(
            exit,
            match errors.len() {
                1 => "1 finding the gateway must not start with".to_owned(),
                count => format!("{count} findings the gateway must not start with"),
            },
        ));
    }
    match dependencies.iter().filter(|dependency| dependency.trouble.is_some()).count() {
        0 => Ok(()),
        missing => Err(Failure::new(Exit::Unreachable, format!("{missing} can't be reached"))),
    }
}

fn report(findings: &[Finding], dependencies: &[Dependency]) -> String {
    let findings_lines = findings.iter().map(Finding::to_string);
    let lines: Vec<_> = findings_lines.chain(dependencies.iter().map(Dependency::line)).collect();
    if findings.is_empty() {
        [vec!["no findings".to_owned()], lines].concat().join("\n")
    } else {
        lines.join("\n")
    }
}
