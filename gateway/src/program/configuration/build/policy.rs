//! Policies: their files read and checked, their pages collected.

use std::path::Path;
use std::sync::Arc;

use gateway::config::PolicyRules;
use gateway_policy::conf::{self, Loaded, Loader};
use gateway_policy::run::Policies;
use gateway_policy::switches::Switches;

use super::super::files;
use super::super::finding::Finding;
use super::Builder;

impl Builder<'_> {
    /// The policies, if there are any; `None` when they are of no use.
    pub(super) fn policies(&mut self) -> Option<Option<PolicyRules>> {
        let raw = &self.written.raw;
        if raw.policies.is_empty() {
            return Some(None);
        }
        let loaded = self.loaded()?;
        let mut switches = Switches::default();
        for (name, value) in &raw.policy.switches {
            self.kept_as("policy.switches", switches.set(name, value))?;
        }
        let policies = Policies::new(loaded.configuration, raw.policy.vserver.as_deref(), switches);
        let policies = Arc::new(self.kept_as("policy.vserver", policies)?);
        let routes = raw.policy.call_outs.iter().map(|(name, target)| (name.clone(), target.0.clone()));
        Some(Some(PolicyRules { policies, routes: routes.collect() }))
    }

    fn loaded(&mut self) -> Option<Loaded> {
        let raw = &self.written.raw;
        let mut loader = Loader::new();
        if let Some(folder) = &raw.policy.pages {
            let folder = self.written.base("policy.pages").join(folder);
            for (name, page) in self.kept("policy.pages", files::pages(&folder))? {
                loader.page(name, page);
            }
        }
        for (index, file) in raw.policies.iter().enumerate() {
            let setting = format!("policies.{index}");
            let path = self.written.base(&setting).join(file);
            let bytes = self.kept(&setting, files::policies(&path))?;
            loader.read(path.display().to_string(), &bytes);
        }
        let loaded = loader.finish();
        let mut usable = true;
        for wrong in &loaded.diagnostics {
            let finding = match wrong.severity {
                conf::Severity::Error => Finding::error(wrong.code, told(&loaded, wrong)),
                conf::Severity::Warning => Finding::warning(wrong.code, told(&loaded, wrong)),
                conf::Severity::Note => continue,
            };
            usable &= wrong.severity != conf::Severity::Error;
            self.findings.push(finding.on(format!("policies.{}", wrong.at.file)).help(wrong.help.as_str()));
        }
        usable.then_some(loaded)
    }
}

/// `session.conf:12:5: there is no …`
fn told(loaded: &Loaded, wrong: &conf::Diagnostic) -> String {
    let Some(source) = loaded.sources.get(wrong.at.file) else { return wrong.message.clone() };
    let (line, column) = source.position(wrong.at.span.start);
    let name = Path::new(&source.name).file_name().unwrap_or_default().to_string_lossy();
    format!("{name}:{line}:{column}: {}", wrong.message)
}
