//! Whether everything the gateway depends on is there: a connection is opened, with TLS where it will be used,
//! and closed again.
//!
//! RADIUS says nothing to strangers, so only its server's name is looked up here; that a server stayed silent is
//! known from the audit events (`admin::tally`).

use std::time::Duration;

use futures_util::future::join_all;
use gateway::Config;
use gateway::config::{Factor, LdapSecurity, Radius, RadiusServer, Second};
use gateway_proto::cvpn::{Scheme, Target};
use gateway_rt::{Rt, tls};
use serde_json::json;

/// Longer than a healthy network needs, shorter than a monitor waits.
const DEADLINE: Duration = Duration::from_secs(3);

/// Of each of these at least one must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Factor,
    Second,
    Sta,
    Storefront,
}

/// One thing that was looked for.
pub(super) struct Dependency {
    pub(super) role: Role,
    /// `STA STA01`, `RADIUS radius1`.
    pub(super) name: String,
    /// What is wrong with it.
    pub(super) trouble: Option<String>,
}

impl Dependency {
    /// For a person: one line.
    pub(super) fn line(&self) -> String {
        match &self.trouble {
            None => format!("[+] {} ok", self.name),
            Some(trouble) => format!("[-] {} failed: {trouble}", self.name),
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> serde_json::Value {
        json!({ "name": self.name, "ok": self.trouble.is_none(), "trouble": self.trouble })
    }
}

/// Whether a gateway with these dependencies can serve.
pub(super) fn suffices(dependencies: &[Dependency]) -> bool {
    [Role::Factor, Role::Second, Role::Sta, Role::Storefront].into_iter().all(|role| {
        let mut own = dependencies.iter().filter(|dependency| dependency.role == role).peekable();
        own.peek().is_none() || own.any(|dependency| dependency.trouble.is_none())
    })
}

/// Looks for everything, all at the same time.
pub(super) async fn all(rt: &Rt, config: &Config) -> Vec<Dependency> {
    let mut wanted = vec![(Role::Storefront, "StoreFront".to_owned(), Way::to(&config.storefront.target))];
    wanted.extend(config.stas.iter().map(|sta| (Role::Sta, format!("STA {}", sta.id), Way::to(&sta.target))));
    match &config.factor {
        Factor::Users(_) => {}
        Factor::Radius(radius) => wanted.extend(names(Role::Factor, radius)),
        Factor::Ldap(ldap) => wanted.extend(ldap.servers.iter().map(|server| {
            let tls = server.security == LdapSecurity::Tls;
            let way = Way::Connection { host: server.at.host().to_owned(), port: server.at.port(), tls };
            (Role::Factor, format!("LDAP {}", server.name), way)
        })),
    }
    for rule in &config.second {
        match &rule.second {
            Second::Nobody => {}
            Second::Radius(second) => wanted.extend(names(Role::Second, &second.radius)),
            Second::Anakam(anakam) => {
                wanted.push((Role::Second, format!("Anakam {}", anakam.name), Way::to(&anakam.target)));
            }
        }
    }
    let asked = wanted.into_iter().map(|(role, name, way)| async move {
        let trouble = way.try_it(rt, config).await.err();
        Dependency { role, name, trouble }
    });
    join_all(asked).await
}

fn names(role: Role, radius: &Radius) -> impl Iterator<Item = (Role, String, Way)> {
    let one = move |server: &RadiusServer| {
        (role, format!("RADIUS {}", server.name), Way::Name(server.at.host().to_owned()))
    };
    radius.servers.iter().map(one)
}

/// How to find out.
enum Way {
    Name(String),
    Connection { host: String, port: u16, tls: bool },
}

impl Way {
    fn to(target: &Target) -> Self {
        let tls = target.scheme() == Scheme::Https;
        Self::Connection { host: target.host().to_owned(), port: target.port(), tls }
    }

    async fn try_it(self, rt: &Rt, config: &Config) -> Result<(), String> {
        match self {
            Self::Name(host) => {
                let found = tokio::time::timeout(DEADLINE, rt.net.resolve(&host)).await;
                let found = found.map_err(|_| format!("no name server answered about {host}"))?;
                found.map(drop).map_err(|_| format!("{host} has no address"))
            }
            Self::Connection { host, port, tls } => {
                let connected = rt.connect(&host, port, DEADLINE).await;
                let (stream, _) = connected.map_err(|error| error.to_string())?;
                if tls {
                    let client = tls::client_config(rt, config.trust.clone());
                    let client = client.map_err(|error| error.to_string())?;
                    let name = host.trim_matches(['[', ']']);
                    let secured = tls::connect(client, stream, name, DEADLINE).await;
                    secured.map_err(|error| error.to_string())?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_role_suffices() {
        let one = |role, there: bool| Dependency {
            role,
            name: String::new(),
            trouble: (!there).then(|| "down".to_owned()),
        };
        assert!(suffices(&[one(Role::Storefront, true), one(Role::Sta, false), one(Role::Sta, true)]));
        assert!(!suffices(&[one(Role::Storefront, true), one(Role::Sta, false)]));
        assert!(!suffices(&[one(Role::Storefront, false), one(Role::Sta, true)]));
    }
}
