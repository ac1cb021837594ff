//! Which servers stayed silent a moment ago (SR-95). Pure: `now` is an argument.
//!
//! They are passed over for [`RADIUS_SILENCE_REMEMBERED`], so that not every log-in waits for a dead server first.
//! When all are silent all are asked: a wrong guess must not lock everybody out.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::host_port::HostPort;

use crate::config::RadiusServer;
use crate::limits::RADIUS_SILENCE_REMEMBERED;

/// When each of them last stayed silent. Bounded by the servers of the configurations.
#[derive(Default)]
pub(crate) struct Silent(BTreeMap<HostPort, Duration>);

impl Silent {
    /// This server gave no answer.
    pub(crate) fn was(&mut self, at: &HostPort, now: Duration) {
        self.0.insert(at.clone(), now);
    }

    /// This server said something that could be believed.
    pub(crate) fn is_not(&mut self, at: &HostPort) {
        self.0.remove(at);
    }

    /// Whom to ask, in order.
    pub(crate) fn order(&self, servers: &[RadiusServer], now: Duration) -> Vec<usize> {
        let speaks = |server: &RadiusServer| {
            self.0.get(&server.at).is_none_or(|at| now.saturating_sub(*at) >= RADIUS_SILENCE_REMEMBERED)
        };
        let speaking: Vec<_> =
            (0..).zip(servers).filter(|(_, s)| speaks(s)).map(|(index, _)| index).collect();
        if speaking.is_empty() { (0..servers.len()).collect() } else { speaking }
    }

    /// Forgets what is long ago.
    pub(crate) fn sweep(&mut self, now: Duration) {
        self.0.retain(|_, at| now.saturating_sub(*at) < RADIUS_SILENCE_REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use gateway_proto::secret::Secret;

    use super::*;

    fn server(name: &str) -> RadiusServer {
        let at = HostPort::new(name, 1812).unwrap();
        RadiusServer { name: name.to_owned(), at, secret: Secret::new("x") }
    }

    #[test]
    fn a_silent_server_is_passed_over_for_a_minute_or_until_it_speaks() {
        let servers = [server("a"), server("b")];
        let at = Duration::from_secs;
        let mut silent = Silent::default();
        silent.was(&servers[0].at, at(10));
        assert_eq!(silent.order(&servers, at(69)), [1]);
        assert_eq!(silent.order(&servers, at(70)), [0, 1]);
        silent.was(&servers[1].at, at(20));
        assert_eq!(silent.order(&servers, at(30)), [0, 1], "all silent: all are asked");
        silent.is_not(&servers[0].at);
        assert_eq!(silent.order(&servers, at(30)), [0]);
        silent.sweep(at(80));
        assert!(silent.0.is_empty());
    }
}
