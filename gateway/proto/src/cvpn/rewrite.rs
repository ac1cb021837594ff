//! Links inside a body: found by [`super::html`] and [`super::text`], replaced here.
//!
//! A rewrite replaces only the front of a link (`https://host` or the empty front of `/path`) by `/cvpn/…`.
//! Both sides of that replacement consist of letters, digits and `- _ . : [ ] /`, with the slash spelled as
//! it was found, so no rewrite can open or close a tag, an attribute, a string or a comment, whatever the
//! body is.
//!
//! Found are links in the places a page names them, not addresses that a script puts together; a `base`
//! element of another site is not followed.

use super::{PREFIX, Scheme, Target, html, text};
use crate::cvpn::CvpnUrl;
use crate::limits::{CVPN_BODY_MAX_BYTES, CVPN_REWRITTEN_MAX_BYTES, HOST_MAX_BYTES};

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// A style sheet.
    Css,
    /// A page, with the scripts and styles inside.
    Html,
    /// JavaScript or JSON.
    Script,
}

impl BodyKind {
    /// The kind by a `Content-Type` header, or `None` for a body that has to pass as it is: another media
    /// type, or a charset in which bytes below 128 are not always ASCII.
    pub fn from_content_type(value: &str) -> Option<Self> {
        let mut parts = value.split(';');
        let media = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        if !charset.is_none_or(|(_, name)| extends_ascii(&name.trim().trim_matches('"').to_ascii_lowercase()))
        {
            return None;
        }
        match media.as_str() {
            "text/css" => Some(Self::Css),
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "application/javascript"
            | "application/json"
            | "application/x-javascript"
            | "text/javascript" => Some(Self::Script),
            other if other.ends_with("+json") => Some(Self::Script),
            _ => None,
        }
    }
}

fn extends_ascii(charset: &str) -> bool {
    matches!(charset, "utf-8" | "utf8" | "us-ascii")
        || charset.starts_with("iso-8859-")
        || charset.starts_with("windows-125")
}

/// The body, or what it would become, is larger than a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("body too large to rewrite")]
pub struct TooLarge;

/// Turns the links of one answer around.
pub struct Rewriter<'a> {
    page: &'a CvpnUrl,
    published: &'a dyn Fn(&Target) -> bool,
}

impl<'a> Rewriter<'a> {
    /// A rewriter for the answer to `page`. Links to targets that are not `published` stay as they are.
    pub fn new(page: &'a CvpnUrl, published: &'a dyn Fn(&Target) -> bool) -> Self {
        Self { page, published }
    }

    /// Rewrites a whole body, which must not be compressed.
    ///
    /// # Errors
    /// [`TooLarge`] when the body is, or would become, larger than the limits of this crate.
    pub fn body(&self, kind: BodyKind, body: &[u8]) -> Result<Vec<u8>, TooLarge> {
        if body.len() > CVPN_BODY_MAX_BYTES {
            return Err(TooLarge);
        }
        let mut edits = Edits { rewriter: self, source: body, copied: 0, out: Vec::new(), overflow: false };
        match kind {
            BodyKind::Css => text::css(&mut edits, 0, body.len()),
            BodyKind::Html => html::html(&mut edits),
            BodyKind::Script => text::script(&mut edits, 0, body.len()),
        }
        edits.finish()
    }

    /// Rewrites one link of a page, or returns `None` for a link that stays as it is.
    pub fn link(&self, link: &str) -> Option<String> {
        let (length, front) = self.front(link.as_bytes())?;
        Some(format!("{front}{}", link.get(length..)?))
    }

    pub(super) fn page(&self) -> &CvpnUrl {
        self.page
    }

    pub(super) fn is_published(&self, target: &Target) -> bool {
        (self.published)(target)
    }

    /// How many bytes at the front of a link give way to what.
    fn front(&self, link: &[u8]) -> Option<(usize, String)> {
        if link.starts_with(b"/") && !link.starts_with(b"//") {
            return Some((0, front_of(self.page.target(), "/")));
        }
        let (scheme, length) = scheme(link).unwrap_or((self.page.target().scheme(), 0));
        self.absolute(link, scheme, length, "/")
    }

    /// The same for a quoted string in a script, where only absolute links are certain to be links. JSON
    /// writers like to write a slash as `\/`.
    fn quoted_front(&self, string: &[u8]) -> Option<(usize, String)> {
        let (scheme, length) = scheme(string)?;
        let slash = if string.get(length) == Some(&b'\\') { "\\/" } else { "/" };
        self.absolute(string, scheme, length, slash)
    }

    /// The front of an absolute link whose scheme ends at `at`, with its slashes written as `slash`.
    fn absolute(&self, link: &[u8], scheme: Scheme, at: usize, slash: &str) -> Option<(usize, String)> {
        let rest = link.get(at..)?.strip_prefix(slash.as_bytes())?.strip_prefix(slash.as_bytes())?;
        let length =
            rest.iter().take(AUTHORITY_MAX_BYTES + 1).take_while(|&&byte| is_authority_byte(byte)).count();
        let ends = rest.get(length).is_none_or(|byte| b"/?#\"'`()<>\\ \t\r\n,;&".contains(byte));
        let authority = std::str::from_utf8(rest.get(..length)?).ok().filter(|_| ends)?;
        let target = Target::read(scheme, &authority.to_ascii_lowercase()).ok()?;
        self.is_published(&target).then(|| (at + 2 * slash.len() + length, front_of(&target, slash)))
    }
}

/// The longest host with a port.
const AUTHORITY_MAX_BYTES: usize = HOST_MAX_BYTES + ":65535".len();

fn is_authority_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'[' | b']')
}

/// The scheme a link starts with, and the length of it with its colon.
fn scheme(link: &[u8]) -> Option<(Scheme, usize)> {
    let starts =
        |name: &str| link.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
    [(Scheme::Http, "http:"), (Scheme::Https, "https:")]
        .into_iter()
        .find(|(_, name)| starts(name))
        .map(|(scheme, name)| (scheme, name.len()))
}

/// `/cvpn/https/host`, with its slashes written as `slash`.
fn front_of(target: &Target, slash: &str) -> String {
    let front = format!("{PREFIX}{}/{}", target.scheme(), target.authority());
    if slash == "/" { front } else { front.replace('/', slash) }
}

/// A body being rewritten: everything before `copied` is in `out`. Links must come in the order they stand.
pub(super) struct Edits<'a> {
    rewriter: &'a Rewriter<'a>,
    source: &'a [u8],
    copied: usize,
    out: Vec<u8>,
    overflow: bool,
}

impl<'a> Edits<'a> {
    pub(super) fn source(&self) -> &'a [u8] {
        self.source
    }

    /// Rewrites the link in `from..to`, white space around it allowed. It may end before `to`.
    pub(super) fn link(&mut self, from: usize, to: usize) {
        let Some(link) = self.source.get(from..to) else { return };
        let white = link.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some((length, front)) = link.get(white..).and_then(|link| self.rewriter.front(link)) {
            self.replace(from + white, length, &front);
        }
    }

    /// Rewrites the string of a script that starts at `from`, if it is an absolute link.
    pub(super) fn quoted(&mut self, from: usize, to: usize) {
        let Some(string) = self.source.get(from..to) else { return };
        if let Some((length, front)) = self.rewriter.quoted_front(string) {
            self.replace(from, length, &front);
        }
    }

    fn replace(&mut self, at: usize, length: usize, replacement: &str) {
        let Some(before) = self.source.get(self.copied..at) else { return };
        if self.out.len() + before.len() + replacement.len() > CVPN_REWRITTEN_MAX_BYTES {
            self.overflow = true;
            return;
        }
        self.out.extend_from_slice(before);
        self.out.extend_from_slice(replacement.as_bytes());
        self.copied = at + length;
    }

    fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        let rest = self.source.get(self.copied..).unwrap_or_default();
        if self.overflow || self.out.len() + rest.len() > CVPN_REWRITTEN_MAX_BYTES {
            return Err(TooLarge);
        }
        self.out.extend_from_slice(rest);
        Ok(self.out)
    }
}
