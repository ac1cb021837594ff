//! From settings to values: files are read, secrets fetched, addresses and paths made absolute. Everything that
//! is wrong is found in one go. Who verifies log-ins is in [`factor`], policies in [`policy`].

mod factor;
mod policy;

use std::path::PathBuf;
use std::time::SystemTime;

use gateway::config::{self, HostRules, Portal, Published};
use gateway::{Config, audit};
use gateway_proto::cvpn::CvpnUrl;
use gateway_proto::secret::Secret;
use gateway_rt::tls::{Identity, Profile};
use ipnet::IpNet;
use rustls::RootCertStore;

use super::finding::{Finding, Severity};
use super::raw;
use super::secret::{SecretError, SecretSource};
use super::words::Word;
use super::{Configuration, Written, files, lint, unreadable};
use crate::program::certificate::system_roots;

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
        let names = self.names();
        let factor = self.factor();
        let second = self.second();
        let accounting = self.accounting();
        let storefront = self.storefront();
        let callback = self.callback();
        let sessions = self.sessions();
        let policies = self.policies();
        let store = self.store();
        let gateway = Config {
            name: raw.name.clone(),
            fqdn: raw.fqdn.to_ascii_lowercase(),
            listen: raw.listen.0,
            vip: raw.vip.as_ref().map_or(raw.listen.0.ip(), |vip| vip.0),
            identity: identity?,
            tls: profile(raw.tls.profile),
            trust,
            names: names?,
            factor: factor?,
            second: second?,
            accounting: accounting?,
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
            policies: policies?,
            sessions: sessions?,
            reliability: reliability(&raw.session_reliability),
            store,
            syslog: raw.syslog.as_ref().map(syslog),
            limits: raw.limits.limits(),
        };
        let log_file = raw.log.file.as_ref().map(|file| self.written.base("log.file").join(file));
        let (admin, log_format) = (raw.admin.listen.0.clone(), raw.log.format);
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

    fn store(&mut self) -> Option<PathBuf> {
        let setting = "store.path";
        let path = self.written.base(setting).join(self.written.raw.store.path.as_ref()?);
        self.kept(setting, files::writable(&path))?;
        Some(path)
    }

    fn callback(&mut self) -> Option<config::Callback> {
        let callback = &self.written.raw.callback;
        let token = match &callback.token {
            Some(source) => Some(self.secret("callback.token", source)?),
            None => None,
        };
        Some(config::Callback { peers: callback.peers.clone(), token })
    }

    fn names(&mut self) -> Option<config::Names> {
        let names = &self.written.raw.names;
        let others = match names.other_domains {
            raw::OtherDomains::Refused => config::OtherDomains::Refused,
            raw::OtherDomains::Apart => config::OtherDomains::Apart,
        };
        let asked = match names.asked {
            raw::Spelling::Bare => config::Spelling::Bare,
            raw::Spelling::Typed => config::Spelling::Typed,
        };
        self.kept_as("names.domains", config::Names::new(&names.domains, others, asked))
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
        let bind = config::Binding {
            address: sessions.bind.contains(&raw::Bind::Address),
            user_agent: sessions.bind.contains(&raw::Bind::UserAgent),
        };
        Some(config::SessionRules { duplicates, duplicate_severity: severity?, bind, logout_path })
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

fn reliability(wanted: &raw::SessionReliability) -> Option<config::Reliability> {
    let on = config::Reliability { kept: wanted.kept.0, ticket_life: wanted.ticket_life.0 };
    wanted.enabled.then_some(on)
}

fn published(publish: &raw::Publish) -> Published {
    Published { target: publish.url.0.clone(), networks: networks(&publish.networks) }
}

fn sta(sta: &raw::Sta) -> config::Sta {
    config::Sta { id: sta.id.0.clone(), target: sta.url.0.clone() }
}

fn syslog(syslog: &raw::Syslog) -> config::Syslog {
    let transport = match syslog.transport {
        raw::SyslogTransport::Udp => config::SyslogTransport::Udp,
        raw::SyslogTransport::Tcp => config::SyslogTransport::Tcp,
        raw::SyslogTransport::Tls => config::SyslogTransport::Tls,
    };
    let (collector, process) = (syslog.collector.0.clone(), std::process::id().to_string());
    config::Syslog { collector, transport, process }
}

fn networks(words: &[Word<IpNet>]) -> Vec<IpNet> {
    words.iter().map(|word| word.0).collect()
}

fn profile(profile: raw::TlsProfile) -> Profile {
    match profile {
        raw::TlsProfile::Intermediate => Profile::Intermediate,
        raw::TlsProfile::Modern => Profile::Modern,
    }
}

fn mode(mode: raw::Mode) -> config::Mode {
    match mode {
        raw::Mode::Wica => config::Mode::Wica,
        raw::Mode::Cvpn => config::Mode::Cvpn,
    }
}
