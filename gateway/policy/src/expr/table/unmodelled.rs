//! Prefixes of protocols and layers that no request of a gateway shows: read, and not evaluated.

use super::{Function, ROOT, unevaluated};
use crate::value::Type;

const CLIENT: &[Type] = &[Type::Namespace("CLIENT")];

/// One row for a prefix after which anything may stand.
const fn anything(on: &'static [Type], name: &'static str) -> Function {
    unevaluated(on, name, &[], Type::Unmodelled)
}

pub(super) const ROWS: &[Function] = &[
    anything(CLIENT, "ETHER"),
    anything(CLIENT, "INTERFACE"),
    anything(CLIENT, "UDP"),
    anything(CLIENT, "VLAN"),
    anything(CLIENT, "VXLAN"),
    anything(CLIENT, "CONNECTION"),
    anything(ROOT, "ANALYTICS"),
    anything(ROOT, "CONNECTION"),
    anything(ROOT, "DIAMETER"),
    anything(ROOT, "DNS"),
    anything(ROOT, "EXTEND"),
    anything(ROOT, "FLOW"),
    anything(ROOT, "ICA"),
    anything(ROOT, "MQTT"),
    anything(ROOT, "MSSQL"),
    anything(ROOT, "MYSQL"),
    anything(ROOT, "ORACLE"),
    anything(ROOT, "RADIUS"),
    anything(ROOT, "SERVER").note("the connection to the back end"),
    anything(ROOT, "SIP"),
    anything(ROOT, "SMPP"),
    anything(ROOT, "SUBSCRIBER"),
    anything(ROOT, "TARGET").note("what a rewrite search selected"),
    anything(ROOT, "TEXT").note("what a rewrite search selected"),
    anything(ROOT, "URL").note("the input of `show policy evaluation`"),
    anything(ROOT, "VPN"),
];
