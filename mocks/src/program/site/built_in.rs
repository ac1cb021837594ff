//! The site the mocks make without a file. A test holds it equal to the file of [`super::TEMPLATE`].

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_proto::ticket::StaVersion;

use super::{
    Anakam, App, Broker, Challenge, IcaHost, Ldap, Radius, Server, Site, Sta, Storefront, Syslog,
    SyslogTransport, User,
};
use crate::program::text::Origin;

impl Default for Site {
    fn default() -> Self {
        let staff = || vec!["staff".to_owned()];
        let app = |name: &str, groups| App {
            name: name.to_owned(),
            users: Vec::new(),
            groups,
            servers: Vec::new(),
            requires: Vec::new(),
        };
        Self {
            directory: PathBuf::new(),
            domain: "EXAMPLE".to_owned(),
            farm: "Farm01".to_owned(),
            users: vec![
                User { groups: staff(), ..user("alice", "Winter-26", Some("492817")) },
                User { groups: staff(), ..user("bob", "Spring-26", Some("118204")) },
                user("carol", "Autumn-26", None),
            ],
            apps: vec![app("Notepad", Vec::new()), app("Calculator", staff())],
            servers: vec![Server { name: "vda01".to_owned(), address: local(1494), load: 0 }],
            storefront: Storefront::default(),
            broker: Broker::default(),
            sta: Sta::default(),
            radius: Radius::default(),
            ldap: Ldap::default(),
            anakam: Anakam::default(),
            ica_host: IcaHost::default(),
            syslog: Syslog::default(),
        }
    }
}

fn user(name: &str, password: &str, passcode: Option<&str>) -> User {
    let challenge =
        |answer: &str| Challenge { prompt: "Enter your passcode".to_owned(), answer: Secret::from(answer) };
    User {
        name: name.to_owned(),
        password: Secret::from(password),
        groups: Vec::new(),
        challenges: passcode.map(challenge).into_iter().collect(),
        delay: Duration::ZERO,
        email: None,
        phone: None,
        refusal: None,
    }
}

impl Default for Storefront {
    fn default() -> Self {
        Self {
            listen: loopback(8082),
            control: None,
            tls: None,
            ca: None,
            store: "Store".to_owned(),
            gateway: HostPort::new("localhost", 8443).expect("a name and a port"),
            call_back: None,
            brokers: vec![Origin { tls: false, at: local(8080) }],
            stas: vec![Origin { tls: false, at: local(8081) }],
            session_reliability: false,
            auto_client_reconnect: false,
            deadline: Duration::from_secs(15),
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for Broker {
    fn default() -> Self {
        Self { listen: loopback(8080), control: None, tls: None, misbehaviours: Vec::new() }
    }
}

impl Default for Sta {
    fn default() -> Self {
        Self {
            listen: loopback(8081),
            control: None,
            tls: None,
            id: "STA01".parse().expect("letters and digits"),
            version: StaVersion::V40,
            lifetime: Duration::from_secs(100),
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for Radius {
    fn default() -> Self {
        Self {
            listen: loopback(1812),
            control: None,
            secret: Secret::from("only-for-the-lab-0001"),
            secret_file: None,
            challenge_lifetime: Duration::from_secs(300),
            reject_message: "Access denied".to_owned(),
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for Ldap {
    fn default() -> Self {
        Self {
            listen: loopback(1389),
            control: None,
            tls: None,
            start_tls: false,
            base_dn: "DC=example,DC=test".to_owned(),
            account: None,
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for Anakam {
    fn default() -> Self {
        Self {
            listen: loopback(8083),
            control: None,
            tls: None,
            account: "gateway".to_owned(),
            password: Secret::from("only-for-the-lab-0003"),
            passcode_life: Duration::from_secs(300),
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for Syslog {
    fn default() -> Self {
        Self {
            listen: loopback(1601),
            control: None,
            transport: SyslogTransport::Tcp,
            tls: None,
            misbehaviours: Vec::new(),
        }
    }
}

impl Default for IcaHost {
    fn default() -> Self {
        Self {
            listen: loopback(1494),
            control: None,
            cgp_listen: None,
            session_reliability: Duration::from_secs(180),
            auto_client_reconnect: false,
            sessions_max: 100,
            misbehaviours: Vec::new(),
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn local(port: u16) -> HostPort {
    HostPort::new("127.0.0.1", port).expect("an address and a port")
}
