//! Hosts, users and links. A declaration and a `set` go the same way: a declaration starts from an empty host.

use super::statement::Statement;
use super::{Decoder, anakam, ldap, syslog};
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{
    Accounting, App, Broker, Domains, FactorKind, FirstFactor, Gateway, GatewayLimits, IcaHost, Keyword,
    Link, Machine, Misbehaviour, MisbehaviourKind, Policies, RadiusRound, RadiusServer, RadiusUser, Server,
    SmartAccess, Sta, Storefront, User, World,
};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// Everything in a `world { … }`.
    pub(super) fn world(&mut self, statement: &Statement<'_>, world: &mut World) {
        for inner in self.inner(statement) {
            match inner.word.name {
                "use" => self.use_world(&inner, world),
                _ if inner.set => self.set(&inner, world),
                _ => self.declare(&inner, world),
            }
        }
    }

    fn declare(&mut self, statement: &Statement<'_>, world: &mut World) {
        // The braces are read even when the name is missing, so that their errors are told as well.
        let name = statement.arg::<String>(0);
        let unnamed = Spanned::new(String::new(), statement.name_place);
        let host = name.clone().unwrap_or(unnamed);
        match statement.word.name {
            "user" => world.users.extend(user(statement)),
            "gateway" => world.gateways.push(self.gateway(statement, new_gateway(host, statement))),
            "storefront" => {
                world.storefronts.push(self.storefront(statement, new_storefront(host, statement)));
            }
            "broker" => world.brokers.push(self.broker(statement, new_broker(host, statement))),
            "sta" => world.stas.push(self.sta(statement, new_sta(host, statement))),
            "radius" => world.radius.push(self.radius(statement, new_radius(host, statement))),
            "ldap" => world.ldap.push(self.ldap(statement, ldap::new(host, statement))),
            "anakam" => world.anakam.push(self.anakam(statement, anakam::new(host, statement))),
            "syslog" => world.collectors.push(self.collector(statement, syslog::new(host, statement))),
            "ica-host" => world.ica_hosts.push(self.ica_host(statement, new_ica_host(host, statement))),
            "receiver" => world.machines.extend(name.map(|name| Machine { name })),
            "link" => {
                let Some(link) = link(statement) else { return };
                let same = |known: &Link| {
                    known.a == link.a && known.b == link.b || known.a == link.b && known.b == link.a
                };
                world.links.retain(|known| !same(known));
                world.links.push(link);
            }
            "latency" => world.latency = statement.arg(0).or(world.latency.take()),
            other => unreachable!("the table of words has `{other}` in `world`, the decoder has not"),
        }
    }

    /// `set <kind> "name" …`
    pub(super) fn set(&mut self, statement: &Statement<'_>, world: &mut World) {
        let Some(name) = statement.arg::<String>(0) else { return };
        macro_rules! change {
            ($hosts:ident, $decode:ident) => {
                match world.$hosts.iter().position(|host| host.name == name) {
                    Some(at) => {
                        let host = world.$hosts.remove(at);
                        world.$hosts.insert(at, self.$decode(statement, host));
                    }
                    None => {
                        let known = world.$hosts.iter().map(|host| host.name.value.as_str());
                        let message =
                            format!("no {} `{}` has been declared so far", statement.word.name, name.value);
                        let finding = Finding::error("scn-unknown-host", name.place(), message);
                        self.findings.push(finding.suggest(&name.value, known));
                    }
                }
            };
        }
        match statement.word.name {
            "gateway" => change!(gateways, gateway),
            "storefront" => change!(storefronts, storefront),
            "broker" => change!(brokers, broker),
            "sta" => change!(stas, sta),
            "radius" => change!(radius, radius),
            "ldap" => change!(ldap, ldap),
            "anakam" => change!(anakam, anakam),
            "syslog" => change!(collectors, collector),
            "ica-host" => change!(ica_hosts, ica_host),
            other => unreachable!("the table of words lets `set` change `{other}`, the decoder does not"),
        }
    }

    fn gateway(&mut self, statement: &Statement<'_>, mut host: Gateway) -> Gateway {
        statement.update("port", &mut host.port);
        statement.update("fqdn", &mut host.fqdn);
        statement.update("storefront", &mut host.storefront);
        statement.update("receiver-mode", &mut host.receiver_mode);
        statement.update("browser-mode", &mut host.browser_mode);
        statement.update("ica-port", &mut host.ica_port);
        statement.update("duplicate-sessions", &mut host.duplicate_sessions);
        statement.update("duplicate-severity", &mut host.duplicate_severity);
        statement.update("bind", &mut host.bind);
        statement.update("logout-path", &mut host.logout_path);
        statement.update("session-reliability", &mut host.session_reliability);
        statement.update("reconnect-ticket-life", &mut host.reconnect_ticket_life);
        statement.update("state", &mut host.state);
        statement.update("syslog", &mut host.syslog);
        limits(statement, &mut host.limits);
        let inner = self.inner(statement);
        self.once_each(&inner, &["first-factor", "accounting", "domains"]);
        if let Some(line) = inner.iter().find(|line| line.word.name == "domains") {
            let (others, asked) = (line.prop("others"), line.prop("asked"));
            host.domains = Some(Domains { own: line.args_from(0), others, asked });
        }
        host.allow = names(&inner, "allow").unwrap_or(host.allow);
        host.stas = names(&inner, "sta").unwrap_or(host.stas);
        host.smart_access = smart_access(&inner).unwrap_or(host.smart_access);
        host.policies = self.policies(&inner, host.policies);
        if let Some(factor) = inner.iter().find(|line| line.word.name == "first-factor") {
            host.first_factor = self.first_factor(factor).or(host.first_factor);
        }
        if let Some(line) = inner.iter().find(|line| line.word.name == "accounting") {
            host.accounting = Some(Accounting { servers: line.args_from(0), interim: line.prop("interim") });
        }
        let rules = inner.iter().filter(|line| line.word.name == "second-factor");
        let rules: Vec<_> = rules.filter_map(|rule| self.second_factor(rule)).collect();
        if !rules.is_empty() {
            host.second_factors = rules;
        }
        host
    }

    fn first_factor(&mut self, statement: &Statement<'_>) -> Option<FirstFactor> {
        let users = self.inner(statement).iter().filter_map(user).collect();
        let servers: Vec<Spanned<String>> = statement.args_from(1);
        let kind = statement.arg::<FactorKind>(0)?;
        match kind.value {
            FactorKind::Radius => self.asked(statement, &kind, servers).map(FirstFactor::Radius),
            FactorKind::Ldap => self.asked(statement, &kind, servers).map(FirstFactor::Ldap),
            FactorKind::Users => {
                if let Some(server) = servers.first() {
                    let message = "`first-factor users` names no server";
                    self.findings.push(Finding::error("scn-extra-argument", server.place(), message));
                }
                Some(FirstFactor::Users(users))
            }
        }
    }

    /// The servers of a first factor that has some.
    fn asked(
        &mut self,
        statement: &Statement<'_>,
        kind: &Spanned<FactorKind>,
        servers: Vec<Spanned<String>>,
    ) -> Option<Vec<Spanned<String>>> {
        let word = kind.value.word();
        if statement.body.is_some() {
            let message = format!("`first-factor {word}` has no braces: its users are those of its servers");
            self.findings.push(Finding::error("scn-extra-braces", statement.name_place, message));
        }
        if servers.is_empty() {
            let message = format!("`first-factor {word}` needs the name of a {word} server");
            self.findings.push(Finding::error("scn-missing", kind.place(), message));
            return None;
        }
        Some(servers)
    }

    fn storefront(&mut self, statement: &Statement<'_>, mut host: Storefront) -> Storefront {
        statement.update("fqdn", &mut host.fqdn);
        statement.update("port", &mut host.port);
        statement.update("store", &mut host.store);
        statement.update("gateway", &mut host.gateway);
        statement.update("call-back", &mut host.call_back);
        statement.update("session-reliability", &mut host.session_reliability);
        statement.update("auto-client-reconnect", &mut host.auto_client_reconnect);
        let inner = self.inner(statement);
        host.brokers = names(&inner, "broker").unwrap_or(host.brokers);
        host.stas = names(&inner, "sta").unwrap_or(host.stas);
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }

    fn broker(&mut self, statement: &Statement<'_>, mut host: Broker) -> Broker {
        statement.update("port", &mut host.port);
        statement.update("farm", &mut host.farm);
        let inner = self.inner(statement);
        for line in &inner {
            match line.word.name {
                "app" => {
                    let lines = self.inner(line);
                    let Some(name) = line.arg(0) else { continue };
                    let app = App {
                        name,
                        servers: names(&lines, "server").unwrap_or_default(),
                        users: names(&lines, "user").unwrap_or_default(),
                        smart_access: smart_access(&lines).unwrap_or_default(),
                    };
                    put(&mut host.apps, app, |app| &app.name);
                }
                "server" => {
                    let Some(name) = line.arg(0) else { continue };
                    put(&mut host.servers, Server { name, load: line.prop("load") }, |server| &server.name);
                }
                _ => {}
            }
        }
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }

    fn sta(&mut self, statement: &Statement<'_>, mut host: Sta) -> Sta {
        if let Some(id) = statement.prop::<String>("id") {
            let plain = id.value.len() <= 16 && id.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !plain {
                let message = "an STA id has at most 16 letters and digits";
                self.findings.push(Finding::error("scn-wrong-type", id.place(), message));
            }
            host.id = id;
        }
        statement.update("port", &mut host.port);
        statement.update("life", &mut host.life);
        statement.update("version", &mut host.version);
        let inner = self.inner(statement);
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }

    fn radius(&mut self, statement: &Statement<'_>, mut host: RadiusServer) -> RadiusServer {
        if let Some(secret) = statement.prop("secret") {
            host.secret = secret;
        }
        statement.update("port", &mut host.port);
        let inner = self.inner(statement);
        for line in inner.iter().filter(|line| line.word.name == "user") {
            let lines = self.inner(line);
            let Some(name) = line.arg(0) else { continue };
            let user = RadiusUser {
                name,
                password: line.prop("password"),
                rounds: lines.iter().filter(|line| line.word.name == "challenge").filter_map(round).collect(),
                groups: names(&lines, "group").unwrap_or_default(),
                class: line.prop("class"),
                session_timeout: line.prop("session-timeout"),
                approves_after: line.prop("approves-after"),
            };
            put(&mut host.users, user, |user| &user.name);
        }
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }

    fn ica_host(&mut self, statement: &Statement<'_>, mut host: IcaHost) -> IcaHost {
        statement.update("ica-port", &mut host.ica_port);
        statement.update("sessions-max", &mut host.sessions_max);
        statement.update("session-reliability", &mut host.session_reliability);
        statement.update("auto-client-reconnect", &mut host.auto_client_reconnect);
        let inner = self.inner(statement);
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }

    pub(super) fn misbehaviours(&mut self, lines: &[Statement<'_>]) -> Vec<Misbehaviour> {
        lines.iter().filter_map(|line| self.misbehaviour(line)).collect()
    }

    /// A misbehaviour; `None` for the other words of a host's braces.
    fn misbehaviour(&mut self, line: &Statement<'_>) -> Option<Misbehaviour> {
        let kind = match line.word.name {
            "slow" => MisbehaviourKind::Slow(line.prop("by")?),
            "late" => MisbehaviourKind::Late(line.prop("by")?),
            "silent" => MisbehaviourKind::Silent,
            "refuse" => MisbehaviourKind::Refuse,
            "wrong-id" => MisbehaviourKind::WrongId,
            "truncate" => MisbehaviourKind::Truncate { to: line.prop("to")? },
            "duplicate" => MisbehaviourKind::Duplicate,
            "forge" => MisbehaviourKind::Forge,
            "error" => MisbehaviourKind::Error { code: line.arg(0)? },
            "wrong-secret" => MisbehaviourKind::WrongSecret,
            "no-authenticator" => MisbehaviourKind::NoAuthenticator,
            "bad-xml" => MisbehaviourKind::BadXml,
            "dtd" => MisbehaviourKind::Dtd,
            "deep" => MisbehaviourKind::Deep,
            "garbage" => MisbehaviourKind::Garbage,
            "referral" => MisbehaviourKind::Referral,
            "oversized" => MisbehaviourKind::Oversized,
            "redirect" => MisbehaviourKind::Redirect { to: line.arg(0)? },
            _ => return None,
        };
        let which = ["first", "nth", "after"].iter().filter(|name| line.has_prop(name)).count();
        if which > 1 {
            let message = format!("`{}` takes only one of first=, nth= and after=", line.word.name);
            self.findings.push(Finding::error("scn-either-or", line.name_place, message));
        }
        Some(Misbehaviour {
            kind,
            on: line.prop_if_known("on"),
            first: line.prop("first"),
            nth: line.prop("nth"),
            after: line.prop("after"),
            span: line.place,
        })
    }
}

/// Puts an item in the place of the one with its name, or at the end.
pub(super) fn put<T>(items: &mut Vec<T>, item: T, name: impl Fn(&T) -> &Spanned<String>) {
    match items.iter_mut().find(|known| name(known) == name(&item)) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}

/// The names of all lines of one word; `None` without such a line.
fn names(lines: &[Statement<'_>], word: &str) -> Option<Vec<Spanned<String>>> {
    let mut found = lines.iter().filter(|line| line.word.name == word).peekable();
    found.peek()?;
    Some(found.flat_map(|line| line.args_from(0)).collect())
}

fn smart_access(lines: &[Statement<'_>]) -> Option<Vec<SmartAccess>> {
    let mut found = lines.iter().filter(|line| line.word.name == "smart-access").peekable();
    found.peek()?;
    let one = |line: &Statement<'_>| {
        Some(SmartAccess { farm: line.prop("farm")?, condition: line.prop("condition")? })
    };
    Some(found.filter_map(one).collect())
}

fn user(line: &Statement<'_>) -> Option<User> {
    Some(User { name: line.arg(0)?, password: line.prop("password")?, domain: line.prop_if_known("domain") })
}

fn round(line: &Statement<'_>) -> Option<RadiusRound> {
    Some(RadiusRound { challenge: line.arg(0)?, answer: line.prop("answer")? })
}

fn link(line: &Statement<'_>) -> Option<Link> {
    Some(Link { a: line.arg(0)?, b: line.arg(1)?, latency: line.prop("latency")? })
}

fn limits(statement: &Statement<'_>, limits: &mut GatewayLimits) {
    statement.update("login-deadline", &mut limits.login_deadline);
    statement.update("challenge-deadline", &mut limits.challenge_deadline);
    statement.update("tls-deadline", &mut limits.tls_deadline);
    statement.update("sniff-deadline", &mut limits.sniff_deadline);
    statement.update("backend-deadline", &mut limits.backend_deadline);
    statement.update("session-idle", &mut limits.session_idle);
    statement.update("session-limit", &mut limits.session_limit);
    statement.update("sessions-max", &mut limits.sessions_max);
    statement.update("connections-max", &mut limits.connections_max);
    statement.update("connections-per-address", &mut limits.connections_per_address);
    statement.update("tunnel-idle", &mut limits.tunnel_idle);
    statement.update("tunnel-limit", &mut limits.tunnel_limit);
    statement.update("radius-timeout", &mut limits.radius_timeout);
    statement.update("radius-tries", &mut limits.radius_tries);
    statement.update("radius-push", &mut limits.radius_push);
    statement.update("lockout-failures", &mut limits.lockout_failures);
    statement.update("lockout-failures-per-address", &mut limits.lockout_failures_per_address);
    statement.update("lockout-window", &mut limits.lockout_window);
    statement.update("lockout", &mut limits.lockout);
}

fn new_gateway(name: Spanned<String>, statement: &Statement<'_>) -> Gateway {
    Gateway {
        name,
        port: None,
        fqdn: None,
        first_factor: None,
        second_factors: Vec::new(),
        accounting: None,
        receiver_mode: None,
        browser_mode: None,
        allow: Vec::new(),
        storefront: None,
        stas: Vec::new(),
        ica_port: None,
        smart_access: Vec::new(),
        domains: None,
        bind: None,
        duplicate_sessions: None,
        duplicate_severity: None,
        logout_path: None,
        policies: Policies::default(),
        session_reliability: None,
        reconnect_ticket_life: None,
        state: None,
        syslog: None,
        limits: GatewayLimits::default(),
        span: statement.place,
    }
}

fn new_storefront(name: Spanned<String>, statement: &Statement<'_>) -> Storefront {
    Storefront {
        name,
        fqdn: None,
        port: None,
        store: None,
        brokers: Vec::new(),
        stas: Vec::new(),
        gateway: None,
        call_back: None,
        session_reliability: None,
        auto_client_reconnect: None,
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn new_broker(name: Spanned<String>, statement: &Statement<'_>) -> Broker {
    Broker {
        name,
        port: None,
        farm: None,
        apps: Vec::new(),
        servers: Vec::new(),
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn new_sta(name: Spanned<String>, statement: &Statement<'_>) -> Sta {
    Sta {
        name,
        port: None,
        id: Spanned::new(String::new(), statement.name_place),
        life: None,
        version: None,
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn new_radius(name: Spanned<String>, statement: &Statement<'_>) -> RadiusServer {
    RadiusServer {
        name,
        port: None,
        secret: Spanned::new(String::new(), statement.name_place),
        users: Vec::new(),
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn new_ica_host(name: Spanned<String>, statement: &Statement<'_>) -> IcaHost {
    IcaHost {
        name,
        ica_port: None,
        sessions_max: None,
        session_reliability: None,
        auto_client_reconnect: None,
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}
