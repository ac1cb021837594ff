//! `tm trafficAction`, `vpn trafficAction`. Specification: command reference, `tm-trafficAction`,
//! `vpn-trafficAction`; the second has fewer parameters, and none that ends a session at once.

use crate::conf::place::Place;

/// `add tm trafficAction`, `add vpn trafficAction`: what happens to the session of the request.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficAction {
    /// Its name.
    pub name: String,
    /// `-appTimeout`: minutes of inactivity after which the session ends.
    pub app_timeout_minutes: Option<u32>,
    /// `-InitiateLogout ON`: the session ends.
    pub initiate_logout: bool,
    /// `-SSO`.
    pub single_sign_on: Option<bool>,
    /// `-persistentCookie`.
    pub persistent_cookie: Option<bool>,
    /// `-forcedTimeout START` with `-forcedTimeoutVal`: minutes after which the session ends, used or not.
    pub forced_timeout_minutes: Option<u32>,
    /// Where it was added.
    pub at: Place,
}
