//! The bounds a configuration may change, and the bounds of those.

use std::time::Duration;

use gateway::limits::Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::words::Time;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty, $least:expr, $most:expr;)*) => {
        /// Bounds.
        #[derive(Debug, Deserialize, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub(in crate::program::configuration) struct LimitSettings { $($(#[$doc])* pub(in crate::program::configuration) $name: $kind,)* }

        impl Default for LimitSettings {
            fn default() -> Self {
                let limits = Limits::default();
                Self { $($name: limits.$name.into(),)* }
            }
        }

        impl LimitSettings {
            pub(in crate::program::configuration) fn limits(&self) -> Limits {
                Limits { $($name: self.$name.into(),)* }
            }

            /// The settings outside the bounds of the bounds, and what those are.
            pub(in crate::program::configuration) fn outside(&self) -> Vec<(String, String)> {
                let all = [$((
                    stringify!($name).replace('_', "-"),
                    format!("{} to {} is allowed", $least, $most),
                    ($least..=$most).contains(&self.$name),
                ),)*];
                all.into_iter().filter(|(.., inside)| !inside).map(|(name, text, _)| (name, text)).collect()
            }
        }
    };
}

const fn seconds(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

// The bounds are ours: the least still lets a slow client log in, the most still ends.
limits! {
    /// A TLS handshake must be complete in this time.
    tls_handshake: Time, seconds(1), seconds(120);
    /// The first bytes after it must name a protocol in this time.
    protocol_known: Time, seconds(1), seconds(120);
    /// The body of a log-in form must be complete in this time.
    form_body: Time, seconds(1), seconds(600);
    /// Any single question to a back end is answered in this time.
    backend: Time, seconds(1), seconds(120);
    /// A log-in that waits for an answer is dropped after this time.
    pending_login: Time, seconds(30), seconds(HOUR);
    /// Log-ins waiting at once; the oldest goes.
    pending_logins: usize, 1, 1_000_000;
    /// Sessions at once; a newcomer is refused.
    sessions: usize, 1, 1_000_000;
    /// A session nobody used for this long is over.
    session_idle: Time, seconds(60), seconds(DAY);
    /// A session is over after this time.
    session_absolute: Time, seconds(60), seconds(7 * DAY);
    /// A tunnel without a byte for this long is closed.
    tunnel_idle: Time, seconds(60), seconds(7 * DAY);
    /// A tunnel is closed after this time.
    tunnel_absolute: Time, seconds(60), seconds(30 * DAY);
    /// Connections at once.
    connections: usize, 1, 1_000_000;
    /// Connections of one address at once.
    connections_per_peer: usize, 1, 1_000_000;
    /// How long a spent ticket is remembered: at least as long as any STA's tickets live.
    spent_ticket: Time, seconds(100), seconds(DAY);
    /// How long tunnels go on after the gateway was told to stop.
    drain: Time, seconds(0), seconds(HOUR);
    /// Failed log-ins of one account in lockout-window that lock it.
    lockout_failures: u32, 3, 1_000;
    /// The same of one client address, whichever the accounts.
    lockout_failures_per_address: u32, 3, 1_000_000;
    /// How far back failures count.
    lockout_window: Time, seconds(60), seconds(DAY);
    /// How long a lock lasts.
    lockout: Time, seconds(60), seconds(DAY);
}
