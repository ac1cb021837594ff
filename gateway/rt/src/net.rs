//! Sockets, names and tasks: the traits. The real ones are in [`crate::tokio`], the simulated ones in
//! `gateway-sim`.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use crate::Rt;

/// A boxed future, as object-safe traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A byte stream: a TCP connection, a TLS session over one, or either with bytes put back in front.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + ?Sized> Io for T {}

/// A boxed byte stream.
pub type Stream = Box<dyn Io>;

/// A stream that came in.
pub struct Accepted {
    /// The bytes.
    pub stream: Stream,
    /// Who connected.
    pub peer: SocketAddr,
}

/// A listening socket.
pub trait Listener: Send {
    /// Waits for the next connection. An error concerns one connection; the listener goes on.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>>;
    /// Where it listens, with the port that was really bound.
    fn local_addr(&self) -> SocketAddr;
}

/// A datagram socket.
pub trait Datagram: Send + Sync {
    /// Sends one datagram.
    fn send_to<'a>(&'a self, bytes: &'a [u8], to: SocketAddr) -> BoxFuture<'a, io::Result<()>>;
    /// Receives one datagram; what exceeds `buf` is lost. Returns its length and sender.
    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>>;
    /// Where it is bound.
    fn local_addr(&self) -> SocketAddr;
}

/// Sockets, names and tasks.
pub trait Net: Send + Sync + 'static {
    /// Listens on `at`; port 0 takes a free one. An unspecified address means every interface.
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>>;
    /// Opens a TCP connection. Has no deadline of its own: use [`Rt::connect`].
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>>;
    /// Binds a datagram socket; port 0 takes a free one.
    fn bind_udp(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Arc<dyn Datagram>>>;
    /// The addresses of a host name, or the address an IP literal is. `NotFound` when there is none.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
    /// Starts a task. Use [`Rt::spawn`], which also looks after panics.
    fn spawn(&self, task: BoxFuture<'static, ()>);
    /// Told when a task of [`Rt::spawn`] panicked: the real world logs it, a simulated run fails.
    fn task_panicked(&self, task: &'static str, message: String);
}

/// Why a connection could not be opened. `to` is `host:port` as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("{to} has no address")]
    Unresolved {
        /// Who was asked for.
        to: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody listens there, or the network said no.
    #[error("{to} refused the connection")]
    Refused {
        /// Who was asked.
        to: String,
        /// What the network said.
        source: io::Error,
    },
    /// No answer within the deadline.
    #[error("{to} did not answer within {within:?}")]
    Deadline {
        /// Who was asked.
        to: String,
        /// The deadline, name look-up included.
        within: Duration,
    },
}

impl Rt {
    /// Resolves `host` (an IPv6 literal may stand in brackets) and connects to it on `port`, all within `within`: to
    /// the first of its addresses that takes the connection, in the resolver's order. Each has an equal share of the
    /// time that is left, so that one which is silent does not use up the time of the others.
    pub async fn connect(
        &self,
        host: &str,
        port: u16,
        within: Duration,
    ) -> Result<(Stream, SocketAddr), ConnectError> {
        self.connect_checked(host, port, within, |_| true).await
    }

    /// Like [`connect`](Self::connect), but only to addresses that `allowed` lets pass. The address that was
    /// checked is the one connected to, so a second answer of the resolver changes nothing. When none passes the name
    /// is `Unresolved` with [`io::ErrorKind::PermissionDenied`].
    pub async fn connect_checked(
        &self,
        host: &str,
        port: u16,
        within: Duration,
        allowed: impl Fn(IpAddr) -> bool + Send,
    ) -> Result<(Stream, SocketAddr), ConnectError> {
        let to = format!("{host}:{port}");
        let until = Instant::now() + within;
        let name = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let attempt = async {
            let unresolved = |source| ConnectError::Unresolved { to: to.clone(), source };
            let addresses = self.net.resolve(name).await.map_err(unresolved)?;
            if addresses.is_empty() {
                return Err(unresolved(io::ErrorKind::NotFound.into()));
            }
            let mut failed = unresolved(io::ErrorKind::PermissionDenied.into());
            let mut left: Vec<_> = addresses.into_iter().filter(|ip| allowed(*ip)).rev().collect();
            while let Some(ip) = left.pop() {
                let at = SocketAddr::new(ip, port);
                let others = u32::try_from(left.len()).unwrap_or(u32::MAX);
                let share = until.saturating_duration_since(Instant::now()) / others.saturating_add(1);
                failed = match timeout(share, self.net.connect(at)).await {
                    Ok(Ok(stream)) => return Ok((stream, at)),
                    Ok(Err(source)) => ConnectError::Refused { to: to.clone(), source },
                    Err(_) => ConnectError::Deadline { to: to.clone(), within },
                };
            }
            Err(failed)
        };
        let answer = timeout_at(until, attempt).await;
        answer.unwrap_or_else(|_| Err(ConnectError::Deadline { to: to.clone(), within }))
    }
}
