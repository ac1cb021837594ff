//! The world: unique names, references between hosts, misbehaviours that make sense.

use std::collections::BTreeSet;

use super::Checker;
use super::names::is;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{
    Broker, FirstFactor, Gateway, HostKind, ICA_SESSIONS_MAX, Keyword, LdapServer, Misbehaviour, Operation,
    RadiusServer, SecondBy, Storefront, World,
};
use crate::scenario::source::Spanned;

impl Checker<'_> {
    pub(super) fn world(&mut self) {
        let world = &self.plan.world;
        self.unique("host", world.hosts().map(|(_, name)| name));
        self.unique("user", world.users.iter().map(|user| &user.name));
        self.unique("STA id", world.stas.iter().map(|sta| &sta.id));
        for gateway in &world.gateways {
            self.gateway(gateway);
        }
        for storefront in &world.storefronts {
            self.storefront(storefront);
        }
        for broker in &world.brokers {
            self.broker(broker);
        }
        for server in &world.radius {
            self.radius(server);
        }
        for server in &world.ldap {
            self.ldap(server);
        }
        for most in world.ica_hosts.iter().filter_map(|host| host.sessions_max.as_ref()) {
            if most.value > ICA_SESSIONS_MAX {
                let message = format!("an ica-host has at most {ICA_SESSIONS_MAX} sessions");
                self.findings.push(Finding::error("scn-wrong-type", most.place(), message));
            }
        }
        for link in &world.links {
            self.pair(&link.a, &link.b);
        }
        self.misbehaviours(world);
        self.public_names(world);
    }

    /// A name may be shared, but not by hosts of different kinds, and none may be that of another host.
    fn public_names(&mut self, world: &World) {
        let names = world.public_names();
        for (index, (kind, host, fqdn)) in names.iter().enumerate() {
            let before = names.iter().take(index);
            let foreign = before.into_iter().any(|(other, _, known)| other != kind && is(known, fqdn))
                || world.hosts().any(|(_, known)| known.value != host.value && is(known, fqdn));
            if foreign {
                let message = format!("the name `{}` is that of another host", fqdn.value);
                let finding = Finding::error("scn-duplicate-name", fqdn.place(), message);
                self.findings.push(
                    finding.help("gateways can share a name with gateways, storefronts with storefronts"),
                );
            }
        }
    }

    /// Complains about the second of two equal names.
    pub(super) fn unique<'n>(&mut self, what: &str, names: impl Iterator<Item = &'n Spanned<String>>) {
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| !seen.insert(name.value.as_str())).collect::<Vec<_>>() {
            let message = format!("there are two {what}s `{}`", name.value);
            self.findings.push(Finding::error("scn-duplicate-name", name.place(), message));
        }
    }

    fn gateway(&mut self, gateway: &Gateway) {
        if let Some(storefront) = &gateway.storefront {
            self.host_of(storefront, HostKind::Storefront);
        }
        for sta in &gateway.stas {
            self.host_of(sta, HostKind::Sta);
        }
        if let Some(collector) = &gateway.syslog {
            self.host_of(collector, HostKind::Syslog);
        }
        let farms = gateway.smart_access.iter().map(|pair| &pair.farm);
        if let Some(other) = farms.clone().zip(farms.skip(1)).find(|(a, b)| a != b).map(|(_, other)| other) {
            let message = "a gateway is one farm: its conditions cannot have two";
            self.findings.push(Finding::error("scn-duplicate-name", other.place(), message));
        }
        self.policies(gateway);
        for server in gateway.accounting.iter().flat_map(|accounting| &accounting.servers) {
            self.host_of(server, HostKind::Radius);
        }
        for rule in &gateway.second_factors {
            match &rule.by {
                SecondBy::Nobody => {}
                SecondBy::Radius { servers, .. } => {
                    for server in servers {
                        self.host_of(server, HostKind::Radius);
                    }
                }
                SecondBy::Anakam { server, .. } => self.host_of(server, HostKind::Anakam),
            }
            if let Some(user) = &rule.user {
                self.user(user);
            }
        }
        match &gateway.first_factor {
            Some(FirstFactor::Radius(servers)) => {
                for server in servers {
                    self.host_of(server, HostKind::Radius);
                }
            }
            Some(FirstFactor::Ldap(servers)) => {
                for server in servers {
                    self.host_of(server, HostKind::Ldap);
                }
            }
            Some(FirstFactor::Users(users)) => self.unique("user", users.iter().map(|user| &user.name)),
            None => {
                let message =
                    format!("nobody can log in: gateway `{}` has no `first-factor`", gateway.name.value);
                let finding = Finding::error("scn-missing", gateway.name.place(), message);
                self.findings.push(finding.help(
                    "add `first-factor radius \"…\"`, `first-factor ldap \"…\"` or `first-factor users`",
                ));
            }
        }
    }

    fn storefront(&mut self, storefront: &Storefront) {
        for broker in &storefront.brokers {
            self.host_of(broker, HostKind::Broker);
        }
        for sta in &storefront.stas {
            self.host_of(sta, HostKind::Sta);
        }
        for gateway in storefront.gateway.iter().chain(&storefront.call_back) {
            self.host_of(gateway, HostKind::Gateway);
        }
    }

    fn broker(&mut self, broker: &Broker) {
        self.unique("app", broker.apps.iter().map(|app| &app.name));
        for app in &broker.apps {
            for server in &app.servers {
                self.host_of(server, HostKind::IcaHost);
            }
            for user in &app.users {
                self.user(user);
            }
            if app.servers.is_empty() {
                let message = format!("app `{}` has no `server` to run on", app.name.value);
                self.findings.push(Finding::error("scn-missing", app.name.place(), message));
            }
        }
        for server in &broker.servers {
            self.host_of(&server.name, HostKind::IcaHost);
        }
    }

    fn radius(&mut self, server: &RadiusServer) {
        for user in &server.users {
            if user.password.is_none() {
                self.user(&user.name);
            }
        }
    }

    /// Users with a password of their own need not be in the world's directory; members must be users here.
    fn ldap(&mut self, server: &LdapServer) {
        self.unique("group", server.groups.iter().map(|group| &group.dn));
        for user in server.users.iter().filter(|user| user.password.is_none()) {
            self.user(&user.name);
        }
        let members = server.groups.iter().flat_map(|group| &group.members);
        for member in members.filter(|member| !server.users.iter().any(|user| user.name == **member)) {
            self.user(member);
        }
    }

    fn misbehaviours(&mut self, world: &World) {
        let lists = (world.storefronts.iter().map(|host| (HostKind::Storefront, &host.misbehaviours)))
            .chain(world.brokers.iter().map(|host| (HostKind::Broker, &host.misbehaviours)))
            .chain(world.stas.iter().map(|host| (HostKind::Sta, &host.misbehaviours)))
            .chain(world.radius.iter().map(|host| (HostKind::Radius, &host.misbehaviours)))
            .chain(world.ldap.iter().map(|host| (HostKind::Ldap, &host.misbehaviours)))
            .chain(world.anakam.iter().map(|host| (HostKind::Anakam, &host.misbehaviours)))
            .chain(world.collectors.iter().map(|host| (HostKind::Syslog, &host.misbehaviours)))
            .chain(world.ica_hosts.iter().map(|host| (HostKind::IcaHost, &host.misbehaviours)));
        for (kind, misbehaviours) in lists {
            for misbehaviour in misbehaviours {
                self.misbehaviour(kind, misbehaviour);
            }
        }
    }

    fn misbehaviour(&mut self, kind: HostKind, misbehaviour: &Misbehaviour) {
        let served = operations(kind);
        if let Some(on) = misbehaviour.on.as_ref().filter(|on| !served.contains(&on.value)) {
            let message = format!("{} serves no request of the kind `{}`", kind.word(), on.value.word());
            let finding = Finding::error("scn-unknown-property", on.place(), message);
            let words: Vec<&str> = served.iter().map(|operation| operation.word()).collect();
            self.findings.push(match words.is_empty() {
                true => finding.help("count its connections: first=, nth=, after="),
                false => finding.help(format!("it serves {}", words.join(", "))),
            });
        }
    }
}

/// The kinds of requests that a mock of this kind tells apart.
fn operations(kind: HostKind) -> &'static [Operation] {
    match kind {
        HostKind::Storefront | HostKind::Broker => &[Operation::SignOn, Operation::List, Operation::Launch],
        HostKind::Sta => &[Operation::Issue, Operation::Redeem, Operation::Refresh],
        HostKind::Radius => &[Operation::LogIn, Operation::Answer, Operation::Account],
        HostKind::Ldap => &[Operation::Bind, Operation::Search],
        HostKind::Anakam => &[Operation::LogIn, Operation::Deliver, Operation::Answer, Operation::Device],
        HostKind::Gateway | HostKind::Syslog | HostKind::IcaHost | HostKind::Receiver => &[],
    }
}
