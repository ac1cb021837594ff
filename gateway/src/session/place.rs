//! Whence a session is used: from which network, and by which program. Pure.
//!
//! Who goes from Wi-Fi to mobile is at a new place, and so is whoever stole the cookie: each new place is told once
//! (SR-78), or refused where a session is bound to the one of its log-in. Of a User-Agent only a fingerprint is kept.
//!
//! Not here: tunnels. They are opened with a ticket, which is good once, and resumed with another.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use gateway_rt::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::config::Binding;
use crate::limits::PLACES_PER_SESSION_MAX;

/// What counts as one client address. An IPv6 client is its network, because machines change their addresses within it
/// (RFC 8981).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Whence a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    network: IpAddr,
    agent: Agent,
}

/// The fingerprint of what a client says it is; none of one that says nothing.
type Agent = Option<[u8; 8]>;

impl Place {
    /// Of a request from `peer` with this `User-Agent`.
    pub fn new(peer: SocketAddr, agent: Option<&[u8]>) -> Self {
        let agent = agent.map(|text| Fingerprint::of(text).to_bytes());
        Self { network: network(peer.ip()), agent }
    }
}

/// What is new about a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Its address.
    pub address: bool,
    /// Its `User-Agent`.
    pub agent: bool,
}

impl News {
    /// As logs have it.
    pub const fn as_str(self) -> &'static str {
        match (self.address, self.agent) {
            (true, true) => "address and user-agent",
            (false, true) => "user-agent",
            _ => "address",
        }
    }
}

/// Every place of a session, that of its log-in first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Places {
    networks: Vec<IpAddr>,
    agents: Vec<Agent>,
}

impl Places {
    pub(super) fn of_log_in(place: Place) -> Self {
        Self { networks: vec![place.network], agents: vec![place.agent] }
    }

    /// Whether a session bound like this may be used from `place`.
    pub(super) fn allow(&self, place: Place, bound: Binding) -> bool {
        let same_network = self.networks.first() == Some(&place.network);
        let same_agent = self.agents.first() == Some(&place.agent);
        (same_network || !bound.address) && (same_agent || !bound.user_agent)
    }

    /// What is new about `place`, if anything is.
    pub(super) fn news(&self, place: Place) -> Option<News> {
        let (address, agent) = (!self.networks.contains(&place.network), !self.agents.contains(&place.agent));
        (address || agent).then_some(News { address, agent })
    }

    /// From here on `place` is known.
    pub(super) fn add(&mut self, place: Place) {
        remember(&mut self.networks, place.network);
        remember(&mut self.agents, place.agent);
    }
}

/// The first stays, for sessions that are bound to it; of the others the oldest makes room.
fn remember<T: PartialEq>(known: &mut Vec<T>, new: T) {
    if known.contains(&new) {
        return;
    }
    if known.len() >= PLACES_PER_SESSION_MAX {
        known.remove(1);
    }
    known.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: [u8; 4], agent: &str) -> Place {
        Place::new(SocketAddr::from((address, 5000)), Some(agent.as_bytes()))
    }

    const HOME: [u8; 4] = [192, 0, 2, 1];
    const MOBILE: [u8; 4] = [203, 0, 113, 9];

    #[test]
    fn a_place_is_news_once() {
        let mut places = Places::of_log_in(place(HOME, "a"));
        assert_eq!(places.news(place(HOME, "a")), None);
        assert_eq!(places.news(place(MOBILE, "a")), Some(News { address: true, agent: false }));
        assert_eq!(places.news(place(HOME, "b")), Some(News { address: false, agent: true }));
        let without = Place::new(SocketAddr::from((HOME, 5000)), None);
        assert_eq!(places.news(without), Some(News { address: false, agent: true }));
        places.add(place(MOBILE, "b"));
        for known in [place(HOME, "a"), place(MOBILE, "a"), place(HOME, "b"), place(MOBILE, "b")] {
            assert_eq!(places.news(known), None);
        }
    }

    #[test]
    fn who_is_bound_is_bound_to_the_log_in() {
        let mut places = Places::of_log_in(place(HOME, "a"));
        let (neither, both) = (Binding::default(), Binding { address: true, user_agent: true });
        let by_address = Binding { address: true, user_agent: false };
        assert!(places.allow(place(MOBILE, "b"), neither));
        assert!(places.allow(place(HOME, "b"), by_address) && !places.allow(place(HOME, "b"), both));
        for n in 0..=u8::MAX {
            places.add(place([10, 0, 0, n], &n.to_string()));
        }
        assert_eq!(
            (places.networks.len(), places.agents.len()),
            (PLACES_PER_SESSION_MAX, PLACES_PER_SESSION_MAX)
        );
        assert!(places.allow(place(HOME, "a"), both) && !places.allow(place([10, 0, 0, 255], "255"), both));
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::5"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::5"), of("2001:db8:1:3::5"));
        assert_eq!(of("::ffff:192.0.2.1"), IpAddr::from(HOME));
    }
}
