//! The Receiver's cookie jar: RFC 6265 for one origin.
//!
//! A client of one gateway needs no public-suffix list and no third parties. A cookie whose `Domain` does not
//! cover the host is refused, paths, `Secure`, `HttpOnly`, `Max-Age` and `Expires` are honoured, and the jar is
//! bounded.

use std::time::Duration;

use super::cookie_date;
use crate::limits::{COOKIE_BYTES_MAX, COOKIES_MAX};

/// Cookies of one host, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
    /// Those that were taken away or got another value, as a thief who copied them still has them.
    stale: Vec<Cookie>,
}

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    secure: bool,
    http_only: bool,
    /// Since the epoch; `None` lives as long as the jar.
    expires: Option<Duration>,
}

/// Names, never values.
impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.name, self.path)
    }
}

impl Jar {
    /// Takes in one `Set-Cookie` value of the answer to a request for `path` on `host`, at wall time `now`
    /// since the epoch (RFC 6265 §5.3). A cookie that is too long, of a foreign domain, or one too many is
    /// ignored.
    pub fn set(&mut self, set_cookie: &str, host: &str, path: &str, now: Duration) {
        if set_cookie.len() > COOKIE_BYTES_MAX {
            return;
        }
        let Some(cookie) = parse(set_cookie, host, path, now) else { return };
        let same = |known: &Cookie| known.name == cookie.name && known.path == cookie.path;
        let known = self.cookies.iter().position(same);
        let gone = cookie.expires.is_some_and(|at| at <= now);
        match known {
            Some(at) if gone => {
                let before = self.cookies.remove(at);
                self.keep_stale(before);
            }
            Some(at) => {
                if let Some(slot) = self.cookies.get_mut(at) {
                    let before = std::mem::replace(slot, cookie);
                    self.keep_stale(before);
                }
            }
            None if !gone && self.cookies.len() < COOKIES_MAX => self.cookies.push(cookie),
            None => {}
        }
    }

    /// The `Cookie` value for a request for `path`, longest cookie paths first (RFC 6265 §5.4), or `None`.
    pub fn header(&self, path: &str, secure: bool, now: Duration) -> Option<String> {
        let mut sent: Vec<&Cookie> = self.live(path, now).filter(|cookie| secure || !cookie.secure).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> =
            sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The same of cookies that are no longer the client's: taken away, or replaced by another value.
    pub fn stale_header(&self, path: &str) -> Option<String> {
        let pairs: Vec<String> = self
            .stale
            .iter()
            .filter(|cookie| covers(&cookie.path, path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value of a cookie that a script on the page at `path` could read.
    pub fn readable(&self, name: &str, path: &str, now: Duration) -> Option<&str> {
        self.live(path, now)
            .filter(|cookie| !cookie.http_only && cookie.name == name)
            .max_by_key(|cookie| cookie.path.len())
            .map(|cookie| cookie.value.as_str())
    }

    /// Whether a live cookie of that name exists, whatever its path.
    pub fn has(&self, name: &str, now: Duration) -> bool {
        self.cookies.iter().any(|cookie| cookie.name == name && cookie.expires.is_none_or(|at| at > now))
    }

    /// The values, for whoever has to prove that they show up nowhere.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.cookies.iter().map(|cookie| cookie.value.as_str())
    }

    /// The names of all cookies, oldest first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cookies.iter().map(|cookie| cookie.name.as_str())
    }

    fn keep_stale(&mut self, cookie: Cookie) {
        let is_known =
            self.cookies.iter().chain(&self.stale).any(|c| c.name == cookie.name && c.value == cookie.value);
        if !is_known && self.stale.len() < COOKIES_MAX {
            self.stale.push(cookie);
        }
    }

    fn live(&self, path: &str, now: Duration) -> impl Iterator<Item = &Cookie> {
        self.cookies
            .iter()
            .filter(move |cookie| cookie.expires.is_none_or(|at| at > now) && covers(&cookie.path, path))
    }
}

/// RFC 6265 §5.2.
fn parse(set_cookie: &str, host: &str, request_path: &str, now: Duration) -> Option<Cookie> {
    let mut parts = set_cookie.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        path: default_path(request_path).to_owned(),
        secure: false,
        http_only: false,
        expires: None,
    };
    let mut max_age = None;
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "expires" => cookie.expires = cookie_date::parse(value).or(cookie.expires),
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "domain" if !domain_covers(value, host) => return None,
            "path" if value.starts_with('/') => cookie.path = value.to_owned(),
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            _ => {}
        }
    }
    // RFC 6265 §5.3 step 3: Max-Age goes before Expires.
    if let Some(seconds) = max_age {
        let life = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        cookie.expires = Some(if life.is_zero() { Duration::ZERO } else { now.saturating_add(life) });
    }
    (!cookie.name.is_empty()).then_some(cookie)
}

/// RFC 6265 §5.1.4: everything before the last slash of the request's path.
fn default_path(request_path: &str) -> &str {
    match request_path.rfind('/') {
        Some(at) if at > 0 && request_path.starts_with('/') => request_path.get(..at).unwrap_or("/"),
        _ => "/",
    }
}

/// RFC 6265 §5.1.4: whether a cookie of `cookie_path` goes with a request for `path`.
fn covers(cookie_path: &str, path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 §5.1.3. An empty `Domain` is as good as none.
fn domain_covers(domain: &str, host: &str) -> bool {
    let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    domain.is_empty() || host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn jar(cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for cookie in cookies {
            jar.set(cookie, "gw.example.test", "/cgi/login", NOW);
        }
        jar
    }

    #[test]
    fn longest_path_first_and_only_where_it_belongs() {
        let jar = jar(&["a=1;Path=/", "b=2;Path=/Citrix/StoreWeb/", "c=3"]);
        assert_eq!(jar.header("/", true, NOW).as_deref(), Some("a=1"));
        assert_eq!(jar.header("/cgi/dlge", true, NOW).as_deref(), Some("c=3; a=1"));
        assert_eq!(jar.header("/Citrix/StoreWeb/Home", true, NOW).as_deref(), Some("b=2; a=1"));
        assert_eq!(jar.header("/Citrix/StoreWebs", true, NOW).as_deref(), Some("a=1"));
    }

    #[test]
    fn secure_and_http_only_are_honoured() {
        let jar = jar(&["s=1;Path=/;Secure", "h=2;Path=/;HttpOnly", "CsrfToken=AB;Path=/"]);
        assert_eq!(jar.header("/", false, NOW).as_deref(), Some("h=2; CsrfToken=AB"));
        assert_eq!(jar.readable("CsrfToken", "/", NOW), Some("AB"));
        assert_eq!(jar.readable("h", "/", NOW), None);
    }

    #[test]
    fn the_vendors_literal_clearing_and_max_age_take_cookies_away() {
        let mut jar = jar(&["NSC_AAAC=0123;Path=/;Secure", "x=1;Path=/", "y=1;Path=/;Max-Age=5"]);
        jar.set("NSC_AAAC=xyz;Path=/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT;Secure", "h", "/", NOW);
        jar.set("x=1;Path=/;Max-Age=0", "h", "/", NOW);
        assert!(!jar.has("NSC_AAAC", NOW) && !jar.has("x", NOW));
        assert!(jar.has("y", NOW) && !jar.has("y", NOW + Duration::from_secs(5)));
        assert_eq!(jar.names().collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn foreign_domains_and_floods_are_ignored() {
        let mut jar =
            jar(&["a=1;Domain=example.test;Path=/", "b=1;Domain=evil.test", "c=1;Domain=w.example.test"]);
        assert_eq!(jar.names().collect::<Vec<_>>(), ["a"]);
        for n in 0..COOKIES_MAX * 2 {
            jar.set(&format!("n{n}=1;Path=/"), "gw.example.test", "/", NOW);
        }
        assert_eq!(jar.names().count(), COOKIES_MAX);
        jar.set(&format!("a={}", "x".repeat(COOKIE_BYTES_MAX)), "gw.example.test", "/", NOW);
        assert!(jar.header("/", true, NOW).is_some_and(|header| header.len() < COOKIE_BYTES_MAX));
    }

    #[test]
    fn a_new_value_replaces_the_old_one() {
        let jar = jar(&["CsrfToken=A;Path=/", "CsrfToken=B;Path=/"]);
        assert_eq!(jar.header("/", true, NOW).as_deref(), Some("CsrfToken=B"));
    }

    #[test]
    fn what_was_taken_away_is_remembered_apart_once_and_where_it_belongs() {
        let mut jar = jar(&["s=1;Path=/", "s=2;Path=/", "p=3;Path=/vpn", "same=4;Path=/", "same=4;Path=/"]);
        assert_eq!(jar.stale_header("/").as_deref(), Some("s=1"));
        for path in ["/", "/vpn"] {
            for name in ["s", "p"] {
                jar.set(&format!("{name}=;Path={path};Max-Age=0"), "gw.example.test", "/", NOW);
            }
        }
        assert_eq!(jar.header("/vpn", true, NOW).as_deref(), Some("same=4"));
        assert_eq!(jar.stale_header("/").as_deref(), Some("s=1; s=2"));
        assert_eq!(jar.stale_header("/vpn").as_deref(), Some("s=1; s=2; p=3"));
    }
}
