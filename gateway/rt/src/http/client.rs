//! The client side: a connection that carries requests one after the other, and a small ordered pool.
//!
//! Redirects are answers like any other; nothing is retried here, because only the caller knows whether a
//! request may be sent twice.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::{BodyError, read_body};
use crate::limits::{HTTP_FIELDS_MAX, HTTP_HEAD_BYTES_MAX, POOL_IDLE_PER_KEY_MAX, POOL_KEYS_MAX};
use crate::{Rt, Stream};

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The connection broke, or the peer does not speak HTTP/1.1.
    #[error("the HTTP exchange broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// No answer head within the deadline.
    #[error("no HTTP answer within {0:?}")]
    Deadline(Duration),
    /// The answer's body broke a bound.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// One connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Takes over `stream`; a task of `rt` moves its bytes until the connection ends.
    pub async fn over(rt: &Rt, stream: Stream) -> Result<Self, SendError> {
        let (sender, connection) = http1::Builder::new()
            .max_headers(HTTP_FIELDS_MAX)
            .max_buf_size(HTTP_HEAD_BYTES_MAX)
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await?;
        // How the connection ended is known to whoever sent on it.
        rt.spawn("http-client", async move { drop(connection.await) });
        Ok(Self { sender })
    }

    /// Sends a request (with its `Host`) and waits at most `deadline` for the head of the answer.
    pub async fn start(
        &mut self,
        request: Request<Full<Bytes>>,
        deadline: Duration,
    ) -> Result<Response<Incoming>, SendError> {
        let exchange = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        match tokio::time::timeout(deadline, exchange).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(SendError::Deadline(deadline)),
        }
    }

    /// Sends a request and reads the whole answer, of at most `bytes_max`; head and body each have `deadline`.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        bytes_max: usize,
        deadline: Duration,
    ) -> Result<Response<Bytes>, SendError> {
        let (head, body) = self.start(request, deadline).await?.into_parts();
        Ok(Response::from_parts(head, read_body(body, bytes_max, deadline).await?))
    }

    /// Whether another request may be sent.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }
}

/// Idle connections by key. Ordered, bounded, and without a clock: a connection leaves when it is used,
/// found closed, or crowded out.
pub struct Pool<K> {
    idle: Mutex<BTreeMap<K, Vec<Client>>>,
}

impl<K: Ord> Default for Pool<K> {
    fn default() -> Self {
        Self { idle: Mutex::new(BTreeMap::new()) }
    }
}

impl<K: Ord + Clone> Pool<K> {
    /// An idle, open connection for `key`, if there is one.
    pub fn take(&self, key: &K) -> Option<Client> {
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let clients = idle.get_mut(key)?;
        let found = std::iter::from_fn(|| clients.pop()).find(Client::is_open);
        if clients.is_empty() {
            idle.remove(key);
        }
        found
    }

    /// Gives a connection back for the next request under `key`.
    pub fn put(&self, key: K, client: Client) {
        if !client.is_open() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !idle.contains_key(&key) && idle.len() >= POOL_KEYS_MAX {
            idle.pop_first();
        }
        let clients = idle.entry(key).or_default();
        if clients.len() < POOL_IDLE_PER_KEY_MAX {
            clients.push(client);
        }
    }

    /// Drops the connections whose key `ended` names (a session that is over).
    pub fn forget(&self, mut ended: impl FnMut(&K) -> bool) {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).retain(|key, _| !ended(key));
    }
}
