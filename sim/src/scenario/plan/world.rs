//! The world of a plan: users, hosts but for those with files of their own, and links.

use std::time::Duration;

use super::{
    AnakamServer, Collector, Gateway, HostKind, LdapServer, Misbehaviour, RadiusServer, SmartAccess,
};
use crate::scenario::source::{Span, Spanned};

/// Every host and user of a scenario. Names are unique over all kinds of hosts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    /// The user directory: who exists, with which password.
    pub users: Vec<User>,
    /// Gateways under test.
    pub gateways: Vec<Gateway>,
    /// StoreFront servers.
    pub storefronts: Vec<Storefront>,
    /// XML brokers.
    pub brokers: Vec<Broker>,
    /// Secure ticket authorities.
    pub stas: Vec<Sta>,
    /// RADIUS servers.
    pub radius: Vec<RadiusServer>,
    /// Directory servers.
    pub ldap: Vec<LdapServer>,
    /// Anakam.TFA servers.
    pub anakam: Vec<AnakamServer>,
    /// Syslog collectors.
    pub collectors: Vec<Collector>,
    /// ICA hosts: the machines on which published apps run.
    pub ica_hosts: Vec<IcaHost>,
    /// Machines on which a Receiver can run.
    pub machines: Vec<Machine>,
    /// Latency between two hosts.
    pub links: Vec<Link>,
    /// Latency of every link that names none.
    pub latency: Option<Spanned<LatencyRange>>,
}

impl World {
    /// A gateway by name.
    pub fn gateway(&self, name: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|host| host.name.value == name)
    }

    /// A user of the directory by name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name.value == name)
    }

    /// A RADIUS server by name.
    pub fn radius_server(&self, name: &str) -> Option<&RadiusServer> {
        self.radius.iter().find(|host| host.name.value == name)
    }

    /// A directory server by name.
    pub fn ldap_server(&self, name: &str) -> Option<&LdapServer> {
        self.ldap.iter().find(|host| host.name.value == name)
    }

    /// An Anakam.TFA server by name.
    pub fn anakam_server(&self, name: &str) -> Option<&AnakamServer> {
        self.anakam.iter().find(|host| host.name.value == name)
    }

    /// A syslog collector by name.
    pub fn collector(&self, name: &str) -> Option<&Collector> {
        self.collectors.iter().find(|host| host.name.value == name)
    }

    /// An app by its published name, over all brokers.
    pub fn app(&self, name: &str) -> Option<&App> {
        self.brokers.iter().flat_map(|broker| &broker.apps).find(|app| app.name.value == name)
    }

    /// The kind of a host by its name.
    pub fn kind_of(&self, name: &str) -> Option<HostKind> {
        self.hosts().find(|(_, host)| host.value == name).map(|(kind, _)| kind)
    }

    /// The names in URLs, each with kind and name of a host behind it.
    pub(crate) fn public_names(&self) -> Vec<(HostKind, &Spanned<String>, &Spanned<String>)> {
        let gateways = self.gateways.iter().map(|host| (HostKind::Gateway, &host.name, host.fqdn.as_ref()));
        let sites =
            self.storefronts.iter().map(|host| (HostKind::Storefront, &host.name, host.fqdn.as_ref()));
        gateways.chain(sites).filter_map(|(kind, host, fqdn)| Some((kind, host, fqdn?))).collect()
    }

    /// The names of all hosts, each with its kind, in the order of the kinds.
    pub fn hosts(&self) -> impl Iterator<Item = (HostKind, &Spanned<String>)> {
        let gateways = self.gateways.iter().map(|host| (HostKind::Gateway, &host.name));
        let storefronts = self.storefronts.iter().map(|host| (HostKind::Storefront, &host.name));
        let brokers = self.brokers.iter().map(|host| (HostKind::Broker, &host.name));
        let stas = self.stas.iter().map(|host| (HostKind::Sta, &host.name));
        let radius = self.radius.iter().map(|host| (HostKind::Radius, &host.name));
        let ldap = self.ldap.iter().map(|host| (HostKind::Ldap, &host.name));
        let collectors = self.collectors.iter().map(|host| (HostKind::Syslog, &host.name));
        let anakam = self.anakam.iter().map(|host| (HostKind::Anakam, &host.name));
        let ica_hosts = self.ica_hosts.iter().map(|host| (HostKind::IcaHost, &host.name));
        let machines = self.machines.iter().map(|host| (HostKind::Receiver, &host.name));
        let servers = gateways.chain(storefronts).chain(brokers).chain(stas).chain(radius).chain(ldap);
        servers.chain(anakam).chain(collectors).chain(ica_hosts).chain(machines)
    }
}

/// A user of the shared directory.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Log-in name.
    pub name: Spanned<String>,
    /// First-factor password. A test value: scenario files are no place for real ones.
    pub password: Spanned<String>,
    /// Windows domain handed to StoreFront and the ICA host.
    pub domain: Option<Spanned<String>>,
}

/// A StoreFront server with one store.
#[derive(Debug, Clone, PartialEq)]
pub struct Storefront {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// The name in its URLs; the host name when absent.
    pub fqdn: Option<Spanned<String>>,
    /// TCP port; 443 when absent.
    pub port: Option<Spanned<u16>>,
    /// Store name: the site is `/Citrix/<Store>Web`. `Store` when absent.
    pub store: Option<Spanned<String>>,
    /// XML brokers asked, in this order.
    pub brokers: Vec<Spanned<String>>,
    /// STAs that tickets are requested from, in this order.
    pub stas: Vec<Spanned<String>>,
    /// The gateway written into ICA files (`SSLProxyHost`).
    pub gateway: Option<Spanned<String>>,
    /// The gateway asked for access information at single sign-on; none means no call-back.
    pub call_back: Option<Spanned<String>>,
    /// Whether ICA files offer session reliability; not when absent.
    pub session_reliability: Option<Spanned<bool>>,
    /// Whether ICA files allow auto client reconnect; not when absent.
    pub auto_client_reconnect: Option<Spanned<bool>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// An XML broker.
#[derive(Debug, Clone, PartialEq)]
pub struct Broker {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; 80 when absent.
    pub port: Option<Spanned<u16>>,
    /// Farm name.
    pub farm: Option<Spanned<String>>,
    /// Published apps.
    pub apps: Vec<App>,
    /// Load of servers, as the broker believes it.
    pub servers: Vec<Server>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A published app.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Published name.
    pub name: Spanned<String>,
    /// ICA hosts that can run it.
    pub servers: Vec<Spanned<String>>,
    /// Users who may see it; empty means everybody.
    pub users: Vec<Spanned<String>>,
    /// Sessions that may see it must carry one of these; empty means any session.
    pub smart_access: Vec<SmartAccess>,
}

/// The load of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// ICA host.
    pub name: Spanned<String>,
    /// Load index, 0 (idle) to 10 000 (full); 0 when absent.
    pub load: Option<Spanned<u32>>,
}

/// A secure ticket authority.
#[derive(Debug, Clone, PartialEq)]
pub struct Sta {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; 80 when absent.
    pub port: Option<Spanned<u16>>,
    /// Authority id in tickets, at most 16 letters and digits.
    pub id: Spanned<String>,
    /// Life of a gateway traversal ticket; 100 s when absent.
    pub life: Option<Spanned<Duration>>,
    /// Ticket version; 40 when absent.
    pub version: Option<Spanned<StaVersion>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// Version field of an STA ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaVersion {
    /// STA 1.0 and 1.1.
    V10,
    /// STA 2.0.
    V20,
    /// STA 2.2.
    V22,
    /// STA 4.0, needed for session reliability.
    V40,
}

impl StaVersion {
    /// The number as it stands in a ticket.
    pub fn number(self) -> u8 {
        match self {
            Self::V10 => 10,
            Self::V20 => 20,
            Self::V22 => 22,
            Self::V40 => 40,
        }
    }
}

/// An ICA host: listens for ICA and echoes what is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct IcaHost {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port for plain ICA; 1494 when absent.
    pub ica_port: Option<Spanned<u16>>,
    /// Sessions at once, at most; 100 when absent.
    pub sessions_max: Option<Spanned<u32>>,
    /// How long a cut session is kept; 180 s when absent.
    pub session_reliability: Option<Spanned<Duration>>,
    /// Whether clients get a ticket to reconnect with; not when absent.
    pub auto_client_reconnect: Option<Spanned<bool>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A machine on which a Receiver can run.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
}

/// Latency between two hosts, both ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// One end.
    pub a: Spanned<String>,
    /// The other end.
    pub b: Spanned<String>,
    /// One-way delay of each message.
    pub latency: Spanned<LatencyRange>,
}

/// A time, or a range from which each message draws its own. `min == max` for a fixed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyRange {
    /// Shortest.
    pub min: Duration,
    /// Longest.
    pub max: Duration,
}
