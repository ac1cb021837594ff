//! What will not work, or not safely, about who verifies log-ins.

use std::time::Duration;

use gateway_proto::cvpn::Scheme;
use gateway_proto::limits::RADIUS_TRIES_MAX;

use super::super::finding::Finding;
use super::super::raw::{Anakam, MessageAuthenticator, Radius, Raw};

/// A server that is asked less often may have lost every datagram. Ours.
const RADIUS_TRIES_WANTED: u8 = 3;

/// RFC 2869 section 5.16: the least that may be asked for.
const ACCOUNTING_INTERIM_MIN: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3_600);

/// Both factors.
pub(super) fn settings(raw: &Raw, findings: &mut Vec<Finding>) {
    let backend = raw.limits.backend.0;
    if let Some(radius) = &raw.factor.radius {
        self::radius("factor.radius", radius, backend, findings);
    }
    let interim = raw.accounting.as_ref().and_then(|accounting| accounting.interim);
    if interim.is_some_and(|time| time.0 < ACCOUNTING_INTERIM_MIN) {
        let text = "updates more often than once a minute are too much for any server (RFC 2869 section 2.1)";
        findings.push(Finding::error("limit", text).on("accounting.interim"));
    }
    for (index, rule) in raw.second_factor.iter().enumerate() {
        let place = format!("second-factor.{index}");
        if let Some(radius) = &rule.radius {
            self::radius(&format!("{place}.radius"), radius, backend, findings);
        }
        if let Some(anakam) = &rule.anakam {
            self::anakam(&format!("{place}.anakam"), anakam, findings);
        }
        if rule.groups.is_some() && raw.factor.users.is_some() {
            let about = if rule.exempt { "nobody" } else { "everybody" };
            let text = format!("a user file knows no groups, so this rule is about {about}");
            let finding = Finding::warning("second-factor-groups", text).help("write users");
            findings.push(finding.on(format!("{place}.groups")));
        }
        if rule.users.is_none() && rule.groups.is_none() && index + 1 < raw.second_factor.len() {
            let text = "this rule is about everybody, so those behind it are about nobody";
            let finding = Finding::warning("second-factor-order", text).help("write it last");
            findings.push(finding.on(place));
        }
    }
}

fn radius(place: &str, radius: &Radius, backend: Duration, findings: &mut Vec<Finding>) {
    let servers = u32::try_from(radius.server.len().max(1)).unwrap_or(u32::MAX);
    if !(1..=RADIUS_TRIES_MAX).contains(&radius.tries) {
        let text = format!("1 to {RADIUS_TRIES_MAX} is allowed");
        findings.push(Finding::error("limit", text).on(format!("{place}.tries")));
    }
    // RFC 5080 §2.2.1: the wait doubles, so the n-th try goes out after 2^(n-1) - 1 first waits.
    let share = radius.push.map_or(radius.budget.0 / servers, |push| push.0);
    let fits = |tries: u8| radius.first_retransmit.0.saturating_mul((1 << (tries - 1)) - 1) < share;
    let fitting = (1..=radius.tries.min(RADIUS_TRIES_MAX)).take_while(|tries| fits(*tries)).count();
    if fitting < usize::from(radius.tries.min(RADIUS_TRIES_WANTED)) {
        let share = share.as_secs_f32();
        let text = format!(
            "each of {servers} servers is given up after {share:.1} s, in which only {fitting} tries fit"
        );
        let help = "a shorter first-retransmit, or a larger budget";
        findings.push(Finding::warning("radius-tries", text).on(format!("{place}.budget")).help(help));
    }
    if radius.push.is_none() && radius.budget.0 > backend {
        let text = format!("a log-in may wait {} s, longer than limits.backend", radius.budget.0.as_secs());
        let help = "browsers and load balancers give up; where a person approves on a phone, write push";
        findings.push(Finding::warning("radius-budget", text).on(format!("{place}.budget")).help(help));
    }
    if radius.message_authenticator == MessageAuthenticator::IfPresent {
        let text = "replies without Message-Authenticator are believed (CVE-2024-3596)";
        let help = "repair the server, then write required";
        let finding = Finding::warning("radius-message-authenticator", text).help(help);
        findings.push(finding.on(format!("{place}.message-authenticator")));
    }
}

fn anakam(place: &str, anakam: &Anakam, findings: &mut Vec<Finding>) {
    if anakam.url.0.scheme() == Scheme::Http {
        let text = "passcodes and the gateway's password travel readable";
        let finding = Finding::warning("second-factor-http", text).help("use https");
        findings.push(finding.on(format!("{place}.url")));
    }
    let registration = anakam.registration.map_or(HOUR, |time| time.0);
    if registration < HOUR
        || registration.subsec_nanos() != 0
        || !registration.as_secs().is_multiple_of(HOUR.as_secs())
    {
        let text = "the server counts whole hours";
        findings.push(Finding::error("limit", text).on(format!("{place}.registration")));
    }
}
