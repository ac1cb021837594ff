//! What a server says at the end of an operation: LDAPResult (RFC 4511 section 4.1.9).

use std::fmt;

use super::ber::{BerError, ENUMERATED, OCTET_STRING, Reader, Writer};

/// `[3]` inside an LDAPResult.
const REFERRAL: u8 = 0xa3;

/// A result code (RFC 4511 appendix A). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultCode(pub u32);

macro_rules! result_codes {
    ($($constant:ident = $number:literal, $name:literal;)*) => {
        impl ResultCode {
            $(#[doc = concat!("`", $name, "`.")] pub const $constant: Self = Self($number);)*

            /// The name in the RFC, where it is one of those a log-in meets.
            pub fn name(self) -> Option<&'static str> {
                match self { $(Self::$constant => Some($name),)* _ => None }
            }

            /// The code of a name, or of a number in digits.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$constant),)* _ => text.parse().ok().map(Self) }
            }
        }
    };
}

result_codes! {
    SUCCESS = 0, "success";
    OPERATIONS_ERROR = 1, "operationsError";
    PROTOCOL_ERROR = 2, "protocolError";
    TIME_LIMIT_EXCEEDED = 3, "timeLimitExceeded";
    SIZE_LIMIT_EXCEEDED = 4, "sizeLimitExceeded";
    AUTH_METHOD_NOT_SUPPORTED = 7, "authMethodNotSupported";
    STRONGER_AUTH_REQUIRED = 8, "strongerAuthRequired";
    REFERRAL = 10, "referral";
    CONFIDENTIALITY_REQUIRED = 13, "confidentialityRequired";
    CONSTRAINT_VIOLATION = 19, "constraintViolation";
    NO_SUCH_OBJECT = 32, "noSuchObject";
    INVALID_DN_SYNTAX = 34, "invalidDNSyntax";
    INAPPROPRIATE_AUTHENTICATION = 48, "inappropriateAuthentication";
    INVALID_CREDENTIALS = 49, "invalidCredentials";
    INSUFFICIENT_ACCESS_RIGHTS = 50, "insufficientAccessRights";
    BUSY = 51, "busy";
    UNAVAILABLE = 52, "unavailable";
    UNWILLING_TO_PERFORM = 53, "unwillingToPerform";
    OTHER = 80, "other";
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "result code {}", self.0),
        }
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub code: ResultCode,
    /// What the server adds, for people. Bytes that are not UTF-8 are replaced.
    pub diagnostic: String,
    /// Where else to ask: the first of the URIs. Nobody here does.
    pub referral: Option<String>,
}

impl Outcome {
    /// A result that is its code.
    pub fn new(code: ResultCode) -> Self {
        Self { code, diagnostic: String::new(), referral: None }
    }

    /// The same with a text for people.
    #[must_use]
    pub fn because(self, diagnostic: impl Into<String>) -> Self {
        Self { diagnostic: diagnostic.into(), ..self }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, BerError> {
        let code = ResultCode(reader.number(ENUMERATED)?);
        let _matched_dn = reader.expect(OCTET_STRING)?;
        let diagnostic = String::from_utf8_lossy(reader.expect(OCTET_STRING)?).into_owned();
        let referral = match reader.optional(REFERRAL)? {
            Some(uris) => Some(Reader::new(uris).text(OCTET_STRING)?),
            None => None,
        };
        Ok(Self { code, diagnostic, referral })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(ENUMERATED, self.code.0);
        writer.bytes(OCTET_STRING, "");
        writer.bytes(OCTET_STRING, &self.diagnostic);
        if let Some(uri) = &self.referral {
            writer.constructed(REFERRAL, |uris| uris.bytes(OCTET_STRING, uri));
        }
    }
}
