//! Who verifies a log-in, as it is written.

use std::path::PathBuf;

use gateway::config::{RadiusGroups, RadiusTiming};
use gateway_proto::cvpn::Target;
use gateway_proto::host_port::HostPort;
use gateway_proto::radius::AttributeName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::secret::SecretSource;
use super::super::words::{Time, Word};

/// Who verifies a log-in. Exactly one of these.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Factor {
    /// A file of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) users: Option<Users>,
    /// RADIUS servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) radius: Option<Radius>,
    /// A directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) ldap: Option<Ldap>,
}

/// A file of users.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Users {
    /// A line `name:hash` for every user, as `gateway hash-password --user` prints it. # begins a comment.
    pub(in crate::program::configuration) file: PathBuf,
}

/// RADIUS servers, asked in order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Radius {
    /// At least one.
    pub(in crate::program::configuration) server: Vec<RadiusServer>,
    /// How the gateway names itself. Default: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) nas_identifier: Option<String>,
    /// Wait before the second transmission; doubles from try to try.
    #[serde(default = "default_first_retransmit")]
    pub(in crate::program::configuration) first_retransmit: Time,
    /// Transmissions to one server.
    #[serde(default = "default_tries")]
    pub(in crate::program::configuration) tries: u8,
    /// For one question, all servers together.
    #[serde(default = "default_budget")]
    pub(in crate::program::configuration) budget: Time,
    /// Whether a reply without Message-Authenticator counts.
    #[serde(default)]
    pub(in crate::program::configuration) message_authenticator: MessageAuthenticator,
    /// How long a person has to approve on a phone; one server gets all this time. Default: nobody is asked there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) push: Option<Time>,
    /// The attribute with a user's groups: a name, a number, or `26.<vendor>.<type>`.
    #[serde(default = "default_radius_group_attribute")]
    pub(in crate::program::configuration) group_attribute: Word<AttributeName>,
    /// What stands before the groups in it.
    #[serde(default)]
    pub(in crate::program::configuration) group_prefix: String,
    /// What stands between groups in one value. Default: a value is one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) group_separator: Option<char>,
}

fn default_radius_group_attribute() -> Word<AttributeName> {
    Word(RadiusGroups::default().attribute)
}

fn default_first_retransmit() -> Time {
    Time(RadiusTiming::default().first_retransmit)
}

fn default_tries() -> u8 {
    RadiusTiming::default().tries
}

fn default_budget() -> Time {
    Time(RadiusTiming::default().budget)
}

/// Whether a RADIUS reply without Message-Authenticator counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::program::configuration) enum MessageAuthenticator {
    /// It does not.
    #[default]
    Required,
    /// It does: open to CVE-2024-3596.
    IfPresent,
}

/// One RADIUS server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct RadiusServer {
    /// How logs name it. Default: its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) name: Option<String>,
    /// Host and port.
    pub(in crate::program::configuration) address: Word<HostPort>,
    /// The shared secret, at least 16 characters.
    pub(in crate::program::configuration) secret: SecretSource,
}

/// RADIUS servers that are told about sessions, the first that answers.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Accounting {
    /// At least one; the usual port is 1813.
    pub(in crate::program::configuration) server: Vec<RadiusServer>,
    /// How often they are told how a session goes on. Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) interim: Option<Time>,
}

/// The servers of one directory, asked in order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Ldap {
    /// At least one.
    pub(in crate::program::configuration) server: Vec<LdapServer>,
    /// The entry below which users are.
    pub(in crate::program::configuration) base: String,
    /// Who looks users up. Default: nobody in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) account: Option<LdapAccount>,
    /// Which entry is a user's; `{user}` is what was typed. Default: a person whose name attribute it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) filter: Option<String>,
    /// The attribute with the user's name as sessions know it.
    #[serde(default = "default_name_attribute")]
    pub(in crate::program::configuration) name_attribute: String,
    /// The attribute with the user's groups.
    #[serde(default = "default_group_attribute")]
    pub(in crate::program::configuration) group_attribute: String,
}

fn default_name_attribute() -> String {
    "sAMAccountName".to_owned()
}

fn default_group_attribute() -> String {
    "memberOf".to_owned()
}

/// One LDAP server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct LdapServer {
    /// How logs name it. Default: its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) name: Option<String>,
    /// Host and port.
    pub(in crate::program::configuration) address: Word<HostPort>,
    /// How passwords are kept from others on the way.
    #[serde(default)]
    pub(in crate::program::configuration) security: LdapSecurity,
}

/// How the connection to a directory is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::program::configuration) enum LdapSecurity {
    /// TLS from the first byte (port 636).
    #[default]
    Tls,
    /// StartTLS before anything else (port 389).
    StartTls,
    /// Nothing. Only with `test-secrets`.
    PlainForTests,
}

/// The account with which users are looked up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct LdapAccount {
    /// Its distinguished name, or `user@domain`.
    pub(in crate::program::configuration) dn: String,
    /// Its password.
    pub(in crate::program::configuration) password: SecretSource,
}

/// Whom a rule is about, and who is asked about them: exactly one of `exempt`, `radius`, `anakam`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct SecondFactor {
    /// These users. Default, without groups: everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) users: Option<Vec<String>>,
    /// Members of these groups, as the first factor names them: a directory by distinguished name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) groups: Option<Vec<String>>,
    /// Nobody is asked about them.
    #[serde(default)]
    pub(in crate::program::configuration) exempt: bool,
    /// RADIUS servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) radius: Option<Radius>,
    /// With what RADIUS servers are first asked.
    #[serde(default)]
    pub(in crate::program::configuration) first_request: FirstRequest,
    /// How the gateway asks for a passcode.
    #[serde(default = "default_prompt")]
    pub(in crate::program::configuration) prompt: String,
    /// An Anakam.TFA server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) anakam: Option<Anakam>,
}

fn default_prompt() -> String {
    "Enter your passcode".to_owned()
}

/// With what RADIUS servers of a second factor are first asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::program::configuration) enum FirstRequest {
    /// A passcode, for which the gateway asks.
    #[default]
    Passcode,
    /// The password of the first factor.
    Password,
    /// Nothing; the server sends a challenge.
    Empty,
}

/// An Anakam.TFA server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct Anakam {
    /// How logs name it. Default: its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) name: Option<String>,
    /// Scheme, host and port.
    pub(in crate::program::configuration) url: Word<Target>,
    /// The gateway's account there.
    pub(in crate::program::configuration) account: AnakamAccount,
    /// The key of the application there.
    #[serde(default = "default_application")]
    pub(in crate::program::configuration) application: String,
    /// Where passcodes go.
    #[serde(default = "default_destination")]
    pub(in crate::program::configuration) destination: String,
    /// For how long a device is known; whole hours. Default: everybody is asked every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) registration: Option<Time>,
}

fn default_application() -> String {
    "/".to_owned()
}

fn default_destination() -> String {
    "methods.email~Primary".to_owned()
}

/// The gateway's account at an Anakam.TFA server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::program::configuration) struct AnakamAccount {
    /// Its name.
    pub(in crate::program::configuration) name: String,
    /// Its password.
    pub(in crate::program::configuration) password: SecretSource,
}
