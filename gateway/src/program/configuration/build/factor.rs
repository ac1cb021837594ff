//! Who verifies log-ins: from settings to the factors of a gateway.

use gateway::config::{self, Factor, Second, SecondRule};
use gateway_proto::ldap::Filter;
use gateway_proto::radius::MessageAuthenticatorPolicy;

use super::super::files;
use super::super::finding::Finding;
use super::super::raw::{self, MessageAuthenticator};
use super::Builder;

/// Shorter RADIUS secrets can be guessed from one packet (RFC 2865 §3).
const RADIUS_SECRET_BYTES_MIN: usize = 16;

impl Builder<'_> {
    pub(super) fn factor(&mut self) -> Option<Factor> {
        match &self.written.raw.factor {
            raw::Factor { users: Some(users), radius: None, ldap: None } => self.users(users),
            raw::Factor { users: None, radius: Some(radius), ldap: None } => {
                self.radius("factor.radius", radius).map(Factor::Radius)
            }
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

    /// The servers written under `place`.
    fn radius(&mut self, place: &str, radius: &raw::Radius) -> Option<config::Radius> {
        let servers = self.radius_servers(place, &radius.server)?;
        let identifier = radius.nas_identifier.as_ref().unwrap_or(&self.written.raw.name);
        Some(config::Radius {
            servers,
            nas_identifier: identifier.clone(),
            timing: config::RadiusTiming {
                first_retransmit: radius.first_retransmit.0,
                tries: radius.tries,
                budget: radius.budget.0,
                push: radius.push.map(|time| time.0),
            },
            message_authenticator: match radius.message_authenticator {
                MessageAuthenticator::Required => MessageAuthenticatorPolicy::Required,
                MessageAuthenticator::IfPresent => MessageAuthenticatorPolicy::IfPresent,
            },
            groups: config::RadiusGroups {
                attribute: radius.group_attribute.0,
                prefix: radius.group_prefix.clone(),
                separator: radius.group_separator,
            },
        })
    }

    fn radius_servers(
        &mut self,
        place: &str,
        list: &[raw::RadiusServer],
    ) -> Option<Vec<config::RadiusServer>> {
        if list.is_empty() {
            return self.missing(&format!("{place}.server"), "there is no RADIUS server");
        }
        let mut servers = Vec::new();
        for (index, server) in list.iter().enumerate() {
            let setting = format!("{place}.server.{index}.secret");
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
        Some(servers)
    }

    pub(super) fn accounting(&mut self) -> Option<Option<config::Accounting>> {
        let Some(accounting) = &self.written.raw.accounting else { return Some(None) };
        let servers = self.radius_servers("accounting", &accounting.server)?;
        Some(Some(config::Accounting {
            servers,
            nas_identifier: self.written.raw.name.clone(),
            timing: config::RadiusTiming::default(),
            interim: accounting.interim.map(|time| time.0),
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

    pub(super) fn second(&mut self) -> Option<Vec<SecondRule>> {
        let rules: Vec<_> =
            (0..).zip(&self.written.raw.second_factor).map(|(n, r)| self.rule(n, r)).collect();
        rules.into_iter().collect()
    }

    fn rule(&mut self, index: usize, rule: &raw::SecondFactor) -> Option<SecondRule> {
        let place = format!("second-factor.{index}");
        let concerns = match (&rule.users, &rule.groups) {
            (None, None) => config::Concerns::Everybody,
            (Some(users), None) => config::Concerns::Users(users.clone()),
            (None, Some(groups)) => config::Concerns::Groups(groups.clone()),
            (Some(_), Some(_)) => return self.missing(&place, "write users or groups, not both"),
        };
        let second = match (rule.exempt, &rule.radius, &rule.anakam) {
            (true, None, None) => Second::Nobody,
            (false, Some(radius), None) => {
                let radius = self.radius(&format!("{place}.radius"), radius)?;
                Second::Radius(config::SecondRadius { radius, first: first_request(rule) })
            }
            (false, None, Some(anakam)) => Second::Anakam(self.anakam(&format!("{place}.anakam"), anakam)?),
            _ => return self.missing(&place, "write exactly one of exempt = true, radius, anakam"),
        };
        Some(SecondRule { concerns, second })
    }

    fn anakam(&mut self, place: &str, anakam: &raw::Anakam) -> Option<config::Anakam> {
        let password = self.secret(&format!("{place}.account.password"), &anakam.account.password);
        if anakam.account.name.contains(':') || anakam.account.name.is_empty() {
            let error = Finding::error("value", "the name of an account is not empty and has no colon");
            self.findings.push(error.on(format!("{place}.account.name")));
        }
        let target = anakam.url.0.clone();
        Some(config::Anakam {
            name: anakam.name.clone().unwrap_or_else(|| target.authority()),
            target,
            account: config::AnakamAccount { name: anakam.account.name.clone(), password: password? },
            application: anakam.application.clone(),
            destination: anakam.destination.clone(),
            registration: anakam.registration.map(|time| time.0),
        })
    }
}

fn first_request(rule: &raw::SecondFactor) -> config::FirstRequest {
    match rule.first_request {
        raw::FirstRequest::Passcode => config::FirstRequest::Passcode { prompt: rule.prompt.clone() },
        raw::FirstRequest::Password => config::FirstRequest::Password,
        raw::FirstRequest::Empty => config::FirstRequest::Empty,
    }
}
