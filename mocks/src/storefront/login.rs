//! Logging on by the gateway's single sign-on, with its call-back, and logging off.

use data_encoding::BASE64;
use gateway_proto::access_info::{self, AccessCondition};
use gateway_proto::broker::{Request, Response};
use gateway_proto::secret::Secret;
use gateway_rt::Rt;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::answers::{self, Answer};
use super::backend::{Question, Reason};
use super::sessions::{User, token};
use super::site::Asked;
use super::{CallBack, Seen, StoreFront};

/// The handle by which the gateway knows its session in a call-back. Ours; never the session cookie.
const SESSION_HEADER: &str = "x-citrix-gateway-session";

/// What the gateway says about the user it let in.
struct SignOn {
    name: String,
    domain: String,
    password: Secret,
    handle: Option<Secret>,
}

impl StoreFront {
    /// `GatewayAuth/Login`, by the site's script or by the form of its page.
    pub(super) async fn log_on(&self, rt: &Rt, asked: &Asked) -> Result<Answer, (StatusCode, &'static str)> {
        let by_form = asked.by_form();
        let is_form = by_form.is_some();
        let (id, _) = by_form.unwrap_or_else(|| asked.by_script())?;
        let user = match self.sign_on(rt, &asked.headers).await {
            Ok(user) => user,
            Err(reason) => {
                let status = StatusCode::FORBIDDEN.as_u16();
                self.journal.record(Seen::Refused { peer: asked.peer, status, reason: reason.0 });
                return Ok(Answer::log_on_failed(reason));
            }
        };
        self.journal.record(Seen::LoggedOn {
            user: user.name.clone(),
            domain: user.domain.clone(),
            conditions: user.conditions.clone(),
        });
        let base = self.base();
        let auth_id = user.auth_id.clone();
        if !self.sessions().log_on(id, user) {
            return Err((StatusCode::FORBIDDEN, "no-session"));
        }
        let answer = if is_form {
            Answer::redirect(StatusCode::SEE_OTHER, "../")
        } else {
            Answer::xml(&answers::logged_on())
        };
        let auth_id = auth_id.expose_str().unwrap_or_default();
        Ok(answer
            .cookie(&format!("CtxsAuthId={auth_id}; path={base}; secure; HttpOnly"))
            .cookie(&format!("CtxsAuthMethod={}; path={base}; secure", answers::METHOD)))
    }

    async fn sign_on(&self, rt: &Rt, headers: &HeaderMap) -> Result<User, Reason> {
        let sign_on = self.read_sign_on(headers)?;
        let conditions = match &self.config.call_back {
            None => Vec::new(),
            Some(call_back) => match self.call_back(rt, call_back, &sign_on).await {
                Err(reason) if call_back.required => return Err(reason),
                answer => answer.unwrap_or_default(),
            },
        };
        let SignOn { name, domain, password, .. } = sign_on;
        let user = User { auth_id: token(rt), name, domain, password, conditions, apps: None };
        match self.ask_brokers(rt, &Request::ValidateCredentials(user.credentials())).await? {
            Response::CredentialsValid { .. } => Ok(user),
            _ => Err(Reason::NO_BROKER),
        }
    }

    /// Only the gateway of the configuration may sign users on.
    fn read_sign_on(&self, headers: &HeaderMap) -> Result<SignOn, Reason> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let via = text("x-citrix-via").ok_or(Reason("no-gateway"))?;
        if text("x-citrix-via-vip").is_none() || text("x-citrix-gateway").is_none() {
            return Err(Reason("no-gateway"));
        }
        if !via.eq_ignore_ascii_case(self.config.gateway.host()) {
            return Err(Reason("unknown-gateway"));
        }
        let (name, password) =
            text(AUTHORIZATION.as_str()).and_then(basic).ok_or(Reason("no-credentials"))?;
        let (domain, name) = match name.split_once('\\') {
            Some((domain, name)) => (domain.to_owned(), name.to_owned()),
            None => (self.config.domain.clone(), name),
        };
        Ok(SignOn { name, domain, password, handle: text(SESSION_HEADER).map(Secret::from) })
    }

    /// Asks the gateway what applies to the session.
    async fn call_back(
        &self,
        rt: &Rt,
        call_back: &CallBack,
        sign_on: &SignOn,
    ) -> Result<Vec<AccessCondition>, Reason> {
        let handle = sign_on.handle.clone().ok_or(Reason("no-session-handle"))?;
        let request = access_info::Request::new(handle.clone(), &sign_on.name, &sign_on.domain)
            .map_err(|_| Reason("no-session-handle"))?;
        let document = request.write().map_err(|_| Reason("no-credentials"))?;
        let action = HeaderValue::try_from(format!("\"{}\"", access_info::SOAP_ACTION));
        let action = action.expect("a URL in quotes is a header value");
        let mut headers = vec![("soapaction", action)];
        let token = call_back.token.as_ref().and_then(|token| HeaderValue::from_bytes(token.expose()).ok());
        headers.extend(token.map(|token| ("x-gateway-callback-token", token)));
        let question = Question {
            path: access_info::PATH,
            content_type: access_info::CONTENT_TYPE,
            headers: &headers,
            document,
        };
        let (user, sent_handle) = (sign_on.name.clone(), handle);
        let sent = |peer| self.journal.record(Seen::CallBackSent { peer, user, handle: sent_handle });
        let (peer, answer) = self.ask(rt, &call_back.to, question, sent).await.map_err(|error| {
            self.unreachable("call-back", &call_back.to, &error);
            Reason("call-back-failed")
        })?;
        let status = answer.status().as_u16();
        let conditions = match access_info::Response::parse(answer.body()) {
            Ok(access_info::Response::Conditions(conditions)) if status == 200 => Ok(conditions),
            Ok(_) => Err(Reason("call-back-refused")),
            Err(_) => Err(Reason("call-back-failed")),
        };
        self.journal.record(Seen::CallBackAnswer { peer, status, conditions: conditions.clone().ok() });
        conditions
    }

    /// `Authentication/Logoff`: ends the session and takes its cookies back.
    pub(super) fn log_off(&self, asked: &Asked) -> Result<Answer, (StatusCode, &'static str)> {
        let (id, session) = asked.by_script()?;
        self.sessions().end(id);
        if let Some(user) = &session.user {
            self.journal.record(Seen::LoggedOff { user: user.name.clone() });
        }
        let content_type = "application/vnd.citrix.webreceiver.authenticationlogoffresponse+xml";
        let base = self.base();
        let past = "expires=Sat, 01 Jan 1983 00:00:00 GMT";
        Ok(Answer::new(StatusCode::OK, content_type, "")
            .cookie(&format!("CsrfToken=; path={base}; {past}"))
            .cookie(&format!("CtxsAuthId=; path={base}; secure; HttpOnly; {past}"))
            .cookie(&format!("ASP.NET_SessionId=; path={base}; HttpOnly")))
    }
}

/// Name and password of `Authorization: Basic` (RFC 7617 §2).
fn basic(value: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    let is_basic = scheme.eq_ignore_ascii_case("basic") && !name.is_empty();
    is_basic.then(|| (name.to_owned(), Secret::from(password)))
}
