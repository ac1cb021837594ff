//! Policies as they are written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gateway_proto::cvpn::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::program::configuration::words::Word;

/// How policies run.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(in crate::program::configuration) struct Policy {
    /// The virtual server of theirs that this gateway is. Default: the only one that has policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) vserver: Option<String>,
    /// A folder of HTML pages: `no-double-login.html` is the page `no-double-login`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::program::configuration) pages: Option<PathBuf>,
    /// Where call-outs go instead: by `address:port`, or by the name of a virtual server.
    pub(in crate::program::configuration) call_outs: BTreeMap<String, Word<Target>>,
    /// What public documents leave open, by name: see docs/policy.md.
    pub(in crate::program::configuration) switches: BTreeMap<String, String>,
}
