//! References on a page, resolved as a browser does (RFC 3986 §5.2), within one origin.

/// A reference to `target` on the page at `base` (a path), as a path with its query; `None` when it leads to
/// another origin than `origin` (`https://gw.example.test`). RFC 3986 §5.2, dot segments included.
pub(super) fn resolve(origin: &str, base: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or_default();
    let path = match target.get(..origin.len()).filter(|start| start.eq_ignore_ascii_case(origin)) {
        Some(_) => {
            target.get(origin.len()..).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))?
        }
        None if target.starts_with("//") || target.starts_with('\\') => return None,
        None if has_scheme(target) => return None,
        None => target,
    };
    let base_path = base.split('?').next().unwrap_or("/");
    let joined = match path.chars().next() {
        Some('/') => path.to_owned(),
        Some('?') => format!("{base_path}{path}"),
        Some(_) => format!("{}{path}", base_path.get(..=base_path.rfind('/')?)?),
        None => base_path.to_owned(),
    };
    let joined = if joined.starts_with('/') { joined } else { format!("/{joined}") };
    Some(without_dots(&joined))
}

fn has_scheme(target: &str) -> bool {
    let end = target.find([':', '/', '?']).unwrap_or(target.len());
    target.get(end..).is_some_and(|rest| rest.starts_with(':'))
}

/// RFC 3986 §5.2.4.
fn without_dots(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (n, segment) in segments.iter().enumerate() {
        let last = n + 1 == segments.len();
        match *segment {
            "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
        if last && matches!(*segment, "." | "..") {
            kept.push("");
        }
    }
    let path = format!("/{}", kept.join("/"));
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://gw.example.test";

    #[test]
    fn references_resolve_against_the_page() {
        for (base, target, expected) in [
            ("/vpn/index.html", "/cgi/login", "/cgi/login"),
            ("/vpn/index.html", "other.html?a=b#c", "/vpn/other.html?a=b"),
            ("/cgi/setclient?wica", "../Citrix/StoreWeb/", "/Citrix/StoreWeb/"),
            ("/a/b", "", "/a/b"),
            ("/a/b?x", "?y", "/a/b?y"),
            ("/a/b", "../../../c/.", "/c/"),
            ("/a", "https://GW.example.test/b", "/b"),
            ("/a", "https://gw.example.test", "/a"),
        ] {
            assert_eq!(resolve(ORIGIN, base, target).as_deref(), Some(expected), "{base} {target}");
        }
    }

    #[test]
    fn other_origins_are_not_followed() {
        for target in [
            "https://evil.test/",
            "//evil.test/",
            "http://gw.example.test/",
            "javascript:x",
            "https://gw.example.test.evil/",
            "\\\\evil",
            "https://gw.example.test@evil.test/",
        ] {
            assert_eq!(resolve(ORIGIN, "/", target), None, "{target}");
        }
    }
}
