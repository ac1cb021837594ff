//! The bounds of the mocks, each with its reason.

/// Entries a [`crate::journal::Journal`] keeps. Ours: a long scenario writes a few hundred.
pub const JOURNAL_ENTRIES_MAX: usize = 100_000;

/// Levels of the document that nests too deep. Ours: far beyond any reader's bound, yet a small answer.
pub const DEEP_XML_LEVELS: usize = 2_000;

/// Connections one mock serves at a time; more are closed at once. Ours: as many as a gateway has clients by default.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Sessions an ICA host may be set up for. Ours: a machine has a hundred, a farm behind one name a few thousand; the
/// list is walked for each of their events.
pub const ICA_SESSIONS_MAX: usize = 5_000;

/// Pause after a failed accept, so that a lasting failure (no descriptors left) does not spin.
pub const ACCEPT_RETRY: std::time::Duration = std::time::Duration::from_millis(100);

/// How long a silent server holds a connection before it closes it: longer than any client waits.
pub const SILENCE_MAX: std::time::Duration = std::time::Duration::from_secs(600);

/// Body of a request to an XML server. Real ones are a few kilobytes.
pub const XML_REQUEST_BYTES_MAX: usize = 64 * 1024;

/// A request body must be complete in this time.
pub const REQUEST_BODY_DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);

/// A client must answer an ICA host's magic in this time.
pub const ICA_MAGIC_DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

/// An ICA session in which nothing moves this long is ended. Ours: longer than any gateway's idle limit.
pub const ICA_IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Ended sessions an ICA host still lists.
pub const ICA_ENDED_SESSIONS_KEPT: usize = 1_000;

/// What an ICA host reads, and so holds, at a time.
pub const ECHO_BUFFER_BYTES: usize = 16 * 1024;

/// Typed text up to this length is shown as text; more is only counted.
pub const SEEN_TEXT_BYTES_MAX: usize = 64;

/// A TLS handshake with a mock must be finished in this time.
pub const TLS_DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);

/// What a syslog collector reads at a time.
pub const SYSLOG_READ_BYTES: usize = 8 * 1024;

/// A syslog connection on which nothing comes for this long is closed. Ours: a quiet gateway says nothing all night.
pub const SYSLOG_IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// How long a RADIUS server remembers an answer for retransmissions (RFC 5080 section 2.2.2 asks for enough
/// to outlast a client's last try).
pub const RADIUS_DUPLICATE_LIFETIME: std::time::Duration = std::time::Duration::from_secs(30);

/// Requests a RADIUS server works on or remembers at a time.
pub const RADIUS_REQUESTS_MAX: usize = 4_096;

/// Challenges of a RADIUS server that wait for an answer.
pub const RADIUS_CHALLENGES_MAX: usize = 10_000;

/// Cookies a Receiver keeps. RFC 6265 §6.1 asks for at least 50 per domain; one gateway sets about ten.
pub const COOKIES_MAX: usize = 100;

/// One `Set-Cookie` value, attributes included (RFC 6265 §6.1: at least 4096).
pub const COOKIE_BYTES_MAX: usize = 8 * 1024;

/// Fields of one form. A log-in page has about five.
pub const FORM_FIELDS_MAX: usize = 64;

/// What a Receiver keeps of a page's visible text.
pub const PAGE_TEXT_BYTES_MAX: usize = 4 * 1024;

/// A whole answer body a Receiver takes: a long list of apps has some hundred kilobytes.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Redirects a Receiver follows in a row; browsers stop at about 20, a log-in needs 4.
pub const REDIRECTS_MAX: usize = 10;

/// Polls of a launch that is not ready yet; StoreFront's own client gives up about as soon.
pub const LAUNCH_POLLS_MAX: usize = 3;

/// Longest pause between two such polls, whatever the server asks for.
pub const LAUNCH_POLL_PAUSE_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// What a Receiver holds of bytes that came in on one connection and were not looked at yet.
pub const WIRE_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Sessions a StoreFront holds; the one used longest ago makes room. Ours: as many as a gateway by default.
pub const STOREFRONT_SESSIONS_MAX: usize = 10_000;

/// A StoreFront session unused this long is over: the vendor's default.
pub const STOREFRONT_SESSION_IDLE: std::time::Duration = std::time::Duration::from_secs(20 * 60);

/// Body of a request to a StoreFront: a handful of form fields.
pub const STOREFRONT_REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Logon tickets a broker holds at a time.
pub const LOGON_TICKETS_MAX: usize = 10_000;

/// A broker's, an STA's or the gateway's answer to a StoreFront: the list of apps of a large farm.
pub const STOREFRONT_REPLY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A directory's client that says nothing this long is let go: Active Directory's default (MaxConnIdleTime).
pub const LDAP_IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(900);

/// What a directory reads, and so holds, at a time.
pub const LDAP_READ_BYTES: usize = 8 * 1024;

/// A message that is too large on purpose. Ours: four times what any reader here takes.
pub const OVERSIZED_BYTES: usize = 1024 * 1024;

/// Log-ins an Anakam.TFA server holds at a time. Ours: far beyond a lab's users.
pub const ANAKAM_LOGINS_MAX: usize = 10_000;

/// Devices an Anakam.TFA server knows at a time; the one that is forgotten first makes room.
pub const ANAKAM_DEVICES_MAX: usize = 10_000;

/// Bytes a driver of a reliable session takes from its machine before the connection has taken them. Ours: two
/// frames; what waits in the machine can still be acknowledged, what is taken can't be called back.
pub const CGP_OUTGOING_BYTES: usize = 64 * 1024;

/// What the user's end of a reliable session may hold in each direction, as a socket would.
pub const CGP_USER_BYTES: usize = 64 * 1024;

/// Sessions an ICA host keeps for session reliability, beside the bound of its sessions. Ours.
pub const CGP_SESSIONS_MAX: usize = 10_000;

/// A connection must say in this time whether it opens or resumes a session.
pub const CGP_OPENING_DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);

/// Pause between a Receiver's attempts to resume. Ours: quick enough that a user hardly notices a short cut.
pub const RESUME_PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// How long one attempt to reach the gateway may take while a session is suspended.
pub const RESUME_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// From the beginning of one auto client reconnect to the next. The Linux client's documented delay.
pub const RECONNECT_DELAY: std::time::Duration = std::time::Duration::from_secs(30);

/// How long auto client reconnect goes on. The vendor's documented default.
pub const RECONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(120);
