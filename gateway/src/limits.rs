//! Every bound of the gateway, in one place, each with its reason. The defaults of section 5 of the security
//! requirements (SR-50); [`Limits`] holds those a configuration may change, the constants those it may not.

use std::time::Duration;

/// Bytes looked at to recognise a protocol (SR-130).
pub const SNIFF_BYTES_MAX: usize = 16;

/// Length of a session id, a pending log-in id and a call-back handle in random bytes: 128 bits are the least
/// SR-74 allows, 256 cost nothing.
pub const SESSION_ID_BYTES: usize = 32;
/// See [`SESSION_ID_BYTES`].
pub const LOGIN_ID_BYTES: usize = 16;
/// 32 hexadecimal characters, the form in which StoreFront's call-back names a session.
pub const CALLBACK_HANDLE_BYTES: usize = 16;

/// Body of a form (SR-50). Also bounds the challenge answer.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form (section 4 of the security requirements).
pub const FORM_FIELDS_MAX: usize = 50;
/// Longest user name; RADIUS carries at most 253 bytes (RFC 2865 §5.1).
pub const USER_BYTES_MAX: usize = 253;
/// Longest password or passcode; RADIUS hides at most 128 bytes (RFC 2865 §5.2). Longer is refused, never cut.
pub const PASSWORD_BYTES_MAX: usize = 128;
/// Body of a call-back (SR-50).
pub const SOAP_BYTES_MAX: usize = 256 * 1024;
/// Body a client may send through the clientless proxy. Ours: StoreFront's calls are a few kilobytes.
pub const PROXY_REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Body the clientless proxy takes from a back end, because it is rewritten as a whole. Ours.
pub const PROXY_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Answer of an STA: a ticket and two addresses; XData is the long part. Ours.
pub const STA_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Path and query of a request; longer is refused with 414 (SR-50: one line).
pub const TARGET_BYTES_MAX: usize = 16 * 1024;
/// Host field (SR-28).
pub const HOST_FIELD_BYTES_MAX: usize = 255;

/// Wrong or further answers in one log-in (SR-73, SR-97).
pub const CHALLENGE_ROUNDS_MAX: u32 = 5;
/// Accounts, addresses and known places whose failures are counted at once. Ours: as many as there may be sessions.
pub const LOCKOUT_COUNTERS_MAX: usize = 10_000;
/// Places remembered from which somebody logged in before. Ours: two for each of the sessions there may be.
pub const KNOWN_PLACES_MAX: usize = 20_000;
/// How long such a place is remembered. Ours: longer than a holiday.
pub const KNOWN_PLACE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Devices that are known at once. Ours: two for each of the sessions there may be.
pub const DEVICES_MAX: usize = 20_000;
/// See [`SESSION_ID_BYTES`].
pub const DEVICE_COOKIE_BYTES: usize = 32;
/// Answer of an Anakam.TFA server: a dozen parameters. Ours.
pub const ANAKAM_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What is passed on of what a client says it is. Ours: browsers say some 150 bytes.
pub const USER_AGENT_BYTES_MAX: usize = 256;
/// Spent tickets remembered. Ours: ten times the sessions of a full gateway.
pub const SPENT_TICKETS_MAX: usize = 100_000;
/// Tickets a peer may present that no STA knows, in [`UNKNOWN_TICKET_WINDOW`] (SR-133).
pub const UNKNOWN_TICKETS_MAX: u32 = 20;
/// See [`UNKNOWN_TICKETS_MAX`].
pub const UNKNOWN_TICKET_WINDOW: Duration = Duration::from_secs(60);
/// Peers counted for [`UNKNOWN_TICKETS_MAX`] at once. Ours.
pub const UNKNOWN_TICKET_PEERS_MAX: usize = 10_000;
/// Tickets a session remembers as its own (to end their tunnels with it). Ours: launches of one working day.
pub const TICKETS_PER_SESSION_MAX: usize = 256;
/// Bytes a relay moves in one direction before it lets others run: measured to be fair at 64 KiB reads.
pub const RELAY_TURN_BYTES: u64 = 256 * 1024;
/// The buffer all relays of a thread borrow: 64 KiB doubles the speed of tokio's 8, more adds nothing.
pub const RELAY_BUFFER_BYTES: usize = 64 * 1024;
/// How often ended sessions and log-ins are swept out. Ours: they are refused at once when asked for; sweeping
/// only gives memory and tunnels back.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(30);
/// How long `05 01 00` waits for a fourth byte before it is taken for a greeting. Ours: a bare CONNECT is one
/// write and arrives whole, so this only delays clients that greet.
pub const SOCKS_PAUSE: Duration = Duration::from_millis(50);

/// Sessions kept for clients that lost their connection, and those that have one, together. Ours: twice the
/// connections there may be.
pub const KEPT_SESSIONS_MAX: usize = 20_000;
/// Life of an STA ticket nobody refreshes: the STA's own default.
pub const RECONNECT_TICKET_LIFE: Duration = Duration::from_secs(100);
/// A client that is still heard this long after a reconnect ticket was sent to it has that ticket, and the one before
/// is good no more (SR-136). As long as an end of CGP goes on without hearing the other: who did not get the ticket
/// got nothing behind it either, and has given the connection up.
pub const RECONNECT_GRACE: Duration = Duration::from_secs(30);
/// Used reconnect tickets of a session by which a replay is recognised. Ours: one for each cut of a bad hour.
pub const RECONNECTS_REMEMBERED_MAX: usize = 16;
/// Wait before an STA is asked again that did not give or refresh a reconnect ticket. Ours: several tries fit in
/// what is left of a ticket's life.
pub const RECONNECT_RETRY: Duration = Duration::from_secs(5);

/// Requests in flight are answered in this time when the gateway stops (SR-152).
pub const HTTP_DRAIN: Duration = Duration::from_secs(10);
/// What ends a stop: tunnels that were cut tell the audit log so. Ours: it is one event each.
pub const LAST_WORDS: Duration = Duration::from_secs(1);

/// Addresses, and programs, from which a session was used, that are remembered. Ours: Wi-Fi, mobile and an office, in
/// both families; a native client asks with two or three programs.
pub const PLACES_PER_SESSION_MAX: usize = 8;
/// Questions on a phone that nobody answered, in [`Limits::lockout_window`]; the next log-in is refused. Ours: a person who
/// wants in looks at the phone before the fifth.
pub const PUSHES_UNANSWERED_MAX: usize = 5;
/// Accounts of which that is remembered; the one asked about longest ago is forgotten. Ours: as many as sessions.
pub const PUSHED_ACCOUNTS_MAX: usize = 10_000;
/// Records of one table that may wait to be saved one by one; with more, the whole table is saved again. Ours: a disk
/// that fails for long must not fill the memory.
pub const UNSAVED_KEYS_MAX: usize = 20_000;
/// What the state file's database may keep in memory. Ours: the tables are in memory already.
pub const STORE_CACHE_BYTES: usize = 4 * 1024 * 1024;
/// The most by which time goes on while a gateway is down. Ours: nothing that is kept is looked at for longer, and a
/// clock that is wrong by years does no more harm than that.
pub const RESTART_GAP_MAX: Duration = Duration::from_secs(90 * 24 * 3600);

/// Characters of one field of an audit line; longer peer text is cut with a mark (SR-141).
pub const AUDIT_FIELD_CHARS_MAX: usize = 512;
/// Audit messages that wait for their collector; the oldest makes room. Ours: some minutes of a busy gateway.
pub const COLLECTOR_QUEUE_MESSAGES_MAX: usize = 8_192;
/// One audit message to the collector: what every receiver must take (RFC 5425 §4.3.1); the text is cut.
pub const COLLECTOR_MESSAGE_BYTES_MAX: usize = 2_048;
/// A collector has this time to be connected to, and to take a message. Ours.
pub const COLLECTOR_DEADLINE: Duration = Duration::from_secs(10);
/// Wait before a collector that failed is tried again; doubles up to [`COLLECTOR_RETRY_MAX`]. Ours.
pub const COLLECTOR_RETRY_FIRST: Duration = Duration::from_secs(1);
/// See [`COLLECTOR_RETRY_FIRST`]. Ours: whoever repairs a collector wants to see it work.
pub const COLLECTOR_RETRY_MAX: Duration = Duration::from_secs(30);

/// The bounds a configuration may change.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A TLS handshake must be complete in this time. Default 15 s.
    pub tls_handshake: Duration,
    /// The first bytes after it must name a protocol in this time. Default 15 s.
    pub protocol_known: Duration,
    /// The body of a log-in form must be complete in this time. Default 60 s.
    pub form_body: Duration,
    /// Any single question to a back end is answered in this time. Default 20 s.
    pub backend: Duration,
    /// A log-in that waits for an answer is dropped after this time. Default 5 min.
    pub pending_login: Duration,
    /// Log-ins waiting at once; the oldest goes. Default 10 000.
    pub pending_logins: usize,
    /// Sessions at once; a newcomer is refused. Default 10 000.
    pub sessions: usize,
    /// A session nobody used for this long is over. Default 20 min.
    pub session_idle: Duration,
    /// A session is over after this time. Default 12 h.
    pub session_absolute: Duration,
    /// A tunnel without a byte for this long is closed. Default 2 h, longer than a lunch break.
    pub tunnel_idle: Duration,
    /// A tunnel is closed after this time. Default 24 h.
    pub tunnel_absolute: Duration,
    /// Connections at once. Default 10 000.
    pub connections: usize,
    /// Connections of one address at once. Default 256.
    pub connections_per_peer: usize,
    /// How long a spent ticket is remembered: at least as long as any STA's tickets live. Default 500 s.
    pub spent_ticket: Duration,
    /// How long tunnels go on after the gateway was told to stop. Default 10 s, so that all is over in 15.
    pub drain: Duration,
    /// Failed log-ins of one account in [`Self::lockout_window`], all factors together, that lock it. Default 10.
    pub lockout_failures: u32,
    /// The same of one client address, whichever the accounts. Default 100: an office behind one address.
    pub lockout_failures_per_address: u32,
    /// How far back failures count. Default 15 min.
    pub lockout_window: Duration,
    /// How long a lock lasts. Default 15 min.
    pub lockout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tls_handshake: Duration::from_secs(15),
            protocol_known: Duration::from_secs(15),
            form_body: Duration::from_secs(60),
            backend: Duration::from_secs(20),
            pending_login: Duration::from_secs(300),
            pending_logins: 10_000,
            sessions: 10_000,
            session_idle: Duration::from_secs(20 * 60),
            session_absolute: Duration::from_secs(12 * 3600),
            tunnel_idle: Duration::from_secs(2 * 3600),
            tunnel_absolute: Duration::from_secs(24 * 3600),
            connections: 10_000,
            connections_per_peer: 256,
            spent_ticket: Duration::from_secs(500),
            drain: Duration::from_secs(10),
            lockout_failures: 10,
            lockout_failures_per_address: 100,
            lockout_window: Duration::from_secs(15 * 60),
            lockout: Duration::from_secs(15 * 60),
        }
    }
}

/// How long a RADIUS server that gave no answer is passed over (SR-95).
pub const RADIUS_SILENCE_REMEMBERED: Duration = Duration::from_secs(60);
/// Accounting records that wait for a server. Ours: the starts and stops of a full gateway.
pub const ACCOUNTING_RECORDS_MAX: usize = 20_000;
/// When no accounting server took a record, it is sent again after this time. Ours.
pub const ACCOUNTING_RETRY: Duration = Duration::from_secs(10);
/// How long a gateway that stops waits for accounting servers. Ours: one retransmission.
pub const ACCOUNTING_LAST: Duration = Duration::from_secs(3);
/// Thrown away RADIUS replies that one request tells the audit log about; a flood must not fill it. Ours.
pub const RADIUS_DISCARDS_TOLD_MAX: u32 = 8;

/// Entries asked of a directory: a second one is enough to know that a name is ambiguous (SR-102).
pub const LDAP_ENTRIES_MAX: u32 = 2;
/// Messages of one search that are read: entries, references to other servers, the end. Ours: Active Directory
/// adds three references when the base is the root of a domain.
pub const LDAP_SEARCH_MESSAGES_MAX: usize = 32;
/// What is read from a directory at a time. Ours: an answer is a few kilobytes.
pub const LDAP_READ_BYTES: usize = 8 * 1024;

/// Call-outs of policies under way at once. Ours: more than that means that they wait for one another.
pub const CALLOUTS_AT_ONCE: usize = 64;
/// What is read of a call-out's answer at a time. Ours: an answer is a few kilobytes.
pub const CALLOUT_READ_BYTES: usize = 8 * 1024;
/// How long a connection stays silent whose request a policy dropped. Ours: longer than any client waits.
pub const DROP_SILENCE: Duration = Duration::from_secs(300);
