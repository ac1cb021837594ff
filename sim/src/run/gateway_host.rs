//! A gateway of a plan as a host: its configuration, and the gateway built from it at every start.

use std::path::PathBuf;
use std::time::Duration;

use gateway::audit::Severity;
use gateway::config::{
    Callback, Config, DuplicatePolicy, HostRules, LogoutPath, Mode, Modes, Portal, Published, Reliability,
    SessionRules, Sta, Syslog, SyslogTransport,
};
use gateway::limits::Limits;
use gateway_proto::cvpn::{Scheme, Target};
use gateway_proto::host_port::HostPort;
use gateway_rt::tls::Profile;

use super::build::{Site, any, public_name};
use super::factors;
use super::mock_hosts::{collector_port, collector_transport};
use super::stage::Stage;
use crate::scenario::plan;
use crate::scenario::source::Spanned;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;
const ICA: u16 = 1494;
/// On the gateway's own disk.
const STATE: &str = "/var/lib/gateway/state";

/// Adds the gateway.
pub(super) fn add(stage: &mut dyn Stage, site: &Site<'_>, gateway: &plan::Gateway) -> Result<(), String> {
    let config = config(site, gateway)?;
    let audit = site.recorder.tap::<gateway::audit::Event>(&gateway.name.value);
    let software = move |rt: gateway_rt::Rt| {
        let (config, audit) = (config.clone(), audit.clone());
        // Built when it runs, not when the machine is switched on.
        Box::pin(async move {
            let built = gateway::Gateway::new(config, rt, audit);
            built.map_err(std::io::Error::other)?.run().await
        }) as gateway_rt::BoxFuture<'static, _>
    };
    stage.add_host(&gateway.name.value, Box::new(software)).map_err(|error| error.to_string())
}

fn config(site: &Site<'_>, gateway: &plan::Gateway) -> Result<Config, String> {
    let world = &site.plan.world;
    let fqdn = public_name(&gateway.name, gateway.fqdn.as_ref());
    let identity = site.pki.leaf(&[fqdn]).map_err(|error| error.to_string())?;
    let stas =
        gateway.stas.iter().filter_map(|name| world.stas.iter().find(|sta| sta.name.value == name.value));
    let stas = stas.map(|sta| {
        let port = sta.port.as_ref().map_or(HTTP, |port| port.value);
        let id = sta.id.value.parse().map_err(|error| format!("{}: {error}", sta.id.value))?;
        Ok(Sta { id, target: target(Scheme::Http, &sta.name.value, port)? })
    });
    // What the call-back's peers are allowed: whoever a store says calls back here.
    let callers = world.storefronts.iter().filter(|store| names(store.call_back.as_ref(), gateway));
    Ok(Config {
        name: farm(gateway),
        fqdn: fqdn.to_owned(),
        listen: any(gateway.port.as_ref().map_or(HTTPS, |port| port.value)),
        vip: std::net::IpAddr::from([10, 0, 0, 1]),
        identity,
        tls: Profile::default(),
        trust: site.pki.roots(),
        names: factors::names(gateway)?,
        factor: factors::first(world, gateway)?,
        second: factors::second(world, gateway)?,
        accounting: factors::accounting(world, gateway)?,
        storefront: portal(world, gateway)?,
        published: gateway.allow.iter().map(published).collect::<Result<_, _>>()?,
        modes: Modes {
            browser: mode(gateway.browser_mode.as_ref(), Mode::Cvpn),
            receiver: mode(gateway.receiver_mode.as_ref(), Mode::Wica),
        },
        stas: stas.collect::<Result<_, String>>()?,
        hosts: HostRules { networks: vec![lab_network()], ports: ica_ports(world, gateway) },
        conditions: gateway.smart_access.iter().map(|pair| pair.condition.value.clone()).collect(),
        callback: Callback { peers: callers.map(|store| store.name.value.clone()).collect(), token: None },
        policies: super::policies::rules(world, gateway)?,
        sessions: session_rules(gateway)?,
        reliability: reliability(gateway),
        store: store(gateway),
        syslog: syslog(world, gateway)?,
        limits: limits(&gateway.limits),
    })
}

/// All conditions of a gateway belong to one farm: its virtual server's name, else the host's.
fn farm(gateway: &plan::Gateway) -> String {
    gateway.smart_access.first().map_or(&gateway.name.value, |pair| &pair.farm.value).clone()
}

fn names(reference: Option<&Spanned<String>>, gateway: &plan::Gateway) -> bool {
    reference.is_some_and(|name| name.value == gateway.name.value)
}

/// The network in which the simulated world numbers its hosts.
fn lab_network() -> ipnet::IpNet {
    ipnet::IpNet::from(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 24))
}

fn ica_ports(world: &plan::World, gateway: &plan::Gateway) -> Vec<u16> {
    if let Some(only) = &gateway.ica_port {
        return vec![only.value];
    }
    let mut ports: Vec<u16> =
        world.ica_hosts.iter().map(|host| host.ica_port.as_ref().map_or(ICA, |port| port.value)).collect();
    ports.extend([ICA, gateway_mocks::ica_host::CGP_PORT]);
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn portal(world: &plan::World, gateway: &plan::Gateway) -> Result<Portal, String> {
    let wanted = gateway.storefront.as_ref();
    let store =
        world.storefronts.iter().find(|store| wanted.is_none_or(|name| name.value == store.name.value));
    let store = store.ok_or_else(|| format!("gateway {} has no storefront", gateway.name.value))?;
    let port = store.port.as_ref().map_or(HTTPS, |port| port.value);
    let host = public_name(&store.name, store.fqdn.as_ref());
    Ok(Portal {
        target: target(Scheme::Https, host, port)?,
        path: format!("/Citrix/{}Web", store.store.as_ref().map_or("Store", |store| store.value.as_str())),
        networks: Vec::new(),
    })
}

fn published(host: &Spanned<String>) -> Result<Published, String> {
    let url = if host.value.contains("://") { host.value.clone() } else { format!("https://{}", host.value) };
    let target = url.parse().map_err(|error| format!("{}: {error}", host.value))?;
    Ok(Published { target, networks: Vec::new() })
}

fn target(scheme: Scheme, host: &str, port: u16) -> Result<Target, String> {
    Target::new(scheme, host, port).map_err(|error| format!("{host}: {error}"))
}

fn mode(wanted: Option<&Spanned<plan::Mode>>, default: Mode) -> Mode {
    match wanted.map(|mode| mode.value) {
        Some(plan::Mode::Wica) => Mode::Wica,
        Some(plan::Mode::Cvpn) => Mode::Cvpn,
        None => default,
    }
}

fn session_rules(gateway: &plan::Gateway) -> Result<SessionRules, String> {
    let default = SessionRules::default();
    let duplicates = gateway.duplicate_sessions.as_ref().map(|policy| match policy.value {
        plan::DuplicateSessions::Allow => DuplicatePolicy::Allow,
        plan::DuplicateSessions::Deny => DuplicatePolicy::Deny,
        plan::DuplicateSessions::Kick => DuplicatePolicy::Kick,
        plan::DuplicateSessions::Transfer => DuplicatePolicy::Transfer,
    });
    let severity = gateway.duplicate_severity.as_ref().map(|severity| match severity.value {
        plan::Severity::Emergency => Severity::Emergency,
        plan::Severity::Alert => Severity::Alert,
        plan::Severity::Warning => Severity::Warning,
        plan::Severity::Notice => Severity::Notice,
    });
    let logout_path = gateway.logout_path.as_ref().map(|path| LogoutPath::new(path.value.as_str()));
    Ok(SessionRules {
        duplicates: duplicates.unwrap_or(default.duplicates),
        duplicate_severity: severity.unwrap_or(default.duplicate_severity),
        bind: gateway.bind.as_ref().map_or(default.bind, |bind| bind.value),
        logout_path: logout_path.transpose().map_err(|error| error.to_string())?,
    })
}

fn reliability(gateway: &plan::Gateway) -> Option<Reliability> {
    let default = Reliability::default();
    let kept = or(gateway.session_reliability.as_ref(), default.kept);
    let ticket_life = or(gateway.reconnect_ticket_life.as_ref(), default.ticket_life);
    (!kept.is_zero()).then_some(Reliability { kept, ticket_life })
}

fn syslog(world: &plan::World, gateway: &plan::Gateway) -> Result<Option<Syslog>, String> {
    let Some(plan) = gateway.syslog.as_ref().and_then(|name| world.collector(&name.value)) else {
        return Ok(None);
    };
    let transport = match collector_transport(plan) {
        plan::CollectorTransport::Udp => SyslogTransport::Udp,
        plan::CollectorTransport::Tcp => SyslogTransport::Tcp,
        plan::CollectorTransport::Tls => SyslogTransport::Tls,
    };
    let collector =
        HostPort::new(&plan.name.value, collector_port(plan)).map_err(|error| error.to_string())?;
    Ok(Some(Syslog { collector, transport, process: String::new() }))
}

fn store(gateway: &plan::Gateway) -> Option<PathBuf> {
    let state = gateway.state.as_ref().map_or(plan::StateStore::Memory, |state| state.value);
    (state == plan::StateStore::Disk).then(|| PathBuf::from(STATE))
}

fn limits(wanted: &plan::GatewayLimits) -> Limits {
    let default = Limits::default();
    Limits {
        tls_handshake: or(wanted.tls_deadline.as_ref(), default.tls_handshake),
        protocol_known: or(wanted.sniff_deadline.as_ref(), default.protocol_known),
        backend: or(wanted.backend_deadline.as_ref(), default.backend),
        pending_login: or(wanted.challenge_deadline.as_ref(), default.pending_login),
        session_idle: or(wanted.session_idle.as_ref(), default.session_idle),
        session_absolute: or(wanted.session_limit.as_ref(), default.session_absolute),
        tunnel_idle: or(wanted.tunnel_idle.as_ref(), default.tunnel_idle),
        tunnel_absolute: or(wanted.tunnel_limit.as_ref(), default.tunnel_absolute),
        lockout_failures: wanted
            .lockout_failures
            .as_ref()
            .map_or(default.lockout_failures, |most| most.value),
        lockout_failures_per_address: wanted
            .lockout_failures_per_address
            .as_ref()
            .map_or(default.lockout_failures_per_address, |most| most.value),
        lockout_window: or(wanted.lockout_window.as_ref(), default.lockout_window),
        lockout: or(wanted.lockout.as_ref(), default.lockout),
        connections: most(wanted.connections_max.as_ref(), default.connections),
        connections_per_peer: most(wanted.connections_per_address.as_ref(), default.connections_per_peer),
        sessions: most(wanted.sessions_max.as_ref(), default.sessions),
        ..default
    }
}

/// What the scenario says, or the default.
pub(super) fn most(wanted: Option<&Spanned<u32>>, default: usize) -> usize {
    wanted.map_or(default, |wanted| wanted.value as usize)
}

/// What the scenario says, or the default.
pub(super) fn or(wanted: Option<&Spanned<Duration>>, default: Duration) -> Duration {
    wanted.map_or(default, |wanted| wanted.value)
}
