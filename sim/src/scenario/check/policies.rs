//! Policies: files that can be read, names that their configuration has.

use gateway_policy::conf::{Configuration, Severity};
use gateway_policy::run::Policies as Runnable;

use super::Checker;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{Gateway, Policies, Tallied};
use crate::scenario::source::Spanned;

impl Checker<'_> {
    /// A configuration that an appliance would refuse in part is no configuration to test with.
    pub(super) fn policies(&mut self, gateway: &Gateway) {
        let policies = &gateway.policies;
        for route in &policies.routes {
            self.host(&route.host);
        }
        let Some((first, _)) = policies.files.first() else {
            let stray = policies.pages.iter().map(|page| &page.name);
            for name in stray.chain(policies.routes.iter().map(|route| &route.server)) {
                let message = "there are no `policies` that could need this";
                self.findings.push(Finding::error("scn-missing", name.place(), message));
            }
            return;
        };
        let loaded = policies.load();
        for wrong in loaded.diagnostics.iter().filter(|wrong| wrong.severity == Severity::Error) {
            let source = loaded.sources.get(wrong.at.file);
            let (line, column) = source.map_or((1, 1), |source| source.position(wrong.at.span.start));
            let file = policies.files.get(wrong.at.file).map_or(first, |(name, _)| name);
            let message = format!("{}:{line}:{column}: {}", file.value, wrong.message);
            self.findings.push(Finding::error("scn-policies", file.place(), message));
        }
        let vserver = policies.vserver.as_ref();
        let wanted = vserver.map(|name| name.value.as_str());
        if let Err(error) = Runnable::new(loaded.configuration, wanted, Default::default()) {
            let place = vserver.unwrap_or(first).place();
            self.findings.push(Finding::error("scn-policies", place, error.to_string()));
        }
    }

    /// A policy or variable that some gateway's configuration has.
    pub(super) fn tallied(&mut self, of: &Tallied) {
        let configured = self.plan.world.gateways.iter().map(|gateway| &gateway.policies);
        let loaded: Vec<Configuration> = configured.map(Policies::load).map(|it| it.configuration).collect();
        let (name, what, known): (&Spanned<String>, &str, Vec<&str>) = match of {
            Tallied::Policy(name) => {
                let policies = loaded.iter().flat_map(|conf| conf.policies.values());
                (name, "policy", policies.map(|policy| policy.name.as_str()).collect())
            }
            Tallied::Variable { name, .. } => {
                let variables = loaded.iter().flat_map(|conf| conf.variables.iter());
                (name, "variable", variables.map(|variable| variable.name.as_str()).collect())
            }
        };
        self.known(name, &known, "scn-policies", what);
    }
}
