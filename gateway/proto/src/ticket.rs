//! The gateway traversal ticket an STA issues: `;VER;STAID;TICKET`. Vendor documentation; the strictness is ours.
//!
//! The grammar is closed: nothing before, between or behind the three parts. Whether a ticket is *valid* only
//! its STA knows. The random part is a [`Secret`]; the version and the STA id may be printed.

use std::fmt;
use std::str::FromStr;

use crate::limits::{STA_ID_MAX_BYTES, TICKET_MAX_BYTES, TICKET_TOKEN_MAX_BYTES};
use crate::secret::Secret;

/// Why a string is not a ticket. Never holds any of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Longer than the longest possible ticket.
    #[error("longer than {TICKET_MAX_BYTES} bytes")]
    TooLong,
    /// The first byte is not `;`.
    #[error("does not begin with a semicolon")]
    NoLeadingSemicolon,
    /// Fewer than three parts.
    #[error("has fewer than three parts")]
    MissingPart,
    /// The version is not one of 10, 20, 22, 40.
    #[error("unknown ticket version")]
    UnknownVersion,
    /// The STA id is longer than 16 characters.
    #[error("STA id longer than {STA_ID_MAX_BYTES} characters")]
    StaIdTooLong,
    /// The STA id has something else than ASCII letters and digits.
    #[error("STA id has a character that is not an ASCII letter or digit")]
    StaIdCharacter,
    /// The random part is empty.
    #[error("the ticket part is empty")]
    TokenEmpty,
    /// The random part is longer than 32 characters.
    #[error("the ticket part is longer than {TICKET_TOKEN_MAX_BYTES} characters")]
    TokenTooLong,
    /// The random part has something else than ASCII capitals and digits.
    #[error("the ticket part has a character that is not an ASCII capital or digit")]
    TokenCharacter,
}

/// The STA protocol generation a ticket was issued under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaVersion {
    /// STA 1.0 and 1.1.
    V10,
    /// STA 2.0.
    V20,
    /// STA 2.2.
    V22,
    /// STA 4.0.
    V40,
}

impl StaVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 4] = [Self::V10, Self::V20, Self::V22, Self::V40];

    /// The two digits inside the ticket.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V10 => "10",
            Self::V20 => "20",
            Self::V22 => "22",
            Self::V40 => "40",
        }
    }

    /// Whether a session under such a ticket may use session reliability.
    pub const fn has_session_reliability(self) -> bool {
        matches!(self, Self::V40)
    }
}

impl fmt::Display for StaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StaVersion {
    type Err = TicketError;

    fn from_str(digits: &str) -> Result<Self, TicketError> {
        Self::ALL.into_iter().find(|v| v.as_str() == digits).ok_or(TicketError::UnknownVersion)
    }
}

/// The name of an STA, which the gateway looks up in its list: 0 to 16 ASCII letters and digits, case-sensitive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaId(String);

impl StaId {
    /// The id as issued.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StaId {
    type Err = TicketError;

    fn from_str(id: &str) -> Result<Self, TicketError> {
        if id.len() > STA_ID_MAX_BYTES {
            return Err(TicketError::StaIdTooLong);
        }
        if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(TicketError::StaIdCharacter);
        }
        Ok(Self(id.to_owned()))
    }
}

impl fmt::Display for StaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaId({})", self.0)
    }
}

/// A well-formed ticket. `Debug` hides the random part; [`to_wire`](Self::to_wire) exposes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    version: StaVersion,
    sta: StaId,
    token: Secret,
}

impl Ticket {
    /// Joins the three parts an STA answered with. Refuses a `token` that is not 1 to 32 ASCII capitals and digits.
    pub fn new(version: StaVersion, sta: StaId, token: impl Into<Secret>) -> Result<Self, TicketError> {
        let token = token.into();
        if token.is_empty() {
            return Err(TicketError::TokenEmpty);
        }
        if token.len() > TICKET_TOKEN_MAX_BYTES {
            return Err(TicketError::TokenTooLong);
        }
        if !token.expose().iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(TicketError::TokenCharacter);
        }
        Ok(Self { version, sta, token })
    }

    /// Reads exactly one ticket and nothing else.
    pub fn parse(wire: &[u8]) -> Result<Self, TicketError> {
        if wire.len() > TICKET_MAX_BYTES {
            return Err(TicketError::TooLong);
        }
        let parts = wire.strip_prefix(b";").ok_or(TicketError::NoLeadingSemicolon)?;
        let mut parts = parts.splitn(3, |&b| b == b';');
        let mut next = || parts.next().ok_or(TicketError::MissingPart);
        let (version, sta, token) = (next()?, next()?, next()?);
        let version = std::str::from_utf8(version).map_err(|_| TicketError::UnknownVersion)?.parse()?;
        let sta = std::str::from_utf8(sta).map_err(|_| TicketError::StaIdCharacter)?.parse()?;
        Self::new(version, sta, token)
    }

    /// The STA generation.
    pub fn version(&self) -> StaVersion {
        self.version
    }

    /// The STA that issued the ticket, the only one that can redeem it.
    pub fn sta(&self) -> &StaId {
        &self.sta
    }

    /// The random part: ASCII capitals and digits.
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// The whole ticket as it stands in an ICA file or a CONNECT.
    pub fn to_wire(&self) -> Secret {
        let mut wire = format!(";{};{};", self.version, self.sta).into_bytes();
        // Reserve first, so that growing leaves no unwiped copy behind.
        wire.reserve_exact(self.token.len());
        wire.extend_from_slice(self.token.expose());
        Secret::new(wire)
    }
}

impl FromStr for Ticket {
    type Err = TicketError;

    fn from_str(wire: &str) -> Result<Self, TicketError> {
        Self::parse(wire.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &[u8] = b";40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF";

    fn refusal(wire: &[u8]) -> TicketError {
        Ticket::parse(wire).expect_err("must be refused")
    }

    #[test]
    fn takes_the_usual_ticket_apart() {
        let ticket = Ticket::parse(GOOD).expect("a ticket");
        assert_eq!(ticket.version(), StaVersion::V40);
        assert!(ticket.version().has_session_reliability());
        assert_eq!(ticket.sta().to_string(), "STA0A1B2C3D4E5F");
        assert_eq!(ticket.token().expose(), b"0123456789ABCDEF0123456789ABCDEF");
        assert_eq!(ticket.to_wire().expose(), GOOD);
    }

    #[test]
    fn debug_shows_the_sta_but_not_the_token() {
        let ticket = Ticket::parse(GOOD).expect("a ticket");
        assert_eq!(
            format!("{ticket:?}"),
            "Ticket { version: V40, sta: StaId(STA0A1B2C3D4E5F), token: «hidden» }"
        );
    }

    #[test]
    fn every_version_and_the_shortest_parts_are_accepted() {
        for version in StaVersion::ALL {
            let wire = format!(";{version};;A");
            let ticket: Ticket = wire.parse().expect("a ticket");
            assert_eq!((ticket.version(), ticket.sta().as_str()), (version, ""));
        }
        assert!(!StaVersion::V22.has_session_reliability());
    }

    #[test]
    fn lengths_are_accepted_at_the_limit_and_refused_behind_it() {
        let sta = "s".repeat(STA_ID_MAX_BYTES);
        let token = "T".repeat(TICKET_TOKEN_MAX_BYTES);
        let longest = format!(";10;{sta};{token}");
        assert_eq!(longest.len(), TICKET_MAX_BYTES);
        assert!(Ticket::parse(longest.as_bytes()).is_ok());
        assert_eq!(refusal(format!("{longest}T").as_bytes()), TicketError::TooLong);
        assert_eq!(refusal(format!(";10;{sta}s;T").as_bytes()), TicketError::StaIdTooLong);
        assert_eq!(refusal(format!(";10;s;{token}T").as_bytes()), TicketError::TokenTooLong);
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (wire, expected) in [
            (&b""[..], TicketError::NoLeadingSemicolon),
            (b"40;STA;AB", TicketError::NoLeadingSemicolon),
            (b"192.0.2.10", TicketError::NoLeadingSemicolon),
            (b";", TicketError::MissingPart),
            (b";40", TicketError::MissingPart),
            (b";40;STA", TicketError::MissingPart),
            (b";41;STA;AB", TicketError::UnknownVersion),
            (b"; 40;STA;AB", TicketError::UnknownVersion),
            (b";\xff;STA;AB", TicketError::UnknownVersion),
            (b";40;STA.1;AB", TicketError::StaIdCharacter),
            (b";40;\xff;AB", TicketError::StaIdCharacter),
            (b";40;STA;", TicketError::TokenEmpty),
            (b";40;STA;ab", TicketError::TokenCharacter),
            (b";40;STA;AB;", TicketError::TokenCharacter),
            (b";40;STA;AB\0", TicketError::TokenCharacter),
            (b";40;STA;AB\n", TicketError::TokenCharacter),
        ] {
            assert_eq!(refusal(wire), expected, "{}", wire.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_written_back_unchanged(wire: Vec<u8>) {
            if let Ok(ticket) = Ticket::parse(&wire) {
                let written = ticket.to_wire();
                prop_assert_eq!(written.expose(), wire);
            }
        }

        #[test]
        fn every_string_of_the_grammar_is_accepted(wire in ";(10|20|22|40);[A-Za-z0-9]{0,16};[A-Z0-9]{1,32}") {
            let ticket: Ticket = wire.parse().expect("a ticket");
            prop_assert_eq!(ticket.to_wire(), Secret::new(wire));
        }
    }
}
