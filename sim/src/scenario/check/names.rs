//! Looking up the names a plan uses.

use super::Checker;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{HostKind, Keyword};
use crate::scenario::source::Spanned;

/// Whether two host names are the same.
pub(super) fn is(one: &Spanned<String>, other: &Spanned<String>) -> bool {
    one.value.eq_ignore_ascii_case(&other.value)
}

impl Checker<'_> {
    /// A host of any kind.
    pub(super) fn host(&mut self, name: &Spanned<String>) -> Option<HostKind> {
        let kind = self.plan.world.kind_of(&name.value);
        if kind.is_none() {
            let known = self.plan.world.hosts().map(|(_, host)| host.value.as_str());
            let message = format!("there is no host `{}`", name.value);
            let finding = Finding::error("scn-unknown-host", name.place(), message);
            self.findings.push(finding.suggest(&name.value, known));
        }
        kind
    }

    /// A host of one kind.
    pub(super) fn host_of(&mut self, name: &Spanned<String>, kind: HostKind) {
        let found = self.plan.world.kind_of(&name.value);
        if found == Some(kind) {
            return;
        }
        let known =
            self.plan.world.hosts().filter(|(known, _)| *known == kind).map(|(_, host)| host.value.as_str());
        let finding = match found {
            Some(other) => {
                let message =
                    format!("`{}` is declared as `{}`, not as `{}`", name.value, other.word(), kind.word());
                Finding::error("scn-wrong-host", name.place(), message)
            }
            None => {
                let message = format!("there is no {} `{}`", kind.word(), name.value);
                Finding::error("scn-unknown-host", name.place(), message)
            }
        };
        self.findings.push(finding.suggest(&name.value, known));
    }

    /// A host that is among those behind a name.
    pub(super) fn behind(&mut self, name: &Spanned<String>, host: &Spanned<String>) {
        let world = &self.plan.world;
        let known = world.public_names();
        if known.iter().any(|(_, known, fqdn)| known.value == host.value && is(fqdn, name)) {
            return;
        }
        let finding = if known.iter().any(|(.., fqdn)| is(fqdn, name)) {
            let behind = known.iter().filter(|(.., fqdn)| is(fqdn, name));
            let message = format!("`{}` is not behind the name `{}`", host.value, name.value);
            let finding = Finding::error("scn-wrong-host", host.place(), message);
            finding.suggest(&host.value, behind.map(|(_, host, _)| host.value.as_str()))
        } else {
            let message = format!("no host has the name `{}` as its `fqdn`", name.value);
            let finding = Finding::error("scn-unknown-host", name.place(), message);
            finding.suggest(&name.value, known.iter().map(|(.., fqdn)| fqdn.value.as_str()))
        };
        self.findings.push(finding);
    }

    pub(super) fn user(&mut self, name: &Spanned<String>) {
        let users = &self.plan.world.users;
        if users.iter().any(|user| user.name == *name) {
            return;
        }
        let message = format!("there is no user `{}`", name.value);
        let finding = Finding::error("scn-unknown-user", name.place(), message);
        self.findings.push(finding.suggest(&name.value, users.iter().map(|user| user.name.value.as_str())));
    }

    pub(super) fn app(&mut self, name: &Spanned<String>) {
        if self.plan.world.app(&name.value).is_some() {
            return;
        }
        let apps = self.plan.world.brokers.iter().flat_map(|broker| &broker.apps);
        let message = format!("no broker publishes an app `{}`", name.value);
        let finding = Finding::error("scn-unknown-app", name.place(), message);
        self.findings.push(finding.suggest(&name.value, apps.map(|app| app.name.value.as_str())));
    }

    pub(super) fn mark(&mut self, name: &Spanned<String>) {
        let plan = self.plan;
        if plan.marks().any(|mark| mark == name) {
            return;
        }
        let message = format!("no receiver has a step `mark \"{}\"`", name.value);
        let finding = Finding::error("scn-unknown-mark", name.place(), message);
        self.findings.push(finding.suggest(&name.value, plan.marks().map(|mark| mark.value.as_str())));
    }

    pub(super) fn reason(&mut self, reason: Option<&Spanned<String>>) {
        let Some(reason) = reason else { return };
        self.known(reason, self.vocabulary.reasons, "scn-unknown-reason", "reason code");
    }

    /// A name from one of the lists of the vocabulary.
    pub(super) fn known(&mut self, name: &Spanned<String>, list: &[&str], code: &'static str, what: &str) {
        if list.contains(&name.value.as_str()) {
            return;
        }
        let message = format!("there is no {what} `{}`", name.value);
        let finding = Finding::error(code, name.place(), message);
        self.findings.push(finding.suggest(&name.value, list.iter().copied()));
    }
}
