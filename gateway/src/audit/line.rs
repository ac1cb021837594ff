//! How each event is told to a person: one line, in words that stay.

use gateway_rt::Line;

use super::{Event, Mark};
use crate::config::DuplicatePolicy;

impl Event {
    /// The line of this event.
    pub(super) fn line(&self) -> Line {
        match self {
            Self::Started { at } => Line::new(format!("listens on port {}", at.port())),
            Self::Reloaded => Line::new("serves with a new configuration"),
            Self::Draining { connections } => {
                Line::new(format!("stops and waits for {connections} connections"))
            }
            Self::Stopped => Line::new("has stopped"),
            Self::ConnectionRefused { reason, .. } => {
                Line::new(format!("closes the connection [{}]", reason.code()))
            }
            Self::ProtocolDetected { protocol, .. } => Line::new(format!("recognises {protocol}")),
            Self::RequestRefused { path, reason, .. } => {
                Line::new(format!("refuses {path} [{}]", reason.code()))
            }
            Self::LoginTried { user, .. } => Line::new(format!("verifies the log-in of {user}")),
            Self::FactorAsked { user, factor, server, attempt } => {
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                Line::new(format!("asks {server} about {user} ({factor}{again})"))
            }
            Self::FactorDiscarded { server, why } => {
                Line::new(format!("throws away an answer of {server}: {why}"))
            }
            Self::FactorRefused { user, server, why } => {
                Line::new(format!("is told by {server} to refuse {user}: {why}"))
            }
            Self::FactorSilent { server, after } => {
                Line::new(format!("gives {server} up after {} s", after.as_secs()))
            }
            Self::FactorPassed { user, factor, server } if server.is_empty() => {
                Line::new(format!("{user} passes the first factor ({factor})"))
            }
            Self::FactorPassed { user, factor, server } => {
                Line::new(format!("{user} passes the factor ({factor} by {server})"))
            }
            Self::ChallengeShown { user, round, .. } => {
                Line::new(format!("asks {user} for an answer (round {round})"))
            }
            Self::LoginRefused { user, reason, .. } => {
                Line::new(format!("refuses the log-in of {user} [{}]", reason.code()))
            }
            Self::LoginLocked { scope, lasts, .. } => {
                Line::new(format!("refuses further log-ins of {scope} for {} s", lasts.as_secs()))
            }
            Self::SessionDuplicate { user, session, attempt, policy, .. } => {
                duplicate(user, *session, *attempt, *policy)
            }
            Self::SessionCreated { user, session, groups, .. } => {
                let line = Line::new(format!("opens a session for {user}: ")).mark("session", *session);
                if groups.is_empty() { line } else { line.text(format!(", groups: {}", groups.join("; "))) }
            }
            Self::SessionMoved { user, session, changed, reason, .. } => {
                let refused =
                    reason.map_or(String::new(), |reason| format!(", and refuses it [{}]", reason.code()));
                Line::new("finds ")
                    .mark("session", *session)
                    .text(format!(" of {user} used with another {changed}{refused}"))
            }
            Self::SessionEnded { user, session, cause, after } => Line::new("ends ")
                .mark("session", *session)
                .text(format!(" of {user} after {} s: {cause}", after.as_secs())),
            Self::CallbackAnswered { user, session, conditions, .. } => Line::new("vouches for ")
                .mark("session", *session)
                .text(format!(" of {user}, SmartAccess: {}", list(conditions))),
            Self::CallbackRefused { reason, .. } => {
                Line::new(format!("refuses the call-back [{}]", reason.code()))
            }
            Self::Policy(event) => event.line(),
            Self::AccountingLost { user, session } => {
                Line::new(format!("has no room to account for {user}: ")).mark("session", *session)
            }
            Self::BackendFailed { backend, why } => Line::new(format!("can't use {backend}: {why}")),
            Self::TicketRedeemed { ticket, sta, host, .. } => {
                Line::new("redeems ").mark("ticket", *ticket).text(format!(" at {sta}: host {host}"))
            }
            Self::TicketRefused { ticket: Some(ticket), reason, .. } => {
                Line::new("refuses ").mark("ticket", *ticket).text(format!(" [{}]", reason.code()))
            }
            Self::TicketRefused { ticket: None, reason, .. } => {
                Line::new(format!("refuses the CONNECT [{}]", reason.code()))
            }
            Self::TunnelOpened { ticket, host, .. } => {
                Line::new("relays ").mark("ticket", *ticket).text(format!(" to {host}"))
            }
            Self::TunnelResumed { ticket, host, after, .. } => {
                let after = after.map_or(String::new(), |after| format!(" after {} s", after.as_secs()));
                Line::new("resumes ").mark("ticket", *ticket).text(format!(" to {host}{after}"))
            }
            Self::TunnelSuspended { host, up, down, cause, .. } => Line::new(format!(
                "suspends the session on {host}: {cause}, {up} bytes up, {down} bytes down"
            )),
            Self::TunnelGivenUp { host, after, .. } => {
                Line::new(format!("gives the session on {host} up after {} s", after.as_secs()))
            }
            Self::ReconnectTicketIssued { ticket, sta, host, .. } => {
                Line::new("gets ").mark("ticket", *ticket).text(format!(" from {sta} to reconnect to {host}"))
            }
            Self::ReconnectTicketRefreshed { ticket, sta, .. } => {
                Line::new("refreshes ").mark("ticket", *ticket).text(format!(" at {sta}"))
            }
            Self::ReconnectTicketFailed { sta, host, reason, .. } => {
                Line::new(format!("gets no ticket from {sta} to reconnect to {host} [{}]", reason.code()))
            }
            Self::ReconnectTicketRetried { ticket, host, .. } => {
                Line::new("lets ").mark("ticket", *ticket).text(format!(" to {host} through once more"))
            }
            Self::ReconnectTicketReplayed { ticket, host, .. } => Line::new("ends the session on ")
                .text(format!("{host}, because "))
                .mark("ticket", *ticket)
                .text(" came back from elsewhere or outlived"),
            Self::TunnelClosed { host, up, down, cause, .. } => {
                Line::new(format!("ends the relay to {host}: {cause}, {up} bytes up, {down} bytes down"))
            }
            Self::DevicesRevoked { user, devices } => {
                Line::new(format!("forgets {devices} devices of {user}, as the administrator wants"))
            }
            Self::State(state) => state.line(),
            Self::Forwarding(forwarding) => forwarding.line(),
        }
    }
}

/// Appends a mark to a line.
pub(crate) trait MarkLine {
    fn mark(self, kind: &'static str, mark: Mark) -> Self;
}

impl MarkLine for Line {
    fn mark(self, kind: &'static str, mark: Mark) -> Self {
        self.fingerprint(kind, mark.0)
    }
}

/// What is done about a log-in of somebody who has a session.
fn duplicate(user: &str, session: Mark, attempt: u64, policy: DuplicatePolicy) -> Line {
    let (before, after) = match policy {
        DuplicatePolicy::Allow => ("leaves ", ", and opens one more"),
        DuplicatePolicy::Deny => ("leaves ", ", and refuses another one [duplicate-session]"),
        DuplicatePolicy::Kick => ("gives up ", " for a newcomer"),
        DuplicatePolicy::Transfer => ("asks a newcomer whether to end ", ""),
    };
    let again = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
    Line::new(before).mark("session", session).text(format!(" of {user}{after}{again}"))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
