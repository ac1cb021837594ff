//! The mocks there are, by name: what each is, and what it can be told to do wrong. Specification: ours.

use gateway_mocks::behaviour::Operation;
use gateway_mocks::{anakam, broker, ica_host, ldap, radius, sta, storefront, syslog};

/// A mock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One store with its Receiver-for-Web site.
    Storefront,
    /// The XML broker.
    Broker,
    /// The Secure Ticket Authority.
    Sta,
    /// The RADIUS server.
    Radius,
    /// The directory.
    Ldap,
    /// The server of the second factor.
    Anakam,
    /// The machine that runs apps.
    IcaHost,
    /// The collector of audit logs.
    Syslog,
}

impl Kind {
    /// All, in the order in which a user meets them.
    pub(super) const ALL: [Self; 8] = [
        Self::Storefront,
        Self::Broker,
        Self::Sta,
        Self::Radius,
        Self::Ldap,
        Self::Anakam,
        Self::IcaHost,
        Self::Syslog,
    ];

    /// Its name on the command line and in site files.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Storefront => "storefront",
            Self::Broker => "broker",
            Self::Sta => "sta",
            Self::Radius => "radius",
            Self::Ldap => "ldap",
            Self::Anakam => "anakam",
            Self::IcaHost => "ica-host",
            Self::Syslog => "syslog",
        }
    }

    /// A line about it.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Storefront => "StoreFront: one store, logged on to by the gateway",
            Self::Broker => "XML broker: who may start what, on which host, with which logon ticket",
            Self::Sta => "Secure Ticket Authority: issues and redeems STA tickets",
            Self::Radius => "RADIUS server: PAP, challenges, accounting, Message-Authenticator",
            Self::Ldap => "LDAP directory: bind, search and StartTLS in Active Directory's manner",
            Self::Anakam => "Anakam.TFA server: sends passcodes, checks them, knows registered devices",
            Self::IcaHost => "ICA host: says the ICA magic and echoes what is typed",
            Self::Syslog => "syslog collector: RFC 5424 over UDP, TCP or TLS, checked to the letter",
        }
    }

    /// What it can do wrong.
    pub(super) const fn misbehaviours(self) -> &'static [&'static str] {
        match self {
            Self::Storefront => storefront::MISBEHAVIOURS,
            Self::Broker => broker::MISBEHAVIOURS,
            Self::Sta => sta::MISBEHAVIOURS,
            Self::Radius => radius::MISBEHAVIOURS,
            Self::Ldap => ldap::MISBEHAVIOURS,
            Self::Anakam => anakam::MISBEHAVIOURS,
            Self::IcaHost => ica_host::MISBEHAVIOURS,
            Self::Syslog => syslog::MISBEHAVIOURS,
        }
    }

    /// The kinds of requests it tells apart, with their names in rules.
    pub(super) const fn operations(self) -> &'static [(&'static str, Operation)] {
        match self {
            Self::Storefront | Self::Broker => {
                &[("sign-on", Operation::SignOn), ("list", Operation::List), ("launch", Operation::Launch)]
            }
            Self::Sta => {
                &[("issue", Operation::Issue), ("redeem", Operation::Redeem), ("refresh", Operation::Refresh)]
            }
            Self::Radius => &[
                ("log-in", Operation::LogIn),
                ("answer", Operation::Answer),
                ("account", Operation::Account),
            ],
            Self::Ldap => &[("bind", Operation::Bind), ("search", Operation::Search)],
            Self::Anakam => &[
                ("log-in", Operation::LogIn),
                ("deliver", Operation::Deliver),
                ("answer", Operation::Answer),
                ("device", Operation::Device),
            ],
            Self::IcaHost | Self::Syslog => &[],
        }
    }
}
