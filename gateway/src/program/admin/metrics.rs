//! `/metrics` in Prometheus' text format (version 0.0.4). Label values are constants of ours, so nothing of a
//! peer gets in and their number is bounded.

use std::fmt::Display;
use std::time::UNIX_EPOCH;

use super::{Admin, VERSION};
use crate::program::certificate::Facts;

/// The media type of the page.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The page.
pub(super) fn page(admin: &Admin) -> String {
    let counts = admin.tally.counts();
    let mut page = Page::default();
    page.family("gateway_info", "gauge", "The program that runs.");
    page.sample(&[("version", VERSION)], 1);
    page.single("gateway_start_time_seconds", "gauge", "When it started.", unix(admin.begun));
    page.single("gateway_sessions", "gauge", "Live sessions.", admin.control.sessions().len());
    page.single("gateway_connections", "gauge", "Connections.", admin.control.connections());
    page.single("gateway_tunnels", "gauge", "Relays to ICA hosts.", counts.tunnels_open);
    page.family("gateway_tunnel_bytes_total", "counter", "Bytes of relays that are over.");
    page.sample(&[("direction", "up")], counts.bytes_up);
    page.sample(&[("direction", "down")], counts.bytes_down);
    page.family("gateway_events_total", "counter", "Audit events, by kind and reason of a refusal.");
    for ((kind, reason), count) in &counts.events {
        page.sample(&[("event", kind), ("reason", reason)], count);
    }
    page.single("gateway_log_lines_lost_total", "counter", "Log lines not written.", admin.log.lost());
    let config = admin.config();
    let ends = config.identity.chain.first().and_then(Facts::of).map_or(0, |facts| unix(facts.ends));
    page.single("gateway_certificate_end_seconds", "gauge", "When the certificate is over.", ends);
    page.text
}

fn unix(at: std::time::SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[derive(Default)]
struct Page {
    text: String,
    name: &'static str,
}

impl Page {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.text.push_str(&format!("{}{labels} {value}\n", self.name));
    }

    fn single(&mut self, name: &'static str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(&[], value);
    }
}
