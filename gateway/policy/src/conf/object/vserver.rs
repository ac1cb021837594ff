//! Virtual servers, as far as policies care. Specification: command reference, `lb-vserver` and its siblings.

use crate::conf::place::Place;

/// Which kind of virtual server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VserverKind {
    /// Load balancing.
    Lb,
    /// Content switching.
    Cs,
    /// Gateway.
    Vpn,
    /// Authentication.
    Authentication,
}

impl VserverKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Lb, Self::Cs, Self::Vpn, Self::Authentication];
}

/// `add … vserver`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vserver {
    /// Its kind.
    pub kind: VserverKind,
    /// Its name.
    pub name: String,
    /// `HTTP`, `SSL`, `TCP` … in upper case.
    pub protocol: String,
    /// `-Authentication ON`, `-authn401 ON` or an authentication profile: requests pass a log-in first.
    pub authentication: bool,
    /// `bind cs vserver … -lbvserver`: where content switching sends what no policy matched.
    pub default_vserver: Option<String>,
    /// Where it was added.
    pub at: Place,
}
