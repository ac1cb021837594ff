//! The gateway's own cookies: reading them out of a request, writing them into an answer.
//!
//! Names are those that clients of this gateway family know (vendor doc); attributes are SR-80. Clearing is
//! spelt literally as scanners expect it.

use std::time::Duration;

use gateway_proto::secret::Secret;
use http::header::{COOKIE, HeaderMap, HeaderValue};

/// The session.
pub(crate) const SESSION: &str = "NSC_AAAC";
/// A log-in that waits for an answer.
pub(crate) const PENDING: &str = "NSC_DLGE";
/// What the token of the log-in form is checked against.
pub(crate) const FORM: &str = "NSC_TEMP";
/// The number of the message the log-in page shows.
pub(crate) const ERROR: &str = "NSC_VPNERR";

/// A device that is known.
pub(crate) const DEVICE: &str = "NSC_DEVICE";

/// All cookies whose name begins like this are the gateway's own and never leave it (SR-123, SR-124).
pub(crate) const OWN_PREFIX: &str = "NSC_";

/// The value of the cookie `name`. Two of that name count as none (SR-75).
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let mut found = pairs(headers).filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = found.next().filter(|value| !value.is_empty())?;
    found.next().is_none().then(|| Secret::new(value))
}

/// The cookies that are not the gateway's, as one `Cookie` value for a back end.
pub(crate) fn foreign(headers: &HeaderMap) -> Option<String> {
    let foreign: Vec<_> = pairs(headers)
        .filter(|(name, _)| !is_own(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    (!foreign.is_empty()).then(|| foreign.join("; "))
}

/// Whether a cookie name is the gateway's.
pub(crate) fn is_own(name: &str) -> bool {
    name.get(..OWN_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_PREFIX))
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// A `Set-Cookie` value for an id the gateway made: hexadecimal, so always a legal header value.
pub(crate) fn set(name: &str, value: &Secret) -> Option<HeaderValue> {
    let value = value.expose_str()?;
    let mut header =
        HeaderValue::try_from(format!("{name}={value};Secure;HttpOnly;SameSite=Lax;Path=/")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A `Set-Cookie` value for an id that the client keeps for `life`. It goes with nothing that another site began:
/// the log-in form is always ours.
pub(crate) fn set_lasting(name: &str, value: &Secret, life: Duration) -> Option<HeaderValue> {
    let (value, seconds) = (value.expose_str()?, life.as_secs());
    let text = format!("{name}={value};Secure;HttpOnly;SameSite=Strict;Path=/;Max-Age={seconds}");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A `Set-Cookie` value for a message number.
pub(crate) fn set_error(number: u16) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{ERROR}={number};Secure;HttpOnly;SameSite=Lax;Path=/")).ok()
}

/// A `Set-Cookie` value that takes the cookie away.
pub(crate) fn clear(name: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{name}=xyz;Path=/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT;Secure"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|c| (COOKIE, HeaderValue::from_str(c).unwrap())).collect()
    }

    #[test]
    fn a_doubled_cookie_is_no_cookie() {
        assert_eq!(read(&with(&["a=1; NSC_AAAC=x"]), SESSION), Some(Secret::new("x")));
        assert_eq!(read(&with(&["NSC_AAAC=x; NSC_AAAC=y"]), SESSION), None);
        assert_eq!(read(&with(&["NSC_AAAC=x", "NSC_AAAC=y"]), SESSION), None);
        assert_eq!(read(&with(&["NSC_AAAC="]), SESSION), None);
        assert_eq!(read(&with(&["NSC_AAACX=1; XNSC_AAAC=2"]), SESSION), None);
    }

    #[test]
    fn own_cookies_stay_here() {
        let headers = with(&["NSC_AAAC=x; CsrfToken=1", "nsc_dlge=z; CtxsAuthId=2"]);
        assert_eq!(foreign(&headers), Some("CsrfToken=1; CtxsAuthId=2".to_owned()));
        assert_eq!(foreign(&with(&["NSC_AAAC=x"])), None);
    }
}
