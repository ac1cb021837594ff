//! Forms and where they come from: `application/x-www-form-urlencoded`, same origin, with a token when our own
//! page made them.
//!
//! A field that stands twice, bytes that are no UTF-8, a bad percent sign: the whole form is refused, nothing
//! is guessed (SR-7, section 4 of the security requirements).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::secret::Secret;
use gateway_rt::http::{BodyError, read_body};
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};

use super::Body;
use crate::limits::{FORM_BYTES_MAX, FORM_FIELDS_MAX};
use crate::reason::Reason;

/// The fields of a form. Values are secret as a whole: they hold passwords.
pub(crate) struct Form(BTreeMap<String, Secret>);

impl Form {
    /// Reads the body of a POST.
    pub(crate) async fn read(headers: &HeaderMap, body: Body, deadline: Duration) -> Result<Self, Reason> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Reason::FormInvalid);
        }
        let body = read_body(body, FORM_BYTES_MAX, deadline).await.map_err(|error| match error {
            BodyError::TooLong(_) => Reason::BodyTooLong,
            BodyError::Deadline(_) | BodyError::Broken => Reason::BodyBroken,
        })?;
        Self::parse(&body).ok_or(Reason::FormInvalid)
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut fields = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let twice =
                fields.insert(decode(name)?.into_owned(), Secret::new(decode(value)?.into_owned())).is_some();
            if twice || fields.len() > FORM_FIELDS_MAX {
                return None;
            }
        }
        Some(Self(fields))
    }

    /// A field's value; absent, empty and without a value are one: there is nothing to use.
    pub(crate) fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    /// A field that may be shown, such as a user name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.expose_str()
    }
}

/// Percent-decoding that refuses what it does not understand.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
                // `from_str_radix` would take a plus sign.
                if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                out.push(u8::from_str_radix(digits, 16).ok()?);
                rest = tail.get(2..)?;
            }
            byte => out.push(*byte),
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Refuses what a browser marks as another site's doing (SR-81). Clients that say nothing carry no ambient
/// cookies of a victim, so silence is no sign of an attack.
pub(crate) fn same_origin(headers: &HeaderMap, fqdn: &str) -> Result<(), Reason> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return Err(Reason::CrossSite);
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    // Browsers hide the origin of forms on pages with the policy `no-referrer`, as ours are (Fetch, "append a
    // request `Origin` header"). Then their word about the site is what there is, and no page can forge it.
    if origin.as_bytes() == b"null" && site == Some(b"same-origin") {
        return Ok(());
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or(fqdn);
    let own = [host, fqdn].iter().any(|name| origin.as_bytes() == format!("https://{name}").as_bytes());
    if own { Ok(()) } else { Err(Reason::CrossSite) }
}

/// Checks the form's `token` if there is one; a client that never saw our page has none.
pub(crate) fn check_token(form: &Form, expected: Option<&Secret>) -> Result<(), Reason> {
    match form.get(TOKEN_FIELD) {
        Some(token) if Some(token) != expected => Err(Reason::FormToken),
        _ => Ok(()),
    }
}

/// The hidden field of our own pages.
pub(crate) const TOKEN_FIELD: &str = "token";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_a_browser_sends() {
        let form = Form::parse(b"login=alice&passwd=p%26%3D+%C3%9F&empty=&bare").unwrap();
        assert_eq!(form.text("login"), Some("alice"));
        assert_eq!(form.text("passwd"), Some("p&= ß"));
        assert!(form.get("empty").is_none() && form.get("bare").is_none() && form.get("none").is_none());
    }

    #[test]
    fn refuses_what_can_be_read_twice() {
        for body in
            ["login=a&login=b", "login=%zz", "login=%+1", "login=%4", "login=%ff", "login=a&%6Cogin=b"]
        {
            assert!(Form::parse(body.as_bytes()).is_none(), "{body}");
        }
        let many: Vec<_> = (0..=FORM_FIELDS_MAX).map(|i| format!("f{i}=1")).collect();
        assert!(Form::parse(many.join("&").as_bytes()).is_none());
        assert!(Form::parse(many[1..].join("&").as_bytes()).is_some());
    }

    #[test]
    fn another_site_is_refused_and_a_silent_client_is_not() {
        let check = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(n, v)| (http::HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
            same_origin(&headers.collect(), "gw.example.test")
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("origin", "https://gw.example.test")]), Ok(()));
        assert_eq!(check(&[("origin", "https://localhost:8443"), ("host", "localhost:8443")]), Ok(()));
        assert_eq!(check(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(check(&[("origin", "null"), ("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(
            check(&[("origin", "https://evil.test"), ("sec-fetch-site", "same-origin")]),
            Err(Reason::CrossSite)
        );
        for refused in [
            ("origin", "https://evil.test"),
            ("origin", "http://gw.example.test"),
            ("origin", "https://gw.example.test.evil.test"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(check(&[refused]), Err(Reason::CrossSite), "{refused:?}");
        }
    }
}
