//! From a site to a running mock: configuration, socket, journal. Not here: when it ends (`run`).

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use gateway_mocks::behaviour::{Rule, Unsupported};
use gateway_mocks::{anakam, broker, ica_host, ldap, radius, sta, storefront, syslog};
use gateway_proto::access_info::AccessCondition;
use gateway_proto::broker::ErrorId;
use gateway_proto::secret::Secret;
use gateway_rt::tls::{self, Identity};
use gateway_rt::{Listener, Rt};

use super::catalogue::Kind;
use super::failure::Failure;
use super::files;
use super::output::Lines;
use super::rules::rules;
use super::site::{Site, SyslogTransport, Tls};
use super::text::Origin;

/// A mock on its socket.
pub(super) struct Started {
    /// Which.
    pub(super) kind: Kind,
    /// How it is reached: a URL, or protocol and address.
    pub(super) reached: String,
    /// What it sees.
    pub(super) lines: Arc<Lines>,
    /// Replaces its misbehaviours.
    pub(super) misbehave: Misbehave,
    /// The passcodes it sent, if it sends any.
    pub(super) outbox: Option<Outbox>,
    /// Serves until dropped.
    pub(super) serving: Serving,
}

/// Replaces the misbehaviours of a running mock.
pub(super) type Misbehave = Box<dyn Fn(Vec<Rule>) -> Result<(), Unsupported> + Send + Sync>;

/// Each user and the passcode that was sent to them last.
pub(super) type Outbox = Box<dyn Fn() -> Vec<(String, Secret)> + Send + Sync>;

/// A mock's work.
pub(super) type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Makes a mock of a site and gives it its socket.
pub(super) async fn start(
    rt: &Rt,
    kind: Kind,
    site: &mut Site,
    lines: Arc<Lines>,
) -> Result<Started, Failure> {
    let at = *site.places(kind).0;
    let tls = site.tls(kind).and_then(|tls| tls.clone());
    let tls = tls.map(|tls| identity(rt, &site.directory, &tls)).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let misbehaviours = rules(kind, site.misbehaviours(kind))
        .map_err(|why| Failure::file(format!("[{}] misbehaviours: {why}", kind.name())))?;
    // The mocks are alike by name, not by trait: what differs between them is what they are for.
    macro_rules! started {
        ($module:ident :: $mock:ident, $config:expr, $socket:expr, $reached:expr) => {
            started!($module::$mock, $config, $socket, $reached, |_: Arc<$module::$mock>| None)
        };
        ($module:ident :: $mock:ident, $config:expr, $socket:expr, $reached:expr, $outbox:expr) => {{
            let mock = Arc::new($module::$mock::new($config, lines.journal()).map_err(Failure::file)?);
            let socket = $socket;
            let reached = $reached(socket.local_addr());
            let serving = Box::pin(mock.clone().serve_on(rt.clone(), socket));
            let outbox = $outbox(mock.clone());
            let misbehave = Box::new(move |rules| mock.misbehave(rules));
            Started { kind, reached, lines, misbehave, outbox, serving }
        }};
    }
    Ok(match kind {
        Kind::Storefront => {
            let config = storefront::Config { tls, misbehaviours, ..storefront(site)? };
            let path = format!("/Citrix/{}Web/", config.store);
            let url = |at| format!("{scheme}://{at}{path}");
            started!(storefront::StoreFront, config, listen(rt, at).await?, url)
        }
        Kind::Broker => {
            let config = broker::Config { tls, misbehaviours, ..broker::Config::new(farm(site)) };
            let url = |at| format!("{scheme}://{at}{}", gateway_proto::broker::PATH);
            started!(broker::Mock, config, listen(rt, at).await?, url)
        }
        Kind::Sta => {
            let config = sta::Config {
                version: site.sta.version,
                lifetime: site.sta.lifetime,
                tls,
                misbehaviours,
                ..sta::Config::new(site.sta.id.clone())
            };
            let url = |at| format!("{scheme}://{at}{}", gateway_proto::sta::PATH);
            started!(sta::Mock, config, listen(rt, at).await?, url)
        }
        Kind::Radius => {
            let config = radius::Config { misbehaviours, ..radius(site)? };
            let socket = rt.net.bind_udp(at).await.map_err(|error| cannot_listen(at, &error))?;
            started!(radius::Mock, config, socket, |at| format!("udp {at}"))
        }
        Kind::Ldap => {
            let scheme = if tls.is_some() && !site.ldap.start_tls { "ldaps" } else { "ldap" };
            let config = ldap::Config { misbehaviours, ..ldap(site, tls)? };
            started!(ldap::Mock, config, listen(rt, at).await?, |at| format!("{scheme}://{at}"))
        }
        Kind::Anakam => {
            let config = anakam::Config { tls, misbehaviours, ..anakam(site) };
            let outbox = |mock: Arc<anakam::Mock>| Some(Box::new(move || mock.outbox()) as Outbox);
            let url = |at| format!("{scheme}://{at}{}", gateway_proto::anakam::BASE);
            started!(anakam::Mock, config, listen(rt, at).await?, url, outbox)
        }
        Kind::IcaHost => {
            let config = ica_host::Config { misbehaviours, ..ica_host(site) };
            let cgp = match site.ica_host.cgp_listen {
                Some(at) => Some(listen(rt, at).await?),
                None => None,
            };
            let mock = Arc::new(ica_host::Mock::new(config, lines.journal()).map_err(Failure::file)?);
            let ica = listen(rt, at).await?;
            let also = cgp.as_ref().map(|cgp| format!(", CGP {}", cgp.local_addr()));
            let reached = format!("tcp {}{}", ica.local_addr(), also.unwrap_or_default());
            let serving = Box::pin(serve_both(rt.clone(), mock.clone(), ica, cgp));
            let misbehave = Box::new(move |rules| mock.misbehave(rules));
            Started { kind, reached, lines, misbehave, outbox: None, serving }
        }
        Kind::Syslog => {
            let (transport, how) = match (tls, site.syslog.transport) {
                (Some(identity), _) => (syslog::Transport::Tls(identity), "tls"),
                (None, SyslogTransport::Udp) => (syslog::Transport::Udp, "udp"),
                (None, SyslogTransport::Tcp) => (syslog::Transport::Tcp, "tcp"),
            };
            let socket = match transport {
                syslog::Transport::Udp => {
                    let socket = rt.net.bind_udp(at).await.map_err(|error| cannot_listen(at, &error))?;
                    syslog::Socket::Datagrams(socket)
                }
                _ => syslog::Socket::Streams(listen(rt, at).await?),
            };
            let config = syslog::Config { transport, misbehaviours };
            started!(syslog::Mock, config, socket, |at| format!("{how} {at}"))
        }
    })
}

/// ICA and, where it is wanted, CGP.
async fn serve_both(
    rt: Rt,
    mock: Arc<ica_host::Mock>,
    ica: Box<dyn Listener>,
    cgp: Option<Box<dyn Listener>>,
) -> io::Result<()> {
    let Some(cgp) = cgp else { return mock.serve_on(rt, ica).await };
    tokio::try_join!(mock.clone().serve_on(rt.clone(), ica), mock.serve_cgp_on(rt, cgp)).map(|_| ())
}

fn ica_host(site: &Site) -> ica_host::Config {
    let own = &site.ica_host;
    ica_host::Config {
        sessions_max: own.sessions_max,
        session_reliability: own.session_reliability,
        auto_client_reconnect: own.auto_client_reconnect,
        ..ica_host::Config::default()
    }
}

/// Listens, or says why not.
pub(super) async fn listen(rt: &Rt, at: SocketAddr) -> Result<Box<dyn Listener>, Failure> {
    rt.net.listen(at).await.map_err(|error| cannot_listen(at, &error))
}

fn cannot_listen(at: SocketAddr, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => "; choose another with --listen, or port 0 for any that is free",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege",
        _ => "",
    };
    Failure::listen(format!("can't listen on {at}: {error}{hint}"))
}

/// A certificate and key that belong together.
fn identity(rt: &Rt, directory: &Path, tls: &Tls) -> Result<Identity, Failure> {
    let identity = files::identity(&directory.join(&tls.cert), &directory.join(&tls.key))?;
    let checked = tls::server_config(rt, identity.clone(), tls::Profile::default());
    checked.map_err(|error| {
        Failure::file(format!("{} and {}: {error}", tls.cert.display(), tls.key.display()))
    })?;
    Ok(identity)
}

fn storefront(site: &Site) -> Result<storefront::Config, Failure> {
    let own = &site.storefront;
    let roots = own.ca.as_ref().map(|path| files::roots(&site.directory.join(path))).transpose()?;
    let endpoint = |server: &Origin| match (server.tls, &roots) {
        (false, _) => Ok(storefront::Endpoint::http(server.at.clone())),
        (true, Some(roots)) => {
            Ok(storefront::Endpoint::https(server.at.clone(), server.at.clone(), roots.clone()))
        }
        (true, None) => {
            Err(Failure::file(format!("[storefront] asks {server}: write who signs it, as `ca`")))
        }
    };
    let call_back = own.call_back.as_ref().map(|call_back| {
        let to = endpoint(&call_back.url)?;
        Ok(storefront::CallBack { to, token: None, required: call_back.required })
    });
    let requires = site.apps.iter().filter(|app| !app.requires.is_empty()).map(|app| {
        let conditions = app
            .requires
            .iter()
            .map(|needed| AccessCondition { farm: needed.farm.clone(), condition: needed.condition.clone() });
        (app.name.clone(), conditions.collect())
    });
    Ok(storefront::Config {
        store: own.store.clone(),
        call_back: call_back.transpose()?,
        brokers: own.brokers.iter().map(&endpoint).collect::<Result<_, _>>()?,
        stas: own.stas.iter().map(&endpoint).collect::<Result<_, _>>()?,
        session_reliability: own.session_reliability,
        auto_client_reconnect: own.auto_client_reconnect,
        requires: requires.collect(),
        domain: site.domain.clone(),
        deadline: own.deadline,
        ..storefront::Config::new(own.gateway.clone())
    })
}

fn farm(site: &Site) -> broker::Farm {
    let users = site.users.iter().map(|user| broker::User {
        domain: site.domain.clone(),
        groups: user.groups.clone(),
        refusal: user.refusal,
        ..broker::User::new(&user.name, user.password.clone())
    });
    let apps = site.apps.iter().map(|app| broker::App {
        users: app.users.clone(),
        groups: app.groups.clone(),
        servers: app.servers.clone(),
        ..broker::App::new(&app.name)
    });
    let servers = site.servers.iter().map(|server| broker::Server {
        load: server.load,
        ..broker::Server::new(&server.name, server.address.clone())
    });
    broker::Farm {
        users: users.collect(),
        apps: apps.collect(),
        servers: servers.collect(),
        ..broker::Farm::new(&site.farm)
    }
}

fn radius(site: &Site) -> Result<radius::Config, Failure> {
    let own = &site.radius;
    let secret = match &own.secret_file {
        Some(path) => files::secret(&site.directory.join(path))?,
        None => own.secret.clone(),
    };
    if secret.is_empty() {
        return Err(Failure::file("[radius] needs a secret"));
    }
    let users = site.users.iter().map(|user| {
        let plain = radius::User {
            accept: radius::AcceptWith { filter_ids: user.groups.clone(), ..radius::AcceptWith::default() },
            delay: user.delay,
            ..radius::User::new(&user.name, user.password.clone())
        };
        let challenged =
            |user: radius::User, (prompt, answer): (&str, &Secret)| user.challenged(prompt, answer.clone());
        user.challenges.iter().map(|asked| (asked.prompt.as_str(), &asked.answer)).fold(plain, challenged)
    });
    Ok(radius::Config {
        state_lifetime: own.challenge_lifetime,
        reject_message: (!own.reject_message.is_empty()).then(|| own.reject_message.clone()),
        ..radius::Config::new(secret, users.collect())
    })
}

fn ldap(site: &Site, tls: Option<Identity>) -> Result<ldap::Config, Failure> {
    let own = &site.ldap;
    let base = &own.base_dn;
    let users = site.users.iter().map(|user| ldap::User {
        groups: user.groups.iter().map(|group| format!("CN={group},CN=Users,{base}")).collect(),
        state: user.refusal.and_then(account_state),
        ..ldap::User::new(&user.name, user.password.clone())
    });
    let security = match (tls, own.start_tls) {
        (None, false) => ldap::Security::Plain,
        (None, true) => return Err(Failure::file("[ldap] start-tls needs a certificate: write `tls`")),
        (Some(identity), true) => ldap::Security::StartTls(identity),
        (Some(identity), false) => ldap::Security::Tls(identity),
    };
    let account = own.account.as_ref();
    Ok(ldap::Config {
        account: account.map(|own| ldap::Account { dn: own.dn.clone(), password: own.password.clone() }),
        security,
        ..ldap::Config::new(base, users.collect())
    })
}

fn anakam(site: &Site) -> anakam::Config {
    let own = &site.anakam;
    let users = site.users.iter().map(|user| anakam::User {
        name: user.name.clone(),
        email: Some(user.email.clone().unwrap_or_else(|| format!("{}@example.test", user.name))),
        phone: user.phone.clone(),
    });
    anakam::Config {
        passcode_life: own.passcode_life,
        ..anakam::Config::new(&own.account, own.password.clone(), users.collect())
    }
}

/// A broker's refusal as the directory has it; those about the farm concern no account.
fn account_state(refusal: ErrorId) -> Option<ldap::AccountState> {
    Some(match refusal {
        ErrorId::AccountDisabled => ldap::AccountState::Disabled,
        ErrorId::AccountLockedOut => ldap::AccountState::Locked,
        ErrorId::ExpiredCredentials => ldap::AccountState::PasswordExpired,
        ErrorId::FailedCredentials => ldap::AccountState::WrongPassword,
        ErrorId::InvalidLogonHours => ldap::AccountState::WrongHours,
        ErrorId::MustChangeCredentials => ldap::AccountState::MustChangePassword,
        _ => return None,
    })
}
