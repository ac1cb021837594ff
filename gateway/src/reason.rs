//! Why the gateway said no: one stable code per cause, the same on the page, in the log and in the trace.
//!
//! A code never changes its meaning. Who is at fault and what to do stand beside it, so that a refusal is
//! something a person can act on.

use http::StatusCode;

/// Who has to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The user, the browser, the ICA client.
    Client,
    /// StoreFront, STA, RADIUS server, ICA host.
    Backend,
    /// This gateway or its configuration.
    Gateway,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $side:ident, $status:ident, $advice:literal;)*) => {
        /// Why a request, a log-in, a ticket or a connection was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All reasons, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// All codes, in the order of the table.
            pub const CODES: &'static [&'static str] = &[$($code,)*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Who has to change something.
            pub const fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)* }
            }

            /// The HTTP status of a page that shows this reason.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What to do, in one sentence, safe to show to anyone.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

reasons! {
    /// More connections than allowed, in all or from this address.
    ConnectionLimit = "connection-limit", Client, SERVICE_UNAVAILABLE, "Too many connections; try again in a moment.";
    /// The TLS handshake failed.
    TlsFailed = "tls-failed", Client, BAD_REQUEST, "The client could not agree on TLS 1.2 or 1.3 with this gateway.";
    /// The TLS handshake was not finished in time.
    TlsDeadline = "tls-deadline", Client, REQUEST_TIMEOUT, "The client began TLS and did not finish it in time.";
    /// The first bytes belong to no protocol served here.
    ProtocolUnknown = "protocol-unknown", Client, BAD_REQUEST, "The first bytes are neither HTTP nor an ICA client's.";
    /// The first bytes did not come in time.
    ProtocolUndecided = "protocol-undecided", Client, REQUEST_TIMEOUT, "The client connected and said too little to be recognised.";

    /// A path that is not normal: dots, encoded slashes, backslashes, controls.
    PathInvalid = "path-invalid", Client, BAD_REQUEST, "The address has characters that are not allowed in it.";
    /// The request's `Host` is missing, doubled, too long or malformed.
    HostInvalid = "host-invalid", Client, BAD_REQUEST, "The request does not say correctly which host it is for.";
    /// The path and query are too long.
    TargetTooLong = "target-too-long", Client, URI_TOO_LONG, "The address is too long.";
    /// The head is longer than allowed.
    HeadTooLong = "head-too-long", Client, REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's header is too large; cookies are the usual cause.";
    /// No such page.
    NotFound = "not-found", Client, NOT_FOUND, "There is no page at this address.";
    /// The method is not served at this path.
    MethodNotAllowed = "method-not-allowed", Client, METHOD_NOT_ALLOWED, "This address does not take that kind of request.";
    /// The browser says that another site made this request.
    CrossSite = "cross-site", Client, FORBIDDEN, "Another web site sent this request; start from the log-in page.";
    /// The form's token is not the one that was given out.
    FormToken = "form-token", Client, FORBIDDEN, "The page was too old; load it again and repeat what you did.";
    /// The form is not one: wrong media type, encoding, repeated or too many fields.
    FormInvalid = "form-invalid", Client, BAD_REQUEST, "The form could not be read.";
    /// The body is longer than allowed.
    BodyTooLong = "body-too-long", Client, PAYLOAD_TOO_LARGE, "The request is too large.";
    /// The body did not arrive completely in time.
    BodyBroken = "body-broken", Client, REQUEST_TIMEOUT, "The request did not arrive completely.";

    /// User name and password were not accepted. Says nothing about which, or why.
    LoginRefused = "login-refused", Client, OK, "The user name or password was not accepted.";
    /// A question about the account is on a phone, and nobody has answered it yet.
    PushPending = "push-pending", Client, TOO_MANY_REQUESTS, "A log-in of this account waits for an approval already; approve it only if it is yours, then begin again.";
    /// Several questions about the account went to a phone, and nobody answered them.
    PushLimit = "push-limit", Client, TOO_MANY_REQUESTS, "Nobody approved the last log-ins of this account; if they were not yours tell your help desk, else wait a quarter of an hour.";
    /// The name has a domain that is not of this site. Only the audit log says so.
    DomainUnknown = "domain-unknown", Client, OK, "The user name or password was not accepted.";
    /// No answer is awaited for this browser: the log-in is over, or never was.
    ChallengeUnknown = "challenge-unknown", Client, FORBIDDEN, "This log-in is over; begin again.";
    /// The answer came too late.
    ChallengeExpired = "challenge-expired", Client, FORBIDDEN, "The answer came too late; begin again.";
    /// Too many rounds of answers.
    ChallengeRounds = "challenge-rounds", Client, FORBIDDEN, "Too many answers for one log-in; begin again.";
    /// No server that verifies log-ins answered.
    FactorDown = "factor-down", Backend, SERVICE_UNAVAILABLE, "No authentication server answered in time.";
    /// The server that verifies log-ins answered something the rules forbid.
    FactorAnswer = "factor-answer", Backend, BAD_GATEWAY, "The authentication server's answer can not be used.";
    /// The user has a session, and may have only one.
    DuplicateSession = "duplicate-session", Client, OK, "You are logged in already; log out there, or wait until that session is over.";
    /// Too many failed log-ins of this account. Only the audit log says so.
    AccountLocked = "account-locked", Client, OK, "The user name or password was not accepted.";
    /// Too many failed log-ins from this address. Only the audit log says so.
    AddressLocked = "address-locked", Client, OK, "The user name or password was not accepted.";
    /// No room for another session.
    SessionTableFull = "session-table-full", Gateway, SERVICE_UNAVAILABLE, "The gateway is full; try again later.";
    /// The page needs a session and there is none.
    SessionMissing = "session-missing", Client, FOUND, "Log in first.";
    /// The session is over: logged out, idle too long, or too old.
    SessionEnded = "session-ended", Client, FOUND, "The session is over; log in again.";

    /// The user logged in elsewhere, which ended this session.
    SessionDisplaced = "session-displaced", Client, FOUND, "You logged in elsewhere, which ended this session; log in again.";

    /// The session is bound to the address or the program of its log-in, and this is another one.
    SessionElsewhere = "session-elsewhere", Client, FORBIDDEN, "The session belongs to another address or program; log in again here.";

    /// The clientless proxy does not publish this host.
    TargetNotPublished = "target-not-published", Client, FORBIDDEN, "This host is not published through the gateway.";
    /// The host's address lies where the proxy may not go.
    TargetAddress = "target-address", Gateway, FORBIDDEN, "The published host's name leads to an address that is not allowed.";
    /// The published host does not answer.
    UpstreamDown = "upstream-down", Backend, BAD_GATEWAY, "The application portal does not answer.";
    /// The published host answered something that can't be passed on.
    UpstreamAnswer = "upstream-answer", Backend, BAD_GATEWAY, "The application portal's answer can not be used.";
    /// The published host redirects to a host that is not published.
    RedirectNotPublished = "redirect-not-published", Backend, BAD_GATEWAY, "The application portal points to a host that is not published.";

    /// The call-back came from somebody who may not ask.
    CallbackPeer = "callback-peer", Backend, FORBIDDEN, "Only StoreFront may ask here; add its address or token to the configuration.";
    /// The call-back is not a request this end knows.
    CallbackMalformed = "callback-malformed", Backend, BAD_REQUEST, "The call-back is not a GetAccessInformation request.";
    /// The call-back names no live session of that user.
    CallbackSession = "callback-session", Backend, INTERNAL_SERVER_ERROR, "The call-back names no live session.";

    /// The bytes are no SOCKS 5 request.
    SocksMalformed = "socks-malformed", Client, BAD_REQUEST, "The ICA client's request is not SOCKS 5.";
    /// Something else than CONNECT was asked for.
    SocksCommand = "socks-command", Client, BAD_REQUEST, "Only CONNECT is served.";
    /// The destination is an address or a host name, not a ticket.
    SocksDestination = "socks-destination", Client, FORBIDDEN, "Only an STA ticket may be connected to; launch from the portal.";
    /// The destination looks like a ticket and is none.
    TicketMalformed = "ticket-malformed", Client, FORBIDDEN, "The ticket in the launch file is damaged.";
    /// The ticket names an STA this gateway does not have.
    StaUnknown = "sta-unknown", Gateway, FORBIDDEN, "Give gateway and StoreFront the same list of STAs.";
    /// The ticket's STA does not answer.
    StaDown = "sta-down", Backend, BAD_GATEWAY, "The STA that issued the ticket does not answer.";
    /// The STA's answer can't be used.
    StaAnswer = "sta-answer", Backend, BAD_GATEWAY, "The STA's answer can not be used.";
    /// The STA does not know the ticket.
    TicketUnknown = "ticket-unknown", Client, FORBIDDEN, "The STA does not know the ticket; launch again from the portal.";
    /// The ticket's life is over.
    TicketExpired = "ticket-expired", Client, FORBIDDEN, "The launch file is too old; launch again from the portal.";
    /// The ticket was presented before.
    TicketReplayed = "ticket-replayed", Client, FORBIDDEN, "A launch file works once; launch again from the portal.";
    /// Too many unknown tickets from this address.
    TicketFlood = "ticket-flood", Client, FORBIDDEN, "Too many wrong tickets from this address; wait a minute.";
    /// The STA named a host that the configuration does not allow.
    HostAddress = "host-address", Gateway, FORBIDDEN, "The ICA host's address is outside the allowed networks and ports.";
    /// The ICA host does not answer.
    HostDown = "host-down", Backend, BAD_GATEWAY, "The ICA host does not answer.";
    /// The bytes behind the signature are no opening of the CGP profile.
    CgpMalformed = "cgp-malformed", Client, BAD_REQUEST, "The client speaks another CGP; see docs/cgp-profile.md.";
    /// No version of CGP that both speak.
    CgpVersion = "cgp-version", Client, BAD_REQUEST, "The client speaks other versions of CGP; see docs/cgp-profile.md.";
    /// Something else than the ICA service of a host was asked for.
    CgpDestination = "cgp-destination", Client, FORBIDDEN, "Only the ICA service of the ticket's host may be asked for.";
    /// Session reliability is off at this gateway.
    ReliabilityOff = "reliability-off", Gateway, FORBIDDEN, "Session reliability is off at this gateway; clients must use SOCKS.";
    /// The ticket's generation knows no session reliability.
    TicketVersion = "ticket-version", Backend, FORBIDDEN, "Session reliability needs tickets of version 40; renew the STA, or turn it off in StoreFront.";
    /// The STA named no CGP address.
    HostWithoutCgp = "host-without-cgp", Backend, BAD_GATEWAY, "The STA named no CGP address; turn session reliability off in StoreFront, or on at the ICA host.";
    /// The ICA host's answer to the CGP opening can't be used.
    HostAnswer = "host-answer", Backend, BAD_GATEWAY, "The ICA host does not speak CGP as this gateway does.";
    /// The ICA host refused the session.
    HostRefused = "host-refused", Backend, FORBIDDEN, "The ICA host refused; it may keep no such session any more.";
    /// A used reconnect ticket was shown again. The session it belonged to is ended.
    ReconnectReplayed = "reconnect-replayed", Client, FORBIDDEN, "A used reconnect ticket came back; the session was ended, because somebody else may have it.";
    /// A reconnect ticket was shown for another session or host than its own.
    ReconnectForeign = "reconnect-foreign", Client, FORBIDDEN, "A reconnect ticket resumes its own session only; launch from the portal.";
    /// No room for another kept session.
    KeptTableFull = "kept-table-full", Gateway, SERVICE_UNAVAILABLE, "The gateway keeps too many sessions; try again later.";
    /// No byte for too long.
    TunnelIdle = "tunnel-idle", Client, REQUEST_TIMEOUT, "The connection was idle too long.";
    /// The connection is too old.
    TunnelLimit = "tunnel-limit", Gateway, REQUEST_TIMEOUT, "The connection reached its longest allowed time.";
    /// What must outlive the process can't be written.
    StateDown = "state-down", Gateway, SERVICE_UNAVAILABLE, "The gateway can not take anybody in just now; try again later.";
    /// The gateway is stopping.
    Stopping = "stopping", Gateway, SERVICE_UNAVAILABLE, "The gateway is being stopped; try again in a minute.";
}

impl Reason {
    /// The number that clients of this gateway family know from the `NSC_VPNERR` cookie, where one fits
    /// (vendor doc; 4001 wrong user or password).
    pub const fn vpn_error(self) -> Option<u16> {
        match self {
            Self::LoginRefused => Some(4001),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_speakable() {
        let distinct: BTreeSet<_> = Reason::CODES.iter().collect();
        assert_eq!(distinct.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert!(reason.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", reason.code());
            assert!(reason.advice().ends_with('.'), "{}", reason.code());
        }
    }
}
