//! Whether a request is spelt so that it can be read in one way only (SR-20, SR-28).

use gateway_rt::limits::HTTP_HEAD_BYTES_MAX;
use http::Request;
use http::header::{HOST, HeaderName, HeaderValue};

use crate::limits::{HOST_FIELD_BYTES_MAX, TARGET_BYTES_MAX};
use crate::reason::Reason;

/// Checks path, query, the size of the head, and `Host`.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Reason> {
    let uri = request.uri();
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > TARGET_BYTES_MAX) {
        return Err(Reason::TargetTooLong);
    }
    // The connection's buffer stops heads only about twice that long: it grows by whole reads.
    if request.headers().iter().map(|(name, value)| field_bytes(name, value)).sum::<usize>()
        > HTTP_HEAD_BYTES_MAX
    {
        return Err(Reason::HeadTooLong);
    }
    // Only the origin form: no absolute target, no `CONNECT host:port`, no `OPTIONS *`.
    if uri.scheme().is_some() || uri.authority().is_some() || !is_plain(uri.path()) {
        return Err(Reason::PathInvalid);
    }
    let mut hosts = request.headers().get_all(HOST).into_iter();
    let host = hosts.next().map(HeaderValue::as_bytes);
    let old = request.version() == http::Version::HTTP_10;
    match (host, hosts.next()) {
        (None, _) if old => Ok(()),
        (Some(host), None) if is_host(host) => Ok(()),
        _ => Err(Reason::HostInvalid),
    }
}

/// `Name: value` and the end of its line.
fn field_bytes(name: &HeaderName, value: &HeaderValue) -> usize {
    name.as_str().len() + value.len() + ": \r\n".len()
}

/// Begins with one slash, has no dot segment, and nothing that another reader could take for a separator.
pub(crate) fn is_plain(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    path.starts_with('/')
        && !path.contains("//")
        && !path.bytes().any(|b| matches!(b, b'\\' | b';' | b'\0'..=b' ' | 0x7f..))
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && !["%2f", "%5c", "%2e", "%00", "%3b", "%25"].iter().any(|escape| lower.contains(escape))
        && escapes_are_whole(path)
}

fn escapes_are_whole(path: &str) -> bool {
    path.split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
}

fn is_host(host: &[u8]) -> bool {
    !host.is_empty()
        && host.len() <= HOST_FIELD_BYTES_MAX
        && host
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_can_be_read_twice_are_refused() {
        for path in [
            "/vpn/../vpns/x",
            "/vpn/./x",
            "/vpn//x",
            "/a%2fb",
            "/a%2E%2e/b",
            "/a%5cb",
            "/a\\b",
            "/a;b=1",
            "/a%00",
            "/a%",
            "/a%4",
            "/a%zz",
            "/a%252fb",
            "vpn",
            "",
            "/a b",
        ] {
            assert!(!is_plain(path), "{path:?}");
        }
        for path in [
            "/",
            "/vpn/index.html",
            "/cvpn/https/sf.test/Citrix/StoreWeb/",
            "/a%20b",
            "/..a/b..",
            "/L0Np-dHJ.ica",
        ] {
            assert!(is_plain(path), "{path:?}");
        }
    }

    #[test]
    fn a_head_has_a_bound() {
        let with = |bytes: usize| {
            let cookies = "x".repeat(bytes);
            check(&Request::builder().uri("/").header(HOST, "gw").header("cookie", cookies).body(()).unwrap())
        };
        // `host: gw` and `cookie: ` take 10 and 10 bytes with their line ends.
        assert_eq!(with(HTTP_HEAD_BYTES_MAX - 20), Ok(()));
        assert_eq!(with(HTTP_HEAD_BYTES_MAX - 19), Err(Reason::HeadTooLong));
    }

    #[test]
    fn exactly_one_sane_host() {
        let with = |hosts: &[&str]| {
            let mut request = Request::builder().uri("/");
            for host in hosts {
                request = request.header(HOST, *host);
            }
            check(&request.body(()).unwrap())
        };
        assert_eq!(with(&["gw.example.test:443"]), Ok(()));
        assert_eq!(with(&["[2001:db8::1]:443"]), Ok(()));
        for refused in
            [&[][..], &["a", "b"], &[""], &["a/b"], &["a b"], &["a@b"], &["x".repeat(256).as_str()]]
        {
            assert_eq!(with(refused), Err(Reason::HostInvalid), "{refused:?}");
        }
    }
}
