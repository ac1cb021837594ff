//! The mocks of a plan as hosts: what the scenario says of each, in the mock's own terms.
//!
//! A mock is one value over the restarts of its host: its process dies, what it has issued stays known, as with
//! a server that keeps its state on disk. Only an STA forgets its tickets, which live in memory.

use std::sync::Arc;
use std::time::Duration;

use gateway_mocks::behaviour::{Misbehaviour, Nth, Operation, Rule};
use gateway_mocks::journal::Journal;
use gateway_mocks::storefront::{CallBack, Endpoint};
use gateway_mocks::{broker, ica_host, ldap, radius, sta, storefront, syslog};
use gateway_proto::access_info::AccessCondition;
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_proto::ticket::StaVersion;

use super::build::{Site, add, any, public_name};
use super::gateway_host::most;
use super::stage::Stage;
use crate::scenario::plan::{self, MisbehaviourKind};
use crate::scenario::source::Spanned;

const HTTP: u16 = 80;
const HTTPS: u16 = 443;
const ICA: u16 = 1494;

/// The load of a server about which the scenario says that it takes nobody (10 000 is full).
const FULL: u64 = 10_000;

pub(super) fn storefront(
    stage: &mut dyn Stage,
    site: &Site<'_>,
    plan: &plan::Storefront,
) -> Result<(), String> {
    let here = &site.plan.world;
    let gateway = plan.gateway.as_ref().or(plan.call_back.as_ref());
    let gateway = here.gateways.iter().find(|host| gateway.is_none_or(|name| name.value == host.name.value));
    let gateway = gateway.ok_or_else(|| format!("{} has no gateway in front", plan.name.value))?;
    let mut config = storefront::Config::new(public_address(gateway)?);
    if let Some(store) = &plan.store {
        config.store.clone_from(&store.value);
    }
    config.tls = Some(
        site.pki.leaf(&[public_name(&plan.name, plan.fqdn.as_ref())]).map_err(|error| error.to_string())?,
    );
    config.call_back = call_back(site, plan)?;
    for name in &plan.brokers {
        let port = here
            .brokers
            .iter()
            .find(|host| host.name.value == name.value)
            .and_then(|host| host.port.as_ref());
        config.brokers.push(Endpoint::http(address(&name.value, port, HTTP)?));
    }
    for name in &plan.stas {
        let port =
            here.stas.iter().find(|host| host.name.value == name.value).and_then(|host| host.port.as_ref());
        config.stas.push(Endpoint::http(address(&name.value, port, HTTP)?));
    }
    for app in here.brokers.iter().flat_map(|broker| &broker.apps).filter(|app| !app.smart_access.is_empty())
    {
        config.requires.insert(app.name.value.clone(), app.smart_access.iter().map(condition).collect());
    }
    if let Some(user) = here.users.iter().find_map(|user| user.domain.as_ref()) {
        config.domain.clone_from(&user.value);
    }
    config.session_reliability = plan.session_reliability.as_ref().is_some_and(|on| on.value);
    config.auto_client_reconnect = plan.auto_client_reconnect.as_ref().is_some_and(|on| on.value);
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = storefront::StoreFront::new(config, journal).map_err(|error| error.to_string())?;
    let port = plan.port.as_ref().map_or(HTTPS, |port| port.value);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| mock.serve(rt, any(port)))
}

fn call_back(site: &Site<'_>, plan: &plan::Storefront) -> Result<Option<CallBack>, String> {
    let Some(name) = &plan.call_back else { return Ok(None) };
    let gateway = site.plan.world.gateway(&name.value).ok_or_else(|| format!("no gateway {}", name.value))?;
    let public = public_address(gateway)?;
    let to = Endpoint::https(
        address(&gateway.name.value, gateway.port.as_ref(), HTTPS)?,
        public,
        site.pki.roots(),
    );
    Ok(Some(CallBack { to, token: None, required: true }))
}

fn condition(pair: &plan::SmartAccess) -> AccessCondition {
    AccessCondition { farm: pair.farm.value.clone(), condition: pair.condition.value.clone() }
}

pub(super) fn broker(stage: &mut dyn Stage, site: &Site<'_>, plan: &plan::Broker) -> Result<(), String> {
    let here = &site.plan.world;
    let mut farm = broker::Farm::new(plan.farm.as_ref().map_or("Farm1", |farm| farm.value.as_str()));
    for user in &here.users {
        let mut known = broker::User::new(&user.name.value, user.password.value.as_str());
        known.domain = user.domain.as_ref().map(|domain| domain.value.clone()).unwrap_or_default();
        farm.users.push(known);
    }
    for app in &plan.apps {
        let mut published = broker::App::new(&app.name.value);
        published.users = app.users.iter().map(|user| user.value.clone()).collect();
        published.servers = app.servers.iter().map(|server| server.value.clone()).collect();
        farm.apps.push(published);
    }
    for host in &here.ica_hosts {
        let at = address(&host.name.value, host.ica_port.as_ref(), ICA)?;
        let mut server = broker::Server::new(&host.name.value, at);
        let said = plan.servers.iter().find(|server| server.name.value == host.name.value);
        server.load = said.and_then(|said| said.load.as_ref()).map_or(0, |load| u64::from(load.value));
        server.available = server.load < FULL;
        farm.servers.push(server);
    }
    let mut config = broker::Config::new(farm);
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = broker::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = plan.port.as_ref().map_or(HTTP, |port| port.value);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| mock.serve(rt, any(port)))
}

pub(super) fn sta(stage: &mut dyn Stage, site: &Site<'_>, plan: &plan::Sta) -> Result<(), String> {
    let id = plan.id.value.parse().map_err(|error| format!("{}: {error}", plan.id.value))?;
    let mut config = sta::Config::new(id);
    if let Some(life) = &plan.life {
        config.lifetime = life.value;
    }
    config.version = match plan.version.as_ref().map(|version| version.value) {
        Some(plan::StaVersion::V10) => StaVersion::V10,
        Some(plan::StaVersion::V20) => StaVersion::V20,
        Some(plan::StaVersion::V22) => StaVersion::V22,
        Some(plan::StaVersion::V40) | None => StaVersion::V40,
    };
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = sta::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = plan.port.as_ref().map_or(HTTP, |port| port.value);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| {
        mock.forget_tickets();
        mock.serve(rt, any(port))
    })
}

pub(super) fn radius(
    stage: &mut dyn Stage,
    site: &Site<'_>,
    plan: &plan::RadiusServer,
) -> Result<(), String> {
    let here = &site.plan.world;
    let mut users = Vec::new();
    for user in &plan.users {
        let of_directory = here.user(&user.name.value).map(|known| &known.password);
        let password = user.password.as_ref().or(of_directory);
        let password = password.ok_or_else(|| format!("{} has no password", user.name.value))?;
        let known = radius::User {
            accept: radius::AcceptWith {
                class: user.class.as_ref().map(|class| class.value.clone().into_bytes()),
                filter_ids: user.groups.iter().map(|group| group.value.clone()).collect(),
                session_timeout: user.session_timeout.as_ref().map(|span| span.value),
                message: None,
            },
            delay: user.approves_after.as_ref().map_or(Duration::ZERO, |span| span.value),
            ..radius::User::new(&user.name.value, password.value.as_str())
        };
        users.push(user.rounds.iter().fold(known, |known, round| {
            known.challenged(&round.challenge.value, round.answer.value.as_str())
        }));
    }
    let mut config = radius::Config::new(plan.secret.value.as_str(), users);
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = radius::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = plan.port.as_ref().map_or(radius::PORT, |port| port.value);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| mock.serve(rt, any(port)))
}

pub(super) fn ldap(stage: &mut dyn Stage, site: &Site<'_>, plan: &plan::LdapServer) -> Result<(), String> {
    let here = &site.plan.world;
    let named = |name: &str, password: &Spanned<String>| ldap::User::new(name, password.value.as_str());
    let mut users = Vec::new();
    for user in &plan.users {
        let of_directory = here.user(&user.name.value).map(|known| &known.password);
        let password = user.password.as_ref().or(of_directory);
        let password = password.ok_or_else(|| format!("{} has no password", user.name.value))?;
        let mut known = named(&user.name.value, password);
        known.dn = user.dn.as_ref().map(|dn| dn.value.clone()).unwrap_or_default();
        known.state = user.state.as_ref().map(|state| state.value);
        users.push(known);
    }
    if users.is_empty() {
        users.extend(here.users.iter().map(|user| named(&user.name.value, &user.password)));
    }
    for user in &mut users {
        let groups =
            plan.groups.iter().filter(|it| it.members.iter().any(|member| member.value == user.name));
        user.groups = groups.map(|group| group.dn.value.clone()).collect();
    }
    let identity = site.pki.leaf(&[&plan.name.value]).map_err(|error| error.to_string())?;
    let mut config = ldap::Config::new(plan.base_dn.value.as_str(), users);
    config.account = plan.account.as_ref().map(|account| ldap::Account {
        dn: account.dn.value.clone(),
        password: Secret::new(account.password.value.as_str()),
    });
    config.security = match plan.security.as_ref().map(|security| security.value) {
        Some(plan::LdapSecurity::StartTls) => ldap::Security::StartTls(identity),
        Some(plan::LdapSecurity::Ldaps) | None => ldap::Security::Tls(identity),
    };
    config.misbehaviours = rules(&plan.misbehaviours);
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = ldap::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = ldap_port(plan);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| mock.serve(rt, any(port)))
}

/// Where a directory listens when the scenario does not say: depends on how it is secured.
pub(super) fn ldap_port(plan: &plan::LdapServer) -> u16 {
    let usual = match plan.security.as_ref().map(|security| security.value) {
        Some(plan::LdapSecurity::StartTls) => ldap::PORT,
        Some(plan::LdapSecurity::Ldaps) | None => ldap::TLS_PORT,
    };
    plan.port.as_ref().map_or(usual, |port| port.value)
}

pub(super) fn syslog(stage: &mut dyn Stage, site: &Site<'_>, plan: &plan::Collector) -> Result<(), String> {
    let transport = match collector_transport(plan) {
        plan::CollectorTransport::Udp => syslog::Transport::Udp,
        plan::CollectorTransport::Tcp => syslog::Transport::Tcp,
        plan::CollectorTransport::Tls => {
            let identity = site.pki.leaf(&[&plan.name.value]).map_err(|error| error.to_string())?;
            syslog::Transport::Tls(identity)
        }
    };
    let config = syslog::Config { transport, misbehaviours: rules(&plan.misbehaviours) };
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = syslog::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = collector_port(plan);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| mock.serve(rt, any(port)))
}

/// How messages reach a collector when the scenario does not say.
pub(super) fn collector_transport(plan: &plan::Collector) -> plan::CollectorTransport {
    plan.transport.as_ref().map_or(plan::CollectorTransport::Tls, |transport| transport.value)
}

/// Where it listens when the scenario does not say: depends on how.
pub(super) fn collector_port(plan: &plan::Collector) -> u16 {
    let usual = match collector_transport(plan) {
        plan::CollectorTransport::Udp => syslog::UDP_PORT,
        plan::CollectorTransport::Tcp => syslog::TCP_PORT,
        plan::CollectorTransport::Tls => syslog::TLS_PORT,
    };
    plan.port.as_ref().map_or(usual, |port| port.value)
}

pub(super) fn ica_host(stage: &mut dyn Stage, site: &Site<'_>, plan: &plan::IcaHost) -> Result<(), String> {
    let default = ica_host::Config::default();
    let config = ica_host::Config {
        auto_client_reconnect: plan.auto_client_reconnect.as_ref().is_some_and(|on| on.value),
        sessions_max: most(plan.sessions_max.as_ref(), default.sessions_max),
        session_reliability: plan
            .session_reliability
            .as_ref()
            .map_or(default.session_reliability, |kept| kept.value),
        watch: Some(site.streams.watch()),
        misbehaviours: rules(&plan.misbehaviours),
        ..default
    };
    let journal = Journal::tapped(site.recorder.tap(&plan.name.value));
    let mock = ica_host::Mock::new(config, journal).map_err(|error| error.to_string())?;
    let port = plan.ica_port.as_ref().map_or(ICA, |port| port.value);
    add(stage, &plan.name.value, Arc::new(mock), move |mock, rt| async move {
        mock.forget_sessions();
        let (ica, cgp) =
            (mock.clone().serve(rt.clone(), any(port)), mock.serve_cgp(rt, any(ica_host::CGP_PORT)));
        futures_util::future::try_join(ica, cgp).await.map(|_| ())
    })
}

/// How users and ICA files name a gateway.
fn public_address(gateway: &plan::Gateway) -> Result<HostPort, String> {
    address(public_name(&gateway.name, gateway.fqdn.as_ref()), gateway.port.as_ref(), HTTPS)
}

fn address(host: &str, port: Option<&Spanned<u16>>, default: u16) -> Result<HostPort, String> {
    let port = port.map_or(default, |port| port.value);
    HostPort::new(host, port).map_err(|error| format!("{host}: {error}"))
}

/// The scenario's misbehaviours in the mocks' terms; those for one kind of request first, so that they decide.
pub(super) fn rules(plan: &[plan::Misbehaviour]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = plan.iter().map(rule).collect();
    rules.sort_by_key(|rule| rule.on.is_none());
    rules
}

fn rule(plan: &plan::Misbehaviour) -> Rule {
    let when = match (&plan.nth, &plan.first, &plan.after) {
        (Some(nth), _, _) => Nth::Only(u64::from(nth.value)),
        (None, Some(first), _) => Nth::First(u64::from(first.value)),
        (None, None, Some(after)) => Nth::After(u64::from(after.value)),
        (None, None, None) => Nth::All,
    };
    let rule = Rule::new(when, what(&plan.kind));
    match plan.on.as_ref().map(|on| operation(on.value)) {
        Some(on) => rule.on(on),
        None => rule,
    }
}

fn what(kind: &MisbehaviourKind) -> Misbehaviour {
    let span = |span: &Spanned<Duration>| span.value;
    match kind {
        MisbehaviourKind::Slow(by) => Misbehaviour::Slow { by: span(by) },
        MisbehaviourKind::Late(by) => Misbehaviour::Late { by: span(by) },
        MisbehaviourKind::Silent => Misbehaviour::Silent,
        MisbehaviourKind::Refuse => Misbehaviour::Refuse,
        MisbehaviourKind::WrongId => Misbehaviour::WrongId,
        MisbehaviourKind::Truncate { to } => Misbehaviour::Truncate { at: to.value as usize },
        MisbehaviourKind::Duplicate => Misbehaviour::Duplicate,
        MisbehaviourKind::Forge => Misbehaviour::Forge,
        MisbehaviourKind::WrongSecret => Misbehaviour::WrongSecret,
        MisbehaviourKind::NoAuthenticator => Misbehaviour::NoAuthenticator,
        MisbehaviourKind::BadXml => Misbehaviour::BadXml,
        MisbehaviourKind::Dtd => Misbehaviour::Dtd,
        MisbehaviourKind::Deep => Misbehaviour::Deep,
        MisbehaviourKind::Garbage => Misbehaviour::Garbage,
        MisbehaviourKind::Referral => Misbehaviour::Referral,
        MisbehaviourKind::Oversized => Misbehaviour::Oversized,
        MisbehaviourKind::Redirect { to } => Misbehaviour::Redirect(to.value.clone()),
        MisbehaviourKind::Error { code } => Misbehaviour::Error(code.value.clone()),
    }
}

fn operation(operation: plan::Operation) -> Operation {
    match operation {
        plan::Operation::SignOn => Operation::SignOn,
        plan::Operation::List => Operation::List,
        plan::Operation::Launch => Operation::Launch,
        plan::Operation::Issue => Operation::Issue,
        plan::Operation::Redeem => Operation::Redeem,
        plan::Operation::Refresh => Operation::Refresh,
        plan::Operation::LogIn => Operation::LogIn,
        plan::Operation::Answer => Operation::Answer,
        plan::Operation::Account => Operation::Account,
        plan::Operation::Bind => Operation::Bind,
        plan::Operation::Search => Operation::Search,
        plan::Operation::Deliver => Operation::Deliver,
        plan::Operation::Device => Operation::Device,
    }
}
