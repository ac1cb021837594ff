//! Faults and expectations over the run.

use std::time::Duration;

use super::Checker;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{
    Begin, Claim, Datagrams, EventPattern, Expectation, FaultKind, HostKind, Keyword, When,
};
use crate::scenario::source::{Span, Spanned};
use crate::scenario::time;

impl Checker<'_> {
    pub(super) fn faults(&mut self) {
        for fault in &self.plan.faults {
            match &fault.kind {
                FaultKind::Slow { link, .. }
                | FaultKind::Jitter { link, .. }
                | FaultKind::Bandwidth { link, .. }
                | FaultKind::Slice { link, .. }
                | FaultKind::Truncate { link, .. }
                | FaultKind::Flip { link, .. }
                | FaultKind::Stall { link }
                | FaultKind::Cut { link }
                | FaultKind::Blackhole { link }
                | FaultKind::Reset { link }
                | FaultKind::HalfOpen { link } => self.linked(&link.from, &link.to, fault.span),
                FaultKind::Refuse { host, .. }
                | FaultKind::Crash { host }
                | FaultKind::PowerLoss { host }
                | FaultKind::Restart { host }
                | FaultKind::Pause { host }
                | FaultKind::ClockJump { host, .. }
                | FaultKind::ClockDrift { host, .. } => {
                    self.host(host);
                }
                FaultKind::DnsFail { host, whose: Some(whose) } => {
                    self.pair(host, whose);
                }
                FaultKind::DnsFail { host, whose: None } => {
                    self.host(host);
                }
                FaultKind::Lead { name, host } => self.behind(name, host),
                FaultKind::Drop(datagrams)
                | FaultKind::Duplicate(datagrams)
                | FaultKind::Reorder(datagrams)
                | FaultKind::Corrupt(datagrams)
                | FaultKind::Delay { datagrams, .. } => self.datagrams(datagrams, fault.span),
            }
            match &fault.begin {
                Begin::At(time) => self.in_run(time),
                Begin::On { pattern, .. } => self.event(pattern),
            }
        }
    }

    /// Two hosts that exist and differ.
    pub(super) fn pair(&mut self, a: &Spanned<String>, b: &Spanned<String>) -> Option<(HostKind, HostKind)> {
        let kinds = (self.host(a), self.host(b));
        if a == b {
            let message = format!("`{}` has no link to itself", b.value);
            self.findings.push(Finding::error("scn-wrong-host", b.place(), message));
            return None;
        }
        kinds.0.zip(kinds.1)
    }

    fn linked(&mut self, from: &Spanned<String>, to: &Spanned<String>, place: Span) {
        let Some((a, b)) = self.pair(from, to) else { return };
        if !talk(a, b) && !talk(b, a) {
            let message = format!("`{}` and `{}` never talk to each other", from.value, to.value);
            let finding = Finding::warning("scn-idle-link", place, message);
            self.findings.push(finding.help(format!("a {} talks to {}", a.word(), partners(a))));
        }
    }

    fn datagrams(&mut self, datagrams: &Datagrams, place: Span) {
        let Some(kinds) = self.pair(&datagrams.from, &datagrams.to) else { return };
        let radius = [(HostKind::Gateway, HostKind::Radius), (HostKind::Radius, HostKind::Gateway)];
        if !radius.contains(&kinds) {
            let message = "no datagrams go this way: only a gateway and a radius exchange them";
            self.findings.push(Finding::warning("scn-idle-link", place, message));
        }
    }

    pub(super) fn expectation(&mut self, expectation: &Expectation) {
        match &expectation.when {
            When::Between { from, to } => {
                if from.value >= to.value {
                    let message = "the window ends before it begins";
                    self.findings.push(Finding::error("scn-bad-window", to.place(), message));
                }
                self.in_run(to);
            }
            When::Eventually { .. } | When::Run | When::Always => {}
        }
        match &expectation.claim {
            Claim::Event { pattern, .. } | Claim::NoEvent(pattern) => self.event(pattern),
            Claim::Audit { pattern, .. } | Claim::NoAudit(pattern) => self.audit(pattern),
            Claim::Order(patterns) => {
                for pattern in patterns {
                    self.event(pattern);
                }
            }
            Claim::Counters { kind, host, .. } => self.host_of(host, *kind),
            Claim::Tally { of, host, .. } => {
                self.tallied(of);
                if let Some(host) = host {
                    self.host_of(host, HostKind::Gateway);
                }
            }
            Claim::Sessions { gateway, user, .. } => {
                self.host_of(gateway, HostKind::Gateway);
                if let Some(user) = user {
                    self.user(user);
                }
            }
            Claim::Page { receiver, page } => {
                self.acting(receiver);
                self.reason(page.reason.as_ref());
            }
        }
    }

    fn event(&mut self, pattern: &EventPattern) {
        self.known(&pattern.kind, self.vocabulary.event_kinds, "scn-unknown-event", "event");
        self.event_rest(pattern);
    }

    fn audit(&mut self, pattern: &EventPattern) {
        self.known(&pattern.kind, self.vocabulary.audit_events, "scn-unknown-event", "audit event");
        self.event_rest(pattern);
    }

    fn event_rest(&mut self, pattern: &EventPattern) {
        if let Some(host) = &pattern.host {
            self.host(host);
        }
        for field in &pattern.fields {
            self.known(&field.name, self.vocabulary.event_fields, "scn-unknown-field", "event field");
        }
        for mark in pattern.marks() {
            self.mark(mark);
        }
    }

    /// A receiver that does something in this plan, so that it has a last page.
    fn acting(&mut self, receiver: &Spanned<String>) {
        self.host_of(receiver, HostKind::Receiver);
        let known = self.plan.world.kind_of(&receiver.value) == Some(HostKind::Receiver);
        if known && !self.plan.receivers.iter().any(|acting| acting.machine == *receiver) {
            let message = format!("receiver `{}` has no steps: it never gets a page", receiver.value);
            self.findings.push(Finding::error("scn-wrong-host", receiver.place(), message));
        }
    }

    fn in_run(&mut self, at: &Spanned<Duration>) {
        if at.value >= self.plan.limit {
            let limit = time::render(self.plan.limit);
            let message = format!("this is not before the limit of the run ({limit})");
            let finding = Finding::warning("scn-outside-run", at.place(), message);
            self.findings.push(finding.help("raise it, such as `limit \"10m\"`"));
        }
    }
}

/// Whether the first kind of host opens connections to the second.
fn talk(from: HostKind, to: HostKind) -> bool {
    match from {
        HostKind::Receiver => to == HostKind::Gateway,
        HostKind::Gateway => {
            matches!(
                to,
                HostKind::Storefront
                    | HostKind::Sta
                    | HostKind::Radius
                    | HostKind::Ldap
                    | HostKind::Anakam
                    | HostKind::Syslog
                    | HostKind::IcaHost
            )
        }
        HostKind::Storefront => matches!(to, HostKind::Broker | HostKind::Sta | HostKind::Gateway),
        HostKind::Broker
        | HostKind::Sta
        | HostKind::Radius
        | HostKind::Ldap
        | HostKind::Anakam
        | HostKind::Syslog
        | HostKind::IcaHost => false,
    }
}

/// The kinds of hosts a kind talks to, either way, as a list.
fn partners(kind: HostKind) -> String {
    let kinds = HostKind::WORDS.iter().filter(|(_, other)| talk(kind, *other) || talk(*other, kind));
    kinds.map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}
