//! The steps of a receiver: who logs in, against which gateway, with which apps, for how long.

use std::time::Duration;

use super::Checker;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{CROWD_MAX, EventPattern, HostKind, Receiver, Step, StepExpectation, StepKind};
use crate::scenario::source::Spanned;
use crate::scenario::time;

impl Checker<'_> {
    pub(super) fn receiver(&mut self, receiver: &Receiver) {
        self.host_of(&receiver.machine, HostKind::Receiver);
        let first = self.plan.receivers.iter().find(|other| other.machine == receiver.machine);
        if first.is_some_and(|first| !std::ptr::eq(first, receiver)) {
            let message =
                format!("receiver `{}` already has steps: put these after them", receiver.machine.value);
            self.findings.push(Finding::error("scn-duplicate-name", receiver.machine.place(), message));
        }
        if let Some(user) = &receiver.user {
            self.user(user);
        }
        if let Some(count) = receiver.count.as_ref().filter(|count| count.value > CROWD_MAX) {
            let message = format!("at most {CROWD_MAX} receivers fit on one machine");
            self.findings.push(Finding::error("scn-wrong-type", count.place(), message));
        }
        self.gateway_of(receiver);
        let mut current = receiver.user.as_ref();
        for step in &receiver.steps {
            if let StepKind::Login { user: Some(user), .. } = &step.kind {
                current = Some(user);
            }
            self.step(step, current);
        }
        self.patience(receiver);
    }

    fn gateway_of(&mut self, receiver: &Receiver) {
        if let Some(gateway) = &receiver.gateway {
            self.host_of(gateway, HostKind::Gateway);
            return;
        }
        let mut names = self.plan.world.gateways.iter().map(|gateway| &gateway.fqdn);
        let first = names.next();
        let message = match first {
            None => "there is no gateway to talk to",
            // One, or several behind one name: the name says which.
            Some(first) if names.all(|name| name.is_some() && name == first) => return,
            Some(_) => "there are several gateways: say which one with `gateway=`",
        };
        let finding = Finding::error("scn-which-gateway", receiver.machine.place(), message);
        self.findings.push(match self.plan.world.gateways.is_empty() {
            true => finding.help("take in a world, such as `use \"worlds/one-gateway.kdl\"`"),
            false => finding,
        });
    }

    fn step(&mut self, step: &Step, user: Option<&Spanned<String>>) {
        match &step.kind {
            StepKind::Login { user: named, .. } => match (named, user) {
                (Some(named), _) => self.user(named),
                (None, Some(_)) => {}
                (None, None) => {
                    let message = "nobody logs in: neither `login` nor `receiver` says `user=`";
                    self.findings.push(Finding::error("scn-missing", step.span, message));
                }
            },
            StepKind::Answer { text: None, user: named } => {
                named.iter().for_each(|named| self.user(named));
                self.answer_known(step, named.as_ref().or(user));
            }
            StepKind::CookiesOf(machine) | StepKind::ResumeOf(machine) => {
                self.host_of(machine, HostKind::Receiver);
            }
            StepKind::Launch { app } => self.app(app),
            StepKind::Expect(expectation) => self.step_expectation(expectation),
            _ => {}
        }
    }

    /// `answer` without a text takes it from a RADIUS server or a phone, so one must know it.
    fn answer_known(&mut self, step: &Step, user: Option<&Spanned<String>>) {
        let challenged = user.is_some_and(|user| {
            let users = self.plan.world.radius.iter().flat_map(|server| &server.users);
            let sent = self.plan.world.anakam.iter().flat_map(|server| &server.users);
            users.into_iter().any(|known| known.name == *user && !known.rounds.is_empty())
                || sent.into_iter().any(|known| known.name == *user)
        });
        if !challenged {
            let message = "no server challenges this user: what is the answer?";
            let finding = Finding::error("scn-missing", step.span, message);
            self.findings.push(finding.help("write it: `answer \"…\"`"));
        }
    }

    fn step_expectation(&mut self, expectation: &StepExpectation) {
        match expectation {
            StepExpectation::App(app) | StepExpectation::NoApp(app) => self.app(app),
            StepExpectation::Refused { by, reason, .. } => {
                if let Some(by) = by {
                    self.host(by);
                }
                self.reason(reason.as_ref());
            }
            StepExpectation::Page(page) => self.reason(page.reason.as_ref()),
            _ => {}
        }
    }

    /// Every mark has a name of its own, and somebody who asks for it.
    pub(super) fn marks(&mut self) {
        let (plan, mut seen) = (self.plan, Vec::<&Spanned<String>>::new());
        for mark in plan.marks() {
            if seen.contains(&mark) {
                let message = format!("there already is a mark `{}`", mark.value);
                self.findings.push(Finding::error("scn-duplicate-name", mark.place(), message));
            } else if !plan.patterns().flat_map(EventPattern::marks).any(|asked| asked == mark) {
                let message = format!("nothing happens after the mark `{}`", mark.value);
                self.findings.push(Finding::warning("scn-unused-mark", mark.place(), message));
            }
            seen.push(mark);
        }
    }

    /// Warns when the waits alone take longer than the run may.
    fn patience(&mut self, receiver: &Receiver) {
        let mut total = Duration::ZERO;
        for step in &receiver.steps {
            let StepKind::Wait(time) = &step.kind else { continue };
            total = total.saturating_add(time.value);
            if total >= self.plan.limit {
                let limit = time::render(self.plan.limit);
                let message = format!("this wait goes beyond the limit of the run ({limit})");
                let finding = Finding::warning("scn-outside-run", time.place(), message);
                self.findings.push(finding.help("raise it, such as `limit \"10m\"`"));
                return;
            }
        }
    }
}
