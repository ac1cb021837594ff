//! From settings to values: files are read, secrets fetched, addresses and paths made absolute. Everything that
//! is wrong is found in one go.

use std::path::PathBuf;
use std::time::SystemTime;

use gateway::config::{self, Factor, HostRules, Portal, Published};
use gateway::{Config, audit};
use gateway_proto::cvpn::CvpnUrl;
use gateway_proto::ldap::Filter;
use gateway_proto::radius::MessageAuthenticatorPolicy;
use gateway_proto::secret::Secret;
use gateway_rt::tls::Identity;
use ipnet::IpNet;
use rustls::RootCertStore;

use super::finding::{Finding, Severity};
use super::raw::{self, MessageAuthenticator};
use super::secret::{SecretError, SecretSource};
use super::words::Word;
use super::{Configuration, Written, files, lint, unreadable};
use crate::program::certificate::system_roots;

/// Shorter RADIUS secrets can be guessed from one packet (RFC 2865 §3).
const RADIUS_SECRET_BYTES_MIN: usize = 16;

/// Makes values of what was written, and lints them.
pub(super) fn build(written: &Written, now: SystemTime) -> Result<Configuration, Vec<Finding>> {
    let mut builder = Builder { written, findings: Vec::new() };
    let configuration = builder.configuration();
    let mut findings = builder.findings;
    lint::settings(written, &mut findings);
    if let Some(configuration) = &configuration {
        lint::certificate(&configuration.gateway, now, &mut findings);
    }
    for finding in &mut findings {
        if finding.origin.is_none() {
            finding.origin = written.origin(&finding.setting).cloned();
        }
    }
    match configuration {
        Some(configuration) if findings.iter().all(|finding| finding.severity != Severity::Error) => {
            Ok(Configuration { warnings: findings, ..configuration })
        }
        _ => Err(findings),
    }
}

struct Builder<'a> {
    written: &'a Written,
    findings: Vec<Finding>,
}

impl Builder<'_> {
    fn configuration(&mut self) -> Option<Configuration> {
        let raw = &self.written.raw;
        // All are built before any is missed, so that all their errors are found.
        let identity = self.identity();
        let trust = self.trust();
        let factor = self.factor();
        let storefront = self.storefront();
        let callback = self.callback();
        let sessions = self.sessions();
        let gateway = Config {
            name: raw.name.clone(),
            fqdn: raw.fqdn.to_ascii_lowercase(),
            listen: raw.listen.0,
            vip: raw.vip.as_ref().map_or(raw.listen.0.ip(), |vip| vip.0),
            identity: identity?,
            trust,
            factor: factor?,
            second: None,
            storefront: storefront?,
            published: raw.publish.iter().map(published).collect(),
            modes: config::Modes { browser: mode(raw.modes.browser), receiver: mode(raw.modes.receiver) },
            stas: raw.sta.iter().map(sta).collect(),
            hosts: HostRules {
                networks: networks(&raw.ica_hosts.networks),
                ports: raw.ica_hosts.ports.clone(),
            },
            conditions: raw.smart_access.conditions.clone(),
            callback: callback?,
            sessions: sessions?,
            limits: raw.limits.limits(),
        };
        let log_file = raw.log.file.as_ref().map(|file| self.written.base("log.file").join(file));
        let (admin, log_format) = (raw.admin.listen.0, raw.log.format);
        Some(Configuration { gateway, admin, log_format, log_file, warnings: Vec::new() })
    }

    fn identity(&mut self) -> Option<Identity> {
        let tls = &self.written.raw.tls;
        let path = self.written.base("tls.certificate").join(&tls.certificate);
        let chain = self.kept("tls.certificate", files::certificates(&path));
        let pem = self.secret("tls.key", &tls.key);
        let key = files::private_key(&pem?);
        if key.is_none() {
            self.findings.push(Finding::error("key", "there is no private key in PEM form").on("tls.key"));
        }
        Some(Identity { chain: chain?, key: key? })
    }

    fn trust(&mut self) -> RootCertStore {
        let tls = &self.written.raw.tls;
        let mut roots = RootCertStore::empty();
        for (index, file) in tls.trust.iter().enumerate() {
            let setting = format!("tls.trust.{index}");
            let path = self.written.base(&setting).join(file);
            self.kept(&setting, files::authorities(&path, &mut roots));
        }
        if tls.system_trust {
            roots.extend(system_roots().roots);
        }
        roots
    }

    fn factor(&mut self) -> Option<Factor> {
        match &self.written.raw.factor {
            raw::Factor { users: Some(users), radius: None, ldap: None } => self.users(users),
            raw::Factor { users: None, radius: Some(radius), ldap: None } => self.radius(radius),
            raw::Factor { users: None, radius: None, ldap: Some(ldap) } => self.ldap(ldap),
            _ => self.missing("factor", "write exactly one of factor.users, factor.radius, factor.ldap"),
        }
    }

    fn users(&mut self, users: &raw::Users) -> Option<Factor> {
        let setting = "factor.users.file";
        let path = self.written.base(setting).join(&users.file);
        let (file, count) = self.kept(setting, files::users(&path))?;
        if count == 0 {
            let empty = Finding::warning("users-empty", format!("{} has no user", path.display()));
            self.findings.push(empty.on(setting).help("add lines with gateway hash-password --user"));
        }
        Some(Factor::Users(file))
    }

    fn radius(&mut self, radius: &raw::Radius) -> Option<Factor> {
        if radius.server.is_empty() {
            return self.missing("factor.radius.server", "there is no RADIUS server");
        }
        let mut servers = Vec::new();
        for (index, server) in radius.server.iter().enumerate() {
            let setting = format!("factor.radius.server.{index}.secret");
            let secret = self.secret(&setting, &server.secret);
            if secret.as_ref().is_some_and(|secret| secret.len() < RADIUS_SECRET_BYTES_MIN) {
                let text = format!("the secret has fewer than {RADIUS_SECRET_BYTES_MIN} characters");
                let help = "make one with: openssl rand -base64 24";
                self.findings.push(Finding::error("radius-secret", text).on(setting).help(help));
            }
            let at = server.address.0.clone();
            let name = server.name.clone().unwrap_or_else(|| at.to_string());
            servers.extend(secret.map(|secret| config::RadiusServer { name, at, secret }));
        }
        let identifier = radius.nas_identifier.as_ref().unwrap_or(&self.written.raw.name);
        Some(Factor::Radius(config::Radius {
            servers,
            nas_identifier: identifier.clone(),
            timing: config::RadiusTiming {
                first_retransmit: radius.first_retransmit.0,
                tries: radius.tries,
                budget: radius.budget.0,
            },
            message_authenticator: match radius.message_authenticator {
                MessageAuthenticator::Required => MessageAuthenticatorPolicy::Required,
                MessageAuthenticator::IfPresent => MessageAuthenticatorPolicy::IfPresent,
            },
        }))
    }

    fn ldap(&mut self, ldap: &raw::Ldap) -> Option<Factor> {
        if ldap.server.is_empty() {
            return self.missing("factor.ldap.server", "there is no LDAP server");
        }
        let filter = match &ldap.filter {
            Some(text) => self.kept_as("factor.ldap.filter", Filter::of_user(text)),
            None => Some(Filter::person(&ldap.name_attribute)),
        };
        let account = match &ldap.account {
            Some(account) => {
                let setting = "factor.ldap.account";
                let password = self.secret(&format!("{setting}.password"), &account.password);
                let account = config::LdapAccount::new(account.dn.clone(), password?);
                Some(self.kept_as(setting, account)?)
            }
            None => None,
        };
        let servers = ldap.server.iter().enumerate();
        Some(Factor::Ldap(config::Ldap {
            servers: servers.map(|(index, server)| self.ldap_server(index, server)).collect(),
            account,
            base: ldap.base.clone(),
            filter: filter?,
            name_attribute: ldap.name_attribute.clone(),
            group_attribute: ldap.group_attribute.clone(),
        }))
    }

    fn ldap_server(&mut self, index: usize, server: &raw::LdapServer) -> config::LdapServer {
        let security = match server.security {
            raw::LdapSecurity::Tls => config::LdapSecurity::Tls,
            raw::LdapSecurity::StartTls => config::LdapSecurity::StartTls,
            raw::LdapSecurity::PlainForTests => config::LdapSecurity::PlainForTests,
        };
        if security == config::LdapSecurity::PlainForTests && !self.written.raw.test_secrets {
            let setting = format!("factor.ldap.server.{index}.security");
            let text = "passwords would travel readable; allowed with test-secrets = true only";
            self.findings.push(Finding::error("ldap-plain", text).on(setting).help("write tls or start-tls"));
        }
        let at = server.address.0.clone();
        config::LdapServer { name: server.name.clone().unwrap_or_else(|| at.to_string()), at, security }
    }

    fn storefront(&mut self) -> Option<Portal> {
        let storefront = &self.written.raw.storefront;
        let setting = "storefront.url";
        let url = self.kept_as(setting, CvpnUrl::from_url(&storefront.url))?;
        let path = url.path_and_query().trim_end_matches('/');
        if path.is_empty() || path.contains('?') {
            let error = Finding::error("storefront-path", "the URL has no path of a store's web site");
            self.findings.push(error.on(setting).help("such as https://host/Citrix/StoreWeb"));
            return None;
        }
        Some(Portal {
            target: url.target().clone(),
            path: path.to_owned(),
            networks: networks(&storefront.networks),
        })
    }

    fn callback(&mut self) -> Option<config::Callback> {
        let callback = &self.written.raw.callback;
        let token = match &callback.token {
            Some(source) => Some(self.secret("callback.token", source)?),
            None => None,
        };
        Some(config::Callback { peers: callback.peers.clone(), token })
    }

    fn sessions(&mut self) -> Option<config::SessionRules> {
        let sessions = &self.written.raw.sessions;
        let severity = audit::Severity::ALL.into_iter().find(|s| s.as_str() == sessions.duplicate_severity);
        let words = audit::Severity::ALL.map(audit::Severity::as_str).join(", ");
        let severity = severity.ok_or_else(|| format!("write one of {words}"));
        let severity = self.kept_as("sessions.duplicate-severity", severity);
        let logout_path = match &sessions.logout_path {
            Some(path) => Some(self.kept_as("sessions.logout-path", config::LogoutPath::new(path.clone()))?),
            None => None,
        };
        let duplicates = match sessions.duplicates {
            raw::Duplicates::Allow => config::DuplicatePolicy::Allow,
            raw::Duplicates::Deny => config::DuplicatePolicy::Deny,
            raw::Duplicates::Kick => config::DuplicatePolicy::Kick,
            raw::Duplicates::Transfer => config::DuplicatePolicy::Transfer,
        };
        Some(config::SessionRules { duplicates, duplicate_severity: severity?, logout_path })
    }

    fn secret(&mut self, setting: &str, source: &SecretSource) -> Option<Secret> {
        // The path stands one key deeper, in the same file.
        let base: PathBuf = self.written.base(setting).into();
        match source.read(&base, self.written.raw.test_secrets) {
            Ok(secret) => Some(secret),
            Err(SecretError::File(error)) => self.kept(setting, Err(error)),
            Err(error) => self.missing(setting, &error.to_string()),
        }
    }

    fn kept<T>(&mut self, setting: &str, result: Result<T, files::FileError>) -> Option<T> {
        result.map_err(|error| self.findings.push(unreadable(&error).on(setting))).ok()
    }

    fn kept_as<T, E: std::fmt::Display>(&mut self, setting: &str, result: Result<T, E>) -> Option<T> {
        let finding = |error: E| Finding::error("value", error.to_string()).on(setting);
        result.map_err(|error| self.findings.push(finding(error))).ok()
    }

    fn missing<T>(&mut self, setting: &str, message: &str) -> Option<T> {
        self.findings.push(Finding::error("value", message).on(setting));
        None
    }
}

fn published(publish: &raw::Publish) -> Published {
    Published { target: publish.url.0.clone(), networks: networks(&publish.networks) }
}

fn sta(sta: &raw::Sta) -> config::Sta {
    config::Sta { id: sta.id.0.clone(), target: sta.url.0.clone() }
}

fn networks(words: &[Word<IpNet>]) -> Vec<IpNet> {
    words.iter().map(|word| word.0).collect()
}

fn mode(mode: raw::Mode) -> config::Mode {
    match mode {
        raw::Mode::Wica => config::Mode::Wica,
        raw::Mode::Cvpn => config::Mode::Cvpn,
    }
}
