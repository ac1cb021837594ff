//! What StoreFront answers with: the fields every answer has, its XML and JSON, its cookies.

use data_encoding::BASE64URL;
use gateway_proto::broker::AppData;
use gateway_proto::xml::{self, Element, Prolog};
use gateway_rt::http::FullBody;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, LOCATION, PRAGMA, SET_COOKIE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;

use super::backend::Reason;
use super::sessions::Session;

/// Says why something was refused, on every refusal. Ours.
pub(super) const REASON_HEADER: HeaderName = HeaderName::from_static("x-storefront-reason");

/// Says how to log on.
pub(super) const AUTHENTICATE_HEADER: HeaderName = HeaderName::from_static("citrixwebreceiver-authenticate");

/// The one authentication method.
pub(super) const METHOD: &str = "CitrixAGBasic";

const NAMESPACE: &str = "http://citrix.com/delivery-services/webAPI/2-6/";

/// An answer under construction.
pub(super) struct Answer(Response<FullBody>);

impl Answer {
    /// An answer with the fields every one has.
    pub(super) fn new(status: StatusCode, content_type: &'static str, body: impl Into<FullBody>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        let answer = Self(response)
            .with(CACHE_CONTROL, "no-cache, no-store")
            .with(PRAGMA, "no-cache")
            .with(EXPIRES, "-1")
            .with(HeaderName::from_static("x-content-type-options"), "nosniff")
            .with(HeaderName::from_static("x-citrix-application"), "Receiver for Web");
        answer.with(CONTENT_TYPE, content_type)
    }

    pub(super) fn xml(root: &Element) -> Self {
        // Nothing that goes into these documents has characters XML can't carry: texts come out of XML.
        let document = xml::write(root, Prolog::Declaration).unwrap_or_default();
        Self::new(StatusCode::OK, "text/xml; charset=utf-8", document)
    }

    pub(super) fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self::new(status, "text/plain; charset=utf-8", "")
    }

    pub(super) fn redirect(status: StatusCode, location: &str) -> Self {
        Self::empty(status).with_text(LOCATION, location)
    }

    /// A failure in the form launches have.
    pub(super) fn failure(status: StatusCode, reason: &str) -> Self {
        Self::json(status, &json!({ "status": "failure", "errorId": reason }))
            .with_text(REASON_HEADER, reason)
    }

    /// A failed log-on.
    pub(super) fn log_on_failed(reason: Reason) -> Self {
        let root = element("authStatus", "AuthenticationStatus")
            .with(leaf("Result", "fail"))
            .with(leaf("AuthType", METHOD))
            .with(leaf("LogMessage", "loginfailed"));
        let mut answer = Self::xml(&root);
        *answer.0.status_mut() = StatusCode::FORBIDDEN;
        answer.with_text(REASON_HEADER, reason.0)
    }

    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.0.headers_mut().insert(name, HeaderValue::from_static(value));
        self
    }

    /// A field whose text is not ours; left out when it can't be one.
    pub(super) fn with_text(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    pub(super) fn cookie(mut self, cookie: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            self.0.headers_mut().append(SET_COOKIE, value);
        }
        self
    }

    /// The cookies of a new session.
    pub(super) fn session_cookies(self, base: &str, id: &str, session: &Session) -> Self {
        let csrf = session.csrf.expose_str().unwrap_or_default();
        self.cookie(&format!("CsrfToken={csrf}; path={base}"))
            .cookie(&format!("ASP.NET_SessionId={id}; path={base}; HttpOnly"))
            .cookie(&format!("CtxsDeviceId={}; path={base}", session.device))
    }

    pub(super) fn into_response(self) -> Response<FullBody> {
        self.0
    }
}

fn element(schema: &str, name: &str) -> Element {
    Element::new(name).in_namespace(&format!("{NAMESPACE}{schema}"))
}

/// A child of `AuthenticationStatus`.
fn leaf(name: &str, text: &str) -> Element {
    Element::leaf(name, text).in_namespace(&format!("{NAMESPACE}authStatus"))
}

/// `Home/Configuration`.
pub(super) fn configuration() -> Element {
    let config = |name: &str| element("clientConfig", name);
    config("clientSettings")
        .with(config("session").with_attribute("timeout", "20"))
        .with(
            config("authManager")
                .with_attribute("getUsernameURL", "Authentication/GetUserName")
                .with_attribute("logoffURL", "Authentication/Logoff"),
        )
        .with(
            config("storeProxy").with_attribute("keepAliveURL", "Home/KeepAlive").with(
                config("resourcesProxy")
                    .with_attribute("listURL", "Resources/List")
                    .with_attribute("resourceDetails", "Default"),
            ),
        )
}

/// `Authentication/GetAuthMethods`.
pub(super) fn methods() -> Element {
    let method = element("authMethods", "method")
        .with_attribute("name", METHOD)
        .with_attribute("url", "GatewayAuth/Login");
    element("authMethods", "authMethods").with(method)
}

/// `GatewayAuth/Login` that succeeded.
pub(super) fn logged_on() -> Element {
    element("authStatus", "AuthenticationStatus")
        .with(leaf("Result", "success"))
        .with(leaf("AuthType", METHOD))
}

/// `Resources/List`.
pub(super) fn list(apps: &[AppData]) -> serde_json::Value {
    let resources: Vec<_> = apps.iter().map(resource).collect();
    json!({ "isSubscriptionEnabled": false, "isUnauthenticatedStore": false, "resources": resources })
}

fn resource(app: &AppData) -> serde_json::Value {
    let id = resource_id(app);
    json!({
        "clienttypes": ["ica30"],
        "description": app.description,
        "iconurl": format!("Resources/Icon/{id}?size=48"),
        "id": id,
        "isdesktop": app.is_desktop,
        "launchstatusurl": format!("Resources/GetLaunchStatus/{id}"),
        "launchurl": format!("Resources/LaunchIca/{id}.ica"),
        "name": app.name,
        "path": format!("\\{}", app.folder),
    })
}

/// The id of an app: its internal name in base64, with `-` for the padding. The URL alphabet is ours, because
/// the id stands in paths.
pub(super) fn resource_id(app: &AppData) -> String {
    BASE64URL.encode(app.in_name.as_bytes()).replace('=', "-")
}
