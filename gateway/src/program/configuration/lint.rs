//! What is well-formed and will not work, or not safely: found before users do.
//!
//! Codes are stable; `docs/operations.md` lists them.

mod factors;
mod names;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use gateway::Config;
use gateway::config::Callback;
use gateway_proto::cvpn::{Scheme, Target};
use gateway_rt::tls::Profile;

use super::Written;
use super::finding::Finding;
use super::raw::Bind;
use super::words::Time;
use crate::program::certificate::{Facts, break_in, covers, days_until, system_roots};

/// From here on the end of a certificate is told (SR-65).
const CERTIFICATE_DAYS_LEFT_MIN: u64 = 30;

/// Where the CGP service of an ICA host listens.
const CGP_PORT: u16 = 2598;

/// The longest that a session may wait for its client. Ours.
const KEPT_MAX: Duration = Duration::from_secs(3_600);

/// The longest that an STA is believed to keep a ticket nobody refreshes. Ours.
const TICKET_LIFE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Everything that can be said without reading a file.
pub(super) fn settings(written: &Written, findings: &mut Vec<Finding>) {
    let raw = &written.raw;
    stas(written, findings);
    hosts(written, findings);
    callback(written, findings);
    factors::settings(raw, findings);
    names::settings(raw, findings);
    if raw.sessions.bind.contains(&Bind::UserAgent) {
        let text =
            "Receiver and Workspace app ask with several programs, and lose a session that is bound to one";
        let finding = Finding::warning("session-bind", text).on("sessions.bind");
        findings.push(finding.help("bind to the address, or to nothing; the log tells changes anyway"));
    }
    reliability(written, findings);
    for (setting, bounds) in raw.limits.outside() {
        findings.push(Finding::error("limit", bounds).on(format!("limits.{setting}")));
    }
    if !raw.admin.listen.0.is_local() {
        let text =
            "whoever can connect there may end sessions, so it must be a loopback address, or a Unix socket";
        findings.push(Finding::error("admin-address", text).on("admin.listen"));
    }
    if gateway_proto::host_port::HostPort::new(&raw.fqdn, 443).is_err() {
        findings.push(Finding::error("fqdn", "this is no host name").on("fqdn"));
    }
    if raw.vip.is_none() && raw.listen.0.ip().is_unspecified() {
        let text = "StoreFront is told no address of this gateway, because it listens on all";
        findings.push(Finding::warning("vip", text).on("listen").help("set vip"));
    }
    if raw.test_secrets {
        let text = "secrets may stand in the configuration; this is for tests only";
        findings.push(Finding::warning("test-secrets", text).on("test-secrets"));
    }
}

fn stas(written: &Written, findings: &mut Vec<Finding>) {
    let stas = &written.raw.sta;
    if stas.is_empty() {
        let text = "there is no STA, so no application can be started";
        findings
            .push(Finding::warning("sta-none", text).help("list the STAs StoreFront uses for this gateway"));
    }
    let mut seen = BTreeMap::new();
    for (index, sta) in stas.iter().enumerate() {
        let setting = format!("sta.{index}");
        if let Some(first) = seen.insert(sta.id.0.as_str(), index) {
            let text = format!("the id {} is also that of sta.{first}", sta.id.0);
            let help = "give every STA an id of its own in its configuration";
            findings.push(Finding::error("sta-duplicate", text).on(format!("{setting}.id")).help(help));
        }
        if sta.url.0.scheme() != stas[0].url.0.scheme() || scheme_contradicts_port(&sta.url.0) {
            let text = format!(
                "{} is asked by {}, unlike what its neighbours or its port suggest",
                sta.url.0,
                sta.url.0.scheme()
            );
            let help = "StoreFront's list and this one must have the same schemes";
            findings.push(Finding::warning("sta-scheme", text).on(format!("{setting}.url")).help(help));
        }
    }
    let hosts = &written.raw.ica_hosts;
    if !stas.is_empty() && (hosts.networks.is_empty() || hosts.ports.is_empty()) {
        let text = "no ICA host may be connected to";
        let help = "list the networks of the machines that run the applications";
        findings.push(Finding::warning("ica-hosts-none", text).on("ica-hosts.networks").help(help));
    }
    for (index, network) in hosts.networks.iter().enumerate() {
        if network.0.prefix_len() == 0 {
            let text = "an STA may point anywhere, this machine included";
            let finding = Finding::warning("ica-hosts-all", text).help("list the networks of the ICA hosts");
            findings.push(finding.on(format!("ica-hosts.networks.{index}")));
        }
    }
}

fn reliability(written: &Written, findings: &mut Vec<Finding>) {
    let (raw, wanted) = (&written.raw, &written.raw.session_reliability);
    if !wanted.enabled {
        return;
    }
    for (setting, time, least, most) in [
        ("kept", wanted.kept.0, Duration::from_secs(1), KEPT_MAX),
        // Refreshed at two fifths of it, which must leave time for an answer.
        ("ticket-life", wanted.ticket_life.0, Duration::from_secs(10), TICKET_LIFE_MAX),
    ] {
        if !(least..=most).contains(&time) {
            let text = format!("{} to {} is allowed", Time(least), Time(most));
            findings.push(Finding::error("limit", text).on(format!("session-reliability.{setting}")));
        }
    }
    if wanted.kept.0 > raw.limits.session_idle.0 {
        let text = "users are logged out for being idle before their sessions stop waiting for them";
        let help = "a longer limits.session-idle, or a shorter session-reliability.kept";
        let finding = Finding::warning("session-reliability-idle", text).help(help);
        findings.push(finding.on("session-reliability.kept"));
    }
    if !raw.sta.is_empty() && !raw.ica_hosts.ports.is_empty() && !raw.ica_hosts.ports.contains(&CGP_PORT) {
        let text = "hosts' CGP service, port 2598, may not be connected to, so no session is reliable";
        let help = "list 2598, or write session-reliability.enabled = false";
        let finding = Finding::warning("session-reliability-port", text).help(help);
        findings.push(finding.on("ica-hosts.ports"));
    }
}

fn scheme_contradicts_port(target: &Target) -> bool {
    matches!((target.scheme(), target.port()), (Scheme::Http, 443) | (Scheme::Https, 80))
}

fn hosts(written: &Written, findings: &mut Vec<Finding>) {
    let raw = &written.raw;
    let published = raw.publish.iter().enumerate();
    let published = published.map(|(index, p)| (format!("publish.{index}.url"), p.url.0.host(), &p.networks));
    for (setting, host, networks) in published {
        if is_this_machine(host) && networks.is_empty() {
            let text = format!("{host} is this machine, where no user may go");
            let help = "name the host by its address on the network, or list it in networks";
            findings.push(Finding::warning("published-loopback", text).on(setting).help(help));
        }
    }
    let url = raw.storefront.url.to_ascii_lowercase();
    if url.starts_with("http://") {
        let text = "passwords travel readable to StoreFront at single sign-on";
        findings.push(Finding::warning("storefront-http", text).on("storefront.url").help("use https"));
    }
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or_default();
    if is_this_machine(host) && raw.storefront.networks.is_empty() {
        let text = format!("{host} is this machine, where no user may go");
        let help = "list its network in storefront.networks, such as 127.0.0.0/8";
        findings.push(Finding::warning("published-loopback", text).on("storefront.url").help(help));
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

fn callback(written: &Written, findings: &mut Vec<Finding>) {
    let callback = &written.raw.callback;
    if callback.peers.is_empty() && callback.token.is_none() {
        let text = "nobody may call back, so StoreFront can't verify log-ins that come through this gateway";
        let help = "list the StoreFront servers in callback.peers";
        findings.push(Finding::warning("callback-none", text).help(help));
    }
    if callback.peers.len() > Callback::PEERS_MAX {
        let text = format!("at most {} names are looked up at every call-back", Callback::PEERS_MAX);
        findings.push(Finding::error("callback-peers", text).on("callback.peers").help("use callback.token"));
    }
}

/// The certificate: the key's, for the name, in time, complete.
pub(super) fn certificate(config: &Config, now: SystemTime, findings: &mut Vec<Finding>) {
    let (fqdn, identity) = (&config.fqdn, &config.identity);
    let on = |finding: Finding| finding.on("tls.certificate");
    let chain: Option<Vec<Facts>> = identity.chain.iter().map(Facts::of).collect();
    let leaf = identity.chain.first();
    let (Some(chain), Some(leaf)) = (chain, leaf) else {
        findings.push(on(Finding::error("certificate", "this is no X.509 certificate")));
        return;
    };
    let rt = gateway_rt::tokio::real();
    if let Err(error) = gateway_rt::tls::server_config(&rt, identity.clone(), Profile::default()) {
        let text = format!("certificate and key do not fit: {error}");
        findings.push(on(Finding::error("certificate-key", text)));
    }
    let Some(facts) = chain.first() else { return };
    if !covers(leaf, fqdn) {
        let names = if facts.names.is_empty() { "no name".to_owned() } else { facts.names.join(", ") };
        let text = format!("the certificate is for {names}, not for {fqdn}");
        findings.push(on(
            Finding::warning("certificate-name", text).help("browsers and Receiver will refuse it")
        ));
    }
    let days = days_until(facts.ends, now);
    if facts.ends <= now {
        findings
            .push(on(Finding::warning("certificate-expired", "the certificate is over").help("renew it")));
    } else if facts.begins > now {
        let help = "check this machine's clock";
        findings
            .push(on(Finding::warning("certificate-early", "the certificate is not valid yet").help(help)));
    } else if days < CERTIFICATE_DAYS_LEFT_MIN {
        let text = format!("the certificate is over in {days} days");
        findings.push(on(Finding::warning("certificate-expires", text).help("renew it and reload")));
    }
    if facts.is_self_signed() {
        let help = "browsers and Receiver will refuse it; get one from an authority that they believe";
        findings.push(on(
            Finding::warning("certificate-self-signed", "the certificate vouches for itself").help(help)
        ));
    } else if let Some((lower, upper)) = break_in(&chain) {
        let text =
            format!("{} is issued by {}, but {} comes next", lower.subject, lower.issuer, upper.subject);
        let help = "the file holds the gateway's certificate first, then each one's issuer";
        findings.push(on(Finding::warning("certificate-chain", text).help(help)));
    } else if chain.len() == 1 && !facts.is_issued_by(&config.trust) && !facts.is_issued_by(&system_roots()) {
        let text = format!("the file has no certificate of {}", facts.issuer);
        let help = "if that is an intermediate, append it; clients do not fetch it themselves";
        findings.push(on(Finding::warning("certificate-chain", text).help(help)));
    }
}
