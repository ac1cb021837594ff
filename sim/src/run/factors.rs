//! Who verifies log-ins at a gateway of a plan, in the gateway's own terms.

use gateway::auth::users::{Cost, UserFile, hash_password};
use gateway::config::{
    Accounting, Anakam, AnakamAccount, Concerns, Factor, FirstRequest, Ldap, LdapAccount, LdapSecurity,
    LdapServer, Names, OtherDomains, Radius, RadiusGroups, RadiusServer, RadiusTiming, Second, SecondRadius,
    SecondRule, Spelling,
};
use gateway_proto::cvpn::{Scheme, Target};
use gateway_proto::host_port::HostPort;
use gateway_proto::radius::MessageAuthenticatorPolicy;
use gateway_proto::secret::Secret;

use super::anakam;
use super::gateway_host::or;
use super::mock_hosts::ldap_port;
use crate::scenario::plan::{self, Delivery, SecondBy};
use crate::scenario::source::Spanned;

const RADIUS: u16 = 1812;

/// Who verifies name and password.
pub(super) fn first(world: &plan::World, gateway: &plan::Gateway) -> Result<Factor, String> {
    match &gateway.first_factor {
        Some(plan::FirstFactor::Radius(servers)) => radius(world, gateway, servers).map(Factor::Radius),
        Some(plan::FirstFactor::Ldap(servers)) => directory(world, servers),
        Some(plan::FirstFactor::Users(users)) if !users.is_empty() => user_file(users),
        Some(plan::FirstFactor::Users(_)) | None => user_file(&world.users),
    }
}

/// Base and account are those of the first server: all are of one directory.
fn directory(world: &plan::World, names: &[Spanned<String>]) -> Result<Factor, String> {
    let servers: Vec<_> = names.iter().filter_map(|name| world.ldap_server(&name.value)).collect();
    let first = servers.first().ok_or("a directory without a server")?;
    let account = first.account.as_ref().map(|account| {
        let password = Secret::new(account.password.value.as_str());
        LdapAccount::new(account.dn.value.as_str(), password).map_err(|error| error.to_string())
    });
    let listed = servers.iter().map(|server| {
        let at = HostPort::new(&server.name.value, ldap_port(server)).map_err(|error| error.to_string())?;
        let security = match server.security.as_ref().map(|security| security.value) {
            Some(plan::LdapSecurity::StartTls) => LdapSecurity::StartTls,
            Some(plan::LdapSecurity::Ldaps) | None => LdapSecurity::Tls,
        };
        Ok(LdapServer { name: server.name.value.clone(), at, security })
    });
    let (listed, account) = (listed.collect::<Result<_, String>>()?, account.transpose()?);
    Ok(Factor::Ldap(Ldap::active_directory(listed, account, first.base_dn.value.as_str())))
}

fn user_file(users: &[plan::User]) -> Result<Factor, String> {
    let hashed = users.iter().map(|user| {
        let password = Secret::new(user.password.value.as_str());
        let salt = format!("salt of {}", user.name.value);
        let phc = hash_password(&password, salt.as_bytes(), Cost::Test).map_err(|error| error.to_string())?;
        Ok((user.name.value.clone(), phc))
    });
    let list: Vec<_> = hashed.collect::<Result<_, String>>()?;
    UserFile::new(list, Cost::Test).map(Factor::Users).map_err(|error| error.to_string())
}

fn radius(world: &plan::World, gateway: &plan::Gateway, names: &[Spanned<String>]) -> Result<Radius, String> {
    let servers = names.iter().filter_map(|name| world.radius_server(&name.value));
    let servers = servers.map(|server| {
        let port = server.port.as_ref().map_or(RADIUS, |port| port.value);
        let at = HostPort::new(&server.name.value, port).map_err(|error| error.to_string())?;
        let secret = Secret::new(server.secret.value.as_str());
        Ok(RadiusServer { name: server.name.value.clone(), at, secret })
    });
    Ok(Radius {
        servers: servers.collect::<Result<_, String>>()?,
        nas_identifier: gateway.name.value.clone(),
        timing: radius_timing(&gateway.limits),
        message_authenticator: MessageAuthenticatorPolicy::Required,
        groups: RadiusGroups::default(),
    })
}

/// Which names are one account.
pub(super) fn names(gateway: &plan::Gateway) -> Result<Names, String> {
    let Some(plan) = &gateway.domains else { return Ok(Names::default()) };
    let own = plan.own.iter().map(|domain| &domain.value);
    let others = plan.others.as_ref().map_or(OtherDomains::default(), |others| others.value);
    let asked = plan.asked.as_ref().map_or(Spelling::default(), |asked| asked.value);
    Names::new(own, others, asked).map_err(|error| error.to_string())
}

/// Who is told about sessions.
pub(super) fn accounting(world: &plan::World, gateway: &plan::Gateway) -> Result<Option<Accounting>, String> {
    let Some(plan) = &gateway.accounting else { return Ok(None) };
    let Radius { servers, nas_identifier, timing, .. } = radius(world, gateway, &plan.servers)?;
    let interim = plan.interim.as_ref().map(|span| span.value);
    Ok(Some(Accounting { servers, nas_identifier, timing, interim }))
}

fn radius_timing(limits: &plan::GatewayLimits) -> RadiusTiming {
    let default = RadiusTiming::default();
    let tries = limits.radius_tries.as_ref().map(|tries| u8::try_from(tries.value).unwrap_or(u8::MAX));
    RadiusTiming {
        first_retransmit: or(limits.radius_timeout.as_ref(), default.first_retransmit),
        tries: tries.unwrap_or(default.tries),
        budget: or(limits.login_deadline.as_ref(), default.budget),
        push: limits.radius_push.as_ref().map(|push| push.value),
    }
}

/// Who is asked next, and about whom.
pub(super) fn second(world: &plan::World, gateway: &plan::Gateway) -> Result<Vec<SecondRule>, String> {
    let rules = gateway.second_factors.iter().map(|rule| {
        let concerns = match (&rule.user, &rule.group) {
            (Some(user), _) => Concerns::Users(vec![user.value.clone()]),
            (None, Some(group)) => Concerns::Groups(vec![group.value.clone()]),
            (None, None) => Concerns::Everybody,
        };
        let second = match &rule.by {
            SecondBy::Nobody => Second::Nobody,
            SecondBy::Radius { servers, first, prompt } => Second::Radius(SecondRadius {
                radius: radius(world, gateway, servers)?,
                first: match first.as_ref().map(|first| first.value) {
                    Some(plan::FirstRequest::Password) => FirstRequest::Password,
                    Some(plan::FirstRequest::Empty) => FirstRequest::Empty,
                    Some(plan::FirstRequest::Passcode) | None => {
                        let usual = "Enter your passcode";
                        let prompt = prompt.as_ref().map_or(usual, |prompt| prompt.value.as_str()).to_owned();
                        FirstRequest::Passcode { prompt }
                    }
                },
            }),
            SecondBy::Anakam { server, delivery, registration } => {
                let destination = match delivery.as_ref().map_or(Delivery::Email, |delivery| delivery.value) {
                    Delivery::Email => "methods.email~Primary",
                    Delivery::Sms => "methods.sms~Primary",
                };
                let registration = registration.as_ref().map(|span| span.value);
                Second::Anakam(Anakam { registration, ..tfa(world, server, destination)? })
            }
        };
        Ok(SecondRule { concerns, second })
    });
    rules.collect()
}

fn tfa(world: &plan::World, name: &Spanned<String>, destination: &str) -> Result<Anakam, String> {
    let server = world.anakam_server(&name.value).ok_or_else(|| format!("no anakam {}", name.value))?;
    let at = HostPort::new(&server.name.value, anakam::port(server)).map_err(|error| error.to_string())?;
    Ok(Anakam {
        name: server.name.value.clone(),
        target: Target::new(Scheme::Https, at.host(), at.port()).map_err(|error| error.to_string())?,
        account: AnakamAccount {
            name: server.account.value.clone(),
            password: Secret::new(server.password.value.as_str()),
        },
        application: "/".to_owned(),
        destination: destination.to_owned(),
        registration: None,
    })
}
