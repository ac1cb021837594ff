//! Policies before every request: what they may know of it, and what their verdict makes of it.
//!
//! The gateway's own floor comes first: a request that can be read in two ways never reaches a policy. What a
//! policy answers goes out as it was written, framed by the gateway; none of the gateway's own fields is added but
//! the date.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use gateway_policy::facts::{Connection, Facts, Message, Session as SessionFacts};
use gateway_policy::run::{Occasion, Response as Written, Verdict};
use gateway_rt::http::{BodyError, FullBody, read_body};
use gateway_rt::{Purpose, entropy};
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use super::{Answer, Body, Caller, Reply, caller, forms, reply};
use crate::config::PolicyRules;
use crate::limits::PROXY_REQUEST_BYTES_MAX;
use crate::policy::{self, Told};
use crate::reason::Reason;
use crate::shared::Shared;

/// What the policies made of a request.
pub(super) enum Judged {
    /// It goes on; then its session ends, after this time.
    Forward { request: Request<Body>, ends: Option<Box<(Caller, Duration)>> },
    /// They answered it.
    Answer(Answer),
}

/// Runs the policies, if there are any.
pub(super) async fn judge(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Judged, Reason> {
    let Some(rules) = &shared.config.policies else {
        return Ok(Judged::Forward { request: request.map(Either::Left), ends: None });
    };
    let (head, body) = request.into_parts();
    let body = read_body(body, PROXY_REQUEST_BYTES_MAX, shared.config.limits.form_body).await;
    let body = body.map_err(|error| match error {
        BodyError::TooLong(_) => Reason::BodyTooLong,
        BodyError::Deadline(_) | BodyError::Broken => Reason::BodyBroken,
    })?;
    let caller = caller(shared, peer, &head.headers)?;
    let path = head.uri.path();
    let logs_in = matches!(path, "/cgi/login" | "/cgi/dlge") || forms::is_path(path);
    // Authorization is for what lies behind the gateway; its own pages are everybody's.
    let occasion = match path {
        _ if logs_in => Occasion::LogIn,
        path if path.starts_with("/cvpn/") => Occasion::Request,
        _ => Occasion::Own,
    };
    let told = Told {
        peer,
        user: caller.as_ref().map(|caller| caller.session.user.to_string()),
        session: caller.as_ref().map(|caller| caller.session.mark),
    };
    let facts = facts(shared, rules, peer, &head, &body, caller.as_ref());
    let outcome = policy::run(shared, rules, facts, occasion, told).await;
    Ok(match outcome.verdict {
        Verdict::Forward => {
            let request = Request::from_parts(head, Either::Right(FullBody::new(body)));
            let after = outcome.end_session.map(|end| end.after);
            Judged::Forward { request, ends: caller.zip(after).map(Box::new) }
        }
        Verdict::Respond(response) | Verdict::Redirect(response) => {
            Judged::Answer(Answer::Reply(written(response, shared)))
        }
        Verdict::Reset => Judged::Answer(Answer::Reset),
        Verdict::Drop => Judged::Answer(Answer::Drop),
    })
}

/// Ends the session that a traffic policy wanted ended, after its request was served.
pub(super) async fn log_out(shared: &Shared, ends: Option<Box<(Caller, Duration)>>) {
    let Some((caller, after)) = ends.map(|ends| *ends) else { return };
    if !after.is_zero() {
        shared.sessions().close_at(&caller.id, shared.now().saturating_add(after));
        // A session that a crash brings back ends by its own limits; that it may not be kept was told.
        _ = shared.saved().await;
        return;
    }
    let ended = shared.sessions().end(&caller.id);
    // Over it is; that it may not be kept was told.
    _ = shared.sessions_over(ended.map(|session| (session, "policy")).into_iter().collect()).await;
}

fn facts(
    shared: &Shared,
    rules: &PolicyRules,
    peer: SocketAddr,
    head: &http::request::Parts,
    body: &Bytes,
    caller: Option<&Caller>,
) -> Facts {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let headers = head.headers.iter();
    let request = Message {
        start_line: format!("{} {target} {:?}", head.method, head.version).into_bytes(),
        headers: headers.map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    };
    let client = Connection {
        source: Some(peer.ip()),
        source_port: peer.port(),
        destination: Some(shared.config.vip),
        destination_port: shared.config.listen.port(),
        tls: true,
        location: None,
    };
    // The id of the session as logs have it: the cookie's value is for nobody to read.
    let session = caller.map(|caller| SessionFacts {
        user: caller.session.user.to_string(),
        id: caller.session.mark.to_string(),
        groups: caller.session.groups.iter().map(|group| group_name(group)).collect(),
        attributes: Vec::new(),
        attempts: 1,
    });
    let random =
        u32::from_be_bytes(entropy::bytes::<4>(shared.rt.entropy.as_ref(), Purpose("policy-random")));
    Facts {
        request: Some(request),
        response: None,
        client,
        session,
        now: 0,
        nsip: Some(shared.config.vip),
        vserver: rules.policies.vserver().unwrap_or(&shared.config.name).to_owned(),
        random: f64::from(random) / f64::from(u32::MAX),
    }
}

/// A group as policies name it: the first value of a distinguished name (`-subAttributeName CN`), else as it is.
fn group_name(group: &str) -> String {
    let first = group.split(',').next().unwrap_or(group);
    first.split_once('=').map_or(group, |(_, name)| name).to_owned()
}

/// The response as it was written; a header that can't be sent was left out when it was read.
fn written(response: Written, shared: &Shared) -> Reply {
    let mut reply = Response::new(FullBody::new(Bytes::from(response.body)));
    *reply.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    if let Ok(reason) = ReasonPhrase::try_from(response.reason) {
        reply.extensions_mut().insert(reason);
    }
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&name), HeaderValue::try_from(value)) {
            reply.headers_mut().append(name, value);
        }
    }
    reply::dated(reply, shared.rt.clock.as_ref())
}
