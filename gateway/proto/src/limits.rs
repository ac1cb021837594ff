//! Every bound of this crate, each with its reason. Ours, from the security requirements of the project.

use std::time::Duration;

/// STA id inside a ticket: the longest seen in practice.
pub const STA_ID_MAX_BYTES: usize = 16;
/// Random part of a ticket: the longest seen in practice.
pub const TICKET_TOKEN_MAX_BYTES: usize = 32;
/// `;40;` + STA id + `;` + token: more can't be a ticket, so a longer string is not even looked at.
pub const TICKET_MAX_BYTES: usize = 4 + STA_ID_MAX_BYTES + 1 + TICKET_TOKEN_MAX_BYTES;

/// First bytes of a connection that decide its protocol; nothing registered needs more.
pub const DETECT_MAX_BYTES: usize = 16;

/// Bytes a client may send behind its SOCKS5 CONNECT before it has the answer.
pub const SOCKS5_EARLY_DATA_MAX_BYTES: usize = 64 * 1024;
/// SOCKS5 destination: its length is one byte (RFC 1928 section 5).
pub const SOCKS5_DESTINATION_MAX_BYTES: usize = 255;

/// A RADIUS packet (RFC 2865 section 3).
pub const RADIUS_PACKET_MAX_BYTES: usize = 4096;
/// A RADIUS packet without attributes (RFC 2865 section 3).
pub const RADIUS_PACKET_MIN_BYTES: usize = 20;
/// Attributes of one packet. Real replies have a few dozen; a packet of empty ones could hold two thousand.
pub const RADIUS_ATTRIBUTES_MAX: usize = 256;
/// Value of one attribute: its length is one byte and counts two bytes of header (RFC 2865 section 5).
pub const RADIUS_ATTRIBUTE_MAX_BYTES: usize = 253;
/// User-Password before hiding (RFC 2865 section 5.2). Longer is refused, never cut.
pub const RADIUS_PASSWORD_MAX_BYTES: usize = 128;
/// Transmissions of one request, the first included, before the next server is asked. With doubling waits of 2 s
/// they go out at 0, 2, 6 and 14 s; a fifth would at 30 s, when [`RADIUS_BUDGET`] is long spent.
pub const RADIUS_TRIES: u8 = 4;
/// The most tries that can be asked for (RFC 5080 section 2.2.1 leaves the number open; SR-95).
pub const RADIUS_TRIES_MAX: u8 = 5;
/// Wait before the first retransmission (RFC 5080 section 2.2.1); it doubles each time.
pub const RADIUS_FIRST_RETRANSMIT: Duration = Duration::from_secs(2);
/// All waiting for one server: what a user at a log-in page bears.
pub const RADIUS_BUDGET: Duration = Duration::from_secs(20);
/// Reply-Message shown to a user, all its attributes together.
pub const RADIUS_MESSAGE_MAX_CHARS: usize = 500;

/// An LDAP message: a user's entry, some 100 bytes for each of two thousand groups (SR-102).
pub const LDAP_MESSAGE_MAX_BYTES: usize = 256 * 1024;
/// Nesting of an LDAP filter, the only part of a message that nests (SR-102).
pub const LDAP_DEPTH_MAX: usize = 16;
/// Parts of an LDAP filter. Ours: what people write has about ten.
pub const LDAP_FILTER_PARTS_MAX: usize = 256;
/// Attributes of an LDAP entry or search. Ours: two are asked for, a mock's entry has eight.
pub const LDAP_ATTRIBUTES_MAX: usize = 64;
/// Values of one LDAP attribute. Ours: Active Directory sends at most 1500 at a time (MaxValRange).
pub const LDAP_VALUES_MAX: usize = 2_000;

/// An XML document of a peer, and all its character data: the largest STA or SOAP message has 4 KiB.
pub const XML_DOCUMENT_MAX_BYTES: usize = 256 * 1024;
/// Nesting of an XML document; the deepest dialect (application list) has 7 levels.
pub const XML_DEPTH_MAX: usize = 16;
/// Elements of an XML document other than an application list.
pub const XML_ELEMENTS_MAX: usize = 500;
/// Attributes of one XML element.
pub const XML_ATTRIBUTES_MAX: usize = 16;
/// Bytes of a broker's application list: some 2 KiB for each of a thousand applications.
pub const BROKER_REPLY_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Elements of a broker's application list: some 60 for each of a thousand applications, access lists included.
pub const BROKER_REPLY_ELEMENTS_MAX: usize = 60_000;

/// Messages of an answer of an Anakam.TFA server that are read. Ours: the published ones have one.
pub const ANAKAM_MESSAGES_MAX: usize = 16;

/// A DNS name in text form (RFC 1035 section 2.3.4, without the final dot).
pub const HOST_MAX_BYTES: usize = 253;
/// One label of a DNS name (RFC 1035 section 2.3.4).
pub const HOST_LABEL_MAX_BYTES: usize = 63;

/// An ICA file: a thousand keys of the usual length.
pub const ICA_FILE_MAX_BYTES: usize = 64 * 1024;
/// Lines of an ICA file.
pub const ICA_FILE_LINES_MAX: usize = 2_000;

/// A URL of the clientless proxy: what HTTP servers commonly accept in a request line.
pub const CVPN_URL_MAX_BYTES: usize = 8 * 1024;
/// A body the clientless proxy rewrites as a whole; larger ones pass unchanged or are refused by its caller.
pub const CVPN_BODY_MAX_BYTES: usize = 4 * 1024 * 1024;
/// A rewritten body: every link grows, so a page of nothing but links must not grow without end.
pub const CVPN_REWRITTEN_MAX_BYTES: usize = 2 * CVPN_BODY_MAX_BYTES;
/// Attributes of one HTML tag that are looked at; later ones stay as they are.
pub const CVPN_TAG_ATTRIBUTES_MAX: usize = 64;

/// A CGP frame, its type and length included (SR-135).
pub const CGP_FRAME_MAX_BYTES: usize = 64 * 1024;
/// Bytes of the stream in one CGP frame. Ours: with its header it fills one TLS record.
pub const CGP_DATA_MAX_BYTES: usize = 16 * 1024 - 11;
/// Service name of a CGP opening. Ours: the only one has 22.
pub const CGP_SERVICE_MAX_BYTES: usize = 64;
/// Destination of a CGP opening: a host name, a colon and a port.
pub const CGP_DESTINATION_MAX_BYTES: usize = HOST_MAX_BYTES + 6;
/// A CGP session token: 256 random bits.
pub const CGP_TOKEN_BYTES: usize = 32;
/// A whole CGP opening, signature included: its fields at their limits and room for frames that are skipped.
pub const CGP_OPENING_MAX_BYTES: usize = 4 * 1024;
/// Unacknowledged bytes an end keeps to send again, and thereby what a peer's user may leave unread. Ours: 20 MB/s
/// over a round trip of 50 ms.
pub const CGP_RESEND_MAX_BYTES: usize = 1024 * 1024;
/// Bytes taken that are acknowledged at once: often enough that a sender never waits for it.
pub const CGP_ACKNOWLEDGE_BYTES: u64 = 64 * 1024;
/// Fewer bytes are acknowledged after this time. Ours: costs one small frame a second.
pub const CGP_ACKNOWLEDGE_DELAY: Duration = Duration::from_secs(1);
/// An end that has nothing to say says so this often: the keep-alive of published clients.
pub const CGP_KEEP_ALIVE: Duration = Duration::from_secs(10);
/// An end that hears nothing for this long takes the connection for dead: three keep-alives.
pub const CGP_SILENCE_MAX: Duration = Duration::from_secs(30);
/// A client waits this long for the answer to its opening: gateway, STA and host have 20 s each.
pub const CGP_OPENING_DEADLINE: Duration = Duration::from_secs(60);
/// How long a cut session is kept unless somebody says otherwise. Public default of session reliability.
pub const CGP_KEPT: Duration = Duration::from_secs(180);

/// A syslog message: what a receiver must take over TLS is 2048 bytes, what it should is 8192 (RFC 5425 section 4.3.1).
pub const SYSLOG_MESSAGE_MAX_BYTES: usize = 8192;
/// Digits of a frame's length; follows from [`SYSLOG_MESSAGE_MAX_BYTES`].
pub const SYSLOG_LENGTH_DIGITS_MAX: usize = 4;
/// Elements of structured data in one message. Ours: one is usual.
pub const SYSLOG_ELEMENTS_MAX: usize = 16;
/// Parameters of one element. Ours: an audit event has up to ten.
pub const SYSLOG_PARAMS_MAX: usize = 64;
