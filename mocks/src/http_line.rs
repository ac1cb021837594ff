//! How HTTP messages read in a journal: targets, forms and cookies in the protocol's words, with every value
//! that could be a secret hidden or only named.
//!
//! A value is shown only when its name is known to carry nothing secret. Session ids and tokens become opaque
//! names, so that a reader can follow one of them through a run; passwords, passcodes and values of unknown
//! names are `«hidden»` and leave no fingerprint either, because they may be easy to guess.

use gateway_rt::Line;
use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};

/// Fields whose values tell a reader something and nobody else anything.
const SHOWN: &[&str] = &[
    "action",
    "cm",
    "createFileFetchTicket",
    "displayNameDesktopTitle",
    "domain",
    "format",
    "IsUsingHttps",
    "launchId",
    "login",
    "resourceDetails",
    "user",
    "username",
];

/// Fields whose values are random enough to be named.
const TOKENS: &[&str] = &["adr", "Csrf-Token", "CsrfToken", "StateContext", "token"];

/// A request target or `Location`: path as sent, query values by what their names promise.
pub(crate) fn target(target: &str) -> Line {
    match target.split_once('?') {
        // `setclient?cvpn`: a query without `=` is a word of the protocol.
        Some((path, query)) if query.contains('=') => pairs(Line::new(path).text("?"), query.as_bytes(), "&"),
        _ => Line::new(target),
    }
}

/// A form body: ` login=alice passwd=«hidden»`; empty for an empty one.
pub(crate) fn form(body: &[u8]) -> Line {
    if body.is_empty() { Line::default() } else { pairs(Line::new(" "), body, " ") }
}

fn pairs(mut line: Line, encoded: &[u8], separator: &str) -> Line {
    for (n, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
        if n > 0 {
            line = line.text(separator);
        }
        line = line.text(format!("{name}="));
        line = match name.as_ref() {
            name if is_one_of(SHOWN, name) => line.text(value),
            name if is_one_of(TOKENS, name) => line.opaque("token", value.as_bytes()),
            _ => line.text("«hidden»"),
        };
    }
    line
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The cookies an answer sets: `, cookie NSC_AAAC=‹session›`; empty for none.
pub(crate) fn set_cookies(headers: &HeaderMap) -> Line {
    let mut line = Line::default();
    for cookie in headers.get_all(SET_COOKIE) {
        let text = String::from_utf8_lossy(cookie.as_bytes());
        let (pair, attributes) = text.split_once(';').unwrap_or((&text, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.trim();
        line = line.text(format!(", cookie {name}"));
        let attributes = attributes.to_ascii_lowercase();
        // The dates by which cookies are taken back are those of the last century.
        let past = ["-1999", " 1999", "-1970", " 1970"].iter().any(|year| attributes.contains(year));
        line = if value.is_empty() || attributes.contains("max-age=0") || past {
            line.text(" cleared")
        } else if name == "NSC_VPNERR" {
            line.text("=").text(value)
        } else {
            line.text("=").opaque(cookie_kind(name), value)
        };
    }
    line
}

/// The names of the cookies of a request, in order: `CsrfToken, CtxsAuthId`; empty for none.
pub(crate) fn cookie_names(headers: &HeaderMap) -> String {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split('=').next());
    names.collect::<Vec<_>>().join(", ")
}

/// What kind of value a cookie carries, for its name in a line.
fn cookie_kind(name: &str) -> &'static str {
    match name.strip_prefix("__Host-").unwrap_or(name) {
        "NSC_AAAC" | "NSC_TMAA" | "NSC_TMAS" => "session",
        "ASP.NET_SessionId" | "CtxsAuthId" => "storefront session",
        "CsrfToken" => "token",
        "NSC_DLGE" => "pending log-in",
        "NSC_DEVICE" => "device",
        _ => "cookie",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_unknown_values_leave_no_trace() {
        let shown = form(b"login=alice&passwd=Winter-26&response=492817&token=abc").to_string();
        assert!(shown.starts_with(" login=alice passwd=«hidden» response=«hidden» token=‹token "), "{shown}");
        assert!(!shown.contains("abc"));
        assert_eq!(form(b"").to_string(), "");
    }

    #[test]
    fn queries_are_words_or_pairs() {
        assert_eq!(target("/cgi/setclient?cvpn").to_string(), "/cgi/setclient?cvpn");
        let shown = target("/a.ica?CsrfToken=0123&IsUsingHttps=Yes&x=y").to_string();
        assert!(shown.starts_with("/a.ica?CsrfToken=‹token "), "{shown}");
        assert!(shown.ends_with("&IsUsingHttps=Yes&x=«hidden»"), "{shown}");
    }

    #[test]
    fn cookies_of_a_request_are_only_named() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, http::HeaderValue::from_static("CsrfToken=ABC; CtxsAuthId=x=y"));
        assert_eq!(cookie_names(&headers), "CsrfToken, CtxsAuthId");
        assert_eq!(cookie_names(&HeaderMap::new()), "");
    }

    #[test]
    fn cookies_are_named_shown_or_cleared() {
        let mut headers = HeaderMap::new();
        for cookie in [
            "NSC_AAAC=0123456789abcdef;Path=/",
            "NSC_VPNERR=4001;Path=/",
            "NSC_DLGE=xyz;Path=/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT",
        ] {
            headers.append(SET_COOKIE, http::HeaderValue::from_static(cookie));
        }
        let shown = set_cookies(&headers).to_string();
        assert!(shown.starts_with(", cookie NSC_AAAC=‹session "), "{shown}");
        assert!(shown.ends_with(", cookie NSC_VPNERR=4001, cookie NSC_DLGE cleared"), "{shown}");
    }
}
