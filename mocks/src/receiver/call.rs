//! One request to the gateway and its answer, over a connection that is kept for the next one.

use std::net::SocketAddr;

use bytes::Bytes;
use gateway_rt::http::client::SendError;
use gateway_rt::http::{Client, FullBody};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, Response};

use super::{Agent, Page, Receiver, Seen, Trouble};
use crate::http_line;
use crate::limits::{PAGE_BYTES_MAX, REDIRECTS_MAX};

/// A request before it has a connection.
#[derive(Clone)]
pub struct Call {
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    form: bool,
    cookies: bool,
    stale_cookies: bool,
}

impl Call {
    /// A GET of a path, query included.
    pub fn get(target: impl Into<String>) -> Self {
        Self::new(Method::GET, target.into(), Bytes::new(), false)
    }

    /// A POST of form fields.
    pub fn post<'a>(target: impl Into<String>, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Self::form(target, body.finish())
    }

    /// A POST of a form that is already encoded.
    pub fn form(target: impl Into<String>, encoded: String) -> Self {
        Self::new(Method::POST, target.into(), encoded.into(), true)
    }

    /// A POST of any body; its type is up to [`Call::header`].
    pub fn body(target: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, target.into(), body.into(), false)
    }

    fn new(method: Method, target: String, body: Bytes, form: bool) -> Self {
        Self { method, target, headers: Vec::new(), body, form, cookies: true, stale_cookies: false }
    }

    /// Adds a header field, or replaces one that every request has.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves the cookies at home; what the answer sets is still kept.
    #[must_use]
    pub fn without_cookies(mut self) -> Self {
        self.cookies = false;
        self
    }

    /// Sends the cookies that were taken away or replaced as well, as somebody who copied them before would.
    #[must_use]
    pub fn with_stale_cookies(mut self) -> Self {
        self.stale_cookies = true;
        self
    }
}

/// The kept connection to the gateway.
pub(super) struct Connection {
    client: Client,
    peer: SocketAddr,
}

impl Receiver {
    /// One GET; redirects are not followed.
    pub async fn get(&mut self, target: &str) -> Result<Page, Trouble> {
        self.call(Call::get(target)).await
    }

    /// One POST of form fields; redirects are not followed.
    pub async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Result<Page, Trouble> {
        self.call(Call::post(target, fields.iter().copied())).await
    }

    /// One request and its answer; redirects are not followed. Cookies are kept, and the answer is the
    /// Receiver's page from now on.
    pub async fn call(&mut self, call: Call) -> Result<Page, Trouble> {
        let request = self.request(&call)?;
        let (peer, answer) = self.exchange(&call, request).await?;
        let page = Page {
            target: call.target,
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.into_body(),
            by_get: call.method == Method::GET,
        };
        self.journal.record(Seen::Answer {
            peer,
            status: page.status,
            location: page.redirect().map(http_line::target),
            cookies: http_line::set_cookies(&page.headers),
            reason: page.reason(),
        });
        self.keep_cookies(&page);
        self.page = Some(page.clone());
        Ok(page)
    }

    /// A request, and whatever a browser does on its own after it.
    pub(super) async fn navigate(&mut self, call: Call) -> Result<Page, Trouble> {
        let origin = self.origin();
        let mut page = self.call(call).await?;
        for _ in 0..REDIRECTS_MAX {
            let Some(next) = page.next_hop(&origin) else { return Ok(page) };
            page = self.call(Call::get(next)).await?;
        }
        match page.next_hop(&origin) {
            None => Ok(page),
            Some(next) => Err(self.trouble("redirect", None, Trouble::RedirectLoop(next))),
        }
    }

    /// Sends over the kept connection or a new one. A server may close an idle connection at any moment, so a
    /// request that a kept connection did not carry is sent once more, as browsers do (RFC 9112 §9.3.1).
    async fn exchange(
        &mut self,
        call: &Call,
        request: Request<FullBody>,
    ) -> Result<(SocketAddr, Response<Bytes>), Trouble> {
        let kept = self.connection.take().filter(|connection| connection.client.is_open());
        let is_kept = kept.is_some();
        let connection = match kept {
            Some(connection) => connection,
            None => self.connect_http().await?,
        };
        let peer = connection.peer;
        self.journal.record(Seen::Request {
            peer,
            method: call.method.to_string(),
            target: http_line::target(&call.target),
            form: if call.form { http_line::form(&call.body) } else { gateway_rt::Line::default() },
        });
        let answer = match self.send(connection, request.clone()).await {
            Err(SendError::Broken(error))
                if is_kept && (error.is_canceled() || call.method == Method::GET) =>
            {
                let connection = self.connect_http().await?;
                self.send(connection, request).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|error| self.trouble("request", Some(peer), error.into()))?;
        Ok((peer, answer))
    }

    async fn send(
        &mut self,
        mut connection: Connection,
        request: Request<FullBody>,
    ) -> Result<Response<Bytes>, SendError> {
        let answer = connection.client.send(request, PAGE_BYTES_MAX, self.config.deadline).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn connect_http(&self) -> Result<Connection, Trouble> {
        let wire = self.tls_open().await?;
        let (stream, peer) = wire.into_stream();
        let client = Client::over(&self.rt, stream).await;
        let client = client.map_err(|error| self.trouble("connect", Some(peer), error.into()))?;
        Ok(Connection { client, peer })
    }

    fn request(&self, call: &Call) -> Result<Request<FullBody>, Trouble> {
        let unsendable = |what: &str| Trouble::Unsendable(what.to_owned());
        let mut request = Request::new(FullBody::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.target.parse().map_err(|_| unsendable("request target"))?;
        let mut fields = vec![(HOST, self.authority()), (ACCEPT, "*/*".to_owned())];
        fields.push((USER_AGENT, self.config.agent.user_agent().to_owned()));
        if self.config.agent == Agent::Browser {
            let site = if self.page.is_none() { "none" } else { "same-origin" };
            fields.push((HeaderName::from_static("sec-fetch-site"), site.to_owned()));
            if call.method != Method::GET {
                fields.push((ORIGIN, self.origin()));
            }
        }
        if call.form {
            fields.push((CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()));
        }
        let path = call.target.split('?').next().unwrap_or_default();
        let live = self.jar.header(path, true, self.now()).filter(|_| call.cookies);
        let stale = self.jar.stale_header(path).filter(|_| call.stale_cookies);
        let cookies: Vec<String> = live.into_iter().chain(stale).collect();
        if !cookies.is_empty() {
            fields.push((COOKIE, cookies.join("; ")));
        }
        for (name, value) in fields {
            let value = HeaderValue::try_from(value).map_err(|_| unsendable("header field"))?;
            request.headers_mut().insert(name, value);
        }
        for (name, value) in &call.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| unsendable("header name"))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|_| unsendable("header value"))?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    fn keep_cookies(&mut self, page: &Page) {
        let now = self.now();
        for cookie in page.headers.get_all(SET_COOKIE) {
            // A cookie that is no text is no cookie.
            let Ok(cookie) = cookie.to_str() else { continue };
            self.jar.set(cookie, self.config.public.host(), page.path(), now);
            let error = cookie.strip_prefix("NSC_VPNERR=").map(|rest| rest.split(';').next().unwrap_or(rest));
            self.vpn_error = error.and_then(|number| number.parse().ok()).or(self.vpn_error);
        }
    }
}
