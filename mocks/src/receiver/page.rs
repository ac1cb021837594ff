//! One HTTP answer, as a Receiver keeps it: status, fields, body, and what a browser would do next.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{html, url};

/// An answer.
#[derive(Clone)]
pub struct Page {
    /// The target that was asked for, query included.
    pub target: String,
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Whether it answered a GET.
    pub(super) by_get: bool,
}

/// The body may hold tokens.
impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({} {}, {} bytes)", self.status, self.path(), self.body.len())
    }
}

impl Page {
    /// The path that was asked for.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header field, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a header, in order; `Set-Cookie` usually has several.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a user reads on it.
    pub fn visible_text(&self) -> String {
        html::text(&self.text())
    }

    /// Its forms.
    pub fn forms(&self) -> Vec<html::Form> {
        html::forms(&self.text())
    }

    /// The `Location`.
    pub fn redirect(&self) -> Option<&str> {
        self.header("location")
    }

    /// The stable reason code: from the header this project's gateway or StoreFront gives, else the first
    /// `<code>` of an error page.
    pub fn reason(&self) -> Option<String> {
        let header = self.header("x-gateway-reason").or_else(|| self.header("x-storefront-reason"));
        if let Some(reason) = header {
            return Some(reason.to_owned());
        }
        (self.status >= 400).then(|| html::element_text(&self.text(), "code")).flatten()
    }

    /// Where a browser goes from here without being asked, within `origin`: a redirect, or the refresh with
    /// which the gateway sends native clients to the store. Other pages may refresh too, but only for a user
    /// who sits in front of them.
    pub(super) fn next_hop(&self, origin: &str) -> Option<String> {
        let target = match StatusCode::from_u16(self.status).ok()? {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => {
                self.redirect()?.to_owned()
            }
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT if self.by_get => {
                self.redirect()?.to_owned()
            }
            StatusCode::OK if self.path().starts_with("/cgi/setclient") => html::meta_refresh(&self.text())?,
            _ => return None,
        };
        url::resolve(origin, &self.target, &target)
    }
}
