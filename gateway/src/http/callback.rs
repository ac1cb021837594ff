//! The call-back: StoreFront asks whose session a handle is and which SmartAccess conditions it meets.
//!
//! Only known peers may ask (SR-17, SR-112). An unknown handle and one of another user get the same fault. The
//! answer names the virtual server and its conditions, nothing else of the session.

use std::net::{IpAddr, SocketAddr};

use gateway_proto::access_info::{self, AccessCondition, Response};
use gateway_proto::secret::Secret;
use gateway_rt::http::{BodyError, read_body};
use http::header::HeaderMap;
use http::{Request, StatusCode};

use super::{Body, Reply, reply};
use crate::audit::Event;
use crate::config::Callback;
use crate::limits::SOAP_BYTES_MAX;
use crate::reason::Reason;
use crate::shared::Shared;

/// Answers `POST /CitrixAuthService/AuthService.asmx`.
pub(super) async fn serve(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    if !may_ask(shared, peer.ip(), &head.headers).await {
        return Ok(refused(shared, peer, Reason::CallbackPeer));
    }
    let action = head.headers.get("soapaction").and_then(|value| value.to_str().ok());
    if !action.is_some_and(access_info::is_soap_action) {
        return Ok(refused(shared, peer, Reason::CallbackMalformed));
    }
    let body =
        read_body(body, SOAP_BYTES_MAX, shared.config.limits.form_body).await.map_err(
            |error| match error {
                BodyError::TooLong(_) => Reason::BodyTooLong,
                BodyError::Deadline(_) | BodyError::Broken => Reason::BodyBroken,
            },
        )?;
    let Ok(question) = access_info::Request::parse(&body) else {
        return Ok(refused(shared, peer, Reason::CallbackMalformed));
    };
    Ok(vouch(shared, peer, &question))
}

fn vouch(shared: &Shared, peer: SocketAddr, question: &access_info::Request) -> Reply {
    let session = shared.sessions().by_handle(question.session_id(), shared.now(), &shared.config.limits);
    let session = session.filter(|session| shared.config.names.is_one(&session.user, &question.username));
    let Some(session) = session else { return refused(shared, peer, Reason::CallbackSession) };
    let conditions = shared.config.conditions.clone();
    let pairs = conditions
        .iter()
        .map(|condition| AccessCondition { farm: shared.config.name.clone(), condition: condition.clone() });
    let answer = Response::Conditions(pairs.collect());
    match answer.write() {
        Ok(document) => {
            let user = session.user.to_string();
            shared.tell(&Event::CallbackAnswered { peer, user, session: session.mark, conditions });
            reply::xml(StatusCode::OK, document)
        }
        // A configured name that XML can't carry.
        Err(_) => refused(shared, peer, Reason::CallbackMalformed),
    }
}

async fn may_ask(shared: &Shared, peer: IpAddr, headers: &HeaderMap) -> bool {
    let config = &shared.config.callback;
    if let Some(expected) = &config.token {
        let token = headers.get("x-gateway-callback-token").map(|value| Secret::new(value.as_bytes()));
        if token.as_ref() == Some(expected) {
            return true;
        }
    }
    for name in config.peers.iter().take(Callback::PEERS_MAX) {
        if shared.rt.net.resolve(name).await.is_ok_and(|addresses| addresses.contains(&peer)) {
            return true;
        }
    }
    false
}

fn refused(shared: &Shared, peer: SocketAddr, reason: Reason) -> Reply {
    shared.tell(&Event::CallbackRefused { peer, reason });
    match Response::unknown_session().write() {
        Ok(document) if reason == Reason::CallbackSession => {
            reply::with_reason(reply::xml(StatusCode::INTERNAL_SERVER_ERROR, document), reason)
        }
        _ => reply::refusal(reason),
    }
}
