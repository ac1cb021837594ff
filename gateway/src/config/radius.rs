//! RADIUS servers and how they are asked.

use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::limits::{RADIUS_BUDGET, RADIUS_FIRST_RETRANSMIT, RADIUS_TRIES};
use gateway_proto::radius::{Accept, AttributeName, AttributeType, MessageAuthenticatorPolicy};
use gateway_proto::secret::Secret;

/// RADIUS servers, asked in order.
#[derive(Clone, Debug)]
pub struct Radius {
    /// At least one.
    pub servers: Vec<RadiusServer>,
    /// How this gateway names itself (`NAS-Identifier`).
    pub nas_identifier: String,
    /// When to repeat and when to give up.
    pub timing: RadiusTiming,
    /// Whether a reply without Message-Authenticator counts. Default: it does not.
    pub message_authenticator: MessageAuthenticatorPolicy,
    /// Where a user's groups stand.
    pub groups: RadiusGroups,
}

/// When a request is repeated and given up (SR-95).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadiusTiming {
    /// Wait before the second transmission; doubles from try to try. Default 2 s.
    pub first_retransmit: Duration,
    /// Transmissions to one server, 1 to 5. Default 4: with doubling waits they go out at 0, 2, 6 and 14 s; the
    /// fifth would at 30 s, after the end of the budget.
    pub tries: u8,
    /// For one question, all servers together. Default 20 s.
    pub budget: Duration,
    /// How long a person has to approve on another device. With it one server gets all this time, because the next
    /// one would ask the person again; one that stays silent is passed over in the log-ins that follow.
    pub push: Option<Duration>,
}

impl Default for RadiusTiming {
    fn default() -> Self {
        let (first_retransmit, tries, budget) = (RADIUS_FIRST_RETRANSMIT, RADIUS_TRIES, RADIUS_BUDGET);
        Self { first_retransmit, tries, budget, push: None }
    }
}

/// One RADIUS server.
#[derive(Clone, Debug)]
pub struct RadiusServer {
    /// How logs name it.
    pub name: String,
    /// Where it listens.
    pub at: HostPort,
    /// What only it and this gateway know.
    pub secret: Secret,
}

/// Where an Access-Accept has the user's groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadiusGroups {
    /// The attribute. Default: Filter-Id.
    pub attribute: AttributeName,
    /// What stands before the names: `CTXSUserGroups=`. A value without it names no groups. Default: nothing.
    pub prefix: String,
    /// What stands between names in one value. Default: each value is one name.
    pub separator: Option<char>,
}

impl Default for RadiusGroups {
    fn default() -> Self {
        let attribute = AttributeName::Standard(AttributeType::FILTER_ID);
        Self { attribute, prefix: String::new(), separator: None }
    }
}

impl RadiusGroups {
    /// The groups in this answer. `None` when it names none: a server that knows no groups says nothing about who
    /// is in one.
    pub(crate) fn of(&self, accept: &Accept) -> Option<Vec<String>> {
        let values = accept.texts(self.attribute).filter_map(|text| text.strip_prefix(self.prefix.as_str()));
        let names = values.flat_map(|text| match self.separator {
            Some(separator) => text.split(separator).collect(),
            None => vec![text],
        });
        let names: Vec<String> =
            names.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!names.is_empty()).then_some(names)
    }
}

/// RADIUS servers that are told when sessions begin, go on and end (RFC 2866).
#[derive(Clone, Debug)]
pub struct Accounting {
    /// At least one; the usual port is 1813.
    pub servers: Vec<RadiusServer>,
    /// How this gateway names itself (`NAS-Identifier`).
    pub nas_identifier: String,
    /// When to repeat and when to give up; nobody is asked on a phone.
    pub timing: RadiusTiming,
    /// How often it is told how a session goes on; never without it.
    pub interim: Option<Duration>,
}
