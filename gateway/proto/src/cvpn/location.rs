//! Where a redirect of a site leads, seen from outside (RFC 9110 section 10.2.2).
//!
//! A redirect is resolved completely, dot segments included: a browser that resolved
//! `/cvpn/https/site/../../x` itself would leave the site and could be led to the gateway's own pages.

use super::rewrite::Rewriter;
use super::{CvpnUrl, Refusal};

impl Rewriter<'_> {
    /// The value for our `Location` header, given the site's. Absolute and relative references are
    /// understood; a fragment is kept.
    ///
    /// # Errors
    /// [`Refusal`]: the caller answers with an error page instead of the redirect.
    pub fn location(&self, value: &str) -> Result<String, Refusal> {
        let (reference, fragment) = match value.split_once('#') {
            Some((reference, fragment)) => (reference, Some(fragment)),
            None => (value, None),
        };
        let url = self.resolve(reference)?;
        if !self.is_published(url.target()) {
            return Err(Refusal::NotPublished);
        }
        let (path, query) = split_query(url.path_and_query());
        let url = CvpnUrl::new(url.target().clone(), &format!("{}{query}", remove_dot_segments(path)))?;
        match fragment {
            None => Ok(url.to_path()),
            Some(fragment) if fragment.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(format!("{}#{fragment}", url.to_path()))
            }
            Some(_) => Err(Refusal::Path),
        }
    }

    /// Reference resolution of RFC 3986 section 5.2, dot segments not yet removed.
    fn resolve(&self, reference: &str) -> Result<CvpnUrl, Refusal> {
        let page = self.page();
        let (path, _) = split_query(page.path_and_query());
        if let Some(rest) = reference.strip_prefix("//") {
            return CvpnUrl::from_url(&format!("{}://{rest}", page.target().scheme()));
        }
        if reference.starts_with('/') {
            return CvpnUrl::new(page.target().clone(), reference);
        }
        if has_scheme(reference) {
            return CvpnUrl::from_url(reference);
        }
        let base = match reference.bytes().next() {
            None => page.path_and_query(),
            Some(b'?') => path,
            Some(_) => path.rsplit_once('/').map_or("", |(directory, _)| directory),
        };
        let slash = if reference.is_empty() || reference.starts_with('?') { "" } else { "/" };
        CvpnUrl::new(page.target().clone(), &format!("{base}{slash}{reference}"))
    }
}

/// `name:` before any slash, query or fragment.
fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?', '#']);
    end.is_some_and(|end| reference.get(end..).is_some_and(|rest| rest.starts_with(':')))
}

fn split_query(path_and_query: &str) -> (&str, &str) {
    path_and_query.split_at(path_and_query.find('?').unwrap_or(path_and_query.len()))
}

/// RFC 3986 section 5.2.4; `%2e` counts as a dot, because browsers resolve it like one.
fn remove_dot_segments(path: &str) -> String {
    let mut kept = Vec::new();
    let mut ends_with_slash = false;
    for segment in path.split('/').skip(1) {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        ends_with_slash = matches!(dots.as_str(), "." | "..");
        match dots.as_str() {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    let slash = if ends_with_slash && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}
